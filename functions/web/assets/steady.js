// A page that follows what happens: what changed is made anew, and all else stays as it is, with what is being typed, what is
// open, the focus and the scroll.

import { find } from "./dom.js";

/** By place: what it shows by its keys, and what that was made of. */
const shown = new WeakMap();
const FIELDS = "input:not([type=file], [type=search]), textarea, select";
const FOCUSED = "a[href], button, summary, input, select, textarea, [tabindex]";

/**
 * Fills a place with what `parts` make, each `[key, of, make]` or nothing. What is made of the same as before stays; what is
 * made of something else is made anew, but not while somebody is at it: then it is `false`, and has to be tried again.
 */
export function steady(place, parts) {
  const [before, now] = [shown.get(place) ?? new Map(), new Map()];
  const focus = place.contains(document.activeElement) ? document.activeElement : null;
  let isWhole = true;
  for (const [key, of, make] of parts.filter(Boolean)) {
    const [was, text] = [before.get(key), JSON.stringify(of ?? null)];
    if (was && (was.text === text || isHeld(was.element))) {
      isWhole &&= was.text === text;
      now.set(key, was);
    } else {
      now.set(key, { text, element: anew(was?.element, make(of)) });
    }
  }
  const wanted = [...now.values()].map(({ element }) => element);
  const gone = [...place.childNodes].filter((child) => !wanted.includes(child));
  const held = gone.filter(isHeld);
  gone.filter((child) => !held.includes(child)).forEach((child) => child.remove());
  const still = focus && wanted.find((element) => element.contains(focus));
  let at = place.firstChild;
  for (const element of wanted) {
    while (held.includes(at)) at = at.nextSibling;
    if (element === still) at = first(still, at);
    if (element === at) at = at.nextSibling;
    else place.insertBefore(element, at);
  }
  shown.set(place, now);
  if (focus && !focus.isConnected) refocus(place, focus);
  return isWhole && held.length === 0;
}

/** Moves all from `at` on that stand before an element behind it: what has the focus would lose it by being moved itself. */
function first(element, at) {
  const before = [];
  for (let one = at; one !== element; one = one.nextSibling) before.push(one);
  element.after(...before);
  return element;
}

/** Puts another element in the place of one of these, which was made of this. */
export function replaced(element, next, of) {
  const parts = shown.get(element.parentNode);
  for (const [key, was] of parts ?? []) if (was.element === element) parts.set(key, { text: JSON.stringify(of), element: next });
  element.replaceWith(next);
}

/** The next one stands where the one before stood, and is open where that was. */
function anew(was, next) {
  if (!was?.isConnected) return next;
  const opened = new Map([...all("details", was)].map((one, place) => [titleOf(one) ?? place, one.open]));
  [...all("details", next)].forEach((one, place) => (one.open = opened.get(titleOf(one) ?? place) ?? one.open));
  was.replaceWith(next);
  return next;
}

const all = (selector, element) => (element.matches(selector) ? [element, ...element.querySelectorAll(selector)] : element.querySelectorAll(selector));
const titleOf = (details) => find("summary", details)?.textContent.replaceAll(/\d+/g, "").trim();

/** Somebody types in it, chose or marked something, or is asked once more. */
export function isHeld(element) {
  if (!element.isConnected || element.nodeType !== Node.ELEMENT_NODE) return false;
  const marked = getSelection();
  if (!marked.isCollapsed && element.contains(marked.anchorNode)) return true;
  if (find("[data-changed], [data-sure]", element)) return true;
  const fields = [...all(FIELDS, element)].filter((field) => field.dataset.free === undefined);
  return fields.some((field) => field === document.activeElement || isEdited(field));
}

function isEdited(field) {
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.options) return field.selectedIndex !== Math.max(0, [...field.options].findIndex((option) => option.defaultSelected));
  return field.value !== field.defaultValue;
}

const nameOf = (element) => element.id || [element.tagName, element.getAttribute("href"), element.getAttribute("aria-label") ?? element.textContent].join();

/** The focus goes to what took the place of what had it, or near. */
function refocus(place, lost) {
  const next = [...place.querySelectorAll(FOCUSED)].find((one) => nameOf(one) === nameOf(lost)) ?? find("h1, h2", place) ?? find("h1");
  if (!next.matches(FOCUSED)) next.tabIndex = -1;
  next.focus({ preventScroll: true });
}
