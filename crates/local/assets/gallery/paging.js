// The list of images, as far as it is loaded. It knows no HTML: its view is told what happens.

export class Paging {
  images = [];
  #fetchPage;
  #view;
  #lastKey;
  #running;
  #hasFailed = false;
  #generation = 0;
  #gone = new Set();

  /**
   * `fetchPage(lastKey)` gives a page. The view is told of `loading(isFirst)`, then `loaded(images, isFirst)` or
   * `failed(error, isFirst)`, and asked whether it `wantsMore()`.
   */
  constructor(fetchPage, view) {
    this.#fetchPage = fetchPage;
    this.#view = view;
  }

  /** Whether the list goes on. */
  get hasMore() {
    return Boolean(this.#lastKey);
  }

  find(id) {
    return this.images.find((image) => image.image_id === id);
  }

  /** What stands so many places after the image of this id. */
  beside(id, step) {
    const index = this.images.findIndex((image) => image.image_id === id);
    return index < 0 ? undefined : this.images[index + step];
  }

  /** Starts over. The images so far stay until the first page is there. */
  restart() {
    this.#generation++;
    this.#lastKey = undefined;
    return this.#start(true);
  }

  /** The next page, or the first one again where that failed: what a person asks for. */
  more() {
    if (this.#running) return this.#running;
    if (this.#lastKey) return this.#start(false);
    return this.#hasFailed ? this.#start(true) : undefined;
  }

  /** What scrolling asks for: it does not repeat what failed, or it would do so without end. */
  approach() {
    if (!this.#hasFailed && this.#lastKey) return this.more();
  }

  /** Leaves out an image, also where a page that is under way still has it. */
  forget(id) {
    this.#gone.add(id);
    this.images = this.images.filter((image) => image.image_id !== id);
  }

  #start(isFirst) {
    this.#running = this.#load(isFirst, this.#generation);
    return this.#running;
  }

  async #load(isFirst, generation) {
    let page, failure;
    this.#view.loading(isFirst);
    try {
      page = await this.#fetchPage(this.#lastKey);
    } catch (error) {
      failure = error;
    }
    if (generation !== this.#generation) return;
    this.#running = undefined;
    this.#hasFailed = Boolean(failure);
    if (isFirst) this.images = [];
    if (failure) {
      this.#view.failed(failure, isFirst);
      return;
    }
    const arrived = page.images.filter((image) => !this.#gone.has(image.image_id));
    this.images = [...this.images, ...arrived];
    this.#lastKey = page.last_key;
    this.#view.loaded(arrived, isFirst);
    // A page that does not fill the window brings no scroll that would ask for the next.
    if (this.#view.wantsMore()) this.approach();
  }
}
