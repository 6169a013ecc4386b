// An image in the page, in the grid and large.

import { contentPath } from "./api.js";
import { paint } from "./thumbhash.js";

/** A picture with its placeholder behind it until it is there. */
export function picture(image, { lazy }) {
  const frame = document.createElement("span");
  frame.className = "picture";
  if (image.placeholder) {
    const blur = document.createElement("canvas");
    blur.setAttribute("aria-hidden", "true");
    paint(blur, image.placeholder);
    frame.append(blur);
  }
  const shown = document.createElement("img");
  shown.alt = image.description || image.filename || "image without a description";
  shown.decoding = "async";
  if (lazy) shown.loading = "lazy";
  shown.width = image.width ?? 1;
  shown.height = image.height ?? 1;
  shown.addEventListener("load", () => frame.classList.add("loaded"));
  shown.addEventListener("error", () => frame.classList.add("broken"));
  shown.src = (lazy && image.renditions?.small) || contentPath(image.image_id);
  frame.append(shown);
  return frame;
}
