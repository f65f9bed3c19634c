/** Small means of drawing that all views share: elements, numbers, ticks, colours. */

const SVG = "http://www.w3.org/2000/svg";

/** An SVG element; attributes that are null are left out, functions listen. */
export function svg(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

/** The same in HTML. */
export function html(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((one) => one !== null && one !== undefined));
  return element;
}

const plain = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
export const number = (value) => plain.format(Math.abs(value) < 1e-9 ? 0 : value);
export const compact = (value) => {
  const size = Math.abs(value);
  return size < 1_000 ? plain.format(value) : size < 10_000 ? plain.format(Math.round(value)) : short.format(value);
};

const share = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 1 });
const roughShare = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 0 });

/** How a measure's amounts are written: in full, and short. */
export const written = ({ percent }) => (percent ? { number: (value) => share.format(value), compact: (value) => roughShare.format(value) } : { number, compact });

/** A label of days as short as its unit lets it be, or a number. */
export function labelled(label, unit) {
  if (!unit) return Number.isFinite(Number(label)) && label !== "" ? number(Number(label)) : String(label);
  const text = String(label);
  return unit === "year" ? text.slice(0, 4) : unit === "month" || unit === "quarter" ? text.slice(0, 7) : text;
}

/** Follow a pointer from where it is pressed: `begin` gives what is told of each move, and of the end; a finger that scrolls ends it. */
export function dragged(element, begin) {
  element.addEventListener("pointerdown", (event) => {
    const told = event.button === 0 && begin(event);
    if (!told) return;
    event.preventDefault();
    element.setPointerCapture(event.pointerId);
    let last = event;
    const stop = new AbortController();
    const listen = (name, told) => element.addEventListener(name, told, { signal: stop.signal });
    const end = (at) => { stop.abort(); told(at, true); };
    listen("pointermove", (next) => { last = next; told(next, false); });
    listen("pointerup", end);
    listen("pointercancel", () => end(last));
  });
}

/** Round numbers from 0 to at least the highest, four steps or fewer. */
export function ticks(highest) {
  let step = 10 ** Math.floor(Math.log10(Math.max(highest, 1e-9) / 4));
  for (const factor of [1, 2, 5, 10]) if (factor * step * 4 >= highest) { step *= factor; break; }
  return Array.from({ length: Math.max(Math.ceil(highest / step - 1e-9), 1) + 1 }, (_, at) => at * step);
}

const canvas = typeof document === "undefined" ? null : document.createElement("canvas").getContext("2d");

let family = "sans-serif";

/** Measure texts from now on as an element has them. */
export function measuredBy(element) {
  family = getComputedStyle(element).fontFamily;
}

/** How wide a text is, in pixels. */
export function widthOf(text, size) {
  canvas.font = `${size}px ${family}`;
  return canvas.measureText(text).width;
}

/** A text cut so that it fits. */
export function fitted(text, size, room) {
  if (widthOf(text, size) <= room) return text;
  let length = Math.max(Math.floor((text.length * room) / widthOf(text, size)), 1);
  while (length > 1 && widthOf(`${text.slice(0, length)}…`, size) > room) length--;
  return `${text.slice(0, length).trimEnd()}…`;
}

/** Cividis (Nuñez, Anderton, Renslow 2018), which reads alike with all kinds of colour sight, at 0 to 1. */
export function heat(value, dark) {
  const at = (dark ? value : 1 - value) * (CIVIDIS.length - 1);
  const [low, part] = [Math.min(Math.floor(at), CIVIDIS.length - 2), at - Math.min(Math.floor(at), CIVIDIS.length - 2)];
  return `rgb(${[0, 1, 2].map((i) => Math.round(CIVIDIS[low][i] + (CIVIDIS[low + 1][i] - CIVIDIS[low][i]) * part)).join(" ")})`;
}

/** The fill of a cell at 0 to 1, from the page's ground to its colour, and the ink that is read on it. */
export function shade(value, dark) {
  const [from, to] = dark ? [[22, 27, 34], [86, 180, 233]] : [[246, 249, 252], [0, 114, 178]];
  const parts = from.map((one, i) => Math.round(one + (to[i] - one) * value));
  const [red, green, blue] = parts.map((one) => (one / 255 <= 0.03928 ? one / 255 / 12.92 : ((one / 255 + 0.055) / 1.055) ** 2.4));
  // Of black and white the one that contrasts more (WCAG 2.2, relative luminance).
  return { fill: `rgb(${parts.join(" ")})`, ink: 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? "#000" : "#fff" };
}

const CIVIDIS = [[0, 34, 78], [53, 69, 109], [102, 105, 112], [148, 142, 119], [200, 184, 102], [254, 232, 56]];
