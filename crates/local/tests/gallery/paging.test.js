// The list as its pages come, fail, and come late.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Paging } from "../../assets/gallery/paging.js";

const images = (...ids) => ids.map((id) => ({ image_id: id }));
const page = (ids, last_key) => ({ images: images(...ids), last_key });
const ids = (paging) => paging.images.map(({ image_id }) => image_id).join("");
/** Lets all that waits for nothing but its turn go on. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

/** A list whose pages are given in turn; an error is thrown, a promise waited for. */
function listOf(pages, { wantsMore = false } = {}) {
  const told = [];
  const asked = [];
  const paging = new Paging(
    async (lastKey) => {
      asked.push(lastKey);
      // Who asks without end ends here, and fails by what was asked.
      if (asked.length === 20) return new Promise(() => {});
      const next = await pages.shift();
      if (next instanceof Error) throw next;
      return next;
    },
    {
      loading: (isFirst) => told.push(isFirst ? "loading first" : "loading"),
      loaded: (arrived, isFirst) => told.push(`${isFirst ? "first" : "more"} ${arrived.length}`),
      failed: (error) => told.push(error.message),
      wantsMore: () => wantsMore,
    },
  );
  return { paging, told, asked };
}

test("pages follow each other until the window is full or the list ends", async () => {
  const { paging, asked } = listOf([page("ab", "k1"), page("", "k2"), page("c")], { wantsMore: true });
  await paging.restart();
  await settled();
  assert.deepEqual([ids(paging), asked], ["abc", [undefined, "k1", "k2"]]);
  assert.equal(paging.hasMore, false);
  assert.equal(await paging.more(), undefined);
});

test("a page that fails is asked for again by a person alone", async () => {
  const failure = new Error("The server does not answer.");
  const pages = [page("ab", "k1"), ...Array(18).fill(failure)];
  const { paging, told, asked } = listOf(pages, { wantsMore: true });
  await paging.restart();
  await settled();
  await paging.approach();
  await settled();
  assert.deepEqual(asked, [undefined, "k1"]);
  assert.equal(told.at(-1), failure.message);
  assert.ok(paging.hasMore);

  pages.splice(0, pages.length, page("c"));
  await paging.more();
  assert.deepEqual([ids(paging), asked.at(-1)], ["abc", "k1"]);
});

test("a first page that fails can be asked for again", async () => {
  const { paging, told } = listOf([page("a"), new Error("No."), page("b")]);
  await paging.restart();
  await paging.restart();
  assert.deepEqual([ids(paging), told.at(-1)], ["", "No."]);
  await paging.approach();
  assert.equal(ids(paging), "");
  await paging.more();
  assert.equal(ids(paging), "b");
  assert.equal(told.at(-1), "first 1");
});

test("images stay until the first page of the new list is there, and an answer for the old one is dropped", async () => {
  let late;
  const { paging, told } = listOf([page("a", "k1"), new Promise((resolve) => (late = resolve)), page("z")]);
  await paging.restart();
  const old = paging.more();
  const restarted = paging.restart();
  assert.equal(ids(paging), "a");
  await restarted;
  late(page("b", "k2"));
  await old;
  assert.deepEqual([ids(paging), paging.hasMore], ["z", false]);
  assert.equal(told.filter((line) => line.startsWith("more")).length, 0);
});

test("who asks while a page is under way waits for that page", async () => {
  const { paging, asked } = listOf([page("a", "k1"), page("b")]);
  await paging.restart();
  await Promise.all([paging.more(), paging.more(), paging.approach()]);
  assert.deepEqual([ids(paging), asked.length], ["ab", 2]);
});

test("what is forgotten does not come back with a page that was under way", async () => {
  const { paging } = listOf([page("ab", "k1"), page("cd")]);
  await paging.restart();
  const under_way = paging.more();
  paging.forget("a");
  paging.forget("c");
  await under_way;
  assert.equal(ids(paging), "bd");
  assert.equal(paging.beside("b", 1).image_id, "d");
  assert.equal(paging.beside("a", 1), undefined);
});
