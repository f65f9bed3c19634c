// Counts held to plain loops over all rows, which know nothing of masks, bins or increments.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Crossfilter } from "../../resources/linked/static/crossfilter.js";
import { top } from "../../resources/linked/static/amounts.js";

/** Numbers that are the same at each run (mulberry32). */
export function seeded(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function some(random, rows) {
  const dimensions = [7, 1, 40, 3].map((bins) => ({ bins, codes: Int32Array.from({ length: rows }, () => Math.floor(random() * bins)) }));
  const lists = Array.from({ length: rows }, () => Array.from({ length: 6 }, (_, word) => word).filter(() => random() < 0.3));
  const offsets = new Int32Array(rows + 1);
  lists.forEach((list, row) => { offsets[row + 1] = offsets[row] + list.length; });
  dimensions.push({ bins: 6, offsets, codes: Int32Array.from(lists.flat()) });
  const measures = [0, 1].map(() => Float64Array.from({ length: rows }, () => Math.floor(random() * 100) - 20));
  return { dimensions, lists, measures };
}

function oracle({ dimensions, lists, measures }, rows, filters) {
  const binsOf = (d, row) => (dimensions[d].offsets ? lists[row] : [dimensions[d].codes[row]]);
  const passes = (d, row) => filters[d] === null || binsOf(d, row).some((bin) => filters[d][bin] === 1);
  const expected = dimensions.map(({ bins }) => ({ counts: Array(bins).fill(0), sums: measures.map(() => Array(bins).fill(0)) }));
  let count = 0;
  const sums = measures.map(() => 0);
  for (let row = 0; row < rows; row++) {
    if (dimensions.every((_, d) => passes(d, row))) {
      count++;
      measures.forEach((values, m) => { sums[m] += values[row]; });
    }
    dimensions.forEach((_, d) => {
      if (!dimensions.every((_, other) => other === d || passes(other, row))) return;
      for (const bin of binsOf(d, row)) {
        expected[d].counts[bin]++;
        measures.forEach((values, m) => { expected[d].sums[m][bin] += values[row]; });
      }
    });
  }
  return { expected, count, sums };
}

for (const rows of [0, 1, 400]) {
  test(`all counts follow any changes of filters, ${rows} rows`, () => {
    const random = seeded(rows + 1);
    const made = some(random, rows);
    const cross = new Crossfilter(rows, made.dimensions, made.measures);
    const filters = made.dimensions.map(() => null);
    for (let change = 0; change < 200; change++) {
      const d = Math.floor(random() * made.dimensions.length);
      const before = filters[d];
      // Small changes are counted row by row, large ones anew: both kinds come.
      if (before !== null && random() < 0.5) {
        filters[d] = before.slice();
        filters[d][Math.floor(random() * before.length)] ^= 1;
      } else filters[d] = random() < 0.25 ? null : Uint8Array.from({ length: made.dimensions[d].bins }, () => Number(random() < 0.6));
      cross.filter(d, filters[d]);
      const { expected, count, sums } = oracle(made, rows, filters);
      assert.equal(cross.count, count);
      assert.deepEqual(cross.sums, sums);
      expected.forEach((one, at) => {
        assert.deepEqual([...cross.dimensions[at].counts], one.counts);
        one.sums.forEach((sum, m) => assert.deepEqual([...cross.dimensions[at].sums[m]], sum));
      });
    }
  });
}

test("only rows of bins that change are moved", () => {
  const codes = Int32Array.from({ length: 1000 }, (_, row) => row % 100);
  const cross = new Crossfilter(1000, [{ bins: 100, codes }], []);
  const allowed = (to) => Uint8Array.from({ length: 100 }, (_, bin) => Number(bin < to));
  assert.equal(cross.filter(0, allowed(50)), 500);
  assert.equal(cross.filter(0, allowed(51)), 10);
  assert.equal(cross.filter(0, null), 490);
});

test("more dimensions than a mask has bits are refused", () => {
  const one = { bins: 1, codes: new Int32Array(0) };
  assert.throws(() => new Crossfilter(0, Array(32).fill(one), []), /31/);
  assert.equal(new Crossfilter(0, Array(31).fill(one), []).count, 0);
});

test("the largest of many are those that sorting finds", () => {
  const random = seeded(5);
  for (let round = 0; round < 50; round++) {
    const amounts = Array.from({ length: 60 }, () => Math.floor(random() * 12) - 3);
    const counts = amounts.map(() => Number(random() < 0.7));
    for (const sign of [1, -1]) {
      const expected = amounts.map((_, bin) => bin).filter((bin) => counts[bin]).sort((a, b) => sign * (amounts[b] - amounts[a]) || a - b);
      assert.deepEqual(top(amounts, counts, 7, sign), expected.slice(0, 7));
    }
  }
});
