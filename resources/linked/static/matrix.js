/** A matrix: a measure by two dimensions, the stronger the colour the more; heads and cells filter. */
import { fitted, html, labelled, shade, svg, widthOf, written } from "./drawing.js";
import { toggled } from "./lists.js";

const [ROW, HEAD, SIZE, NARROWEST, WIDEST] = [26, 24, 12, 26, 110];

export function matrix(view, page) {
  const { number, compact } = written(page.declared.measures[view.measure]);
  const [down, right] = [view.dimension, view.across].map((name) => page.declared.dimensions[name]);
  const drawing = svg("svg", { role: "table" });
  const note = html("p", { class: "note" });
  const body = html("div", { class: "picture" }, html("div", { class: "sideways", tabindex: 0, role: "region", "aria-label": `${view.title}: matrix` }, drawing), note);
  let now;

  const isList = ({ kind }) => kind === "category" || kind === "words";
  const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
  /** What a click on a line makes of the filter that is there. */
  const next = (dimension, filter, line) => (isList(dimension) ? toggled(filter, line.filter[0]) : same(filter, line.filter) ? null : line.filter);

  function head(line, side, shapes, x, y, width) {
    const [name, dimension] = side === 0 ? [view.dimension, down] : [view.across, right];
    const press = () => page.filter({ [name]: next(dimension, now.filters[side], line) }, true);
    return svg("g", { role: side === 0 ? "rowheader" : "columnheader" }, svg("g", {
      role: "button", tabindex: 0, "aria-pressed": String(line.chosen), "aria-label": `${dimension.title} ${line.label}`, "data-value": line.label,
      class: `pick${now.filters[side] && !line.chosen ? " out" : ""}`, click: press,
      keydown: (event) => {
        if (event.key === "Enter" || event.key === " ") { event.preventDefault(); press(); }
        if (event.key === "Escape") page.filter({ [name]: null }, true);
      },
    }, svg("title", {}, `${dimension.title} ${line.label}`), svg("rect", { class: "ground", x, y: y + 1, width, height: ROW - 2, rx: 4 }), ...shapes));
  }

  function cell(line, column, value, x, y, width, highest) {
    const told = `${line.label}, ${labelled(column.label, now.units[1])}: ${value === null ? "no rows" : number(value)}`;
    const out = (now.filters[0] && !line.chosen) || (now.filters[1] && !column.chosen);
    const both = now.filters[0] && now.filters[1] && line.chosen && column.chosen;
    const press = () => page.filter({ [view.dimension]: both ? null : line.filter, [view.across]: both ? null : column.filter }, true);
    const { fill, ink } = shade(value === null ? 0 : Math.max(value, 0) / highest, page.isDark());
    const text = value === null ? "" : compact(value);
    return svg("g", { role: "cell", "aria-label": told, "data-now": value, class: `cell${out ? " out" : ""}`, click: press }, svg("title", {}, told),
      svg("rect", { class: value === null ? "ground" : null, x: x + 0.5, y: y + 0.5, width: width - 1, height: ROW - 1, rx: 2, fill: value === null ? null : fill }),
      svg("text", { "aria-hidden": "true", x: x + width / 2, y: y + ROW / 2 + 4, "text-anchor": "middle", style: `fill:${ink};font-size:${SIZE}px` }, text));
  }

  return {
    body,
    picture: drawing,
    show(result, room) {
      now = result;
      const [rowLabels, columnLabels] = [now.rows, now.columns].map((lines, side) => lines.map((line) => labelled(line.label, now.units[side])));
      const left = Math.min(Math.max(...[down.title, ...rowLabels].map((one) => widthOf(one, 13)), 40) + 14, Math.max(room * 0.35, 90));
      // As wide as the widest number needs: what does not fit is reached sideways.
      const widest = Math.max(...now.cells.map((one) => (one === null ? 0 : widthOf(compact(one), SIZE)))) + 6;
      const wide = Math.max(Math.min((room - left) / Math.max(now.columns.length, 1), WIDEST), NARROWEST, widest);
      const every = Math.ceil((Math.max(...columnLabels.map((one) => widthOf(one, SIZE)), 1) + 8) / wide);
      const highest = Math.max(...now.cells, 0) || 1;
      const root = drawing.getRootNode();
      const held = drawing.contains(root.activeElement) ? root.activeElement.getAttribute("aria-label") : null;
      drawing.setAttribute("width", left + wide * now.columns.length + 1);
      drawing.setAttribute("height", HEAD + ROW * now.rows.length + 1);
      drawing.setAttribute("aria-label", `${view.title}: ${down.title} by ${right.title}`);
      drawing.replaceChildren(
        svg("g", { role: "row" },
          svg("g", { role: "columnheader" }, svg("text", { class: "scale", x: 6, y: HEAD - 8 }, fitted(down.title, 11, left - 10))),
          ...now.columns.map((column, at) => head(column, 1, at % every === 0 ? [svg("text", { class: "scale", "aria-hidden": "true", x: left + wide * at + (every > 1 ? 2 : wide / 2), y: HEAD - 8, "text-anchor": every > 1 ? "start" : "middle" }, columnLabels[at])] : [], left + wide * at, 0, wide))),
        ...now.rows.map((line, row) => svg("g", { role: "row" },
          head(line, 0, [svg("text", { "aria-hidden": "true", x: 6, y: HEAD + ROW * row + ROW / 2 + 5 }, fitted(rowLabels[row], 13, left - 12))], 0, HEAD + ROW * row, left - 4),
          ...now.columns.map((column, at) => cell(line, column, now.cells[row * now.columns.length + at], left + wide * at, HEAD + ROW * row, wide, highest)))));
      if (held !== null) [...drawing.querySelectorAll("[role=button]")].find((one) => one.getAttribute("aria-label") === held)?.focus();
      body.dataset.sum = now.cells.reduce((sum, one) => sum + (one ?? 0), 0);
      note.textContent = now.rows.length === 0 ? "There is nothing to show." : `Down: ${down.title}. Across: ${right.title}. At most ${number(highest)}.`;
    },
    csv: () => [[down.title, right.title, "value"], ...now.rows.flatMap((line, row) => now.columns.map((column, at) => [line.label, column.label, now.cells[row * now.columns.length + at]]))],
  };
}
