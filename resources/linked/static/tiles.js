/**
 * Tiles of a map under its squares, where a setting names who serves them: Web Mercator's, as OpenStreetMap numbers them
 * (Slippy map tilenames), each stretched onto its own box of degrees.
 */
import { html } from "./drawing.js";

const [SIZE, COARSEST, FINEST] = [256, 5, 18]; // below the coarsest, a tile is too tall to lie on a plate carrée

/** Fill a place with the tiles of what is shown; false where it is too wide for any. */
export function drawTiles(place, { url, credit }, shown, width, height) {
  const [west, south, east, north] = shown.box;
  const zoom = Math.min(Math.round(Math.log2((360 * width) / (east - west) / SIZE)), FINEST);
  if (zoom < COARSEST) {
    place.replaceChildren();
    return false;
  }
  const count = 2 ** zoom;
  const column = (longitude) => Math.floor(((longitude + 180) / 360) * count);
  const line = (latitude) => Math.floor(((1 - Math.asinh(Math.tan((latitude * Math.PI) / 180)) / Math.PI) / 2) * count);
  const left = (at) => shown.x((at / count) * 360 - 180);
  const top = (at) => shown.y((Math.atan(Math.sinh(Math.PI * (1 - (2 * at) / count))) * 180) / Math.PI);
  const images = [];
  for (let y = Math.max(line(north), 0); y <= Math.min(line(south), count - 1); y++) {
    for (let x = Math.max(column(west), 0); x <= Math.min(column(east), count - 1); x++) {
      const src = url.replace("{z}", zoom).replace("{x}", x).replace("{y}", y);
      // Whoever serves them learns which site asks, and no more of its address.
      const image = html("img", { src, alt: "", draggable: "false", referrerpolicy: "strict-origin-when-cross-origin" });
      Object.assign(image.style, { left: `${left(x)}px`, top: `${top(y)}px`, width: `${left(x + 1) - left(x) + 0.5}px`, height: `${top(y + 1) - top(y) + 0.5}px` });
      images.push(image);
    }
  }
  place.style.height = `${height}px`;
  place.replaceChildren(...images, html("small", {}, credit));
  return true;
}
