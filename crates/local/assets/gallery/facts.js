// What is told of an image in words.

const number = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });

export const readableSize = (bytes) =>
  bytes < 1000 ? `${bytes} B` : bytes < 1e6 ? `${number.format(bytes / 1e3)} KB` : `${number.format(bytes / 1e6)} MB`;

export const readableDate = (text) => new Date(text).toLocaleString();

/** What the clock of the camera showed, wherever the reader is; not all cameras know their time zone. */
const asTheCameraSaid = (text) => readableDate(text.slice(0, "2026-01-31T12:00:00".length));

function readableExposure({ time, f_number: aperture, iso, focal_length_mm: length } = {}) {
  const parts = [time && `${time} s`, aperture && `f/${aperture}`, iso && `ISO ${iso}`, length && `${length} mm`];
  return parts.filter(Boolean).join(" · ");
}

function readableLocation({ latitude, longitude, altitude_m: altitude }) {
  const place = `${latitude.toFixed(5)}, ${longitude.toFixed(5)}`;
  return altitude === undefined ? place : `${place} · ${Math.round(altitude)} m`;
}

/** What is known of an image as pairs of name and text, in this order; what it does not have is left out. */
export function facts(image) {
  const { exif = {} } = image;
  const custom = Object.entries(image.metadata ?? {}).map(([name, value]) => [
    name,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  const known = [
    ["Owner", image.user_id],
    ["Size", `${image.width} × ${image.height} · ${readableSize(image.size)}`],
    ["Type", image.content_type],
    ["Category", image.category],
    ["Visibility", image.visibility],
    ["Camera", exif.camera],
    ["Lens", exif.lens],
    ["Exposure", readableExposure(exif.exposure)],
    ["Taken", exif.taken_at && asTheCameraSaid(exif.taken_at)],
    ["Place", exif.location && readableLocation(exif.location)],
    ["Uploaded", readableDate(image.created_at)],
    ["Changed", image.updated_at !== image.created_at && readableDate(image.updated_at)],
    ...custom,
    ["Id", image.image_id],
    ["SHA-256", image.sha256],
  ];
  return known.filter(([, value]) => value);
}
