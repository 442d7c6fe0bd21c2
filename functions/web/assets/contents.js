// What a long page has: what leads to its parts, and to what their forms are made of.

import { h } from "./dom.js";

const TITLES = ".part > h2, .settings > .fields > legend";

/** Of what stands in a place. A form is made anew as it is saved elsewhere, so a title is looked for by what it says. */
export function contents(place) {
  const titles = () => [...place.querySelectorAll(TITLES)];
  const lead = (text) => {
    const title = titles().find((one) => one.textContent === text);
    if (!title) return;
    title.tabIndex = -1;
    title.focus({ preventScroll: true });
    title.scrollIntoView({ block: "start" });
  };
  const entry = (text, within) => h("li", {}, h("button", { type: "button", class: "link", on: { click: () => lead(text) } }, text), within);
  const parts = [];
  for (const title of titles()) {
    if (title.matches("h2")) parts.push([title.textContent, []]);
    else parts.at(-1)[1].push(entry(title.textContent));
  }
  const list = parts.map(([text, within]) => entry(text, within.length > 0 && h("ul", {}, within)));
  return h("nav", { class: "contents", "aria-label": "On this page" }, h("ul", {}, list));
}
