/** Tables: of rows, and of groups, whose names can be chosen; sorted by a click on a head. */
import { html, number, written } from "./drawing.js";
import { toggled } from "./lists.js";

export function table(view, page, at) {
  const heads = view.kind === "groups"
    ? [[null, page.declared.dimensions[view.dimension].title], ...Object.entries(page.declared.measures).map(([name, one]) => [name, one.title])]
    : Object.entries(view.columns);
  const head = html("tr");
  const lines = html("tbody");
  const body = html("div", { class: "picture scroll", tabindex: 0, role: "region", "aria-label": `${view.title}: table` }, html("table", {}, html("thead", {}, head), lines));
  let now;

  const sortBy = (name) => page.set(at, { sort: name, descending: now.sort === name ? !now.descending : true });
  const buttons = heads.map(([name, title]) => {
    const button = name === null ? title : html("button", { type: "button", click: () => sortBy(name) }, title);
    const cell = html("th", { scope: "col" }, button);
    head.append(cell);
    return [name, cell];
  });
  const linked = (text, link) => (/^https?:\/\//.test(link ?? "") ? html("a", { href: link, target: "_blank", rel: "noopener noreferrer" }, text) : text);
  const full = view.kind === "groups" ? Object.values(page.declared.measures).map((one) => written(one).number) : [];
  const cell = (value, at) => html("td", { class: numbers[at] ? "number" : null }, typeof value === "number" ? (full[at] ?? number)(value) : wordOf(value));
  let numbers = [];

  return {
    body,
    picture: null,
    show(result) {
      now = result;
      const valuesOf = (line) => (view.kind === "groups" ? line.amounts : line.values.slice(1));
      numbers = heads.slice(1).map((_, column) => now.lines.some((line) => typeof valuesOf(line)[column] === "number"));
      buttons.forEach(([, one], column) => one.classList.toggle("number", numbers[column - 1] ?? false));
      for (const [name, one] of buttons) one.setAttribute("aria-sort", name !== now.sort ? "none" : now.descending ? "descending" : "ascending");
      lines.replaceChildren(...now.lines.map((line) => {
        if (view.kind !== "groups") {
          const [first, ...others] = line.values;
          return html("tr", {}, html("td", {}, linked(typeof first === "number" ? number(first) : wordOf(first), line.link)), ...others.map(cell));
        }
        const choose = html("button", {
          type: "button", class: "choose", "aria-pressed": String(line.chosen), "data-value": String(line.value),
          click: () => page.filter({ [view.dimension]: toggled(now.filter, line.value) }, true),
        }, line.label);
        return html("tr", { class: now.filter && !line.chosen ? "out" : null }, html("th", { scope: "row" }, choose, line.link ? html("span", { class: "out-link" }, " ", linked("↗", line.link)) : null), ...line.amounts.map(cell));
      }));
      if (now.lines.length === 0) lines.append(html("tr", {}, html("td", { colspan: heads.length, class: "note" }, "Nothing passes the filters.")));
    },
    csv: () => [heads.map(([, title]) => title), ...now.lines.map((line) => (view.kind === "groups" ? [line.label, ...line.amounts] : line.values))],
  };
}

const wordOf = (value) => ({ true: "yes", false: "no" })[value] ?? value ?? "–";
