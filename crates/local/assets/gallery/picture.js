// An image in the page, in the grid and large.

import { contentPath } from "./api.js";
import { element } from "./dom.js";
import { readableSize } from "./facts.js";
import { paint } from "./thumbhash.js";

/** A grid shows many at once: a larger one is left at its placeholder there until it is opened. */
const GRID_BYTES = 6_000_000;

function frame(image) {
  const made = element("span", { className: "picture" });
  if (image.placeholder) {
    const blur = document.createElement("canvas");
    blur.setAttribute("aria-hidden", "true");
    paint(blur, image.placeholder);
    made.append(blur);
  }
  return made;
}

/** Puts the image itself over its placeholder. */
function fill(made, image, properties) {
  const { width, height } = image;
  const shown = element("img", { decoding: "async", width, height, ...properties });
  shown.addEventListener("load", () => made.classList.add("loaded"));
  shown.addEventListener("error", () => made.classList.add("broken"));
  shown.src = contentPath(image.image_id);
  made.append(shown);
  return made;
}

/** An image in the grid, whose caption says its name. */
export function small(image) {
  const made = frame(image);
  if (image.size <= GRID_BYTES) return fill(made, image, { loading: "lazy", alt: image.description ?? "" });
  made.append(element("span", { className: "badge", textContent: readableSize(image.size) }));
  return made;
}

/** An image as large as there is room. */
export const large = (image) =>
  fill(frame(image), image, { alt: image.description || image.filename || "image without a description" });
