// Looking at one image after another while the list grows, shrinks and answers late.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Paging } from "../../assets/gallery/paging.js";
import { Viewer } from "../../assets/gallery/viewer.js";

const page = (ids, last_key) => ({ images: [...ids].map((id) => ({ image_id: id, filename: `${id}.png` })), last_key });

/** A viewer of a list whose pages are given; `remove` deletes. */
async function viewerOf(pages, remove = async () => {}) {
  const told = [];
  const nothing = () => {};
  const paging = new Paging(async () => {
    const next = await pages.shift();
    if (next instanceof Error) throw next;
    return next;
  }, { loading: nothing, loaded: nothing, failed: nothing, wantsMore: () => false });
  const viewer = new Viewer(paging, remove, {
    show: (image) => told.push(`show ${image.image_id}`),
    update: nothing,
    close: () => told.push("close"),
    removed: (image) => told.push(`removed ${image.image_id}`),
    failed: (message) => told.push(message),
  });
  await paging.restart();
  return { viewer, paging, told };
}

/** Something that is answered when the test says so. */
function later() {
  let settle;
  const promise = new Promise((resolve, reject) => (settle = { resolve, reject }));
  return { promise, ...settle };
}

test("the last image of a page leads on to the next page", async () => {
  const { viewer, told } = await viewerOf([page("ab", "k1"), page("c")]);
  viewer.open("b");
  assert.ok(viewer.can(1), "next is offered while the page is under way");
  await viewer.go(1);
  assert.deepEqual(told, ["show b", "show c"]);
  assert.equal(viewer.can(1), false);
  await viewer.go(1);
  assert.deepEqual(told, ["show b", "show c"]);
});

test("next is offered still where the next page failed, and asks again", async () => {
  const pages = [page("ab", "k1"), new Error("No.")];
  const { viewer, paging, told } = await viewerOf(pages);
  viewer.open("b");
  await paging.more();
  assert.ok(viewer.can(1));
  pages.push(page("c"));
  await viewer.go(1);
  assert.equal(told.at(-1), "show c");
});

test("who went elsewhere while the next page came stays there", async () => {
  const second = later();
  const { viewer, told } = await viewerOf([page("abc", "k1"), second.promise]);
  viewer.open("c");
  const going = viewer.go(1);
  await viewer.go(-1);
  second.resolve(page("d"));
  await going;
  assert.deepEqual(told, ["show c", "show b"]);
});

test("neighbours are those of now, not of when the image was opened", async () => {
  const { viewer, paging, told } = await viewerOf([page("abc")]);
  viewer.open("a");
  paging.forget("b");
  await viewer.go(1);
  assert.deepEqual(told, ["show a", "show c"]);
  assert.equal(viewer.can(1), false);
  assert.equal(viewer.can(-1), true);
});

test("a late answer to a delete closes no other image", async () => {
  const answer = later();
  const { viewer, paging, told } = await viewerOf([page("abc")], () => answer.promise);
  viewer.open("a");
  const deleting = viewer.delete(viewer.image);
  await viewer.go(1);
  answer.resolve();
  await deleting;
  assert.deepEqual(told, ["show a", "show b", "removed a"]);
  assert.equal(viewer.image.image_id, "b");
  assert.equal(paging.find("a"), undefined);
});

test("an image that is being deleted is not deleted once more, and closes when it is gone", async () => {
  const answer = later();
  let calls = 0;
  const { viewer, told } = await viewerOf([page("ab")], () => (calls++, answer.promise));
  viewer.open("a");
  const { image } = viewer;
  const deleting = viewer.delete(image);
  assert.ok(viewer.isDeleting);
  await viewer.delete(image);
  answer.resolve();
  await deleting;
  assert.equal(calls, 1);
  assert.deepEqual(told, ["show a", "close", "removed a"]);
  assert.equal(viewer.image, undefined);
  assert.equal(viewer.isDeleting, false);
});

test("a delete that fails says which image is still there, one that finds nothing was done before", async () => {
  const outcomes = [Object.assign(new Error("A store failed."), { status: 502 }), Object.assign(new Error("x"), { status: 404 })];
  const { viewer, paging, told } = await viewerOf([page("ab")], async () => {
    throw outcomes.shift();
  });
  viewer.open("a");
  await viewer.delete(viewer.image);
  assert.equal(told.at(-1), "a.png is not deleted: A store failed.");
  assert.ok(paging.find("a"));
  assert.equal(viewer.isDeleting, false);
  await viewer.delete(viewer.image);
  assert.deepEqual(told.slice(-2), ["close", "removed a"]);
});
