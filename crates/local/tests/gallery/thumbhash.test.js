// Placeholders, against pixels that the reference implementation of the format gives.

import assert from "node:assert/strict";
import { test } from "node:test";

import { paint } from "../../assets/gallery/thumbhash.js";

/** As much of a canvas as `paint` uses. */
class Canvas {
  getContext() {
    return {
      createImageData: (width, height) => ({ data: new Uint8ClampedArray(width * height * 4) }),
      putImageData: ({ data }) => (this.data = data),
    };
  }

  at(x, y) {
    const start = (y * this.width + x) * 4;
    return [...this.data.slice(start, start + 4)];
  }
}

/** Asserts the corners and the middle, to a step of rounding. */
function assertPixels(base64, width, height, expected) {
  const canvas = new Canvas();
  paint(canvas, base64);
  assert.deepEqual([canvas.width, canvas.height], [width, height]);
  const places = [[0, 0], [width - 1, 0], [width >> 1, height >> 1], [0, height - 1], [width - 1, height - 1]];
  places.forEach(([x, y], index) => {
    const found = canvas.at(x, y);
    const isNear = found.every((value, channel) => Math.abs(value - expected[index][channel]) <= 1);
    assert.ok(isNear, `${x}, ${y}: ${found} and not ${expected[index]}`);
  });
}

test("an opaque landscape is painted as it was", () => {
  assertPixels("qJsGBYyHh4eAh4eHiHiIh/SJdPh3", 32, 23, [
    [254, 125, 72, 255],
    [254, 108, 64, 255],
    [238, 161, 82, 255],
    [226, 210, 101, 255],
    [235, 218, 109, 255],
  ]);
});

test("a portrait with transparency is painted as it was", () => {
  assertPixels("l1iGIw5JcENYaIlwQwXHpHh4j4iHWIg=", 19, 32, [
    [30, 28, 108, 255],
    [212, 3, 69, 190],
    [125, 101, 75, 167],
    [82, 99, 84, 44],
    [156, 97, 77, 44],
  ]);
});

test("what is too short to be a placeholder paints nothing", () => {
  const canvas = new Canvas();
  paint(canvas, "AQID");
  assert.equal(canvas.data, undefined);
});
