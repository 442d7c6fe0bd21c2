// A view that follows what happens: asked again and again while it is in sight, less often where nothing happens, and ever
// less often where it cannot be asked.

import { acting } from "./act.js";
import { Problem, words } from "./api.js";
import { h } from "./dom.js";
import { clock } from "./format.js";

const EVERY_MS = 5_000;
/** Nothing new came and nobody did anything for so long: then it rests. */
const RESTS_AFTER_MS = 2 * 60_000;
const RESTING_MS = 20_000;
/** While it fails, each pause is twice the one before it, and none is longer. */
const MOST_MS = 2 * 60_000;
const MINUTE_MS = 60_000;
const STIRS = ["pointermove", "pointerdown", "keydown", "wheel"];
const looks = [];

/** Looks again now, because something was done. */
export const looked = () => Promise.all(looks.map((look) => look()));

/** How long until it is asked again, after so many failures in a row, and so long after something happened. */
export function pause(failures, quietMs) {
  if (failures > 0) return Math.min(EVERY_MS * 2 ** failures, MOST_MS);
  return quietMs < RESTS_AFTER_MS ? EVERY_MS : RESTING_MS;
}

/** Shows what `read` gives, again whenever it changes. What `show` answers with `false` to is shown later. What goes wrong
 * is told at the place `problem`. */
export async function live(read, show, problem) {
  let before = null;
  let timer;
  let [failures, signedOut, seenAt, stirredAt] = [0, false, null, Date.now()];
  let looking = Promise.resolve();
  let isLooking = false;
  const once = async () => {
    clearTimeout(timer);
    isLooking = true;
    try {
      const found = await read();
      const [text, minute] = [JSON.stringify({ ...found, at: undefined }), Math.floor(Date.now() / MINUTE_MS)];
      const isNew = text !== before?.text;
      if (isNew) stirredAt = Date.now();
      // What is told of time, such as what is due, goes on each minute.
      if ((isNew || minute !== before.minute) && (await show(found)) !== false) before = { text, minute };
      [failures, signedOut, seenAt] = [0, false, Date.now()];
      tell(problem, null);
    } catch (error) {
      failures += 1;
      signedOut = isSignedOut(error);
      tell(problem, failed(error, seenAt), signedOut ? signIn() : acting("Try now", look, { kind: "link" }));
    } finally {
      isLooking = false;
      // Whoever is signed out stays so until they do something about it.
      if (!signedOut) timer = setTimeout(again, pause(failures, Date.now() - stirredAt));
    }
  };
  // One after the other: what was read first is not shown last.
  const look = () => (looking = looking.then(once, once));
  // A page that is left stands still, and goes on at once if the browser comes back to it.
  const again = () => document.visibilityState === "visible" && !isLooking && look();
  const stirred = () => {
    const rested = Date.now() - stirredAt >= RESTS_AFTER_MS;
    stirredAt = Date.now();
    if (rested && failures === 0) again();
  };
  await look();
  looks.push(() => {
    before = null;
    return look();
  });
  addEventListener("visibilitychange", again);
  addEventListener("online", again);
  for (const type of STIRS) addEventListener(type, stirred, { passive: true });
}

const isSignedOut = (error) => error instanceof Problem && error.status === 401;

/** Elsewhere: what is being written here stays, and goes on once it is come back to. */
const signIn = () => h("a", { href: location.pathname, target: "_blank" }, "Sign in, in a new tab");

/** What went wrong, and of when that is which is still shown. */
function failed(error, seenAt) {
  const shown = seenAt && `What you see is of ${clock(seenAt)}.`;
  const next = isSignedOut(error) ? null : "It is tried again by itself.";
  return [words(error), shown, next].filter(Boolean).join(" ");
}

/** Said once, however often it is found. */
function tell(problem, text, act) {
  if ((problem.dataset.told ?? "") === (text ?? "")) return;
  problem.dataset.told = text ?? "";
  problem.replaceChildren(...(text ? [h("p", {}, text, " ", act)] : []));
}
