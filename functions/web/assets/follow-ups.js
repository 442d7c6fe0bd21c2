// What waits for the owner's word. A word is given for exactly what is shown.

import { get, send, words } from "./api.js";
import { announce, empty, h, put } from "./dom.js";
import { ago, at } from "./format.js";

const KINDS = { summary_email: "Mail after the conversation", owner_notification: "Message to you", task_reminder: "Reminder" };
const MAX_NOTE = 1900;

export const read = () => get("/api/crm/follow-ups");
export const isLive = true;

export function show(place, { followUps }) {
  // What is being written stays as it is, and what is new comes after.
  const written = [...place.querySelectorAll("textarea")].some((note) => note.value || note === document.activeElement);
  if (written) return false;
  if (followUps.length === 0) {
    put(place, empty("Nothing waits for you", "What the twin wants to send in your name appears here first, unless you allowed it to go by itself."));
    return;
  }
  const told = followUps.length === 1 ? "One waits for your word." : `${followUps.length} wait for your word, the oldest first.`;
  put(place, h("p", { class: "quiet" }, told), ...followUps.map(waiting));
}

function waiting(one) {
  const { content } = one;
  const note = h("textarea", { id: `note-${one.id}`, rows: 3, maxlength: MAX_NOTE, placeholder: "Added to the mail in your words, if you like." });
  const problem = h("p", { class: "problem", role: "alert" });
  const decide = (decision) => async () => {
    const buttons = card.querySelectorAll("button");
    buttons.forEach((button) => (button.disabled = true));
    problem.textContent = "";
    const given = note.value.trim();
    const word = { decision, fingerprint: one.fingerprint, ...(decision === "approve" && given && { note: given }) };
    try {
      await send("POST", `/api/crm/contacts/${one.person}/follow-ups/${one.id}`, word);
      const next = card.nextElementSibling?.querySelector("button") ?? document.querySelector("#main");
      card.remove();
      announce(decision === "approve" ? "Approved: it is on its way" : "Rejected: it is not sent");
      next.focus();
      dispatchEvent(new CustomEvent("look"));
    } catch (error) {
      problem.textContent = words(error);
      buttons.forEach((button) => (button.disabled = false));
    }
  };
  const title = `title-${one.id}`;
  const rows = [
    ["To", content.to],
    ["Because", one.reason],
    ["They said", content.quote && `“${content.quote}”`],
    ["They asked", content.questions?.join(" · ")],
    ["Meeting", content.meeting && `${content.meeting.topic}: ${content.meeting.preferredTimes.join(", ")}`],
    ["Link", content.handoff && "to go on in the chat, for them alone"],
    ["Message", content.message],
    ["Before", one.problem],
  ].filter(([, value]) => value);
  const card = h(
    "article",
    { class: "card waiting", "aria-labelledby": title },
    h(
      "header",
      {},
      h("h2", { id: title }, KINDS[content.kind] ?? content.kind, " for ", h("a", { href: `/people/${one.person}#${one.interaction}` }, h("bdi", {}, one.name ?? "somebody"))),
      h("time", { class: "quiet", datetime: one.plannedAt, title: at(one.plannedAt) }, ago(one.plannedAt)),
    ),
    h("dl", { class: "facts" }, rows.flatMap(([term, value]) => [h("dt", {}, term), h("dd", {}, h("bdi", {}, value))])),
    content.kind === "summary_email" && h("label", { for: note.id }, "A note of your own", note),
    problem,
    h(
      "p",
      { class: "actions" },
      h("button", { type: "button", class: "button", on: { click: decide("approve") } }, "Approve and send"),
      h("button", { type: "button", class: "button plainly", on: { click: decide("reject") } }, "Reject"),
    ),
  );
  return card;
}
