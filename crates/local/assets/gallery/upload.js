// The upload dialog: the chosen files, what is said of them all, and how each fares.

import { upload } from "./api.js";
import { $, count, element, offer, say } from "./dom.js";
import { Queue } from "./queue.js";

const dialog = $("upload");
const form = dialog.querySelector("form");
let queue;
let whenStored;

function row(entry) {
  const preview = element("img", { alt: "", src: URL.createObjectURL(entry.file) });
  const { src } = preview;
  preview.addEventListener("load", () => URL.revokeObjectURL(src));
  preview.addEventListener("error", () => {
    URL.revokeObjectURL(src);
    preview.removeAttribute("src");
  });
  const outcome = element("span");
  entry.show = () => {
    outcome.className = `outcome ${entry.state}`;
    outcome.textContent = entry.outcome;
  };
  entry.show();
  return element("li", {}, preview, element("span", { className: "name", textContent: entry.file.name }), outcome);
}

function update() {
  const { waiting, isSending } = queue;
  const areRepeats = waiting.length > 0 && waiting.every(({ state }) => state === "failed");
  const offered = areRepeats ? "Try again" : waiting.length === 1 ? "Upload" : `Upload ${waiting.length} images`;
  $("upload-send").textContent = isSending ? "Uploading…" : offered;
  offer($("upload-send"), !isSending && waiting.length > 0);
  $("upload-close").textContent = isSending ? "Stop" : "Close";
}

/** Tells how far it is, also those who do not see the rows. */
function tell() {
  const { entries, waiting } = queue;
  const failed = entries.filter(({ state }) => state === "failed").map(({ file }) => file.name);
  const stored = `${entries.length - waiting.length} of ${count(entries.length, "image")} stored.`;
  say($("upload-status"), failed.length > 0 ? `${stored} Not stored: ${failed.join(", ")}.` : stored);
}

/**
 * Shows the dialog for these files, or adds them where it is shown. `stored(n)` is called when n more are stored, or
 * some may be.
 */
export function offerUpload(files, leftOut, stored) {
  if (!dialog.open) {
    const opened = new Queue(upload, (entry) => {
      entry.show();
      if (queue === opened && entry.state !== "running") tell();
    });
    queue = opened;
    whenStored = stored;
    $("queue").replaceChildren();
    dialog.showModal();
  }
  $("queue").append(...queue.add(files).map(row));
  const warning = `${count(leftOut, "file is no image and was", "files are no images and were")} left out.`;
  say($("upload-status"), leftOut > 0 ? warning : "");
  update();
}

async function send(event) {
  event.preventDefault();
  const sending = queue;
  if (sending.isSending || sending.waiting.length === 0) return;
  const set = [...new FormData(form)].filter(([, value]) => value.trim());
  const sent = sending.send(Object.fromEntries(set));
  update();
  const { stored, wasStopped } = await sent;
  if (queue === sending && dialog.open) {
    update();
    if (sending.waiting.length === 0) {
      form.reset();
      dialog.close();
    }
  }
  // One that was stopped may have been stored all the same.
  if (stored > 0 || wasStopped) whenStored(stored);
}

form.addEventListener("submit", send);
$("upload-close").addEventListener("click", () => (queue.isSending ? queue.stop() : dialog.close()));
dialog.addEventListener("close", () => queue.stop());
