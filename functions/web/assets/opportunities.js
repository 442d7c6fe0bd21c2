// The board of opportunities: a column a stage.

import { get, send, words } from "./api.js";
import { announce, empty, h, put } from "./dom.js";
import { CHANNELS, ago, amount, at, number } from "./format.js";

const STAGES = { lead: "Lead", contacted: "Contacted", interviewing: "Interviewing", proposal: "Proposal", won: "Won", lost: "Lost" };

export const read = () => get("/api/crm/opportunities");
export const isLive = true;

export function show(place, { stages }) {
  if (stages.every(({ count }) => count === 0)) {
    put(place, 
      empty("No opportunities yet", "A conversation about a role or a project becomes one by itself. You can also add one to a contact."),
    );
    return;
  }
  put(place, h("div", { class: "board", tabindex: 0, role: "region", "aria-label": "Opportunities by stage" }, stages.map(column)));
}

function column({ stage, count, more, value, opportunities }) {
  const sums = value.map((sum) => amount(sum.amount, sum.currency)).join(" + ");
  const than = more ? "more than " : "";
  const shown = opportunities.slice(0, 30);
  return h(
    "section",
    { class: `column at-${stage}`, "aria-labelledby": `stage-${stage}` },
    h("h2", { id: `stage-${stage}` }, STAGES[stage], " ", h("span", { class: "quiet" }, than, number(count))),
    h("p", { class: "quiet sum" }, sums ? than + sums : " "),
    h("ul", {}, shown.map(card)),
    count > shown.length && h("p", { class: "quiet" }, `and ${than}${number(count - shown.length)} more`),
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
