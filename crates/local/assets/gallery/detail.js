// One image: large, with everything that is known of it, and what can be done with it.

import { downloadPath, presigned, remove } from "./api.js";
import { picture } from "./picture.js";

const $ = (id) => document.getElementById(id);
let shown;

const bytes = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const size = (count) =>
  count < 1000 ? `${count} B` : count < 1e6 ? `${bytes.format(count / 1e3)} KB` : `${bytes.format(count / 1e6)} MB`;
const date = (text) => new Date(text).toLocaleString();

/** What is told of an image, in this order; what it does not have is left out. */
function facts(image) {
  const { exif = {} } = image;
  const custom = Object.entries(image.metadata ?? {}).map(([name, value]) => [
    name,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  const known = [
    ["Owner", image.user_id],
    ["Size", image.width && `${image.width} × ${image.height} · ${size(image.size)}`],
    ["Type", image.content_type],
    ["Category", image.category],
    ["Visibility", image.visibility],
    ["Camera", [exif.make, exif.camera ?? exif.model].filter(Boolean).join(" ")],
    ["Lens", exif.lens],
    ["Taken", exif.taken_at && date(exif.taken_at)],
    ["Uploaded", image.created_at && date(image.created_at)],
    ["Changed", image.updated_at !== image.created_at && image.updated_at && date(image.updated_at)],
    ...custom,
    ["Id", image.image_id],
    ["SHA-256", image.sha256],
  ];
  return known.filter(([, value]) => value);
}

function say(text, isError = false) {
  $("detail-status").textContent = text;
  $("detail-status").classList.toggle("error", isError);
}

/** Shows an image; `around` says what is beside it and what to do when it changes. */
export function showDetail(image, around) {
  shown = { image, around };
  $("detail-title").textContent = image.filename || "Untitled";
  $("detail-description").textContent = image.description ?? "";
  $("detail-figure").replaceChildren(picture(image, { lazy: false }));
  $("detail-tags").replaceChildren(
    ...(image.tags ?? []).map((tag) => {
      const item = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = tag;
      button.title = `Show images tagged ${tag}`;
      button.addEventListener("click", () => {
        $("detail").close();
        around.filterByTag(tag);
      });
      item.append(button);
      return item;
    }),
  );
  $("detail-facts").replaceChildren(
    ...facts(image).flatMap(([name, value]) => {
      const term = document.createElement("dt");
      term.textContent = name;
      const text = document.createElement("dd");
      text.textContent = value;
      return [term, text];
    }),
  );
  $("download").href = downloadPath(image.image_id);
  $("download").download = image.filename || image.image_id;
  $("previous").disabled = !around.previous;
  $("next").disabled = !around.next;
  say("");
  if (!$("detail").open) $("detail").showModal();
}

const go = (id) => id && shown.around.open(id);

async function copyLink() {
  try {
    const { presigned_url: url, expires_at: end } = await presigned(shown.image.image_id);
    try {
      await navigator.clipboard.writeText(url);
      say(`The link is copied. It works until ${date(end)}.`);
    } catch {
      say(`${url} (works until ${date(end)})`);
    }
  } catch (error) {
    say(error.message, true);
  }
}

async function deleteShown() {
  const { image, around } = shown;
  try {
    await remove(image.image_id);
    $("detail").close();
    around.removed(image.image_id);
  } catch (error) {
    say(error.message, true);
  }
}

$("previous").addEventListener("click", () => go(shown.around.previous));
$("next").addEventListener("click", () => go(shown.around.next));
$("link").addEventListener("click", copyLink);
$("detail-close").addEventListener("click", () => $("detail").close());
$("delete").addEventListener("click", () => {
  $("confirm").returnValue = "no";
  $("confirm").showModal();
});
$("confirm").addEventListener("close", () => {
  if ($("confirm").returnValue === "yes") deleteShown();
});
$("detail").addEventListener("keydown", (event) => {
  if (event.key === "ArrowLeft") go(shown.around.previous);
  if (event.key === "ArrowRight") go(shown.around.next);
});
// A click beside the dialog's content is one on the dialog itself.
$("detail").addEventListener("click", (event) => {
  if (event.target === $("detail")) $("detail").close();
});
