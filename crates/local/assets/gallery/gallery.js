// The gallery page: the grid, its filters, and how the parts of the page hang together.

import { identity, list } from "./api.js";
import { showDetail } from "./detail.js";
import { picture } from "./picture.js";
import { offerUpload } from "./upload.js";

const $ = (id) => document.getElementById(id);
const state = { images: [], lastKey: undefined, generation: 0, loading: false };

/** The filters that are set. */
function filters() {
  const set = [...new FormData($("filters"))].filter(([, value]) => value.trim());
  return Object.fromEntries(set.map(([name, value]) => [name, value.trim()]));
}

function say(text, isError = false) {
  $("status").textContent = text;
  $("status").classList.toggle("error", isError);
}

/** Starts over with the filters as they are. */
function reload() {
  state.generation++;
  state.images = [];
  state.lastKey = undefined;
  state.loading = false;
  $("grid").replaceChildren();
  $("more").hidden = true;
  $("empty").hidden = true;
  return loadMore();
}

async function loadMore() {
  if (state.loading) return;
  state.loading = true;
  $("grid").setAttribute("aria-busy", "true");
  const { generation } = state;
  try {
    const page = await list(filters(), state.lastKey);
    if (generation !== state.generation) return;
    state.images.push(...page.images);
    state.lastKey = page.last_key;
    $("grid").append(...page.images.map(tile));
    $("more").hidden = !page.last_key;
    $("empty").hidden = state.images.length > 0 || Boolean(page.last_key);
    const count = state.images.length;
    say(count ? `${count} ${count === 1 ? "image" : "images"}${page.last_key ? ", more below" : ""}` : "");
  } catch (error) {
    if (generation === state.generation) say(error.message, true);
  } finally {
    if (generation === state.generation) {
      state.loading = false;
      $("grid").removeAttribute("aria-busy");
      // A page that does not fill the window brings no scroll that would ask for the next.
      if (state.lastKey && isNear($("more"))) loadMore();
    }
  }
}

const isNear = (element) => element.getBoundingClientRect().top < innerHeight + 400;

function tile(image) {
  const item = document.createElement("li");
  item.dataset.id = image.image_id;
  const open = document.createElement("button");
  open.type = "button";
  const caption = document.createElement("span");
  caption.className = "caption";
  const name = document.createElement("span");
  name.className = "name";
  name.textContent = image.filename || image.description || "untitled";
  const by = document.createElement("span");
  by.className = "by";
  by.textContent = image.visibility === "private" ? `${image.user_id} · private` : image.user_id;
  caption.append(name, by);
  open.append(picture(image, { lazy: true }), caption);
  open.addEventListener("click", () => openDetail(image.image_id));
  item.append(open);
  return item;
}

function openDetail(id) {
  const index = state.images.findIndex((image) => image.image_id === id);
  if (index < 0) return;
  if (index > state.images.length - 4 && state.lastKey) loadMore();
  showDetail(state.images[index], {
    previous: state.images[index - 1]?.image_id,
    next: state.images[index + 1]?.image_id,
    open: openDetail,
    removed: forget,
    filterByTag(tag) {
      $("filters").elements.tags.value = tag;
      reload();
    },
  });
}

function forget(id) {
  state.images = state.images.filter((image) => image.image_id !== id);
  $("grid").querySelector(`[data-id="${CSS.escape(id)}"]`)?.remove();
  $("empty").hidden = state.images.length > 0 || Boolean(state.lastKey);
  say("The image is deleted.");
}

/** Runs the last of several calls in quick succession. */
function debounced(run, delayMs) {
  let timer;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(run, delayMs);
  };
}

function connectFilters() {
  $("filters").addEventListener("input", debounced(reload, 250));
  $("filters").addEventListener("submit", (event) => event.preventDefault());
  $("filters").addEventListener("reset", () => setTimeout(reload));
  $("mine").addEventListener("click", () => {
    $("filters").elements.user_id.value = $("identity").value.trim();
    reload();
  });
}

function connectIdentity() {
  $("identity").value = identity.get() || "me";
  identity.set($("identity").value);
  const changed = debounced(reload, 250);
  $("identity").addEventListener("input", () => {
    identity.set($("identity").value);
    changed();
  });
}

function connectUpload() {
  const take = (files) => {
    const images = [...files].filter((file) => file.type.startsWith("image/"));
    if (!identity.get()) {
      say("Say who you are first: an image belongs to a user.", true);
      $("identity").focus();
    } else if (images.length === 0) {
      say("None of these files is an image.", true);
    } else {
      offerUpload(images, reload);
    }
  };
  $("choose").addEventListener("click", () => $("files").click());
  $("files").addEventListener("change", () => {
    take($("files").files);
    $("files").value = "";
  });
  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
  let depth = 0;
  const dropping = (by) => {
    depth = Math.max(0, depth + by);
    $("dropzone").hidden = depth === 0;
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

connectIdentity();
connectFilters();
connectUpload();
$("more").addEventListener("click", loadMore);
new IntersectionObserver((entries) => {
  if (entries.some((entry) => entry.isIntersecting) && state.lastKey) loadMore();
}, { rootMargin: "400px" }).observe($("more"));
reload();
