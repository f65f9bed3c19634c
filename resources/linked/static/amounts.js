/** What amounts of bins are made of and ordered by: quotients, the largest, beginnings of weeks and months, extents. */
import { dateOf } from "./dimensions.js";

/** A sum divided by another; nothing where there is nothing to divide by. */
export const quotient = (over, under) => (under === 0 ? 0 : over / under);

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

/** The places of a text column's rows in the alphabet's order, NaN for null. */
export function ranks({ codes, values }) {
  const sorted = values.map((_, code) => code).sort((a, b) => values[a].localeCompare(values[b]));
  const rank = new Float64Array(values.length);
  sorted.forEach((code, at) => { rank[code] = at; });
  return Float64Array.from(codes, (code) => (code < 0 ? NaN : rank[code]));
}

/** West, south, east and north of where 98 of 100 rows are, with some room, so that a slip in one row moves no map. */
export function extentOf(x, y, counts) {
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
