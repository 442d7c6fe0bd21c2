// The board of opportunities: a column a stage.

import { get, send, words } from "./api.js";
import { announce, empty, h, put } from "./dom.js";
import { CHANNELS, ago, amount, at, number } from "./format.js";

const STAGES = { lead: "Lead", contacted: "Contacted", interviewing: "Interviewing", proposal: "Proposal", won: "Won", lost: "Lost" };

export const read = () => get("/api/crm/opportunities");
export const isLive = true;

export function show(place, { stages }) {
  if (stages.every(({ opportunities }) => opportunities.length === 0)) {
    put(place, 
      empty("No opportunities yet", "A conversation about a role or a project becomes one by itself. You can also add one to a contact."),
    );
    return;
  }
  put(place, h("div", { class: "board", tabindex: 0, role: "region", "aria-label": "Opportunities by stage" }, stages.map(column)));
}

function column({ stage, value, opportunities }) {
  const sums = value.map((sum) => amount(sum.amount, sum.currency)).join(" + ");
  return h(
    "section",
    { class: `column at-${stage}`, "aria-labelledby": `stage-${stage}` },
    h("h2", { id: `stage-${stage}` }, STAGES[stage], " ", h("span", { class: "quiet" }, number(opportunities.length))),
    h("p", { class: "quiet sum" }, sums || " "),
    h("ul", {}, opportunities.slice(0, 30).map(card)),
    opportunities.length > 30 && h("p", { class: "quiet" }, `and ${opportunities.length - 30} more`),
  );
}

function card(one) {
  const since = one.history.at(-1)?.at ?? one.createdAt;
  const who = [one.name, one.company].filter(Boolean).join(", ");
  const move = h(
    "select",
    { "aria-label": `Stage of ${one.title}` },
    Object.entries(STAGES).map(([value, name]) => h("option", { value, selected: value === one.stage }, name)),
  );
  move.addEventListener("change", async () => {
    move.disabled = true;
    try {
      await send("PATCH", `/api/crm/contacts/${one.person}/opportunities/${one.id}`, { stage: move.value }, one.version);
      announce(`Moved to ${STAGES[move.value]}`);
      dispatchEvent(new CustomEvent("look"));
    } catch (error) {
      move.value = one.stage;
      announce(words(error));
    }
    move.disabled = false;
  });
  return h(
    "li",
    { class: "card" },
    h("a", { href: `/people/${one.person}` }, h("bdi", {}, one.title)),
    who && h("p", { class: "quiet" }, h("bdi", {}, who)),
    h("p", { class: "quiet" }, one.value && h("strong", {}, amount(one.value.amount, one.value.currency)), one.value && " · ", CHANNELS[one.source.channel] ?? CHANNELS.owner),
    h("p", { class: "foot" }, h("time", { class: "quiet", datetime: since, title: at(since) }, ago(since)), move),
  );
}
