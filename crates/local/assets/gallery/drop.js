// Files that are dropped anywhere on the page.

import { $ } from "./dom.js";

const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");

/** Calls `take` with the files of each drop. */
export function acceptDrops(take) {
  let depth = 0;
  const dropping = (by) => {
    depth = Math.max(0, depth + by);
    $("dropzone").hidden = depth === 0;
    document.body.classList.toggle("dropping", depth > 0);
  };
  addEventListener("dragenter", (event) => carriesFiles(event) && dropping(1));
  addEventListener("dragleave", (event) => carriesFiles(event) && dropping(-1));
  addEventListener("dragover", (event) => carriesFiles(event) && event.preventDefault());
  addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    dropping(-depth);
    take(event.dataTransfer.files);
  });
}
