// The queue of an upload dialog.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Queue } from "../../assets/gallery/queue.js";

const refusal = (status) => Object.assign(new Error(`refused by ${status}`), { status });
const files = (...names) => names.map((name) => ({ name }));
const states = (queue) => queue.entries.map(({ file, state }) => `${file.name} ${state}`);

/** A queue whose uploads end as `outcomes` say, by name and in turn: errors fail. */
function queueOf(outcomes = {}) {
  const sent = [];
  const queue = new Queue(
    async (file, attributes, { key, signal }) => {
      sent.push({ name: file.name, attributes, key });
      const outcome = await outcomes[file.name]?.shift();
      if (signal.aborted) throw new Error("Stopped.");
      if (outcome instanceof Error) throw outcome;
    },
    () => {},
  );
  return { queue, sent };
}

test("files that are added while others are sent wait for their turn, and take nothing from them", async () => {
  let arrive;
  const { queue, sent } = queueOf({ a: [new Promise((resolve) => (arrive = resolve))] });
  queue.add(files("a", "b"));
  const sending = queue.send({ tags: "sea" });
  queue.add(files("c"));
  assert.ok(queue.isSending);
  assert.deepEqual(await queue.send({ tags: "other" }), { stored: 0, wasStopped: false });
  arrive();
  assert.deepEqual(await sending, { stored: 2, wasStopped: false });
  assert.deepEqual(states(queue), ["a stored", "b stored", "c ready"]);
  await queue.send({ tags: "sky" });
  assert.deepEqual(sent.map(({ name, attributes }) => `${name} ${attributes.tags}`), ["a sea", "b sea", "c sky"]);
});

test("one that fails stops no other, and alone is sent again", async () => {
  const { queue, sent } = queueOf({ a: [refusal(422)] });
  queue.add(files("a", "b"));
  assert.deepEqual(await queue.send({}), { stored: 1, wasStopped: false });
  assert.deepEqual(states(queue), ["a failed", "b stored"]);
  assert.equal(queue.entries[0].outcome, "refused by 422");
  await queue.send({});
  assert.deepEqual(sent.map(({ name }) => name), ["a", "b", "a"]);
});

test("every file has a key of its own that a header holds", async () => {
  const { queue, sent } = queueOf();
  queue.add(files("a", "a"));
  await queue.send({});
  assert.notEqual(sent[0].key, sent[1].key);
  for (const { key } of sent) assert.match(key, /^[a-z0-9-]{10,128}$/);
});

test("a try whose outcome is unknown is repeated under its key, with what it said", async () => {
  for (const open of [new Error("The server does not answer."), refusal(503), refusal(409), refusal(429)]) {
    const { queue, sent } = queueOf({ a: [open] });
    queue.add(files("a"));
    await queue.send({ tags: "sea" });
    await queue.send({ tags: "changed meanwhile" });
    assert.deepEqual(sent[1], sent[0], open.message);
    assert.deepEqual(states(queue), ["a stored"]);
  }
});

test("a try that was refused is another request once it is mended", async () => {
  const { queue, sent } = queueOf({ a: [refusal(400)] });
  queue.add(files("a"));
  await queue.send({ tags: "x".repeat(65) });
  await queue.send({ tags: "sea" });
  assert.notEqual(sent[1].key, sent[0].key);
  assert.deepEqual(sent[1].attributes, { tags: "sea" });
});

test("stopping ends the file under way and sends no further one; both can be sent again", async () => {
  let arrive;
  const { queue, sent } = queueOf({ a: [new Promise((resolve) => (arrive = resolve))] });
  queue.add(files("a", "b"));
  const sending = queue.send({});
  queue.stop();
  arrive();
  assert.deepEqual(await sending, { stored: 0, wasStopped: true });
  assert.deepEqual(states(queue), ["a ready", "b ready"]);
  assert.equal(queue.entries[0].outcome, "stopped");
  await queue.send({});
  assert.deepEqual(states(queue), ["a stored", "b stored"]);
  assert.equal(sent[1].key, sent[0].key);
});
