/**
 * The linked pictures without the pictures: rows, filters, and what each view has to show. Knows no document, so that it
 * runs in a worker and in a test.
 */
import { beginning, extentOf, quotient, ranks, top } from "./amounts.js";
import { Crossfilter } from "./crossfilter.js";
import { dateOf, dimensionOf, valueOf } from "./dimensions.js";

const UNITS = [["day", 1], ["week", 7], ["month", 30], ["quarter", 91], ["year", 365]];
const MOST_BARS = 160;
const ROWS = "*"; // a measure that is per row
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
    const measures = Object.values(declared.measures);
    this.summed = [...new Set(measures.flatMap(({ column, per }) => [column, per]).filter((name) => name && name !== ROWS))];
    this.numbers = this.summed.map((name) => table.columns.get(name).values.map((value) => (Number.isNaN(value) ? 0 : value)));
    this.cross = new Crossfilter(table.rows, this.dimensions, this.numbers);
    this.filters = {};
    this.all = this.cross.dimensions.map(({ counts, sums }) => ({ counts: counts.slice(), sums: sums.map((one) => one.slice()) }));
    this.allTotals = this.#totals();
    this.orders = new Map();
    this.grains = new Map();
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
        case "matrix": return this.#matrix(view);
        default: return this.#rows(view, settings[at] ?? {});
      }
    });
    return { count: this.cross.count, rows: this.table.rows, totals: this.#totals(), allTotals: this.allTotals, views };
  }

  #totals() {
    const total = (column) => (column && column !== ROWS ? this.cross.sums[this.summed.indexOf(column)] : this.cross.count);
    return Object.fromEntries(Object.entries(this.declared.measures).map(([name, { column, per }]) => [name, quotient(total(column), per ? total(per) : 1)]));
  }

  /** What a measure is made of, bin by bin: amounts, and what they are divided by, which most have not. */
  #parts({ counts, sums }, measure) {
    const { column, per } = this.declared.measures[measure];
    const of = (name) => (name && name !== ROWS ? sums[this.summed.indexOf(name)] : counts);
    return [of(column), per ? of(per) : null];
  }

  #amounts(from, measure) {
    const [over, under] = this.#parts(from, measure);
    return under ? Float64Array.from(over, (value, bin) => quotient(value, under[bin])) : over;
  }

  #bars({ dimension, measure }) {
    const at = this.names.indexOf(dimension);
    const found = this.dimensions[at];
    const [now, all] = [this.#parts(this.cross.dimensions[at], measure), this.#parts(this.all[at], measure)];
    const starts = this.#starts(dimension, found, (units) => units <= MOST_BARS);
    const sum = ([over, under], bar) => {
      let [total, parts] = [0, under ? 0 : 1];
      for (let bin = starts.bins[bar]; bin < starts.bins[bar + 1]; bin++) {
        total += over[bin];
        if (under) parts += under[bin];
      }
      return quotient(total, parts);
    };
    const bars = starts.labels.map((label, bar) => ({
      label, from: found.write(starts.bins[bar]), to: found.write(starts.bins[bar + 1] - 1), now: sum(now, bar), all: sum(all, bar),
    }));
    const filter = this.filters[dimension];
    const brush = filter ? found.range(filter) : null;
    // The last bar is as wide as the others, wherever its days end.
    const widest = Math.max(...bars.map((_, bar) => starts.bins[bar + 1] - starts.bins[bar]));
    const drawn = [...starts.bins.slice(0, -1), (starts.bins.at(-2) ?? 0) + widest];
    return { unit: starts.unit, bars, starts: drawn, brush, filter: filter ?? null, edges: starts.bins.map((bin) => found.write(bin)) };
  }

  /** Where the bars of a dimension begin, as bins: of days, in the first unit of which `fits` says that it will do. */
  #starts(name, found, fits) {
    const last = found.bins - 1;
    if (this.declared.dimensions[name].kind === "number") {
      const bins = Array.from({ length: last + 1 }, (_, bin) => bin);
      return { unit: "", bins, labels: bins.slice(0, -1).map((bin) => found.write(bin)) };
    }
    const finest = this.#grain(name, found);
    const [unit] = UNITS.slice(finest).find(([unit, days]) => fits(last / days, unit)) ?? UNITS.at(-1);
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

  /** The place in `UNITS` of the widest unit that all days with rows begin: of months, days in between hold nothing. */
  #grain(name, found) {
    if (!this.grains.has(name)) {
      const { counts } = this.all[this.names.indexOf(name)];
      const days = [];
      for (let bin = 0; bin < found.bins - 1; bin++) if (counts[bin] > 0) days.push(found.first + bin);
      const begins = ([unit]) => days.every((day) => beginning(day, unit) === dateOf(day));
      this.grains.set(name, days.length > 2 ? Math.max(UNITS.findLastIndex(begins), 0) : 0);
    }
    return this.grains.get(name);
  }

  /** The lines of a matrix by a dimension: what each is called and filters by, and which line a bin belongs to. */
  #axis(name, measure, limit) {
    const at = this.names.indexOf(name);
    const [found, { counts }] = [this.dimensions[at], this.all[at]];
    const filter = this.filters[name] ?? null;
    const lineOf = new Int32Array(found.bins).fill(-1);
    if (found.values) {
      // In the order of all rows, so that no line jumps while one drags.
      const [over, under] = this.#parts(this.all[at], measure);
      const bins = top(under ?? over, counts, limit);
      if (bins.every((bin) => found.values[bin] !== null && Number.isFinite(Number(found.values[bin])))) bins.sort((x, y) => found.values[x] - found.values[y]);
      bins.forEach((bin, line) => { lineOf[bin] = line; });
      const lines = bins.map((bin) => ({ label: String(found.label(bin)), filter: [found.values[bin]], chosen: filter?.includes(found.values[bin]) ?? false }));
      return { at, lineOf, lines, unit: "", filter };
    }
    const held = (units, unit) => {
      const labels = new Set();
      counts.forEach((count, bin) => { if (count > 0 && bin < found.bins - 1) labels.add(beginning(found.first + bin, unit)); });
      return labels.size <= limit;
    };
    const starts = this.#starts(name, found, held);
    const [lines, brush] = [[], filter ? found.range(filter) : null];
    starts.labels.forEach((label, line) => {
      const [from, to] = [starts.bins[line], starts.bins[line + 1]];
      if (!counts.subarray(from, to).some((count) => count > 0)) return;
      lineOf.fill(lines.length, from, to);
      lines.push({ label: String(label), filter: [found.write(from), found.write(to - 1)], chosen: brush !== null && from >= brush[0] && to - 1 <= brush[1] });
    });
    return { at, lineOf, lines, unit: starts.unit, filter };
  }

  /** A measure by two dimensions at once, over the rows that the filters of all others let through. */
  #matrix({ dimension, across, measure, limit }) {
    const [down, right] = [this.#axis(dimension, measure, limit), this.#axis(across, measure, limit)];
    const own = ~((1 << down.at) | (1 << right.at));
    const { mask } = this.cross;
    const [a, b] = [this.dimensions[down.at], this.dimensions[right.at]];
    const wide = right.lines.length;
    const counts = new Int32Array(down.lines.length * wide);
    const sums = this.numbers.map(() => new Float64Array(counts.length));
    for (let row = 0; row < mask.length; row++) {
      if ((mask[row] & own) !== 0) continue;
      const [fromA, toA, fromB, toB] = [begin(a, row), begin(a, row + 1), begin(b, row), begin(b, row + 1)];
      for (let i = fromA; i < toA; i++) {
        const line = down.lineOf[a.codes[i]];
        if (line < 0) continue;
        for (let j = fromB; j < toB; j++) {
          const column = right.lineOf[b.codes[j]];
          if (column < 0) continue;
          const cell = line * wide + column;
          counts[cell]++;
          for (let m = 0; m < sums.length; m++) sums[m][cell] += this.numbers[m][row];
        }
      }
    }
    const amounts = this.#amounts({ counts, sums }, measure);
    // A cell without rows is empty, which is not the same as nothing.
    const cells = Array.from(counts, (count, cell) => (count > 0 ? amounts[cell] : null));
    return { rows: down.lines, columns: right.lines, units: [down.unit, right.unit], filters: [down.filter, right.filter], cells };
  }

  #leaders({ dimension, measure, without }, limit) {
    const at = this.names.indexOf(dimension);
    const found = this.dimensions[at];
    const [amounts, all] = [this.#amounts(this.cross.dimensions[at], measure), this.#amounts(this.all[at], measure)];
    const { counts } = this.cross.dimensions[at];
    const chosen = new Set(this.filters[dimension] ?? []);
    const out = new Set((without ?? []).map((value) => found.binOf.get(value)));
    const bins = top(amounts, counts, limit + out.size).filter((bin) => !out.has(bin)).slice(0, limit);
    // What was chosen stays in sight, wherever it ranks now, so that it can be let go of.
    const extra = [...chosen].map((value) => found.binOf.get(value)).filter((bin) => bin !== undefined && !bins.includes(bin));
    const leaders = [...bins, ...extra].map((bin) => ({
      value: found.values[bin], label: String(found.label(bin)), link: found.link(bin), now: amounts[bin],
      all: all[bin], chosen: chosen.has(found.values[bin]),
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
    const names = Object.keys(this.declared.measures);
    const by = names.includes(sort) ? sort : measure;
    const amounts = new Map(names.map((name) => [name, this.#amounts(this.cross.dimensions[at], name)]));
    const bins = top(amounts.get(by), this.cross.dimensions[at].counts, limit, descending ? 1 : -1);
    const chosen = new Set(this.filters[dimension] ?? []);
    return {
      sort: by, descending, filter: this.filters[dimension] ?? null,
      lines: bins.map((bin) => ({
        value: found.values[bin], label: String(found.label(bin)), link: found.link(bin), chosen: chosen.has(found.values[bin]),
        amounts: names.map((name) => amounts.get(name)[bin]),
      })),
    };
  }

  #map({ dimension, measure }, { extent }) {
    const at = this.names.indexOf(dimension);
    const { x, y } = this.dimensions[at];
    const { counts } = this.cross.dimensions[at];
    const [over, under] = this.#parts(this.cross.dimensions[at], measure);
    const whole = (this.extents[dimension] ??= extentOf(x, y, this.all[at].counts));
    const [west, south, east, north] = extent ?? whole;
    const size = (east - west) / GRID;
    const tall = size * Math.max(Math.cos((((south + north) / 2) * Math.PI) / 180), 0.05);
    const squares = new Map();
    for (let bin = 0; bin < x.length; bin++) {
      if (counts[bin] === 0 || x[bin] < west || x[bin] > east || y[bin] < south || y[bin] > north) continue;
      const [column, line] = [Math.floor((x[bin] - west) / size), Math.floor((y[bin] - south) / tall)];
      const key = line * 10_000 + column;
      const square = squares.get(key) ?? { west: west + column * size, south: south + line * tall, now: 0, under: under ? 0 : 1, count: 0 };
      square.now += over[bin];
      if (under) square.under += under[bin];
      square.count += counts[bin];
      squares.set(key, square);
    }
    for (const square of squares.values()) square.now = quotient(square.now, square.under);
    const elsewhere = counts[x.length];
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

/** Where a row's codes begin: it has one, or as many as a list of its own. */
const begin = ({ offsets }, row) => (offsets ? offsets[row] : row);

/** A value as a field of CSV; what spreadsheets would take for a formula is marked as text. */
export function field(value) {
  if (value === null || value === undefined) return "";
  const text = typeof value === "string" && /^[=+@\t\r-]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
