// The model over rows that came as Arrow, and the state in an address.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { read, write } from "../../resources/linked/static/address.js";
import { readColumns } from "../../resources/linked/static/columns.js";
import { dateOf, dayOf, valueOf } from "../../resources/linked/static/dimensions.js";
import { beginning } from "../../resources/linked/static/amounts.js";
import { field, Model } from "../../resources/linked/static/model.js";

const { declared, rows, words, folder } = JSON.parse(readFileSync(process.env.LINKED_CASE));
const table = readColumns(readFileSync(`${folder}/events.arrow`));
const others = new Map([["gold.words", readColumns(readFileSync(`${folder}/words.arrow`))]]);
const wordsOf = (row) => words.filter((one) => one.event_id === row.event_id).map((one) => one.word);

test("columns read from Arrow are what was written", () => {
  assert.equal(table.rows, rows.length);
  for (const [name, column] of table.columns) {
    const found = rows.map((_, row) => valueOf(column, row));
    const want = rows.map((one) => one[name]);
    assert.deepEqual(found, want.map((one) => (typeof one === "boolean" ? String(one) : one)), name);
  }
});

/** The rows that filters let through, in plain words. */
function passing(filters, except) {
  return rows.filter((row) => Object.entries(filters).every(([name, filter]) => {
    if (name === except) return true;
    if (name === "day") return row.local_date !== null && row.local_date >= filter[0] && row.local_date <= filter[1];
    if (name === "group") return filter.includes(row.group_id);
    if (name === "word") return wordsOf(row).some((one) => filter.includes(one));
    if (name === "fee") return row.fee !== null && Math.floor(row.fee / 5) * 5 >= filter[0] && Math.floor(row.fee / 5) * 5 <= filter[1];
    const [x, y] = [Math.floor(row.lon * 100 + 0.5) / 100, Math.floor(row.lat * 100 + 0.5) / 100];
    return row.lon !== null && x >= filter[0] && x <= filter[2] && y >= filter[1] && y <= filter[3];
  }));
}

const CASES = [
  {}, { day: ["2024-02-01", "2024-03-15"] }, { group: ["g1", "g3"] }, { group: [null] }, { word: ["jazz", "run"] }, { fee: [5, 15] },
  { place: [-122.435, 37.765, -122.405, 37.805] }, { day: ["2024-02-01", "2024-04-30"], word: ["jazz"], group: ["g1", "g2"] }, { group: ["nobody"] }, {},
];

test("each view counts what the filters of all others let through", () => {
  const model = new Model(declared, table, others);
  for (const filters of CASES) {
    model.filter(filters);
    const { count, totals, views } = model.results();
    assert.equal(count, passing(filters).length);
    assert.equal(totals.yes, passing(filters).reduce((sum, row) => sum + (row.yes_rsvps ?? 0), 0));
    const [bars, leaders, map, cloud, lines, fees] = views;
    const dated = passing(filters, "day").filter((row) => row.local_date !== null);
    assert.equal(bars.bars.reduce((sum, bar) => sum + bar.now, 0), dated.length);
    for (const bar of bars.bars) assert.equal(bar.now, dated.filter((row) => row.local_date >= bar.from && row.local_date <= bar.to).length);
    for (const one of leaders.leaders) {
      assert.equal(one.now, passing(filters, "group").filter((row) => row.group_id === one.value).reduce((sum, row) => sum + (row.yes_rsvps ?? 0), 0));
    }
    const placed = passing(filters, "place");
    assert.equal(map.squares.reduce((sum, one) => sum + one.count, 0) + map.elsewhere, placed.length);
    for (const one of cloud.words) assert.equal(one.now, passing(filters, "word").filter((row) => wordsOf(row).includes(one.value)).length);
    assert.deepEqual(lines.lines.map((line) => line.values[0]).sort(), passing(filters).map((row) => row.event_id).sort());
    const paid = passing(filters, "fee").filter((row) => row.fee !== null);
    assert.equal(fees.bars.reduce((sum, bar) => sum + bar.now, 0), paid.length);
    assert.equal(model.csv(["event_id"]).trim().split("\r\n").length, 1 + passing(filters).length);
  }
});

const sumOf = (found, name) => found.reduce((sum, row) => sum + (row[name] ?? 0), 0);
const near = (found, want, what) => assert.ok(Math.abs(found - want) < 1e-9 * Math.max(1, Math.abs(want)), `${what}: ${found} is not ${want}`);

/** The rows that filters let through, but for those of two dimensions. */
const passingBut = (filters, one, other) => passing(Object.fromEntries(Object.entries(filters).filter(([name]) => name !== one && name !== other)));

test("a matrix counts by two dimensions what the filters of all others let through", () => {
  const model = new Model(declared, table, others);
  for (const filters of CASES) {
    model.filter(filters);
    const { views } = model.results();
    const [groups, cloud] = [views[6], views[7]];
    assert.deepEqual(groups.columns.map((one) => one.label), ["2024-01-01", "2024-02-01", "2024-03-01", "2024-04-01", "2024-05-01"]);
    assert.equal(groups.rows.length, 5);
    groups.rows.forEach((line, i) => groups.columns.forEach((column, j) => {
      const own = passingBut(filters, "group", "day").filter((row) => row.group_id === line.filter[0] && row.local_date?.startsWith(column.label.slice(0, 7)));
      const cell = groups.cells[i * groups.columns.length + j];
      if (own.length === 0) assert.equal(cell, null);
      else assert.equal(cell, sumOf(own, "yes_rsvps"));
    }));
    cloud.rows.forEach((line, i) => cloud.columns.forEach((column, j) => {
      const own = passingBut(filters, "word", "fee").filter((row) => row.fee !== null && wordsOf(row).includes(line.label) && Math.floor(row.fee / 5) * 5 === Number(column.label));
      const cell = cloud.cells[i * cloud.columns.length + j];
      if (own.length === 0) assert.equal(cell, null);
      else near(cell, sumOf(own, "yes_rsvps") === 0 ? 0 : sumOf(own, "fee") / sumOf(own, "yes_rsvps"), `${line.label} ${column.label}`);
    }));
  }
});

test("what is per something is a quotient of sums, of a bar as of all", () => {
  const model = new Model(declared, table, others);
  model.filter({ group: ["g1", "g2"] });
  const { totals, allTotals, views } = model.results();
  const own = passing({ group: ["g1", "g2"] });
  near(totals.mean, sumOf(own, "yes_rsvps") / own.length, "mean");
  near(allTotals.fee_share, sumOf(rows, "fee") / sumOf(rows, "yes_rsvps"), "share of all");
  for (const bar of views[8].bars) {
    const inside = own.filter((row) => row.local_date !== null && row.local_date >= bar.from && row.local_date <= bar.to);
    near(bar.now, inside.length === 0 ? 0 : sumOf(inside, "yes_rsvps") / inside.length, bar.label);
  }
});

test("bars of what is told month by month are months, all as wide", () => {
  const days = ["2024-01-01", "2024-02-01", "2024-02-01", "2024-05-01"].map(dayOf);
  const mine = { rows: 4, columns: new Map([["month", { kind: "day", values: Float64Array.from(days) }]]) };
  const page = { dimensions: { month: { kind: "time", column: "month" } }, measures: { rows: {} }, views: [{ kind: "bars", dimension: "month", measure: "rows" }] };
  const { bars, starts, unit } = new Model(page, mine).results().views[0];
  assert.equal(unit, "month");
  assert.deepEqual(bars.map((bar) => [bar.label, bar.now]), [["2024-01-01", 1], ["2024-02-01", 2], ["2024-03-01", 0], ["2024-04-01", 0], ["2024-05-01", 1]]);
  assert.deepEqual(starts, [0, 31, 60, 91, 121, 152]);
});

test("rows share what another table says of their key, whatever the type of both", () => {
  const column = (values) => ({ kind: "number", values: Float64Array.from(values) });
  const mine = { rows: 5, columns: new Map([["household", column([1, 2, 1, 3, NaN])]]) };
  const theirs = { rows: 3, columns: new Map([["household", column([1, 2, 9])], ["segment", column([5, 4, 5])]]) };
  const dimension = { kind: "words", table: "t", key: "household", column: "segment" };
  const page = { dimensions: { segment: dimension }, measures: { rows: {} }, views: [{ kind: "leaderboard", dimension: "segment", measure: "rows", limit: 9 }] };
  const model = new Model(page, mine, new Map([["t", theirs]]));
  assert.deepEqual(model.results().views[0].leaders.map((one) => [one.value, one.now]), [["5", 2], ["4", 1]]);
  model.filter({ segment: ["5"] });
  assert.equal(model.results().count, 2);
});

test("rows are sorted as asked, and no more of them come than asked", () => {
  const model = new Model({ ...declared, views: [{ kind: "rows", columns: { event_id: "", yes_rsvps: "" }, sort: "yes_rsvps", limit: 5 }] }, table, others);
  const highest = rows.map((row) => row.yes_rsvps).filter((one) => one !== null).sort((a, b) => b - a);
  assert.deepEqual(model.results().views[0].lines.map((line) => line.values[1]), highest.slice(0, 5));
  const up = model.results({ 0: { sort: "event_id", descending: false } }).views[0];
  assert.deepEqual(up.lines.map((line) => line.values[0]), rows.map((row) => row.event_id).sort().slice(0, 5));
});

test("an address brings back the state that was written into it", () => {
  for (const filters of CASES) {
    const state = { filters, settings: { 4: { sort: "yes_rsvps", descending: false }, 2: { extent: [-123, 37, -122, 38] } }, publication: "p1" };
    const query = write("?theme=x&group=old", declared, state);
    assert.deepEqual(read(query, declared), state);
    assert.equal(new URLSearchParams(query).get("theme"), "x");
  }
  assert.equal(write("?day=2024-01-01..2024-01-02&at=p", declared, { filters: {}, settings: {}, publication: "p" }), "");
});

test("what fits no declaration is no state", () => {
  const query = "?day=yesterday&fee=a..b&place=1,2,3&day2=x&view.0=&view.9=x~up&day=2024-13-45..2024-01-01";
  assert.deepEqual(read(query, declared), { filters: {}, settings: {}, publication: null });
});

test("weeks begin on Mondays, also before 1970", () => {
  for (let day = dayOf("1969-11-20"); day < dayOf("1970-03-01"); day++) {
    const monday = beginning(day, "week");
    assert.equal(new Date(`${monday}T00:00:00Z`).getUTCDay(), 1);
    assert.ok(day - dayOf(monday) >= 0 && day - dayOf(monday) < 7);
    assert.equal(beginning(day, "quarter").slice(5), dateOf(day).slice(0, 4) === "1970" ? "01-01" : "10-01");
  }
});

test("fields of CSV are quoted, and are no formulas", () => {
  assert.deepEqual(['a,b', 'say "x"', "=1+1", -5, null, "line\nline"].map(field), ['"a,b"', '"say ""x"""', "'=1+1", "-5", "", '"line\nline"']);
});

