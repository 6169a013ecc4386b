// The calls of the API, against answers that a service, a proxy or a broken line could give.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { list, remove, upload } from "../../assets/gallery/api.js";
import { HINT, identity } from "../../assets/gallery/identity.js";

const KEY = { key: "k1" };
const json = (value, status = 200) => new Response(JSON.stringify(value), { status });
const small = new File(["bytes"], "sea.png", { type: "image/png" });
const large = new File([new Uint8Array(4_400_000)], "sky.png", { type: "image/png" });
const instructions = { method: "PUT", url: "http://store/sky", headers: { "content-type": "image/png" } };

let answers;
let asked;

beforeEach(() => {
  asked = [];
  identity.set("ann");
  globalThis.fetch = async (url, request) => {
    // As browsers do: a header outside of Latin-1 is a TypeError before anything is sent.
    asked.push({ url, ...request, headers: new Headers(request.headers) });
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return answer;
  };
});

afterEach(() => assert.deepEqual(answers, [], "a call that was expected was not made"));

test("a name that no header can hold is not sent, and is no error of the server's", async () => {
  answers = [json({ images: [], count: 0 })];
  assert.equal(identity.set("李"), false);
  assert.deepEqual(await list({}), { images: [], count: 0 });
  assert.equal(asked[0].headers.get("x-user-id"), null);
});

test("a possible name is sent", async () => {
  answers = [json({ images: [], count: 0 })];
  assert.equal(identity.set(" a.b_c@d:e+f-g "), true);
  await list({});
  assert.equal(asked[0].headers.get("x-user-id"), "a.b_c@d:e+f-g");
  assert.match(HINT, /\. _ @ : \+ -$/);
});

test("a browser that forbids to remember who it is still has a page that knows", async () => {
  answers = [];
  const forbidden = () => {
    throw new DOMException("denied", "SecurityError");
  };
  Object.defineProperty(globalThis, "localStorage", { configurable: true, get: forbidden });
  const { identity: fresh } = await import("../../assets/gallery/identity.js?forbidden");
  assert.equal(fresh.get(), "");
  fresh.set("bob");
  assert.equal(fresh.get(), "bob");
});

test("a line that breaks before or within the answer says that the server does not answer", async () => {
  const within = new ReadableStream({
    start(stream) {
      stream.enqueue(new TextEncoder().encode('{"images":'));
      stream.error(new TypeError("network error"));
    },
  });
  answers = [new TypeError("Failed to fetch"), new Response(within)];
  for (const _ of ["before", "within"]) {
    await assert.rejects(list({}), { message: "The server does not answer.", status: undefined });
  }
});

test("answers that are no JSON objects are told by their status, not by a parser's complaint", async () => {
  answers = [new Response("<html>Bad gateway", { status: 502 }), new Response("<html>Hello"), json("text", 500), json(null)];
  await assert.rejects(list({}), { message: "The server answered 502.", status: 502 });
  await assert.rejects(list({}), { message: "The server's answer cannot be read." });
  await assert.rejects(list({}), { message: "The server answered 500." });
  await assert.rejects(list({}), { message: "The server's answer cannot be read." });
});

test("a problem is told by its fields, else by its detail", async () => {
  const errors = [{ field: "tags", detail: "too many" }, { field: "category", detail: "too long" }];
  answers = [json({ detail: "Bad", errors }, 400), json({ detail: "There is no such image." }, 404)];
  await assert.rejects(list({}), { message: "tags: too many; category: too long", status: 400 });
  await assert.rejects(remove("a/b"), { message: "There is no such image.", status: 404 });
  assert.equal(asked[1].url, "/images/a%2Fb");
});

test("an upload through the function carries its key and who sends it", async () => {
  answers = [json({ image_id: "1" }, 201)];
  await upload(small, { tags: "sea" }, KEY);
  const [{ url, method, headers, body }] = asked;
  assert.deepEqual([method, url], ["POST", "/images"]);
  assert.equal(headers.get("idempotency-key"), "k1");
  assert.equal(headers.get("x-user-id"), "ann");
  assert.equal(body.get("tags"), "sea");
  assert.equal(body.get("file").name, "sea.png");
});

test("a large file is asked for under its key, put into the store, and completed", async () => {
  answers = [json({ image_id: "7", upload: instructions }, 202), new Response("", { status: 200 }), json({ image_id: "7" })];
  assert.equal((await upload(large, { category: "sky" }, KEY)).image_id, "7");
  assert.deepEqual(asked.map(({ method, url }) => `${method} ${url}`), [
    "POST /images/uploads",
    "PUT http://store/sky",
    "POST /images/7/complete",
  ]);
  assert.equal(asked[0].headers.get("idempotency-key"), "k1");
  const { category, filename, content_type, size } = JSON.parse(asked[0].body);
  assert.deepEqual([category, filename, content_type, size], ["sky", "sky.png", "image/png", 4_400_000]);
  assert.equal(asked[1].headers.get("x-user-id"), null);
});

test("bytes that an earlier try had stored are completed", async () => {
  answers = [json({ image_id: "7", upload: instructions }, 202), new Response("", { status: 412 }), json({ image_id: "7" })];
  assert.equal((await upload(large, {}, KEY)).image_id, "7");
});

test("an upload that an earlier try had completed is not sent again", async () => {
  answers = [json({ image_id: "7", status: "active" })];
  assert.equal((await upload(large, {}, KEY)).image_id, "7");
});

test("a store that cannot be reached or refuses is named, and nothing is completed", async () => {
  for (const [answer, message] of [
    [new TypeError("Failed to fetch"), "The store does not answer."],
    [new Response("<Error/>", { status: 403 }), "The store answered 403."],
  ]) {
    answers = [json({ image_id: "7", upload: instructions }, 202), answer];
    await assert.rejects(upload(large, {}, KEY), { message, status: undefined });
  }
});

test("an upload that is stopped says so", async () => {
  answers = [new DOMException("aborted", "AbortError")];
  await assert.rejects(upload(small, {}, { ...KEY, signal: AbortSignal.abort() }), { message: "Stopped." });
});
