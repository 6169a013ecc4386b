// The service's HTTP API.

import { identity } from "./identity.js";

/** What one request may carry before it has to go to the store directly, base64 and JSON counted in. */
const DIRECT_FROM_BYTES = 4_400_000;

/** Why a call failed, to be read by people; `status` where the service itself refused. */
export class Failure extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

const imagePath = (id) => `/images/${encodeURIComponent(id)}`;

/** The path of an image's own bytes. */
export const contentPath = (id) => `${imagePath(id)}/content`;

/** The path of an image's bytes as a file to be saved. */
export const downloadPath = (id) => `${imagePath(id)}?format=raw&download=true`;

/** Sends a request and reads the whole answer; `whom` does not answer where that fails. */
async function exchange(whom, url, request) {
  try {
    const response = await fetch(url, request);
    return { response, text: await response.text() };
  } catch {
    throw new Failure(request.signal?.aborted ? "Stopped." : `${whom} does not answer.`);
  }
}

async function call(path, { method = "GET", body, headers = {}, signal } = {}) {
  const who = identity.get();
  const sent = { accept: "application/json", ...(who && { "x-user-id": who }), ...headers };
  const { response, text } = await exchange("The server", path, { method, body, headers: sent, signal });
  const answer = parsed(text);
  if (!response.ok) throw new Failure(explain(answer, response), response.status);
  if (!answer) throw new Failure("The server's answer cannot be read.");
  return answer;
}

/** A JSON object; nothing where the text is something else, such as a page of a proxy's. */
function parsed(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" ? value : null;
  } catch {
    return null;
  }
}

/** A problem document in one line. */
function explain(problem, response) {
  const fields = (problem?.errors ?? []).map(({ field, detail }) => `${field}: ${detail}`);
  return fields.join("; ") || problem?.detail || `The server answered ${response.status}.`;
}

/** One page of images. */
export function list(filters, lastKey) {
  const query = new URLSearchParams({ ...filters, limit: "24" });
  if (lastKey) query.set("last_key", lastKey);
  return call(`/images?${query}`);
}

/** One image with a URL that works without identity for a while. */
export const presigned = (id) => call(`${imagePath(id)}?presigned=true`);

export const remove = (id) => call(imagePath(id), { method: "DELETE" });

/**
 * Uploads one file: through the function, or to the store where it is too large for that. Repeated under the same
 * `key`, with the same attributes, it stores the file once.
 */
export function upload(file, attributes, { key, signal }) {
  const way = file.size < DIRECT_FROM_BYTES ? uploadThrough : uploadDirect;
  return way(file, attributes, { headers: { "idempotency-key": key }, signal });
}

function uploadThrough(file, attributes, { headers, signal }) {
  const form = new FormData();
  for (const [name, value] of Object.entries(attributes)) form.set(name, value);
  form.set("file", file, file.name);
  return call("/images", { method: "POST", headers, body: form, signal });
}

async function uploadDirect(file, attributes, { headers, signal }) {
  const wanted = { ...attributes, filename: file.name, content_type: file.type, size: file.size };
  const asked = await call("/images/uploads", {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify(wanted),
    signal,
  });
  // A repeat of what had arrived whole is answered with the image: there is nothing more to send.
  if (!asked.upload) return asked;
  const { method, url, headers: signed } = asked.upload;
  const { response } = await exchange("The store", url, { method, headers: signed, body: file, signal });
  // The URL works once: 412 says that an earlier try did store the bytes.
  if (!response.ok && response.status !== 412) throw new Failure(`The store answered ${response.status}.`);
  return call(`${imagePath(asked.image_id)}/complete`, { method: "POST", signal });
}
