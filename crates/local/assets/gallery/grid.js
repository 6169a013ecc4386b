// The grid: a tile for each image of the list.

import { $, element } from "./dom.js";
import { small } from "./picture.js";

/** How far from a square a tile may be; the picture of what is longer is cropped. */
const NARROWEST = 0.62;
const WIDEST = 2.6;

const tileOf = (id) => $("grid").querySelector(`[data-id="${CSS.escape(id)}"]`);

function tile(image, open) {
  const by = image.visibility === "private" ? `${image.user_id} · private` : image.user_id;
  const caption = element(
    "span",
    { className: "caption" },
    element("span", { className: "name", textContent: image.filename || "untitled" }),
    element("span", { className: "by", textContent: by }),
  );
  const button = element("button", { type: "button" }, small(image), caption);
  button.addEventListener("click", () => open(image.image_id));
  const item = element("li", {}, button);
  item.dataset.id = image.image_id;
  const ratio = Math.min(WIDEST, Math.max(NARROWEST, image.width / image.height));
  item.style.setProperty("--ratio", ratio.toFixed(4));
  return item;
}

/** Adds tiles, in place of those that are there where the list starts over. */
export function showTiles(images, isFirst, open) {
  const tiles = images.map((image) => tile(image, open));
  if (isFirst) $("grid").replaceChildren(...tiles);
  else $("grid").append(...tiles);
}

export const focusTile = (id) => tileOf(id)?.querySelector("button").focus();

/** Removes a tile; who was on it by keyboard is then on the one beside it. */
export function removeTile(id) {
  const item = tileOf(id);
  if (!item) return;
  const beside = item.nextElementSibling ?? item.previousElementSibling;
  const hadFocus = item.contains(document.activeElement);
  item.remove();
  if (hadFocus) beside?.querySelector("button").focus();
}
