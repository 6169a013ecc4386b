// Who the visitor says to be, remembered where the browser lets a page remember.

const KEY = "shoebox.identity";
const FORM = /^[A-Za-z0-9._@:+-]{1,128}$/;

export const HINT = "A user id has 1 to 128 letters A to Z, digits, or any of . _ @ : + -";

let current = remembered();

/** A browser may forbid a page to remember: reading then throws as writing does. */
function remembered() {
  try {
    return localStorage.getItem(KEY) ?? "";
  } catch {
    return "";
  }
}

export const identity = {
  /** The user id, or nothing where nobody, or no possible user, is named. */
  get: () => (FORM.test(current) ? current : ""),

  /** Whether it can be a user id. What cannot is not sent: the page then speaks for nobody. */
  set(text) {
    current = text.trim();
    try {
      localStorage.setItem(KEY, identity.get());
    } catch {
      // Then it holds until the page is left.
    }
    return current === "" || FORM.test(current);
  },
};
