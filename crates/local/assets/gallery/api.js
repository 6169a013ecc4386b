// The service's HTTP API, and who the visitor says to be.

const IDENTITY = "shoebox.identity";

/** What one request may carry before it has to go to the store directly, base64 and JSON counted in. */
const DIRECT_FROM_BYTES = 4_400_000;

export const identity = {
  get: () => localStorage.getItem(IDENTITY) ?? "",
  set: (value) => localStorage.setItem(IDENTITY, value.trim()),
};

/** The path of an image's own bytes. */
export const contentPath = (id) => `/images/${encodeURIComponent(id)}/content`;

/** The path of an image's bytes as a file to be saved. */
export const downloadPath = (id) => `/images/${encodeURIComponent(id)}?format=raw&download=true`;

async function call(path, { method = "GET", body, headers = {} } = {}) {
  const who = identity.get();
  const sent = { accept: "application/json", ...(who && { "x-user-id": who }), ...headers };
  let response;
  try {
    response = await fetch(path, { method, body, headers: sent });
  } catch {
    throw new Error("The server does not answer.");
  }
  const text = await response.text();
  const answer = text ? JSON.parse(text) : {};
  if (!response.ok) throw new Error(explain(answer, response));
  return answer;
}

/** A problem document in one line. */
function explain(problem, response) {
  const fields = (problem.errors ?? []).map(({ field, detail }) => `${field}: ${detail}`);
  return fields.join("; ") || problem.detail || `The server answered ${response.status}.`;
}

/** One page of images. */
export function list(filters, lastKey) {
  const query = new URLSearchParams({ ...filters, limit: "24" });
  if (lastKey) query.set("last_key", lastKey);
  return call(`/images?${query}`);
}

/** One image with a URL that works without identity for a while. */
export const presigned = (id) => call(`/images/${encodeURIComponent(id)}?presigned=true`);

export const remove = (id) => call(`/images/${encodeURIComponent(id)}`, { method: "DELETE" });

/** Uploads one file: through the function, or to the store where it is too large for that. */
export function upload(file, attributes) {
  return file.size < DIRECT_FROM_BYTES ? uploadThrough(file, attributes) : uploadDirect(file, attributes);
}

function uploadThrough(file, attributes) {
  const form = new FormData();
  for (const [name, value] of Object.entries(attributes)) form.set(name, value);
  form.set("user_id", identity.get());
  form.set("file", file, file.name);
  return call("/images", { method: "POST", body: form });
}

async function uploadDirect(file, attributes) {
  const wanted = {
    ...attributes,
    user_id: identity.get(),
    filename: file.name,
    content_type: file.type,
    size: file.size,
  };
  const headers = { "content-type": "application/json" };
  const pending = await call("/images/uploads", { method: "POST", headers, body: JSON.stringify(wanted) });
  const { method, url, headers: signed } = pending.upload;
  const stored = await fetch(url, { method, headers: signed, body: file });
  if (!stored.ok) throw new Error(`The store answered ${stored.status}.`);
  const id = encodeURIComponent(pending.image_id ?? pending.image?.image_id);
  return call(`/images/${id}/complete`, { method: "POST" });
}
