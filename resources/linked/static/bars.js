/** Bars over time or over a number, with a brush: dragged by a pointer, moved by keys. */
import { dragged, html, labelled, svg, ticks, written } from "./drawing.js";

const [HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [170, 46, 10, 8, 24];
const KEYS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10, Home: -1e9, End: 1e9 };

export function bars(view, page) {
  const { compact, number } = written(page.declared.measures[view.measure]);
  const body = html("div", { class: "picture" });
  const drawing = svg("svg", { height: HEIGHT, role: "group" });
  const shapes = svg("g");
  const shade = svg("rect", { class: "brush", y: TOP, height: HEIGHT - TOP - BOTTOM });
  const grips = ["from", "to"].map((which, side) => svg("rect", {
    class: "grip", y: TOP, width: 9, height: HEIGHT - TOP - BOTTOM, rx: 3, role: "slider", tabindex: 0,
    "aria-label": `${view.title}: ${which}`, keydown: (event) => onKey(event, side),
  }));
  drawing.append(shapes, shade, ...grips);
  body.append(drawing);
  let [now, width] = [null, 600];

  const bins = () => now.starts.at(-1);
  const x = (bin) => LEFT + ((width - LEFT - RIGHT) * bin) / bins();
  const binAt = (event) => {
    const { left } = drawing.getBoundingClientRect();
    return Math.min(Math.max(((event.clientX - left - LEFT) / (width - LEFT - RIGHT)) * bins(), 0), bins() - 1e-6);
  };
  /** A day's or number's text of a bin, which only the worker knows between edges. */
  const choose = (low, high, done) => {
    const [from, to] = [Math.max(Math.floor(low), 0), Math.min(Math.floor(high), bins() - 1)];
    page.filter({ [view.dimension]: from <= 0 && to >= bins() - 1 ? null : [page.write(view.dimension, now, from), page.write(view.dimension, now, to)] }, done);
  };

  dragged(drawing, (event) => {
    if (!now) return null;
    const start = binAt(event);
    const brush = now.brush;
    const near = ((bins() * 8) / (width - LEFT - RIGHT));
    const side = !brush ? -1 : Math.abs(start - brush[0]) < near ? 0 : Math.abs(start - brush[1] - 1) < near ? 1 : -1;
    const inside = brush && side < 0 && start > brush[0] && start < brush[1] + 1;
    const span = brush ? brush[1] - brush[0] : 0;
    let moved = false;
    return (next, done) => {
      const at = binAt(next);
      moved ||= Math.abs(next.clientX - event.clientX) > 3;
      if (!moved) {
        if (done && brush) page.filter({ [view.dimension]: null }, true);
      } else if (inside) {
        const from = Math.min(Math.max(Math.round(brush[0] + at - start), 0), bins() - 1 - span);
        choose(from, from + span, done);
      } else {
        const fixed = side === 0 ? brush[1] : side === 1 ? brush[0] : start;
        choose(Math.min(fixed, at), Math.max(fixed, at), done);
      }
    };
  });

  function onKey(event, side) {
    if (event.key === "Escape" || event.key === "Delete") return page.filter({ [view.dimension]: null }, true);
    if (!(event.key in KEYS)) return;
    event.preventDefault();
    const brush = [...(now.brush ?? [0, bins() - 1])];
    const widest = Math.max(Math.round(bins() / now.bars.length), 1);
    brush[side] = Math.min(Math.max(brush[side] + KEYS[event.key] * widest, 0), bins() - 1);
    if (brush[0] <= brush[1]) choose(brush[0], brush[1], true);
  }

  return {
    body,
    picture: drawing,
    show(result, room) {
      [now, width] = [result, Math.max(room, 240)];
      drawing.setAttribute("width", width);
      const scale = ticks(Math.max(...now.bars.map((bar) => bar.all), 0));
      const y = (value) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - Math.max(value, 0) / scale.at(-1));
      const bar = (from, to, value, name) => {
        const wide = x(to) - x(from);
        return svg("rect", { class: name, x: x(from) + Math.min(wide * 0.1, 1), y: y(value), width: Math.max(wide - Math.min(wide * 0.2, 2), 0.5), height: HEIGHT - BOTTOM - y(value) });
      };
      const every = Math.ceil(now.bars.length / Math.max(Math.floor((width - LEFT) / 90), 1));
      shapes.replaceChildren(
        ...scale.flatMap((value) => [
          svg("line", { class: "grid", x1: LEFT, x2: width - RIGHT, y1: y(value), y2: y(value) }),
          svg("text", { class: "scale", x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, compact(value)),
        ]),
        ...now.bars.flatMap((one, at) => [
          bar(now.starts[at], now.starts[at + 1], one.all, "all"),
          svgTitled(bar(now.starts[at], now.starts[at + 1], one.now, "now"), `${one.label}: ${number(one.now)}`),
          at % every === 0 && x(now.starts[at]) < width - 66 ? svg("text", { class: "scale", x: x(now.starts[at]), y: HEIGHT - 7 }, labelled(one.label, now.unit)) : null,
        ].filter(Boolean)),
      );
      const [from, to] = now.brush ? [now.brush[0], now.brush[1] + 1] : [0, bins()];
      const is = Boolean(now.brush);
      shade.setAttribute("x", x(from));
      shade.setAttribute("width", Math.max(is ? x(to) - x(from) : 0, 0));
      grips.forEach((grip, side) => {
        const bin = side === 0 ? from : to;
        grip.setAttribute("x", x(bin) - 4.5);
        // Where nothing is chosen, small and grey, so that it is taken for no bar.
        grip.setAttribute("y", is ? TOP : (HEIGHT - BOTTOM + TOP) / 2 - 16);
        grip.setAttribute("height", is ? HEIGHT - TOP - BOTTOM : 32);
        grip.classList.toggle("idle", !is);
        grip.setAttribute("aria-valuemin", 0);
        grip.setAttribute("aria-valuemax", bins() - 1);
        grip.setAttribute("aria-valuenow", side === 0 ? from : to - 1);
        grip.setAttribute("aria-valuetext", String(page.write(view.dimension, now, side === 0 ? from : to - 1)));
      });
      const total = now.bars.reduce((sum, one) => sum + one.now, 0);
      drawing.setAttribute("aria-label", `${view.title}: ${page.declared.measures[view.measure].per ? "" : `${number(total)} in `}${now.bars.length} bars${is ? `, chosen ${now.filter.join(" to ")}` : ""}`);
      body.dataset.sum = total;
    },
    csv: () => [["from", "to", "value", "all"], ...now.bars.map((one) => [one.from, one.to, one.now, one.all])],
  };
}

function svgTitled(element, text) {
  element.append(svg("title", {}, text));
  return element;
}
