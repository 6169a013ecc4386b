// What all parts of the page do with elements.

export const $ = (id) => document.getElementById(id);

/** A new element with properties and children. */
export function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** Says something in a live region. */
export function say(region, text, isError = false) {
  region.textContent = text;
  region.classList.toggle("error", isError);
}

/** Whether a button does anything. One that does not keeps the focus, unlike one that is `disabled`. */
export function offer(button, isOffered) {
  button.setAttribute("aria-disabled", String(!isOffered));
}

export const count = (number, one, several = `${one}s`) => `${number} ${number === 1 ? one : several}`;
