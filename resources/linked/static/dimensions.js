/**
 * What rows are counted and filtered by: from columns to bins, and from filters to the bins that they let through.
 *
 * A dimension has `bins`, `codes` (and `offsets`), as `Crossfilter` takes them, and `allowed(filter)`, which gives a
 * Uint8Array over bins. Filters are JSON: a list of values (null is the one for rows without), `[from, to]` of days or
 * numbers with both ends within, or `[west, south, east, north]`.
 */
import { DAY_MS } from "./columns.js";

const MOST_STEPS = 200_000;

/** Days since 1970-01-01 of a date as 2024-12-31, and back. */
export const dayOf = (text) => Date.parse(`${text}T00:00:00Z`) / DAY_MS;
export const dateOf = (day) => new Date(day * DAY_MS).toISOString().slice(0, 10);

/** The dimension that a declaration asks for, of columns; `words` are the columns of its other table, where it has one. */
export function dimensionOf(declared, columns, rows, words) {
  const of = (name) => columns.get(name);
  switch (declared.kind) {
    case "time": return steps(dayNumbers(of(declared.column)), 1, dayOf, dateOf);
    case "number": return steps(of(declared.column).values, declared.width, Number, Number);
    case "place": return cells(of(declared.longitude).values, of(declared.latitude).values, declared.degrees);
    case "words": return lists(of(declared.key), words.get(declared.key), words.get(declared.column), rows);
    default: return categories(of(declared.column), declared, columns);
  }
}

function dayNumbers(column) {
  return column.kind === "day" ? column.values : column.values.map((one) => Math.floor(one / DAY_MS));
}

/** Bins of one width, one after the other, and a last one for nulls. */
function steps(values, width, read, write) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low > high) [low, high] = [0, 0];
  const first = Math.floor(low / width);
  const bins = Math.floor(high / width) - first + 1;
  if (bins > MOST_STEPS) throw new RangeError(`A dimension has ${bins} steps of ${width}; ask for wider ones.`);
  const codes = Int32Array.from(values, (value) => (Number.isNaN(value) ? bins : Math.floor(value / width) - first));
  const at = (value) => Math.floor(read(value) / width) - first;
  return {
    bins: bins + 1, codes, first, width,
    write: (bin) => write((first + bin) * width),
    range: ([from, to]) => [Math.max(at(from), 0), Math.min(at(to), bins - 1)],
    allowed(filter) {
      const [from, to] = this.range(filter);
      const found = new Uint8Array(bins + 1);
      if (to >= from) found.fill(1, from, to + 1);
      return found;
    },
  };
}

/** Squares of so many degrees, those that have a row, and a last bin for rows without a place. */
function cells(longitudes, latitudes, degrees) {
  const known = new Map();
  const [x, y] = [[], []];
  const near = (value) => Math.floor(value / degrees + 0.5);
  const codes = new Int32Array(longitudes.length);
  for (let row = 0; row < codes.length; row++) {
    const [column, line] = [near(longitudes[row]), near(latitudes[row])];
    if (Number.isNaN(column) || Number.isNaN(line)) { codes[row] = -1; continue; }
    const key = (column + 200_000) * 1_000_000 + line;
    let code = known.get(key);
    if (code === undefined) {
      known.set(key, (code = x.length));
      x.push(column * degrees);
      y.push(line * degrees);
    }
    codes[row] = code;
  }
  for (let row = 0; row < codes.length; row++) if (codes[row] < 0) codes[row] = x.length;
  return {
    bins: x.length + 1, codes, x, y,
    allowed: ([west, south, east, north]) => {
      const found = new Uint8Array(x.length + 1);
      for (let bin = 0; bin < x.length; bin++) {
        found[bin] = Number(x[bin] >= west && x[bin] <= east && y[bin] >= south && y[bin] <= north);
      }
      return found;
    },
  };
}

/** A bin a value, and a last one for nulls; numbers and days have their values sorted. */
function categories(column, declared, columns) {
  const { codes, values } = column.kind === "text" ? column : numbered(column);
  const bins = values.length + 1;
  const filled = codes.map((code) => (code < 0 ? values.length : code));
  const dimension = chosen({ bins, codes: filled, values: [...values, null] });
  const rowOf = new Int32Array(bins).fill(-1);
  for (let row = filled.length - 1; row >= 0; row--) rowOf[filled[row]] = row;
  const told = (name) => {
    const other = name && columns.get(name);
    return (bin) => (other && rowOf[bin] >= 0 ? valueOf(other, rowOf[bin]) : null);
  };
  const [label, link] = [told(declared.label), told(declared.link)];
  return { ...dimension, label: (bin) => label(bin) ?? column.labels?.[bin] ?? dimension.values[bin] ?? "not told", link };
}

function numbered(column) {
  const write = column.kind === "day" ? dateOf : column.kind === "time" ? (ms) => new Date(ms).toISOString().slice(0, 19) : String;
  const values = [...new Set(column.values)].filter((one) => !Number.isNaN(one)).sort((a, b) => a - b);
  const known = new Map(values.map((value, code) => [value, code]));
  return { codes: Int32Array.from(column.values, (value) => known.get(value) ?? -1), values: values.map(write) };
}

/** Any number of bins a row: the values that another table has under the row's key, in one row of it or in many. */
function lists(keys, otherKeys, others, rows) {
  const [own, theirs, { codes: words, values, labels }] = [keys, otherKeys, others].map((one) => (one.kind === "text" ? one : numbered(one)));
  const found = new Map(theirs.values.map((key) => [key, []]));
  theirs.codes.forEach((key, at) => { if (key >= 0 && words[at] >= 0) found.get(theirs.values[key]).push(words[at]); });
  const ofKey = own.values.map((key) => found.get(key) ?? []);
  const offsets = new Int32Array(rows + 1);
  for (let row = 0; row < rows; row++) offsets[row + 1] = offsets[row] + (ofKey[own.codes[row]]?.length ?? 0);
  const codes = new Int32Array(offsets[rows]);
  for (let row = 0; row < rows; row++) codes.set(ofKey[own.codes[row]] ?? [], offsets[row]);
  return { ...chosen({ bins: values.length, codes, offsets, values }), label: (bin) => (labels ?? values)[bin], link: () => null };
}

function chosen(dimension) {
  const binOf = new Map(dimension.values.map((value, bin) => [value, bin]));
  return {
    ...dimension,
    binOf,
    allowed: (filter) => {
      const found = new Uint8Array(dimension.bins);
      for (const value of filter) if (binOf.has(value)) found[binOf.get(value)] = 1;
      return found;
    },
  };
}

/** A column's value in a row, as JSON has it. */
export function valueOf(column, row) {
  if (column.kind === "text") return column.codes[row] < 0 ? null : column.values[column.codes[row]];
  const value = column.values[row];
  if (Number.isNaN(value)) return null;
  if (column.kind === "day") return dateOf(value);
  return column.kind === "time" ? new Date(value).toISOString().slice(0, 16).replace("T", " ") : value;
}
