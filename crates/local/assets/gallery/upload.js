// The upload dialog: the chosen files, what is said of them all, and how each fares.

import { upload } from "./api.js";

const $ = (id) => document.getElementById(id);
const form = $("upload").querySelector("form");
let pending = [];
let done = () => {};

function row(file) {
  const item = document.createElement("li");
  const preview = document.createElement("img");
  preview.alt = "";
  preview.src = URL.createObjectURL(file);
  preview.addEventListener("load", () => URL.revokeObjectURL(preview.src));
  const name = document.createElement("span");
  name.className = "name";
  name.textContent = file.name;
  const outcome = document.createElement("span");
  outcome.className = "outcome";
  outcome.textContent = "ready";
  item.append(preview, name, outcome);
  return { file, item, outcome, isStored: false };
}

/** Shows the dialog for these files; `whenDone` is called once some are stored. */
export function offerUpload(files, whenDone) {
  pending = files.map(row);
  done = whenDone;
  $("queue").replaceChildren(...pending.map(({ item }) => item));
  $("upload-send").disabled = false;
  $("upload-send").textContent = files.length === 1 ? "Upload" : `Upload ${files.length} images`;
  $("upload").showModal();
}

async function send(event) {
  event.preventDefault();
  const set = [...new FormData(form)].filter(([, value]) => value.trim());
  const attributes = Object.fromEntries(set);
  $("upload-send").disabled = true;
  // One after another: each is megabytes, and the outcome of each is to be read.
  for (const entry of pending.filter(({ isStored }) => !isStored)) {
    entry.outcome.className = "outcome running";
    entry.outcome.textContent = "uploading…";
    try {
      await upload(entry.file, attributes);
      entry.isStored = true;
      entry.outcome.className = "outcome stored";
      entry.outcome.textContent = "stored";
    } catch (error) {
      entry.outcome.className = "outcome failed";
      entry.outcome.textContent = error.message;
    }
  }
  const failed = pending.filter(({ isStored }) => !isStored);
  if (failed.length < pending.length) done();
  if (failed.length === 0) {
    form.reset();
    $("upload").close();
  } else {
    $("upload-send").disabled = false;
    $("upload-send").textContent = "Try again";
  }
}

form.addEventListener("submit", send);
$("upload-close").addEventListener("click", () => $("upload").close());
