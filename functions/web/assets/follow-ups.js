// What needs the owner's word, each as it would be sent, and a stop for everything. A word is given for exactly what is
// shown.

import { acting, near } from "./act.js";
import { get, send, words } from "./api.js";
import { announce, empty, h } from "./dom.js";
import { RELATIONSHIPS, ago, at } from "./format.js";
import { rewriting } from "./proposal.js";
import { replaced, steady } from "./steady.js";
import { looked } from "./watch.js";

export const KINDS = {
  summary_email: "Mail after the conversation",
  invitation: "Invitation",
  missed_call_email: "Mail after a missed call",
  missed_call_text: "Text after a missed call",
  handoff_text: "Text with the link to the chat",
  nudge: "Mail because they did not answer",
  proposal: "Proposal",
  linkedin_suggestion: "Whom to connect with on LinkedIn",
  owner_notification: "Message to you",
  owner_text: "Text to you",
  meeting_notification: "News of a meeting",
  task_reminder: "Reminder",
};
const STATES = { unknown: "it may have been sent already", dead: "it was tried several times, and not sent" };
/** So long what moved to where another was decided has not been read: whoever presses twice decides once. */
const UNREAD_MS = 800;
const MAX_NOTE = 1900;
const MAX_SUBJECT = 190;
const MAX_BODY = 9500;

export const read = async () => {
  const [{ followUps }, { settings }] = await Promise.all([get("/api/crm/follow-ups"), get("/api/crm/follow-ups/settings")]);
  return { followUps, stopped: settings.stopped };
};

const SETTINGS = "/api/crm/follow-ups/settings";
const MOST_RULES = 100;

/** What was approved as it was several times in a row: `{ always, to }`. */
let suggested = null;

/** What waits, as it is listed. */
let listed = [];
/** What was decided last, told where it stood: `{ text, before }`, the latter the id of what came after it. */
let decided = null;
let decidedAt = -Infinity;

/** Asks whether what is like it goes out by itself from now on. */
function suggestion({ always: kind, to: relationship }) {
  const over = (text) => {
    suggested = null;
    section.remove();
    announce(text);
  };
  const always = async () => {
    const { version, settings } = await get(SETTINGS);
    const others = settings.rules.filter((rule) => rule.kind !== kind || rule.relationship !== relationship);
    const rules = [{ kind, relationship, then: "automatic" }, ...others].slice(0, MOST_RULES);
    await send("PUT", SETTINGS, { version, settings: { ...settings, rules } });
    over("From now on these go out by themselves. It stands as a rule in the settings");
  };
  const section = h(
    "section",
    { class: "card suggested", "aria-labelledby": "suggested" },
    h("h2", { id: "suggested" }, "Always send these?"),
    h("p", {}, `You approved “${KINDS[kind] ?? kind}” to ${(RELATIONSHIPS[relationship] ?? relationship).toLowerCase()} several times in a row without changing a word. They can go out without asking you.`),
    h("p", { class: "actions" }, acting("Always send them", always, { kind: "button small" }), acting("Keep asking me", async () => over("You are asked as before"))),
  );
  return section;
}

export function show(place, { followUps, stopped }) {
  const told = followUps.length === 1 ? "One needs your word." : `${followUps.length} need your word, the oldest first.`;
  const cards = followUps.map((one) => [one.id, one, waiting]);
  const next = followUps.findIndex(({ id }) => id === decided?.before);
  if (decided) cards.splice(next < 0 ? cards.length : next, 0, ["decided", decided, ({ text }) => h("p", { class: "calm decided" }, text)]);
  listed = followUps;
  const none = () => empty("Nothing waits for you", "What the twin wants to send in your name appears here first, unless you allowed it to go by itself.");
  return steady(place, [
    ["stop", stopped, stop],
    suggested && ["suggestion", suggested, suggestion],
    followUps.length === 0 ? ["none", null, none] : ["told", told, () => h("p", { class: "quiet" }, told)],
    ...cards,
  ]);
}

/** Nothing is sent any more, or all of it again. */
export function stop(stopped) {
  const act = (path, body, said) => async (button) => {
    await send("POST", `/api/crm/follow-ups/${path}`, body);
    announce(said);
    const hasFocus = document.activeElement === button;
    await looked();
    if (hasFocus) document.querySelector(".stopped button, .stop button")?.focus();
  };
  if (stopped) {
    return h(
      "section",
      { class: "card stopped" },
      h("p", {}, h("strong", {}, "You stopped everything."), ` Nothing is sent, and nobody is called, since ${at(stopped.since)}${stopped.why ? ` (${stopped.why})` : ""}.`),
      acting("Go on", act("go-on", undefined, "What waited goes out within two minutes"), { kind: "button small" }),
    );
  }
  return h("p", { class: "stop" }, acting("Stop everything", act("stop", { why: "stopped in the dashboard" }, "Stopped: nothing is sent")));
}

/** What all services of a proposal come to. */
function price({ currency, services }) {
  const sum = (end) => services.reduce((sum, { price }) => sum + price[end], 0).toLocaleString("en-US");
  const [from, to] = [sum("from"), sum("to")];
  return `${currency} ${from === to ? from : `${from} to ${to}`}`;
}

function waiting(one) {
  const { content, letter } = one;
  const [what, whom] = [KINDS[content.kind] ?? content.kind, one.name ?? letter?.to ?? "somebody"];
  const field = (name, tag, properties, value) => {
    const made = h(tag, { id: `${name}-${one.id}`, ...properties });
    made.defaultValue = value ?? "";
    return made;
  };
  const note = field("note", "textarea", { rows: 3, maxlength: MAX_NOTE, placeholder: "Added to the mail in your words, if you like." });
  const subject = field("subject", "input", { type: "text", maxlength: MAX_SUBJECT }, letter?.subject);
  const body = field("body", "textarea", { rows: 10, maxlength: MAX_BODY }, letter?.body);
  const problem = h("p", { class: "problem", role: "alert" });
  const given = () => {
    if (subject.value !== subject.defaultValue || body.value !== body.defaultValue) return { edited: { subject: subject.value, body: body.value } };
    return note.value.trim() && { note: note.value.trim() };
  };
  const decide = (decision) => async (event) => {
    if (event.timeStamp - decidedAt < UNREAD_MS) return;
    const unsaved = decision === "approve" && card.querySelector("[data-changed]");
    if (unsaved) {
      // A word is given for what waits, not for what is being written.
      problem.textContent = "You changed the proposal and did not save it: save it first, or put back what it said.";
      unsaved.closest("details").open = true;
      unsaved.querySelector("button:not([type])").focus();
      return;
    }
    const buttons = card.querySelectorAll("button");
    buttons.forEach((button) => (button.disabled = true));
    problem.textContent = "";
    const word = { decision, fingerprint: one.fingerprint, ...(decision === "approve" && given()) };
    try {
      const { suggestion: like } = await send("POST", `/api/crm/contacts/${one.person}/follow-ups/${one.id}`, word);
      const next = [card.nextElementSibling, card.previousElementSibling].map((other) => other?.querySelector("h2")).find(Boolean);
      card.remove();
      const said = decision === "approve" ? "Approved: it goes out now, or when its time comes" : "Rejected: it is not sent";
      suggested = like ?? suggested;
      const after = listed[listed.findIndex(({ id }) => id === one.id) + 1];
      decided = { text: `${what} for ${whom}. ${said}.`, before: after?.id };
      decidedAt = performance.now();
      announce(like ? `${said}. You approved several of these in a row: they can go out without asking you` : said);
      // The title, not the button: what comes next is read before it is decided.
      if (next) {
        next.tabIndex = -1;
        next.focus();
      }
      await looked();
      near(document.querySelector("#view"));
    } catch (error) {
      problem.textContent = words(error);
      buttons.forEach((button) => (button.disabled = false));
    }
  };
  const renewed = (next) => {
    const shown = waiting(next);
    replaced(card, shown, next);
    shown.querySelector(".rewriting > summary").focus();
  };
  const title = `title-${one.id}`;
  const rows = [
    ["To", letter?.to ?? content.to],
    ["Subject", letter?.subject],
    ["Because", one.reason],
    ["They said", one.quote && `“${one.quote}”`],
    ["Report", content.rehearsed && "how their rehearsal went"],
    ["Attached", content.document && h("a", { href: `/api/crm/contacts/${one.person}/follow-ups/${one.id}/document`, target: "_blank", rel: "noopener" }, `${content.proposal.title}: ${price(content.proposal)}`)],
    ["Link", content.handoff && "to go on in the chat, for them alone"],
    ["Before", STATES[one.state] ?? one.problem],
    ["When", one.dueAt && `not before ${at(one.dueAt)}`],
  ].filter(([, value]) => value);
  const card = h(
    "article",
    { class: "card waiting", "aria-labelledby": title },
    h(
      "header",
      {},
      h("h2", { id: title }, what, " for ", h("a", { href: `/people/${one.person}#${one.interaction}` }, h("bdi", {}, whom))),
      h("time", { class: "quiet", datetime: one.plannedAt, title: at(one.plannedAt) }, ago(one.plannedAt)),
    ),
    h("dl", { class: "facts" }, rows.flatMap(([term, value]) => [h("dt", {}, term), h("dd", {}, h("bdi", {}, value))])),
    letter && h("blockquote", { class: "letter", dir: "auto" }, letter.text),
    content.kind === "summary_email" && h("label", { for: note.id }, "A note of your own", note),
    content.kind === "proposal" && one.state === "awaiting_approval" && rewriting(one, renewed),
    letter?.body != null && h("details", {}, h("summary", {}, "Write it yourself"), letter.subject && h("label", { for: subject.id }, "Subject", subject), h("label", { for: body.id }, "Text", body), h("p", { class: "fine" }, "Who writes, and how to get no more mails, stands below it in any case.")),
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
