// What is told of an image: the members that answers have, in words.

import assert from "node:assert/strict";
import { test } from "node:test";

import { facts, readableSize } from "../../assets/gallery/facts.js";

const image = {
  image_id: "7",
  user_id: "ann",
  content_type: "image/jpeg",
  size: 184_223,
  width: 1600,
  height: 1067,
  sha256: "ab",
  tags: [],
  visibility: "public",
  created_at: "2026-01-31T12:00:00.123Z",
  updated_at: "2026-01-31T12:00:00.123Z",
};

test("what an image does not have is left out", () => {
  const names = facts(image).map(([name]) => name);
  assert.deepEqual(names, ["Owner", "Size", "Type", "Visibility", "Uploaded", "Id", "SHA-256"]);
});

test("all that the camera noted is told, times as its clock showed them", () => {
  const exif = {
    camera: "Pentax K-1",
    lens: "24-70mm",
    exposure: { time: "1/250", f_number: 2.8, iso: 400, focal_length_mm: 35 },
    taken_at: "2026-01-30T16:20:00+01:00",
    location: { latitude: 52.52, longitude: -13.405, altitude_m: 34.4 },
  };
  const known = Object.fromEntries(facts({ ...image, exif, metadata: { album: 7, mood: "calm" } }));
  assert.equal(known.Camera, "Pentax K-1");
  assert.equal(known.Lens, "24-70mm");
  assert.equal(known.Exposure, "1/250 s · f/2.8 · ISO 400 · 35 mm");
  assert.equal(known.Taken, new Date(2026, 0, 30, 16, 20).toLocaleString());
  assert.equal(known.Place, "52.52000, -13.40500 · 34 m");
  assert.deepEqual([known.album, known.mood], ["7", "calm"]);
});

test("an exposure that is known in part is told in part", () => {
  const known = Object.fromEntries(facts({ ...image, exif: { exposure: { iso: 100 } } }));
  assert.equal(known.Exposure, "ISO 100");
  assert.equal(known.Place, undefined);
});

test("sizes are told in units that fit", () => {
  assert.deepEqual([999, 184_223, 52_428_800].map(readableSize), ["999 B", "184.2 KB", "52.4 MB"]);
});
