/**
 * A map with heat: squares coloured by an amount over coast and county lines, and a box that is dragged to filter.
 *
 * Plate carrée with the middle's own scale. The lines are those of the files in `vendor`, reduced from us-atlas and
 * world-atlas (Census Bureau, Natural Earth; both in the public domain).
 */
import { drawTiles } from "./tiles.js";
import { dragged, heat, html, svg, written } from "./drawing.js";

const HEIGHT = 340;
const FILES = ["countries", "counties"];
const read = new Map();
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/** The lines of a file, each as [longitude, latitude, …] with its box; of TopoJSON, whose arcs are each there once. */
function linesOf(name) {
  if (!read.has(name)) {
    read.set(name, fetch(new URL(`./vendor/${name}.json`, import.meta.url)).then((answer) => answer.json()).then(({ transform, arcs }) => {
      const { scale: [sx, sy], translate: [tx, ty] } = transform;
      return arcs.map((arc) => {
        let [x, y] = [0, 0];
        const line = { points: new Float64Array(arc.length * 2), box: [Infinity, Infinity, -Infinity, -Infinity] };
        arc.forEach(([dx, dy], at) => {
          const [longitude, latitude] = [(x += dx) * sx + tx, (y += dy) * sy + ty];
          line.points.set([longitude, latitude], at * 2);
          line.box = [Math.min(line.box[0], longitude), Math.min(line.box[1], latitude), Math.max(line.box[2], longitude), Math.max(line.box[3], latitude)];
        });
        return line;
      });
    }));
  }
  return read.get(name);
}

export function map(view, page, at) {
  const { compact, number } = written(page.declared.measures[view.measure]);
  const drawing = svg("svg", { height: HEIGHT, role: "group", tabindex: 0 });
  const [land, squares] = [svg("path", { class: "land" }), svg("g")];
  const box = svg("rect", { class: "brush" });
  drawing.append(land, squares, box);
  const zoom = (factor) => {
    const [west, south, east, north] = now.extent;
    const [x, y, w, h] = [(west + east) / 2, (south + north) / 2, ((east - west) / 2) * factor, ((north - south) / 2) * factor];
    page.set(at, { extent: [Math.max(x - w, -180), Math.max(y - h, -85), Math.min(x + w, 180), Math.min(y + h, 85)] });
  };
  const tools = html("div", { class: "zoom" },
    html("button", { type: "button", "aria-label": "Closer", click: () => zoom(0.5) }, "+"),
    html("button", { type: "button", "aria-label": "Farther", click: () => zoom(2) }, "−"),
    html("button", { type: "button", "aria-label": "The chosen box", click: () => now.filter && page.set(at, { extent: now.filter }) }, "◻"),
    html("button", { type: "button", "aria-label": "The whole map", click: () => page.set(at, null) }, "⌂"));
  const note = html("p", { class: "note" });
  const tiles = html("div", { class: "tiles", "aria-hidden": "true" });
  const body = html("div", { class: "picture map" }, tiles, drawing, tools, note);
  let [now, width, shown, drawnFor] = [null, 600, null, ""];

  /** The extent that is drawn: what was asked for, made as wide or as tall as the picture is. */
  function fit([west, south, east, north]) {
    const squeeze = Math.max(Math.cos((((south + north) / 2) * Math.PI) / 180), 0.05);
    const scale = Math.min(width / ((east - west) * squeeze), HEIGHT / (north - south));
    const [x, y] = [(west + east) / 2, (south + north) / 2];
    const left = x - width / 2 / scale / squeeze;
    const up = y + HEIGHT / 2 / scale;
    return {
      x: (longitude) => (longitude - left) * scale * squeeze, y: (latitude) => (up - latitude) * scale,
      back: (px, py) => [left + px / scale / squeeze, up - py / scale],
      box: [left, up - HEIGHT / scale, left + width / scale / squeeze, up],
    };
  }

  async function drawLand() {
    const key = JSON.stringify(shown.box) + width;
    if (key === drawnFor) return;
    drawnFor = key;
    if (page.tiles && drawTiles(tiles, page.tiles, shown, width, HEIGHT)) return land.setAttribute("d", "");
    const [west, south, east, north] = shown.box;
    const sets = await Promise.all((east - west > 25 ? FILES.slice(0, 1) : FILES.slice(1)).map(linesOf));
    let lines = sets.flat().filter(({ box: b }) => b[0] < east && b[2] > west && b[1] < north && b[3] > south);
    if (lines.length === 0) lines = (await linesOf("countries")).filter(({ box: b }) => b[0] < east && b[2] > west && b[1] < north && b[3] > south);
    if (key !== drawnFor) return;
    const path = [];
    for (const { points } of lines) {
      for (let i = 0; i < points.length; i += 2) path.push(`${i === 0 ? "M" : "L"}${shown.x(points[i]).toFixed(1)} ${shown.y(points[i + 1]).toFixed(1)}`);
    }
    land.setAttribute("d", path.join(""));
  }

  dragged(drawing, (event) => {
    if (!now) return null;
    drawing.focus();
    const { left, top } = drawing.getBoundingClientRect();
    const point = (one) => shown.back(one.clientX - left, one.clientY - top);
    const start = point(event);
    let moved = false;
    return (next, done) => {
      moved ||= Math.hypot(next.clientX - event.clientX, next.clientY - event.clientY) > 4;
      const end = point(next);
      if (moved) page.filter({ [view.dimension]: [Math.min(start[0], end[0]), Math.min(start[1], end[1]), Math.max(start[0], end[0]), Math.max(start[1], end[1])] }, done);
      else if (done && now.filter) page.filter({ [view.dimension]: null }, true);
    };
  });
  drawing.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return page.filter({ [view.dimension]: null }, true);
    const move = MOVES[event.key];
    if (!move) return;
    event.preventDefault();
    const [west, south, east, north] = now.filter ?? now.extent;
    const [dx, dy] = [move[0] * (now.extent[2] - now.extent[0]) * 0.05, move[1] * (now.extent[3] - now.extent[1]) * 0.05];
    // With Shift the box's far corner moves, without it the box.
    const next = event.shiftKey ? [west, south, east + dx, north + dy] : [west + dx, south + dy, east + dx, north + dy];
    if (next[0] < next[2] && next[1] < next[3]) page.filter({ [view.dimension]: next }, true);
  });

  return {
    body,
    picture: drawing,
    show(result, room) {
      [now, width] = [result, Math.max(room, 240)];
      shown = fit(now.extent);
      drawing.setAttribute("width", width);
      const highest = Math.max(...now.squares.map((one) => one.now), 1);
      squares.replaceChildren(...now.squares.map((one) => {
        const [x, y] = [shown.x(one.west), shown.y(one.south + now.tall)];
        const square = svg("rect", {
          x: x + 0.25, y: y + 0.25, width: Math.max(shown.x(one.west + now.size) - x - 0.5, 1), height: Math.max(shown.y(one.south) - y - 0.5, 1),
          rx: 1.5, fill: heat(Math.sqrt(Math.max(one.now, 0) / highest), page.isDark()), "data-now": one.now,
        });
        square.append(svg("title", {}, number(one.now)));
        return square;
      }));
      if (now.filter) {
        const [x, y] = [shown.x(now.filter[0]), shown.y(now.filter[3])];
        for (const [name, value] of Object.entries({ x, y, width: shown.x(now.filter[2]) - x, height: shown.y(now.filter[1]) - y })) box.setAttribute(name, Math.max(value, 0) || (name === "x" || name === "y" ? value : 0));
      }
      box.style.display = now.filter ? "" : "none";
      const sum = now.squares.reduce((total, one) => total + one.now, 0);
      body.dataset.sum = sum;
      note.textContent = `${compact(sum)} on this map, at most ${compact(Math.max(...now.squares.map((one) => one.now), 0))} in a square${now.elsewhere ? `; ${number(now.elsewhere)} without a place` : ""}`;
      drawing.setAttribute("aria-label", `${view.title}: ${note.textContent}. Arrow keys move a box that filters, with Shift they resize it, Escape lets it go.`);
      drawLand().catch(() => {});
    },
    csv: () => [["west", "south", "amount", "rows"], ...now.squares.map((one) => [one.west, one.south, one.now, one.count])],
  };
}
