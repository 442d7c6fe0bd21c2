// A conversation that goes on, as its person's page shows it: what is said appears as it is stored, and then the summary.

import { announce, find } from "./dom.js";

const EVERY_MS = 5_000;

/** Looks at the page again while a conversation on it is not over and read; `made` is given each entry that is another. */
export function following(made) {
  const unfinished = () => [...document.querySelectorAll(".timeline article:has(.note)")];
  const served = new Map(unfinished().map((entry) => [entry.id, entry.outerHTML]));
  const timer = setInterval(async () => {
    if (unfinished().length === 0) return clearInterval(timer);
    if (document.visibilityState !== "visible") return;
    // What is missed now is seen the next time.
    const answer = await fetch(location.pathname + location.search).catch(() => null);
    if (!answer?.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const entry of unfinished()) {
      const next = page.getElementById(entry.id);
      if (!next || served.get(next.id) === next.outerHTML || isHeard(entry)) continue;
      served.set(next.id, next.outerHTML);
      replaced(entry, next);
      made(next);
      if (!find(".note", next)) announce("The conversation is over, and read");
    }
  }, EVERY_MS);
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
