// Elements, made of values: text is text, never markup.

const SVG = "http://www.w3.org/2000/svg";

/** An element: `h("a", { href, class: "x", on: { click } }, "text", child)`; what is null or false is left out. */
export function h(tag, properties = {}, ...children) {
  return filled(document.createElement(tag), properties, children);
}

/** The same in SVG. */
export function s(tag, properties = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), properties, children);
}

function filled(element, { on = {}, ...properties }, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  for (const [name, act] of Object.entries(on)) element.addEventListener(name, act);
  element.append(...children.flat().filter((child) => child != null && child !== false));
  return element;
}

/** Puts these in the place of what is there; what is null or false is left out. */
export function put(place, ...children) {
  place.replaceChildren(...children.flat().filter((child) => child != null && child !== false));
}

export const find = (selector, within = document) => within.querySelector(selector);

/** Says something to whoever listens, without moving the focus. */
export function announce(text) {
  const status = find("#status");
  status.textContent = "";
  requestAnimationFrame(() => (status.textContent = text));
}

export function empty(title, text, ...more) {
  return h("section", { class: "card blank" }, h("h2", {}, title), h("p", { class: "quiet" }, text), ...more);
}
