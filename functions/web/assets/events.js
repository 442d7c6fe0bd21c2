// What else than conversations is behind a figure: follow-ups, opportunities, links to other channels, questions, mistakes of who is who.

import { h } from "./dom.js";
import { KINDS } from "./follow-ups.js";
import { CHANNELS, ago, amount, at, number, seconds } from "./format.js";
import { STAGES } from "./opportunities.js";

const DECIDED = { as_is: "approved as written", edited: "approved with your words", rejected: "rejected" };
const STATES = {
  sent: "sent", delivered: "delivered", bounced: "could not be delivered", complained: "called spam by whoever got it",
  failed: "failed", cancelled: "not sent", unknown: "may have been sent", dead: "given up",
};

/** Events as a list, as conversations are listed. */
export const happened = (events) => h("ul", {}, events.map(event));

function event(one) {
  const { title, told, took } = { follow_up: followUp, opportunity, link, gap, spam, merge, conflict }[one.of](one);
  return h(
    "li",
    {},
    h("div", { class: "what" }, title, h("p", { class: "quiet" }, told.filter(Boolean).flatMap((text, place) => [place > 0 && " · ", text]))),
    h("div", { class: "aside quiet" }, h("time", { datetime: one.at, title: at(one.at) }, ago(one.at)), took && h("span", {}, took)),
  );
}

/** Whom it is about, and the conversation that it follows from. */
function who({ person, name, interaction }) {
  return h("a", { href: `/people/${person}${interaction ? `#${interaction}` : ""}` }, h("bdi", {}, name ?? "Somebody"));
}

const passed = ({ since, at: until }) => seconds(Math.max(0, (Date.parse(until) - Date.parse(since)) / 1000));

function followUp(one) {
  const { kind, state, decided } = one;
  return { title: who(one), told: [KINDS[kind] ?? kind.replaceAll("_", " "), DECIDED[decided], STATES[state] ?? state], took: `after ${passed(one)}` };
}

function opportunity(one) {
  const { title, from, to, value } = one;
  const stages = from ? `${STAGES[from]} → ${STAGES[to]}` : STAGES[to];
  return {
    title: h("a", { href: `/people/${one.person}#opportunities` }, h("bdi", {}, title)),
    told: [one.name && h("bdi", {}, one.name), stages, value && amount(value.amount, value.currency)],
    took: from && `after ${passed(one)}`,
  };
}

function link(one) {
  const { to, isUsed, isServed, wentOn } = one;
  const went = wentOn ? h("a", { href: `/people/${wentOn.person}#${wentOn.interaction}` }, `went on in the ${CHANNELS[to].toLowerCase()}`) : isUsed ? "used" : "not used";
  const served = isServed == null ? null : isServed ? "got what they came for" : "did not get what they came for";
  return { title: who(one), told: [`To go on: ${CHANNELS[to]}`, went, served] };
}

function gap(one) {
  const { question, count, isAnswered } = one;
  const times = count === 1 ? "asked once" : `asked ${number(count)} times`;
  return { title: h("a", { href: "/dashboard/knowledge" }, h("bdi", {}, question)), told: [times, isAnswered ? "answered" : "open"], took: isAnswered && one.at !== one.since && `after ${passed(one)}` };
}

const spam = (one) => ({ title: who(one), told: ["taken for spam, and let through by you"], took: `after ${passed(one)}` });

const other = ({ with: id }) => h("a", { href: `/people/${id}` }, "the other record");

function merge(one) {
  const { by, undoneAt } = one;
  const made = `merged by ${by === "owner" ? "you" : "the twin"}`;
  return { title: who(one), told: [made, undoneAt ? "taken back" : "still one", other(one)], took: one.at !== one.since && `after ${passed(one)}` };
}

const VERDICTS = { open: "waits for your word", dismissed: "two people, you said", merged: "one person, you said" };

function conflict(one) {
  const { accounts, verdict } = one;
  return { title: who(one), told: [`different accounts: ${accounts.join(", ")}`, VERDICTS[verdict], other(one)] };
}
