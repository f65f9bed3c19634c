/**
 * The linked pictures without the pictures: rows, filters, and what each view has to show. Knows no document, so that it
 * runs in a worker and in a test.
 */
import { Crossfilter } from "./crossfilter.js";
import { dateOf, dimensionOf, valueOf } from "./dimensions.js";

const UNITS = [["day", 1], ["week", 7], ["month", 30], ["quarter", 91], ["year", 365]];
const MOST_BARS = 160;
const GRID = 44; // squares of a map from west to east

export class Model {
  /**
   * @param declared the page's declaration, as `declaration.py` writes it.
   * @param table what `readColumns` read of its table; `others` the same of other tables, by name.
   */
  constructor(declared, table, others = new Map()) {
    this.declared = declared;
    this.table = table;
    this.names = Object.keys(declared.dimensions);
    this.dimensions = this.names.map((name) => {
      const one = declared.dimensions[name];
      return dimensionOf(one, table.columns, table.rows, others.get(one.table)?.columns);
    });
    this.measures = Object.entries(declared.measures);
    const summed = this.measures.filter(([, one]) => one.column);
    const numbers = summed.map(([, one]) => table.columns.get(one.column).values.map((value) => (Number.isNaN(value) ? 0 : value)));
    this.sumOf = new Map(summed.map(([name], at) => [name, at]));
    this.cross = new Crossfilter(table.rows, this.dimensions, numbers);
    this.filters = {};
    this.all = this.dimensions.map((_, at) => new Map(this.measures.map(([name]) => [name, this.#amounts(at, name).slice()])));
    this.allTotals = this.#totals();
    this.orders = new Map();
    this.extents = {};
  }

  /** Set all filters, by dimension; those that are not there let everything through. */
  filter(filters) {
    this.names.forEach((name, at) => {
      const [before, now] = [this.filters[name] ?? null, filters[name] ?? null];
      if (JSON.stringify(before) !== JSON.stringify(now)) {
        this.cross.filter(at, now === null ? null : this.dimensions[at].allowed(now));
      }
    });
    this.filters = filters;
  }

  /** What there is to show: totals, and the content of each view in its order. */
  results(settings = {}) {
    const views = this.declared.views.map((view, at) => {
      switch (view.kind) {
        case "bars": return this.#bars(view);
        case "leaderboard": return this.#leaders(view, view.limit);
        case "groups": return this.#groups(view, settings[at] ?? {});
        case "words": return this.#words(view);
        case "map": return this.#map(view, settings[at] ?? {});
        default: return this.#rows(view, settings[at] ?? {});
      }
    });
    return { count: this.cross.count, rows: this.table.rows, totals: this.#totals(), allTotals: this.allTotals, views };
  }

  #totals() {
    const of = (name) => (this.sumOf.has(name) ? this.cross.sums[this.sumOf.get(name)] : this.cross.count);
    return Object.fromEntries(this.measures.map(([name]) => [name, of(name)]));
  }

  #amounts(at, measure) {
    const { counts, sums } = this.cross.dimensions[at];
    return this.sumOf.has(measure) ? sums[this.sumOf.get(measure)] : counts;
  }

  #bars({ dimension, measure }) {
    const at = this.names.indexOf(dimension);
    const found = this.dimensions[at];
    const [now, all] = [this.#amounts(at, measure), this.all[at].get(measure)];
    const starts = this.#starts(dimension, found);
    const sum = (amounts, bar) => {
      let total = 0;
      for (let bin = starts.bins[bar]; bin < starts.bins[bar + 1]; bin++) total += amounts[bin];
      return total;
    };
    const bars = starts.labels.map((label, bar) => ({
      label, from: found.write(starts.bins[bar]), to: found.write(starts.bins[bar + 1] - 1), now: sum(now, bar), all: sum(all, bar),
    }));
    const filter = this.filters[dimension];
    const brush = filter ? found.range(filter) : null;
    return { unit: starts.unit, bars, starts: starts.bins, brush, filter: filter ?? null, edges: starts.bins.map((bin) => found.write(bin)) };
  }

  /** Where the bars of a dimension begin, as bins: of days, so wide that they are not too many. */
  #starts(name, found) {
    const last = found.bins - 1;
    if (this.declared.dimensions[name].kind === "number") {
      const bins = Array.from({ length: last + 1 }, (_, bin) => bin);
      return { unit: "", bins, labels: bins.slice(0, -1).map((bin) => found.write(bin)) };
    }
    const [unit] = UNITS.find(([, days]) => last / days <= MOST_BARS) ?? UNITS.at(-1);
    const bins = [];
    const labels = [];
    let before = "";
    for (let bin = 0; bin < last; bin++) {
      const label = beginning(found.first + bin, unit);
      if (label !== before) { bins.push(bin); labels.push(label); }
      before = label;
    }
    return { unit, bins: [...bins, last], labels };
  }

  #leaders({ dimension, measure, without }, limit) {
    const at = this.names.indexOf(dimension);
    const found = this.dimensions[at];
    const [amounts, { counts }] = [this.#amounts(at, measure), this.cross.dimensions[at]];
    const chosen = new Set(this.filters[dimension] ?? []);
    const out = new Set((without ?? []).map((value) => found.binOf.get(value)));
    const bins = top(amounts, counts, limit + out.size).filter((bin) => !out.has(bin)).slice(0, limit);
    // What was chosen stays in sight, wherever it ranks now, so that it can be let go of.
    const extra = [...chosen].map((value) => found.binOf.get(value)).filter((bin) => bin !== undefined && !bins.includes(bin));
    const leaders = [...bins, ...extra].map((bin) => ({
      value: found.values[bin], label: String(found.label(bin)), link: found.link(bin), now: amounts[bin],
      all: this.all[at].get(measure)[bin], chosen: chosen.has(found.values[bin]),
    }));
    const count = counts.reduce((sum, one, bin) => sum + Number(one > 0 && !out.has(bin)), 0);
    return { leaders, count, filter: this.filters[dimension] ?? null };
  }

  #words(view) {
    const { leaders, count, filter } = this.#leaders(view, view.limit);
    leaders.sort((a, b) => (a.label < b.label ? -1 : 1));
    return { words: leaders, count, filter };
  }

  #groups({ dimension, measure, limit }, { sort, descending = true }) {
    const at = this.names.indexOf(dimension);
    const found = this.dimensions[at];
    const names = this.measures.map(([name]) => name);
    const by = names.includes(sort) ? sort : measure;
    const bins = top(this.#amounts(at, by), this.cross.dimensions[at].counts, limit, descending ? 1 : -1);
    const chosen = new Set(this.filters[dimension] ?? []);
    return {
      sort: by, descending, filter: this.filters[dimension] ?? null,
      lines: bins.map((bin) => ({
        value: found.values[bin], label: String(found.label(bin)), link: found.link(bin), chosen: chosen.has(found.values[bin]),
        amounts: names.map((name) => this.#amounts(at, name)[bin]),
      })),
    };
  }

  #map({ dimension, measure }, { extent }) {
    const at = this.names.indexOf(dimension);
    const { x, y } = this.dimensions[at];
    const { counts } = this.cross.dimensions[at];
    const amounts = this.#amounts(at, measure);
    const whole = (this.extents[dimension] ??= extentOf(x, y, this.all[at].get(this.measures[0][0])));
    const [west, south, east, north] = extent ?? whole;
    const size = (east - west) / GRID;
    const tall = size * Math.max(Math.cos((((south + north) / 2) * Math.PI) / 180), 0.05);
    const squares = new Map();
    for (let bin = 0; bin < x.length; bin++) {
      if (counts[bin] === 0 || x[bin] < west || x[bin] > east || y[bin] < south || y[bin] > north) continue;
      const [column, line] = [Math.floor((x[bin] - west) / size), Math.floor((y[bin] - south) / tall)];
      const key = line * 10_000 + column;
      const square = squares.get(key) ?? { west: west + column * size, south: south + line * tall, now: 0, count: 0 };
      square.now += amounts[bin];
      square.count += counts[bin];
      squares.set(key, square);
    }
    const elsewhere = this.cross.dimensions[at].counts[x.length];
    return { extent: [west, south, east, north], whole, size, tall, squares: [...squares.values()], elsewhere, filter: this.filters[dimension] ?? null };
  }

  #rows({ columns, limit, sort: usual, link }, { sort = usual, descending = true }) {
    const order = this.#order(sort);
    const lines = [];
    for (let i = 0; i < order.length && lines.length < limit; i++) {
      const row = order[descending ? order.length - 1 - i : i];
      if (this.cross.mask[row] === 0) lines.push(row);
    }
    const told = (row) => Object.keys(columns).map((name) => valueOf(this.table.columns.get(name), row));
    const links = link ? this.table.columns.get(link) : null;
    return { sort, descending, lines: lines.map((row) => ({ values: told(row), link: links && valueOf(links, row) })) };
  }

  #order(name) {
    if (!this.orders.has(name)) {
      const column = this.table.columns.get(name);
      const keys = column.kind === "text" ? ranks(column) : column.values;
      const low = (value) => (Number.isNaN(value) ? -Infinity : value);
      this.orders.set(name, Uint32Array.from({ length: this.table.rows }, (_, row) => row).sort((a, b) => low(keys[a]) - low(keys[b]) || b - a));
    }
    return this.orders.get(name);
  }

  /** All rows that pass, of some columns, as lines of CSV (RFC 4180). */
  csv(columns) {
    const read = columns.map((name) => this.table.columns.get(name));
    const lines = [columns.join(",")];
    for (let row = 0; row < this.table.rows; row++) {
      if (this.cross.mask[row] === 0) lines.push(read.map((column) => field(valueOf(column, row))).join(","));
    }
    return lines.join("\r\n") + "\r\n";
  }
}

/** A value as a field of CSV; what spreadsheets would take for a formula is marked as text. */
export function field(value) {
  if (value === null || value === undefined) return "";
  const text = typeof value === "string" && /^[=+@\t\r-]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The first day of the week (Monday), month, quarter or year of a day. */
export function beginning(day, unit) {
  const date = dateOf(day);
  if (unit === "week") return dateOf(day - ((((day + 3) % 7) + 7) % 7));
  if (unit === "month") return `${date.slice(0, 8)}01`;
  if (unit === "quarter") return `${date.slice(0, 5)}${String(Math.floor((Number(date.slice(5, 7)) - 1) / 3) * 3 + 1).padStart(2, "0")}-01`;
  return unit === "year" ? `${date.slice(0, 5)}01-01` : date;
}

/** The bins of the largest amounts among those with rows, largest first (smallest first by -1); equals by their number. */
export function top(amounts, counts, limit, sign = 1) {
  const found = [];
  for (let bin = 0; bin < counts.length; bin++) {
    if (counts[bin] === 0) continue;
    const amount = sign * amounts[bin];
    if (found.length === limit && amount <= sign * amounts[found[limit - 1]]) continue;
    let [low, high] = [0, found.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sign * amounts[found[middle]] >= amount) low = middle + 1;
      else high = middle;
    }
    found.splice(low, 0, bin);
    if (found.length > limit) found.pop();
  }
  return found;
}

function ranks({ codes, values }) {
  const sorted = values.map((_, code) => code).sort((a, b) => values[a].localeCompare(values[b]));
  const rank = new Float64Array(values.length);
  sorted.forEach((code, at) => { rank[code] = at; });
  return Float64Array.from(codes, (code) => (code < 0 ? NaN : rank[code]));
}

/** West, south, east and north of where 98 of 100 rows are, with some room, so that a slip in one row moves no map. */
function extentOf(x, y, counts) {
  if (x.length === 0) return [-180, -60, 180, 75];
  const within = (values) => {
    const order = values.map((_, bin) => bin).sort((a, b) => values[a] - values[b]);
    const total = order.reduce((sum, bin) => sum + counts[bin], 0);
    let [seen, low, high] = [0, values[order[0]], values[order.at(-1)]];
    for (const bin of order) {
      if (seen <= total * 0.01) low = values[bin];
      seen += counts[bin];
      if (seen >= total * 0.99) { high = values[bin]; break; }
    }
    const room = Math.max((high - low) * 0.06, 0.02);
    return [low - room, high + room];
  };
  const [[west, east], [south, north]] = [within(x), within(y)];
  return [west, Math.max(south, -85), east, Math.min(north, 85)];
}
