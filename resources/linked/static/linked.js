/**
 * The linked pictures of a page: mounts the views of a declaration, keeps them, the worker and the address together.
 *
 * `mount(root, declared)` returns a function that takes everything down again. The component owns its part of the
 * address: each finished change is a step of the browser's history.
 */
import { read, write } from "./address.js";
import { bars } from "./bars.js";
import { dateOf, dayOf } from "./dimensions.js";
import { html, measuredBy, number, written } from "./drawing.js";
import { leaderboard, words } from "./lists.js";
import { map } from "./map.js";
import { matrix } from "./matrix.js";
import { lines, png, saveText, standing } from "./saving.js";
import { table } from "./tables.js";

const VIEWS = { bars, leaderboard, words, map, matrix, groups: table, rows: table };
const LOOK_MS = 60_000;

export function mount(root, declared, { api = "/api/v1", tiles = null } = {}) {
  const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
  let state = read(location.search, declared);
  let [publications, publication, results, busy, waiting, asked, dragging] = [{}, null, null, false, false, 0, false];
  const answers = new Map();
  let seen = null;
  const dark = matchMedia("(prefers-color-scheme: dark)");

  const status = html("p", { class: "status", role: "status" }, "Loading rows…");
  const notice = html("div", { class: "notice", role: "alert", hidden: true });
  const fresh = html("p", { class: "fresh" });
  const figures = html("dl", { class: "figures" });
  const chips = html("div", { class: "chips" });
  const grid = html("div", { class: "grid-of-views" });
  const frame = html("section", { class: "linked", "aria-label": declared.title, "aria-busy": "true" }, html("h2", {}, declared.title), fresh, notice, status, figures, chips, grid);
  root.append(frame);

  const page = {
    declared,
    isDark: () => frame.dataset.dark === "true",
    tiles,
    /** Set filters by their dimensions, where null is none; `done` is whether that is where it stays. */
    filter(filters, done) {
      const all = Object.entries({ ...state.filters, ...filters });
      change({ ...state, filters: Object.fromEntries(all.filter(([, filter]) => filter !== null)) }, done);
    },
    set(at, setting) {
      const { [at]: _, ...others } = state.settings;
      change({ ...state, settings: setting === null ? others : { ...others, [at]: setting } }, true);
    },
    write: (dimension, { edges }, bin) => {
      const one = declared.dimensions[dimension];
      return one.kind === "time" ? dateOf(dayOf(edges[0]) + bin) : Number(edges[0]) + bin * one.width;
    },
  };

  const views = declared.views.map((view, at) => {
    const made = VIEWS[view.kind](view, page, at);
    const save = html("details", { class: "save" }, html("summary", { "aria-label": `Save ${view.title}` }, "Save"),
      html("div", {},
        button("CSV", () => saveText(lines(made.csv()), `${named(view.title)}.csv`, "text/csv")),
        made.picture && button("SVG", () => saveText(standing(made.picture, ground()), `${named(view.title)}.svg`, "image/svg+xml")),
        made.picture && button("PNG", async () => saveText(await png(made.picture, ground()), `${named(view.title)}.png`, "image/png"))));
    const card = html("article", { class: `view ${view.kind}${view.wide ? " wide" : ""}`, "data-view": at },
      html("header", {}, html("h3", {}, view.title), save), made.body);
    grid.append(card);
    return made;
  });

  function change(next, done) {
    const push = done && write(location.search, declared, pinned(next)) !== location.search;
    state = next;
    dragging = !done;
    if (push) history.pushState(history.state, "", `${location.pathname}${write(location.search, declared, pinned(next))}${location.hash}`);
    ask();
  }
  const pinned = (one) => ({ ...one, publication });
  const onPop = () => {
    state = read(location.search, declared);
    dragging = false;
    ask();
  };

  /** Ask the worker for the state as it is now; while it works, only the last wish is kept. */
  function ask() {
    frame.setAttribute("aria-busy", "true");
    if (busy) { waiting = true; return; }
    if (results === null) return;
    busy = true;
    worker.postMessage({ id: ++asked, filters: state.filters, settings: state.settings });
  }

  worker.onmessage = ({ data }) => {
    if (data.progress !== undefined) status.textContent = `Loading rows… ${(data.progress / 1e6).toFixed(1)} MB`;
    else if (data.publications) {
      publications = data.publications;
      publication = digest(publications);
      status.textContent = `Counting ${number(data.rows)} rows…`;
    } else if (data.csv) answers.get(data.id)?.(data.csv);
    else if (data.error) fail(data);
    else {
      busy = false;
      results = data.results;
      frame.dataset.took = data.took.toFixed(1);
      show();
      if (waiting) { waiting = false; ask(); }
      else if (!dragging) frame.setAttribute("aria-busy", "false");
    }
  };
  worker.onerror = () => fail({ error: "The pictures could not be started; reload the page.", status: 0 });

  function fail({ error, status: code }) {
    busy = false;
    frame.setAttribute("aria-busy", "false");
    frame.dataset.state = code === 204 ? "empty" : "error";
    status.hidden = false;
    status.replaceChildren(
      code === 204 ? "No rows are there yet: they come when this table is first made." : error, " ",
      code === 401 ? html("a", { href: "/login" }, "Log in") : button("Try again", () => location.reload()));
  }

  function show() {
    status.hidden = true;
    frame.dataset.state = "ready";
    frame.dataset.dark = String(isDark());
    frame.dataset.count = results.count;
    const isFiltered = Object.keys(state.filters).length > 0;
    figures.replaceChildren(...Object.entries(declared.measures).map(([name, one]) => html("div", {},
      html("dt", {}, one.title),
      html("dd", { "data-measure": name, "data-now": results.totals[name] }, written(one).number(results.totals[name]), isFiltered ? html("small", {}, ` ${one.per ? "against" : "of"} ${written(one).number(results.allTotals[name])}`) : ""))));
    chips.replaceChildren(...Object.entries(state.filters).map(([name, filter]) =>
      button(`${declared.dimensions[name].title}: ${told(declared.dimensions[name].kind, filter)} ✕`, () => page.filter({ [name]: null }, true))),
      isFiltered ? button("Clear all", () => change({ ...state, filters: {} }, true)) : "",
      button("Save rows", saveRows), button("Copy link", copyLink));
    views.forEach((view, at) => view.show(results.views[at], view.body.clientWidth));
    // What a link was made on is gone where it was published anew: the same question is asked of the rows of now.
    if (state.publication && state.publication !== publication) tell("This link was made on earlier rows; what you see is of the rows of now.", null);
  }

  function saveRows() {
    answers.set(++asked, (text) => saveText(text, `${named(declared.title)}.csv`, "text/csv"));
    worker.postMessage({ id: asked, csv: declared.columns });
  }
  async function copyLink() {
    history.replaceState(history.state, "", `${location.pathname}${write(location.search, declared, pinned(state))}`);
    await navigator.clipboard?.writeText(location.href);
  }

  function tell(text, action) {
    notice.hidden = false;
    notice.replaceChildren(text, " ", ...(action ? [action] : []), button("✕", () => { notice.hidden = true; state = { ...state, publication: null }; }));
  }

  /** How fresh the tables are, which checks fail, and whether they were published anew. */
  async function look() {
    const answer = await fetch(`${api}/tables/${declared.table}`, { credentials: "same-origin" });
    if (!answer.ok || !answer.headers.get("content-type")?.includes("json")) return;
    const told = await answer.json();
    const failing = told.checks.filter((one) => one.failures > 0);
    const updated = told.updated_at ? new Date(`${told.updated_at.replace(/Z$/, "")}Z`) : null;
    const late = updated && told.fresh_within_seconds && Date.now() - updated > told.fresh_within_seconds * 1_000;
    fresh.classList.toggle("bad", Boolean(late) || failing.length > 0);
    fresh.replaceChildren(
      `${declared.table}: ${updated ? `rows of ${updated.toISOString().slice(0, 16).replace("T", " ")} UTC` : "not made yet"}${late ? ", older than they should be" : ""}. `,
      failing.length === 0 ? passing(told) : `${failing.length} of ${told.checks.length} checks fail: ${failing.map((one) => `${one.holds} (${number(one.failures)} rows)`).join("; ")}`);
    seen ??= told.publication;
    // The rows of a view are of the publications of what it reads; whether its own has changed tells the same.
    const known = told.kind === "view" ? seen : publications[declared.table];
    if (known && told.publication && known !== told.publication) {
      tell("Newer rows have been published.", button("Show them", () => location.reload()));
    }
  }

  const isDark = () => luminance(ground()) < 0.4;
  const ground = () => {
    for (let node = frame; node; node = node.parentElement ?? node.getRootNode().host) {
      const colour = getComputedStyle(node).backgroundColor;
      if (colour && !/, 0\)$|transparent/.test(colour)) return colour;
    }
    return dark.matches ? "rgb(14, 17, 23)" : "rgb(255, 255, 255)";
  };

  // By its width alone: a picture that is drawn anew under a pointer that is pressed would lose the click.
  let wide = 0;
  const resized = new ResizeObserver(([{ contentRect: { width } }]) => {
    if (results && width !== wide) show();
    wide = width;
  });
  resized.observe(frame);
  const timer = setInterval(() => document.hidden || look().catch(() => {}), LOOK_MS);
  addEventListener("popstate", onPop);
  frame.dataset.dark = String(isDark());
  measuredBy(frame);
  look().catch(() => {});
  busy = true;
  worker.postMessage({
    id: ++asked, filters: state.filters, settings: state.settings,
    load: { declared, addresses: addresses(declared, api) },
  });
  return () => {
    worker.terminate();
    clearInterval(timer);
    resized.disconnect();
    removeEventListener("popstate", onPop);
    frame.remove();
  };
}

/** What is asked of the data API: the columns that are used, of the table, and of those that lists come from. */
export function addresses(declared, api) {
  const where = new URLSearchParams(declared.where);
  const asked = (name, columns, query) => ({ table: name, address: `${api}/tables/${name}/rows?format=arrow&select=${columns.join(",")}${query}` });
  const others = new Map();
  for (const { kind, table, key, column } of Object.values(declared.dimensions)) {
    if (kind === "words") others.set(table, new Set([...(others.get(table) ?? []), key, column]));
  }
  const query = where.size > 0 ? `&${where}` : "";
  return [asked(declared.table, declared.columns, query), ...[...others].map(([table, columns]) => asked(table, [...columns], ""))];
}

function button(text, click) {
  return html("button", { type: "button", click }, text);
}

/** How many checks pass; of a table that is written in parts, what they found is told by the run alone. */
function passing({ updated_at: made, checks }) {
  const passed = checks.filter((one) => one.failures === 0).length;
  if (!made || checks.length === 0) return "";
  return passed === checks.length ? `All ${passed} checks pass.` : `${passed} of ${checks.length} checks pass; of the others their runs tell.`;
}

const named = (title) => title.toLowerCase().replace(/[^a-z0-9]+/g, "-");
const digest = (publications) => Object.values(publications).map((one) => String(one).slice(0, 12)).join("-");

function told(kind, filter) {
  if (kind === "time" || kind === "number") return filter.join(" to ");
  if (kind === "place") return "a box on the map";
  return filter.length > 2 ? `${filter.length} chosen` : filter.map((one) => one ?? "none").join(", ");
}

function luminance(colour) {
  const [red, green, blue] = (colour.match(/[\d.]+/g) ?? [255, 255, 255]).map(Number);
  return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;
}
