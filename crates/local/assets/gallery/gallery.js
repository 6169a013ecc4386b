// The gallery page: the list with its filters, and how the parts of the page hang together.

import { list } from "./api.js";
import { viewerOf } from "./detail.js";
import { $, count, say } from "./dom.js";
import { acceptDrops } from "./drop.js";
import { focusTile, removeTile, showTiles } from "./grid.js";
import { HINT, identity } from "./identity.js";
import { Paging } from "./paging.js";
import { offerUpload } from "./upload.js";

/** How long to wait for the next letter. */
const TYPING_MS = 250;

/** What is said together with the next count. */
let news = "";

/** The filters that are set. */
function filters() {
  const set = [...new FormData($("filters"))].filter(([, value]) => value.trim());
  return Object.fromEntries(set.map(([name, value]) => [name, value.trim()]));
}

function sayCount() {
  const { images, hasMore } = paging;
  const isFiltered = Object.keys(filters()).length > 0;
  $("empty").hidden = images.length > 0 || hasMore;
  $("empty-title").textContent = isFiltered ? "Nothing matches these filters" : "Nothing here yet";
  $("empty-hint").hidden = isFiltered;
  const total = images.length > 0 ? `${count(images.length, "image")}${hasMore ? ", more below" : ""}` : "";
  say($("status"), [news, total].filter(Boolean).join(" "));
  news = "";
}

const paging = new Paging((lastKey) => list(filters(), lastKey), {
  loading(isFirst) {
    $("grid").setAttribute("aria-busy", "true");
    if (isFirst) say($("status"), "Loading…");
    else $("more").textContent = "Loading…";
    $("more-reason").hidden = true;
  },
  loaded(images, isFirst) {
    const wasOnMore = document.activeElement === $("more");
    showTiles(images, isFirst, (id) => viewer.open(id));
    this.ended(paging.hasMore, "Load more");
    if (wasOnMore && images.length > 0) focusTile(images[0].image_id);
    sayCount();
  },
  failed(error, isFirst) {
    if (isFirst) showTiles([], true);
    $("empty").hidden = true;
    this.ended(true, "Try again");
    say($("status"), error.message, true);
    // The status is out of sight for who has scrolled down to here.
    $("more-reason").textContent = error.message;
    $("more-reason").hidden = isFirst;
    if (viewer.image) say($("detail-status"), error.message, true);
  },
  ended(hasMore, offered) {
    $("grid").removeAttribute("aria-busy");
    $("more").hidden = !hasMore;
    $("more").textContent = offered;
    viewer.update();
  },
  wantsMore: () => $("more").getBoundingClientRect().top < innerHeight + 400,
});

const viewer = viewerOf(paging, {
  closed: (image) => image && focusTile(image.image_id),
  removed(image) {
    removeTile(image.image_id);
    news = `${image.filename || "The image"} is deleted.`;
    if (viewer.image) say($("detail-status"), news);
    sayCount();
  },
  filterByTag(tag) {
    $("filters").elements.tags.value = tag;
    paging.restart();
  },
});

/** Runs the last of several calls in quick succession. */
function debounced(run) {
  let timer;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(run, TYPING_MS);
  };
}

function connectFilters() {
  const restart = () => paging.restart();
  $("filters").addEventListener("input", debounced(restart));
  $("filters").addEventListener("submit", (event) => event.preventDefault());
  $("filters").addEventListener("reset", () => setTimeout(restart));
  $("mine").addEventListener("click", () => {
    $("filters").elements.user_id.value = identity.get();
    restart();
  });
  $("show-filters").addEventListener("click", () => {
    const isOpen = $("filters").classList.toggle("open");
    $("show-filters").setAttribute("aria-expanded", String(isOpen));
  });
}

function connectIdentity() {
  $("identity").value = identity.get() || "me";
  identity.set($("identity").value);
  const restart = debounced(() => paging.restart());
  $("identity").addEventListener("input", () => {
    const isPossible = identity.set($("identity").value);
    $("identity").setAttribute("aria-invalid", String(!isPossible));
    if (isPossible) restart();
    else say($("status"), HINT, true);
  });
}

function take(files) {
  const images = [...files].filter((file) => file.type.startsWith("image/"));
  if (!identity.get()) {
    const reason = $("identity").value.trim() ? HINT : "Say who you are first: an image belongs to a user.";
    say($("status"), reason, true);
    $("identity").focus();
  } else if (images.length === 0 && !$("upload").open) {
    say($("status"), "None of these files is an image.", true);
  } else {
    offerUpload(images, files.length - images.length, (stored) => {
      if (stored > 0) news = `${count(stored, "image is", "images are")} stored.`;
      paging.restart();
    });
  }
}

function connectUpload() {
  $("choose").addEventListener("click", () => $("files").click());
  $("files").addEventListener("change", () => {
    take($("files").files);
    $("files").value = "";
  });
  acceptDrops(take);
}

connectIdentity();
connectFilters();
connectUpload();
$("more").addEventListener("click", () => paging.more());
new IntersectionObserver((entries) => {
  if (entries.some((entry) => entry.isIntersecting)) paging.approach();
}, { rootMargin: "400px" }).observe($("more"));
paging.restart();
