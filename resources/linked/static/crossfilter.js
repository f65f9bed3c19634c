/**
 * Counts of rows by several dimensions, each over the rows that the filters of all other dimensions let through.
 *
 * A row has a mask of the dimensions that keep it out. When a dimension's filter changes, only rows of the bins that
 * change are looked at, and only those counts move that they move: the arithmetic of crossfilter (Square, Apache 2.0),
 * written anew over bins.
 */
const SWEEP = 20; // where more than one in so many rows may change, all are walked in their order

export class Crossfilter {
  /**
   * @param {number} rows how many rows there are.
   * @param {{bins: number, codes: Int32Array, offsets?: Int32Array}[]} dimensions 31 at most. `codes` has the bin of each
   *   row; where a row may be in several bins, or in none, `offsets` says where its own begin, as in Arrow's lists.
   * @param {Float64Array[]} measures numbers that are summed, one a row.
   */
  constructor(rows, dimensions, measures) {
    if (dimensions.length > 31) throw new RangeError("There can be at most 31 dimensions: a row's mask has so many bits.");
    this.rows = rows;
    this.mask = new Uint32Array(rows);
    this.measures = measures;
    this.dimensions = dimensions.map((one) => ({
      ...one,
      allowed: null,
      index: rowsByBin(rows, one),
      counts: new Int32Array(one.bins),
      sums: measures.map(() => new Float64Array(one.bins)),
    }));
    this.count = 0;
    this.sums = measures.map(() => 0);
    this.#recount(-1);
  }

  /** Let through the rows of the bins whose `allowed` is 1, or all of them by null; returns how many rows moved. */
  filter(number, allowed) {
    const dimension = this.dimensions[number];
    const before = dimension.allowed;
    dimension.allowed = allowed;
    const { starts, rows } = dimension.index;
    // Rows in no bin at all come and go, too, with the first and the last choice among lists.
    if (dimension.offsets && (before === null || allowed === null)) return this.#sweep(number);
    const changed = [];
    let touched = 0;
    for (let bin = 0; bin < dimension.bins; bin++) {
      if ((before === null || before[bin] === 1) === (allowed === null || allowed[bin] === 1)) continue;
      changed.push(bin);
      touched += starts[bin + 1] - starts[bin];
    }
    if (touched > this.rows / SWEEP) return this.#sweep(number);
    let moved = 0;
    for (const bin of changed) {
      for (let at = starts[bin]; at < starts[bin + 1]; at++) {
        moved += this.#set(rows[at], number, this.#passes(dimension, rows[at]));
      }
    }
    return moved;
  }

  /** What `filter` does where so many rows change that walking all of them in their order is quicker. */
  #sweep(number) {
    const { mask, rows } = this;
    const dimension = this.dimensions[number];
    const bit = 1 << number;
    let moved = 0;
    for (let row = 0; row < rows; row++) {
      if (this.#passes(dimension, row) === ((mask[row] & bit) === 0)) continue;
      mask[row] ^= bit;
      moved++;
    }
    this.#recount(number);
    return moved;
  }

  /** Count anew what is not of the dimension `except`: one dimension after the other, so that memory is read in order. */
  #recount(except) {
    const { mask, rows, measures } = this;
    this.count = 0;
    for (let row = 0; row < rows; row++) this.count += Number(mask[row] === 0);
    this.sums = measures.map((values) => {
      let sum = 0;
      for (let row = 0; row < rows; row++) if (mask[row] === 0) sum += values[row];
      return sum;
    });
    this.dimensions.forEach(({ codes, offsets, counts, sums }, d) => {
      if (d === except) return;
      const others = ~(1 << d);
      counts.fill(0);
      if (offsets) tallyLists(mask, others, codes, offsets, counts);
      else tally(mask, others, codes, counts);
      sums.forEach((sum, m) => {
        sum.fill(0);
        if (offsets) addLists(mask, others, codes, offsets, sum, measures[m]);
        else add(mask, others, codes, sum, measures[m]);
      });
    });
  }

  #passes({ allowed, offsets, codes }, row) {
    if (allowed === null) return true;
    if (!offsets) return allowed[codes[row]] === 1;
    for (let at = offsets[row]; at < offsets[row + 1]; at++) if (allowed[codes[at]] === 1) return true;
    return false;
  }

  #set(row, number, passes) {
    const bit = 1 << number;
    const before = this.mask[row];
    if (passes === ((before & bit) === 0)) return 0;
    this.mask[row] = before ^ bit;
    const others = before & ~bit;
    const sign = passes ? 1 : -1;
    if (others === 0) {
      this.count += sign;
      for (let m = 0; m < this.measures.length; m++) this.sums[m] += sign * this.measures[m][row];
      for (let d = 0; d < this.dimensions.length; d++) if (d !== number) this.#add(this.dimensions[d], row, sign);
    }
    // One dimension alone keeps it out, which therefore counts it; where there are more, nobody does.
    else if ((others & (others - 1)) === 0) this.#add(this.dimensions[31 - Math.clz32(others)], row, sign);
    return 1;
  }

  #add(dimension, row, sign) {
    const { offsets, codes, counts, sums } = dimension;
    const from = offsets ? offsets[row] : row;
    const to = offsets ? offsets[row + 1] : row + 1;
    for (let at = from; at < to; at++) {
      const bin = codes[at];
      counts[bin] += sign;
      for (let m = 0; m < sums.length; m++) sums[m][bin] += sign * this.measures[m][row];
    }
  }
}

// Apart from each other, and small, so that the engine compiles each for the arrays that it always gets.
function tally(mask, others, codes, counts) {
  for (let row = 0; row < mask.length; row++) if ((mask[row] & others) === 0) counts[codes[row]]++;
}

function add(mask, others, codes, sums, values) {
  for (let row = 0; row < mask.length; row++) if ((mask[row] & others) === 0) sums[codes[row]] += values[row];
}

function tallyLists(mask, others, codes, offsets, counts) {
  for (let row = 0; row < mask.length; row++) {
    if ((mask[row] & others) === 0) for (let at = offsets[row]; at < offsets[row + 1]; at++) counts[codes[at]]++;
  }
}

function addLists(mask, others, codes, offsets, sums, values) {
  for (let row = 0; row < mask.length; row++) {
    if ((mask[row] & others) !== 0) continue;
    for (let at = offsets[row]; at < offsets[row + 1]; at++) sums[codes[at]] += values[row];
  }
}

/** The rows of each bin, one bin behind the other: those of `bin` lie from `starts[bin]` to `starts[bin + 1]`. */
function rowsByBin(count, { bins, codes, offsets }) {
  const starts = new Int32Array(bins + 1);
  const length = offsets ? offsets[count] : count;
  for (let at = 0; at < length; at++) starts[codes[at] + 1]++;
  for (let bin = 0; bin < bins; bin++) starts[bin + 1] += starts[bin];
  const rows = new Int32Array(length);
  const next = starts.slice();
  for (let row = 0; row < count; row++) {
    const from = offsets ? offsets[row] : row;
    const to = offsets ? offsets[row + 1] : row + 1;
    for (let at = from; at < to; at++) rows[next[codes[at]]++] = row;
  }
  return { starts, rows };
}
