// What needs the owner, and what goes on.

import { get } from "./api.js";
import { empty, h } from "./dom.js";
import { CHANNELS, KINDS, OUTCOMES, ago, at, money, seconds } from "./format.js";
import { steady } from "./steady.js";

export const read = () => get("/api/analytics/today");

const NEEDS = [
  ["awaitingApproval", "follow-up waits for your word", "follow-ups wait for your word", "/dashboard/follow-ups"],
  ["tasksDue", "task is due", "tasks are due", "/dashboard/tasks"],
  ["conflicts", "conflict about who is who", "conflicts about who is who", "/dashboard/people"],
  ["proposals", "pair of contacts may be one person", "pairs of contacts may be one person", "/dashboard/people"],
  ["dormant", "tie is dormant: not in touch for 90 days", "ties are dormant: not in touch for 90 days", "/dashboard/people?dormant=true"],
  ["openGaps", "question without an answer", "questions without an answer", "/dashboard/knowledge"],
];

export function show(place, today) {
  const needs = NEEDS.map(([key]) => [key, today[key]]).filter(([, count]) => count > 0);
  const isQuiet = today.latest.length === 0 && today.live.length === 0;
  const list = (title, held, kind) =>
    held.length > 0 && [title, held, () => section(title, conversations(held, { isGoingOn: kind === "live" }), kind)];
  return steady(place, [
    isQuiet && needs.length === 0 ? ["quiet", place.dataset.call, quiet] : ["needs", needs, needing],
    list("Going on now", today.live, "live"),
    list("Missed", today.missed),
    list("Latest", today.latest.slice(0, 8)),
    isQuiet && needs.length > 0 && ["nobody", null, () => section("Latest", h("p", { class: "calm" }, "Nobody has been in touch today or yesterday."))],
    today.modelSpend.most != null && !today.modelSpend.simulated && ["spend", today.modelSpend, spend],
  ]);
}

/** `call`: how a simulated one is placed, where calls are. */
const quiet = (call) =>
  empty(
    "Quiet so far",
    `Nobody has been in touch today or yesterday. Whoever calls, talks or writes is here while it goes on.${call ? " Write in the chat to see it, or place a simulated call:" : ""}`,
    call && h("pre", {}, h("code", {}, call)),
  );

function needing(needs) {
  const list = needs.map(([key, count]) => {
    const [, one, many, href] = NEEDS.find(([name]) => name === key);
    return h("li", {}, h("a", { href }, h("strong", {}, count), " ", h("span", {}, count === 1 ? one : many)));
  });
  return section(
    "Needs you",
    needs.length > 0 ? h("ul", { class: "needs" }, list) : h("p", { class: "calm" }, "Nothing waits for your word or an answer, and no task is due."),
  );
}

function section(title, content, kind = "") {
  const id = title.toLowerCase().replaceAll(" ", "-");
  return h("section", { class: `part ${kind}`, "aria-labelledby": id }, h("h2", { id }, title), content);
}

/** Conversations as a list; used wherever they are listed. */
export function conversations(list, { isGoingOn = false, isOfQuestions = false } = {}) {
  return h("ul", { class: "list card" }, list.map((one) => conversation(one, isGoingOn, isOfQuestions)));
}

function conversation(one, isGoingOn, isOfQuestions) {
  const name = one.name ?? (one.host ? `Somebody with ${one.host}` : "Somebody");
  const told = [KINDS[one.relationship], !isGoingOn && seconds(one.seconds), OUTCOMES[one.outcome], isOfQuestions && `${one.grounded} of ${one.asked} answered`].filter(Boolean);
  return h(
    "li",
    {},
    h("span", { class: `channel ${one.channel}` }, CHANNELS[one.channel]),
    h(
      "div",
      { class: "what" },
      h("a", { href: `/people/${one.person}#${one.id}` }, h("bdi", {}, name)),
      h("p", { class: "quiet" }, one.summary || (isGoingOn ? (one.channel === "chat" ? "They are writing." : "They are talking.") : "Not read yet.")),
    ),
    h(
      "div",
      { class: "aside quiet" },
      h("time", { datetime: one.startedAt, title: at(one.startedAt) }, ago(one.startedAt)),
      told.length > 0 && h("span", {}, told.join(" · ")),
    ),
  );
}

function spend({ taken, most }) {
  const meter = h("meter", { min: 0, max: most, high: most * 0.8, value: taken, "aria-label": "Spent on models today" });
  return section("Models today", h("div", { class: "card spend" }, meter, h("p", {}, `${money(taken)} of ${money(most)}`)));
}
