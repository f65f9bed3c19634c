/** Downloads: CSV of what a view shows or of all rows that pass, and pictures as SVG and PNG. */
import { html } from "./drawing.js";
import { field } from "./model.js";

const STYLED = ["fill", "stroke", "stroke-width", "opacity", "font-size", "font-family", "font-weight", "display"];

export function saveText(text, name, type) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  html("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1_000);
}

export const lines = (rows) => rows.map((row) => row.map(field).join(",")).join("\r\n") + "\r\n";

/** The picture as a document of its own, whose colours no longer hang on the page's style sheet. */
export function standing(picture, ground) {
  const copy = picture.cloneNode(true);
  const from = [picture, ...picture.querySelectorAll("*")];
  [copy, ...copy.querySelectorAll("*")].forEach((node, at) => {
    const style = getComputedStyle(from[at]);
    for (const name of STYLED) if (style.getPropertyValue(name)) node.style.setProperty(name, style.getPropertyValue(name));
  });
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.style.background = ground;
  return new XMLSerializer().serializeToString(copy);
}

/** The picture as PNG, twice as fine as on the screen. */
export async function png(picture, ground) {
  const image = new Image();
  const address = URL.createObjectURL(new Blob([standing(picture, ground)], { type: "image/svg+xml" }));
  image.src = address;
  await image.decode();
  const canvas = html("canvas", { width: picture.width.baseVal.value * 2, height: picture.height.baseVal.value * 2 });
  const context = canvas.getContext("2d");
  context.fillStyle = ground;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(address);
  return new Promise((resolve) => { canvas.toBlob(resolve, "image/png"); });
}
