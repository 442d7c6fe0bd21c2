// The board of opportunities: a column a stage.

import { acting, asking, twice } from "./act.js";
import { get, send, words } from "./api.js";
import { announce, empty, find, h, put } from "./dom.js";
import { choice, number as figure, text } from "./fields.js";
import { CHANNELS, ago, amount, at, number } from "./format.js";
import { steady } from "./steady.js";
import { looked } from "./watch.js";

export const STAGES = { lead: "Lead", contacted: "Contacted", interviewing: "Interviewing", proposal: "Proposal", won: "Won", lost: "Lost" };

export const read = () => get("/api/crm/opportunities");

/** Cards of a stage that are seen at once, and how many are by now. */
const SEEN = 12;
const seen = new Map();

const board = h("div", { class: "board", tabindex: 0, role: "region", "aria-label": "Opportunities by stage" });

export function show(place, { stages }) {
  const isEmpty = stages.every(({ count }) => count === 0);
  const isWhole = steady(board, stages.map((stage) => [stage.stage, [stage, seen.get(stage.stage)], () => column(stage)]));
  const none = () => empty("No opportunities yet", "A conversation about a role or a project becomes one by itself. You can also add one on the page of a person.");
  return steady(place, [isEmpty ? ["none", null, none] : ["board", null, () => board]]) && isWhole;
}

function column({ stage, count, more, value, opportunities }) {
  const sums = value.map((sum) => amount(sum.amount, sum.currency)).join(" + ");
  const than = more ? "more than " : "";
  const shown = opportunities.slice(0, seen.get(stage) ?? SEEN);
  const further = () => {
    seen.set(stage, shown.length + 2 * SEEN);
    return looked();
  };
  return h(
    "section",
    { class: `column at-${stage}`, "aria-labelledby": `stage-${stage}` },
    h("h2", { id: `stage-${stage}` }, STAGES[stage], " ", h("span", { class: "quiet" }, than, number(count))),
    h("p", { class: "quiet sum" }, sums ? than + sums : " "),
    h("ul", {}, shown.map(card)),
    opportunities.length > shown.length && acting("Show more", further, { label: `Show more: ${STAGES[stage]}` }),
    count > shown.length && h("p", { class: "quiet" }, `and ${than}${number(count - shown.length)} more`),
  );
}

function card(one) {
  const since = one.history.at(-1)?.at ?? one.createdAt;
  const who = [one.name, one.company].filter(Boolean).join(", ");
  return h(
    "li",
    { class: "card" },
    h("a", { href: `/people/${one.person}` }, h("bdi", {}, one.title)),
    who && h("p", { class: "quiet" }, h("bdi", {}, who)),
    h("p", { class: "quiet" }, one.value && h("strong", {}, amount(one.value.amount, one.value.currency)), one.value && " · ", CHANNELS[one.source.channel] ?? CHANNELS.owner),
    h("p", { class: "foot" }, h("time", { class: "quiet", datetime: since, title: at(since) }, ago(since)), moving(one, looked)),
  );
}

const pathOf = ({ person, id }) => `/api/crm/contacts/${person}/opportunities/${id}`;

function moving(one, moved) {
  const move = h(
    "select",
    { id: `stage-of-${one.id}`, "aria-label": `Stage of ${one.title}` },
    Object.entries(STAGES).map(([value, name]) => h("option", { value, selected: value === one.stage }, name)),
  );
  move.addEventListener("change", async () => {
    const stage = move.value;
    move.disabled = true;
    try {
      await send("PATCH", pathOf(one), { stage }, one.version);
      announce(`Moved to ${STAGES[stage]}`);
      for (const option of move.options) option.defaultSelected = option.selected;
      await moved();
    } catch (error) {
      move.value = one.stage;
      // Who changed it meanwhile did so to what is not shown yet.
      await moved().catch(() => {});
      const now = document.getElementById(move.id) ?? move;
      find(".problem", now.parentNode)?.remove();
      now.after(h("span", { class: "problem", role: "alert" }, words(error)));
    }
    move.disabled = false;
    // Where it went the focus goes along.
    if (document.activeElement === document.body) document.getElementById(move.id)?.focus();
  });
  return move;
}

// -- of one person

const MAX_TITLE = 200;
const MOST = 1_000_000_000;
const CURRENCIES = { USD: "USD", EUR: "EUR", GBP: "GBP", CHF: "CHF", CAD: "CAD", AUD: "AUD", JPY: "JPY", INR: "INR" };

/** The opportunities with a person, and a form for another one. */
export function dealsOf(person) {
  const path = `/api/crm/contacts/${person}/opportunities`;
  const list = h("div", {});
  const again = async () => {
    const { opportunities } = await get(path);
    put(list, opportunities.length > 0 ? h("ul", { class: "kept" }, opportunities.map((one) => deal(one, again))) : h("p", { class: "quiet" }, "None yet."));
  };
  const title = text("What", "", { maxlength: MAX_TITLE, required: true });
  const worth = figure("Worth", null, { min: 0, max: MOST });
  const currency = choice("In", "USD", CURRENCIES);
  const form = asking("A new opportunity", h("div", { class: "fields" }, title.element, h("div", { class: "fields pairs" }, worth.element, currency.element)), "Add the opportunity", async () => {
    const value = worth.value() === null ? null : { amount: worth.value(), currency: currency.value() };
    await send("POST", path, { title: title.value(), value });
    announce("Added");
    for (const { element } of [title, worth]) element.querySelector("input").value = "";
    await again();
  });
  again().catch((error) => put(list, h("p", { class: "problem" }, words(error))));
  return [list, h("details", { class: "adding" }, h("summary", {}, "Another opportunity"), form)];
}

function deal(one, again) {
  const remove = async () => {
    await send("DELETE", pathOf(one));
    announce("Deleted");
    await again();
  };
  return h(
    "li",
    {},
    h("p", {}, h("bdi", {}, one.title), one.value && h("span", { class: "quiet" }, ` · ${amount(one.value.amount, one.value.currency)}`)),
    h("p", { class: "foot links" }, moving(one, again), twice("Delete", "Delete it for good?", remove, { label: `Delete: ${one.title}` })),
  );
}
