// ThumbHash (the format of Evan Wallace): a few bytes that hold a blurred picture, decoded to pixels.

/** The bytes of a base64 text. */
const bytesOf = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));

/** The coefficients of one channel: four bits each, the constant one left out. */
function channel(hash, position, across, down, scale) {
  const coefficients = [];
  for (let y = 0; y < down; y++) {
    for (let x = y ? 0 : 1; x * down < across * (down - y); x++) {
      const byte = hash[position.byte + (position.nibble >> 1)] ?? 0;
      const nibble = (byte >> ((position.nibble & 1) << 2)) & 15;
      position.nibble++;
      coefficients.push({ x, y, value: (nibble / 7.5 - 1) * scale });
    }
  }
  return coefficients;
}

/** The value of a channel at a point, each coordinate from 0 to 1. */
function at(coefficients, constant, x, y) {
  let value = constant;
  for (const { x: fx, y: fy, value: weight } of coefficients) {
    value += weight * Math.cos(Math.PI * x * fx) * Math.cos(Math.PI * y * fy) * 2;
  }
  return value;
}

/** Paints a placeholder on a canvas, as many pixels as the format holds. */
export function paint(canvas, base64) {
  const hash = bytesOf(base64);
  if (hash.length < 5) return;
  const low = hash[0] | (hash[1] << 8) | (hash[2] << 16);
  const high = hash[3] | (hash[4] << 8);
  const hasAlpha = low >> 23;
  const isLandscape = high >> 15;
  const across = isLandscape ? (hasAlpha ? 5 : 7) : high & 7;
  const down = isLandscape ? high & 7 : hasAlpha ? 5 : 7;
  const position = { byte: hasAlpha ? 6 : 5, nibble: 0 };
  const light = channel(hash, position, Math.max(3, across), Math.max(3, down), ((low >> 18) & 31) / 31);
  // Saturation is raised a little, as the coarse steps of the format lower it.
  const yellow = channel(hash, position, 3, 3, (((high >> 3) & 63) / 63) * 1.25);
  const red = channel(hash, position, 3, 3, (((high >> 9) & 63) / 63) * 1.25);
  const alpha = hasAlpha ? channel(hash, position, 5, 5, (hash[5] >> 4) / 15) : [];

  const ratio = across / down || 1;
  canvas.width = Math.round(ratio > 1 ? 32 : 32 * ratio) || 1;
  canvas.height = Math.round(ratio > 1 ? 32 / ratio : 32) || 1;
  const context = canvas.getContext("2d");
  const pixels = context.createImageData(canvas.width, canvas.height);
  for (let row = 0, i = 0; row < canvas.height; row++) {
    for (let column = 0; column < canvas.width; column++, i += 4) {
      const x = (column + 0.5) / canvas.width;
      const y = (row + 0.5) / canvas.height;
      const l = at(light, (low & 63) / 63, x, y);
      const p = at(yellow, ((low >> 6) & 63) / 31.5 - 1, x, y);
      const q = at(red, ((low >> 12) & 63) / 31.5 - 1, x, y);
      const blue = l - (2 / 3) * p;
      const r = (3 * l - blue + q) / 2;
      pixels.data[i] = 255 * r;
      pixels.data[i + 1] = 255 * (r - q);
      pixels.data[i + 2] = 255 * blue;
      pixels.data[i + 3] = hasAlpha ? 255 * at(alpha, (hash[5] & 15) / 15, x, y) : 255;
    }
  }
  context.putImageData(pixels, 0, 0);
}
