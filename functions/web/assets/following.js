// The timeline of a person while conversations go on: one that begins appears, what is said in it as it is stored, and then the
// summary.

import { page as asked } from "./api.js";
import { announce, find, h } from "./dom.js";
import { live } from "./watch.js";

/** Looks at the page again and again; `made` is given each entry that is new, or took the place of one. */
export function following(made) {
  const timeline = find(".timeline");
  const isNewest = !new URLSearchParams(location.search).has("before");
  const unfinished = () => [...timeline.querySelectorAll("article:has(.note)")];
  const served = new Map(unfinished().map((entry) => [entry.id, entry.outerHTML]));
  const read = async () => ({ text: await asked(location.pathname + location.search) });
  const show = ({ text }) => {
    const page = new DOMParser().parseFromString(text, "text/html");
    if (isNewest) begun(page, timeline).forEach((entry) => {
      served.set(entry.id, entry.outerHTML);
      made(entry);
    });
    for (const entry of unfinished()) {
      const next = page.getElementById(entry.id);
      if (!next || served.get(next.id) === next.outerHTML || isHeard(entry)) continue;
      served.set(next.id, next.outerHTML);
      replaced(entry, next);
      made(next);
      if (!find(".note", next)) announce("The conversation is over, and read");
    }
  };
  live(read, show, find("#problem").appendChild(h("div")));
}

/** Puts the entries before the others that the page has before the first that is known. */
function begun(page, timeline) {
  const all = [...page.querySelectorAll(".timeline article")];
  const known = all.findIndex(({ id }) => document.getElementById(id));
  const newest = known < 0 ? all : all.slice(0, known);
  if (newest.length === 0) return newest;
  find(":scope > p.quiet", timeline)?.remove();
  find("h2", timeline).after(...newest);
  announce("A conversation began");
  return newest;
}

/** A recording that plays would begin anew. */
const isHeard = (entry) => [...entry.querySelectorAll("audio")].some((audio) => !audio.paused);

/** What was opened stays open, and the focus near. */
function replaced(entry, next) {
  const [before, after] = [find("details", entry), find("details", next)];
  if (before && after) after.open = before.open;
  const held = entry.contains(document.activeElement);
  entry.replaceWith(next);
  if (held) find("summary", next)?.focus({ preventScroll: true });
}
