// A recording and its transcript, side by side: a turn that is pressed is played, and the one that is heard is marked.

import { find } from "./dom.js";

/** A turn is taken up so much before it was noted, so that its first word is heard. */
const BEFORE_MS = 300;

/** Ties the recordings of an entry of the timeline to its turns. `data-begins` is when a recording began, `data-ms` when a turn
 * did, both in milliseconds of the conversation. */
export function hearing(entry) {
  const recordings = [...entry.querySelectorAll("audio[data-begins]")];
  const turns = [...entry.querySelectorAll(".transcript li[data-ms]")];
  if (recordings.length === 0) return;
  recordings.sort((one, other) => begins(one) - begins(other));
  for (const turn of turns) {
    const audio = recordings.findLast((one) => begins(one) <= ms(turn) + BEFORE_MS);
    if (audio) playable(turn, audio);
  }
  for (const audio of recordings) {
    const mark = () => marked(turns, audio.paused && audio.currentTime === 0 ? null : begins(audio) + audio.currentTime * 1000);
    for (const event of ["timeupdate", "seeked", "play"]) audio.addEventListener(event, mark);
    audio.addEventListener("ended", () => marked(turns, null));
  }
}

const begins = (audio) => Number(audio.dataset.begins);
const ms = (turn) => Number(turn.dataset.ms);

function playable(turn, audio) {
  const offset = find(".offset", turn);
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "link offset", textContent: offset.textContent });
  button.setAttribute("aria-label", `Play from ${offset.textContent}`);
  button.addEventListener("click", () => {
    audio.currentTime = Math.max(0, ms(turn) - BEFORE_MS - begins(audio)) / 1000;
    audio.play().catch(() => {});
  });
  offset.replaceWith(button);
}

/** Marks the turn that is heard at this moment of the conversation. */
function marked(turns, at) {
  const heard = at === null ? undefined : turns.findLast((turn) => ms(turn) - BEFORE_MS <= at);
  for (const turn of turns) {
    if (turn === heard) turn.setAttribute("aria-current", "true");
    else turn.removeAttribute("aria-current");
  }
}
