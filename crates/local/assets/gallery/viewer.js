// Which image is looked at, what is beside it, and its deletion. It knows no HTML: its page is told what to show.

/** Where this few images are left, the next page is asked for. */
const AHEAD = 4;

export class Viewer {
  /** What is looked at; nothing while nothing is. */
  image;
  #paging;
  #remove;
  #page;
  #deleting = new Set();

  /**
   * `remove(id)` deletes. The page can `show(image)`, `update()` what its buttons offer, `close()`, `removed(image)`
   * and `failed(message)`.
   */
  constructor(paging, remove, page) {
    this.#paging = paging;
    this.#remove = remove;
    this.#page = page;
  }

  open(id) {
    const image = this.#paging.find(id);
    if (!image) return;
    this.image = image;
    this.#page.show(image);
    if (!this.#paging.beside(id, AHEAD)) this.#paging.approach();
  }

  /** The page was closed. */
  closed() {
    this.image = undefined;
  }

  /** The list has changed. */
  update() {
    this.#page.update();
  }

  /** Whether there is an image so many places on. */
  can(step) {
    if (!this.image) return false;
    return Boolean(this.#paging.beside(this.image.image_id, step)) || (step > 0 && this.#paging.hasMore);
  }

  /** Goes so many places on, for which the next page may have to be loaded first. */
  async go(step) {
    const from = this.image;
    if (!from) return;
    if (step > 0 && !this.#paging.beside(from.image_id, step)) await this.#paging.more();
    // Somebody may have gone elsewhere while it was loaded.
    if (this.image !== from) return;
    const next = this.#paging.beside(from.image_id, step);
    if (next) this.open(next.image_id);
  }

  get isDeleting() {
    return this.#deleting.has(this.image?.image_id);
  }

  /** Deletes an image, which need not be the one that is looked at when the answer comes. */
  async delete(image) {
    const id = image.image_id;
    if (this.#deleting.has(id)) return;
    this.#deleting.add(id);
    this.#page.update();
    try {
      await this.#remove(id);
    } catch (error) {
      // One that is not there is what was wanted: an earlier try may have done it, its answer lost.
      if (error.status !== 404) {
        this.#deleting.delete(id);
        this.#page.update();
        this.#page.failed(`${image.filename || "The image"} is not deleted: ${error.message}`);
        return;
      }
    }
    this.#deleting.delete(id);
    if (this.image?.image_id === id) {
      this.closed();
      this.#page.close();
    }
    this.#paging.forget(id);
    this.#page.removed(image);
    this.#page.update();
  }
}
