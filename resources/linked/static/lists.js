/** Leaderboards and word clouds: values that are chosen by a click or by Enter, several of them side by side. */
import { fitted, html, number, svg, widthOf, written } from "./drawing.js";

const [ROW, SIZE] = [26, 13];

/** Adds a value to a filter, or takes it out; null where none is left. */
export function toggled(filter, value) {
  const list = filter ?? [];
  const next = list.includes(value) ? list.filter((one) => one !== value) : [...list, value];
  return next.length > 0 ? next : null;
}

function button(view, page, one, filter, ...children) {
  const told = amountsOf(view, page, one);
  const press = () => page.filter({ [view.dimension]: toggled(filter, one.value) }, true);
  return svg("g", {
    role: "button", tabindex: 0, "aria-pressed": String(one.chosen), "data-value": String(one.value), "data-now": one.now,
    "aria-label": told, class: `pick${filter && !one.chosen ? " out" : ""}`, click: press,
    keydown: (event) => {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); press(); }
      if (event.key === "Escape") page.filter({ [view.dimension]: null }, true);
    },
  }, svg("title", {}, told), ...children);
}

function amountsOf(view, page, { label, now, all }) {
  const measure = page.declared.measures[view.measure];
  const { number: full } = written(measure);
  return `${label}: ${full(now)} ${measure.per ? "against" : "of"} ${full(all)}`;
}

/** Draw anew, and leave the keyboard where it was: at the same value. */
function drawn(drawing, nodes) {
  const root = drawing.getRootNode();
  const held = drawing.contains(root.activeElement) ? root.activeElement.dataset.value : null;
  drawing.replaceChildren(...nodes);
  if (held !== null) nodes.find((node) => node.dataset?.value === held)?.focus();
}

export function leaderboard(view, page) {
  const { compact } = written(page.declared.measures[view.measure]);
  const drawing = svg("svg", { role: "group" });
  const note = html("p", { class: "note" });
  const body = html("div", { class: "picture" }, drawing, note);
  let [now, most] = [null, 1];
  return {
    body,
    picture: drawing,
    show(result, room) {
      now = result;
      // As tall as it ever was, so that what is below does not jump while one drags.
      most = Math.max(most, now.leaders.length);
      const width = Math.max(room, 240);
      const highest = Math.max(...now.leaders.map((one) => one.now), 0) || 1;
      drawing.setAttribute("width", width);
      drawing.setAttribute("height", most * ROW);
      drawing.setAttribute("aria-label", `${view.title}: the first ${now.leaders.length} of ${now.count}`);
      drawn(drawing, now.leaders.map((one, at) => {
        const value = compact(one.now);
        const y = at * ROW;
        return button(view, page, one, now.filter,
          svg("rect", { class: "ground", x: 0, y: y + 1, width, height: ROW - 2, rx: 4 }),
          svg("rect", { class: "bar", x: 0, y: y + 3, width: Math.max(((width - 60) * Math.max(one.now, 0)) / highest, 2), height: ROW - 6, rx: 3 }),
          svg("text", { "aria-hidden": "true", x: 8, y: y + ROW / 2 + 5 }, fitted(one.label, SIZE, width - 80)),
          svg("text", { "aria-hidden": "true", class: "value", x: width - 6, y: y + ROW / 2 + 5, "text-anchor": "end" }, value),
        );
      }));
      note.textContent = now.count === 0 ? "Nothing passes the filters." : `${number(now.count)} in all`;
    },
    csv: () => [["value", "label", "amount", "all"], ...now.leaders.map((one) => [one.value, one.label, one.now, one.all])],
  };
}

export function words(view, page) {
  const drawing = svg("svg", { role: "group" });
  const note = html("p", { class: "note" });
  const body = html("div", { class: "picture" }, drawing, note);
  let now;
  return {
    body,
    picture: drawing,
    show(result, room) {
      now = result;
      const width = Math.max(room, 240);
      const highest = Math.max(...now.words.map((one) => one.now), 1);
      // Along lines and in the alphabet's order, so that a word is found where it was while one drags.
      const lines = [[]];
      let x = 0;
      for (const one of now.words) {
        const size = 12 + 22 * Math.sqrt(Math.max(one.now, 0) / highest);
        const wide = widthOf(one.label, size) + 12;
        if (x + wide > width && lines.at(-1).length > 0) { lines.push([]); x = 0; }
        lines.at(-1).push({ one, size, x });
        x += wide;
      }
      let y = 4;
      const nodes = [];
      for (const line of lines) {
        const tall = Math.max(...line.map(({ size }) => size), 0) * 1.25;
        const used = line.length ? line.at(-1).x + widthOf(line.at(-1).one.label, line.at(-1).size) : 0;
        for (const { one, size, x: left } of line) {
          const text = svg("text", { x: left + (width - used) / 2, y: y + tall * 0.8, style: `font-size:${size.toFixed(1)}px` }, one.label);
          nodes.push(button(view, page, one, now.filter, text));
        }
        y += tall;
      }
      drawing.setAttribute("width", width);
      drawing.setAttribute("height", Math.max(y + 6, 60));
      drawing.setAttribute("aria-label", `${view.title}: ${now.words.length} of ${now.count} words`);
      drawn(drawing, nodes);
      note.textContent = now.count === 0 ? "Nothing passes the filters." : `${number(now.count)} words in all`;
    },
    csv: () => [["word", "amount", "all"], ...now.words.map((one) => [one.label, one.now, one.all])],
  };
}
