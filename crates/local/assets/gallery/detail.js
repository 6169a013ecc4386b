// One image: large, with everything that is known of it, and what can be done with it.

import { downloadPath, presigned, remove } from "./api.js";
import { $, element, offer, say } from "./dom.js";
import { facts, readableDate } from "./facts.js";
import { large } from "./picture.js";
import { Viewer } from "./viewer.js";

const dialog = $("detail");
const confirm = $("confirm");

function tagButton(tag, filterByTag) {
  const button = element("button", { type: "button", textContent: tag, title: `Show images tagged ${tag}` });
  button.addEventListener("click", () => {
    dialog.close();
    filterByTag(tag);
  });
  return element("li", {}, button);
}

function show(image, filterByTag) {
  $("detail-title").textContent = image.filename || "Untitled";
  $("detail-description").textContent = image.description ?? "";
  $("detail-figure").replaceChildren(large(image));
  $("detail-tags").replaceChildren(...image.tags.map((tag) => tagButton(tag, filterByTag)));
  $("detail-facts").replaceChildren(
    ...facts(image).flatMap(([name, value]) => [
      element("dt", { textContent: name }),
      element("dd", { textContent: value }),
    ]),
  );
  $("download").href = downloadPath(image.image_id);
  $("download").download = image.filename || image.image_id;
  say($("detail-status"), "");
  $("detail-section").scrollTop = 0;
  if (!dialog.open) dialog.showModal();
}

async function copyLink(viewer) {
  const { image } = viewer;
  const tell = (text, isError) => viewer.image === image && say($("detail-status"), text, isError);
  try {
    const { presigned_url: url, expires_at: end } = await presigned(image.image_id);
    try {
      await navigator.clipboard.writeText(url);
      tell(`The link is copied. It works until ${readableDate(end)}.`);
    } catch {
      tell(`${url} (works until ${readableDate(end)})`);
    }
  } catch (error) {
    tell(error.message, true);
  }
}

function connect(viewer, closed) {
  let toDelete;
  $("previous").addEventListener("click", () => viewer.go(-1));
  $("next").addEventListener("click", () => viewer.go(1));
  $("link").addEventListener("click", () => copyLink(viewer));
  $("detail-close").addEventListener("click", () => dialog.close());
  $("delete").addEventListener("click", () => {
    if (viewer.isDeleting) return;
    toDelete = viewer.image;
    $("confirm-title").textContent = `Delete ${toDelete.filename || "this image"}?`;
    confirm.returnValue = "no";
    confirm.showModal();
  });
  confirm.addEventListener("close", () => {
    if (confirm.returnValue === "yes") viewer.delete(toDelete);
  });
  addEventListener("keydown", (event) => {
    const isPlain = !(event.altKey || event.ctrlKey || event.metaKey || event.shiftKey);
    if (!isPlain || !dialog.open || document.querySelector("dialog[open]:not(#detail)")) return;
    if (event.key === "ArrowLeft") viewer.go(-1);
    if (event.key === "ArrowRight") viewer.go(1);
  });
  // A click beside the dialog's content is one on the dialog itself.
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener("close", () => {
    const last = viewer.image;
    viewer.closed();
    $("detail-figure").replaceChildren();
    closed(last);
  });
}

/** The viewer of a list; `around` can `closed(image)`, `filterByTag(tag)`, and is told what was `removed(image)`. */
export function viewerOf(paging, around) {
  const update = () => {
    offer($("previous"), viewer.can(-1));
    offer($("next"), viewer.can(1));
    offer($("delete"), !viewer.isDeleting);
    $("delete").textContent = viewer.isDeleting ? "Deleting…" : "Delete";
  };
  const viewer = new Viewer(paging, remove, {
    show(image) {
      show(image, around.filterByTag);
      update();
    },
    update,
    close: () => dialog.close(),
    removed: around.removed,
    failed: (message) => say(dialog.open ? $("detail-status") : $("status"), message, true),
  });
  connect(viewer, around.closed);
  return viewer;
}
