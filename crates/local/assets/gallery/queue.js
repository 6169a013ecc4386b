// The files of one upload dialog, each with how it fares. It knows no HTML: `changed` is told of each change.

/** Whether it is unknown what became of a request, or whether the service may yet take it as it is. */
const isOpen = ({ status }) => !status || status >= 500 || [408, 409, 429].includes(status);

/** Random, in a form that a header holds. `crypto.randomUUID` is only there for HTTPS and this machine. */
const newKey = () => Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("-");

export class Queue {
  entries = [];
  isSending = false;
  #upload;
  #changed;
  #stop;

  constructor(upload, changed) {
    this.#upload = upload;
    this.#changed = changed;
  }

  /** What is not stored. */
  get waiting() {
    return this.entries.filter(({ state }) => state !== "stored");
  }

  add(files) {
    const added = files.map((file) => ({ file, state: "ready", outcome: "ready" }));
    this.entries.push(...added);
    return added;
  }

  /**
   * Sends what waits now, one after another: each is megabytes, and the outcome of each is to be read. What is added
   * meanwhile waits for the next time. Says how many were stored, and whether it was stopped.
   */
  async send(attributes) {
    if (this.isSending) return { stored: 0, wasStopped: false };
    this.isSending = true;
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    const batch = this.waiting;
    for (const entry of batch) {
      if (!signal.aborted) await this.#sendOne(entry, attributes, signal);
    }
    this.isSending = false;
    return { stored: batch.filter(({ state }) => state === "stored").length, wasStopped: signal.aborted };
  }

  /** Ends what is under way; what has arrived stays. */
  stop() {
    this.#stop?.abort();
  }

  async #sendOne(entry, attributes, signal) {
    // As long as a try may have stored the file, it is repeated as it was: the same key with other attributes would be
    // refused, another key would store the file twice.
    entry.attempt ??= { key: newKey(), attributes };
    this.#set(entry, "running", "uploading…");
    try {
      await this.#upload(entry.file, entry.attempt.attributes, { key: entry.attempt.key, signal });
      this.#set(entry, "stored", "stored");
    } catch (error) {
      if (!isOpen(error)) entry.attempt = undefined;
      this.#set(entry, signal.aborted ? "ready" : "failed", signal.aborted ? "stopped" : error.message);
    }
  }

  #set(entry, state, outcome) {
    Object.assign(entry, { state, outcome });
    this.#changed(entry);
  }
}
