// Two that are one person: what a merge would do is seen before it is done, and each is taken back.

import { acting, sheet } from "./act.js";
import { get, send, words } from "./api.js";
import { announce, empty, h, put } from "./dom.js";
import { FIELDS, said } from "./contact.js";
import { ago, at } from "./format.js";

const WAIT_MS = 250;
const FOUND = 8;
/** What is kept of somebody, as an owner knows it: of one, and of several. The rest is the machinery's. */
const MOVED = {
  conversations: ["conversation", "conversations"],
  turns: ["thing said", "things said"],
  recordings: ["recording", "recordings"],
  facts: ["thing remembered", "things remembered"],
  notes: ["note", "notes"],
  tasks: ["task", "tasks"],
  opportunities: ["opportunity", "opportunities"],
  followUps: ["follow-up", "follow-ups"],
  bookings: ["meeting", "meetings"],
  consents: ["agreement", "agreements"],
  keys: ["way to be known by", "ways to be known by"],
};

/** A dialog that shows what a merge of `one` with `other` (`{ id, name }` each) would do, and does it. `merged` is told the
 * plan. */
export function planning(one, other, merged) {
  sheet("Are they one person?", (close) => {
    const place = h("div", { class: "plan", "aria-live": "polite" });
    look(place, [one, other], close, merged);
    return place;
  });
}

async function look(place, [survivor, absorbed], close, merged) {
  put(place, h("p", { class: "quiet" }, "Looking at what would change …"));
  const turn = acting("The other way round", () => look(place, [absorbed, survivor], close, merged));
  let plan;
  try {
    plan = await get(`/api/crm/merges/${survivor.id}/${absorbed.id}`);
  } catch (error) {
    put(place, whose(survivor, absorbed), h("p", { class: "problem" }, words(error)), error.status === 422 && h("p", { class: "actions" }, turn));
    return;
  }
  const merge = acting(
    "Merge",
    async () => {
      try {
        await send("POST", "/api/crm/merges", { survivor: survivor.id, absorbed: absorbed.id });
      } catch (error) {
        put(refused, words(error));
        return;
      }
      close();
      merged(plan);
    },
    { kind: "button small" },
  );
  const refused = h("p", { class: "problem", role: "alert" });
  const moves = Object.entries(MOVED).map(([kind, names]) => [plan.moves[kind] ?? 0, ...names]).filter(([count]) => count > 0);
  put(
    place,
    whose(survivor, absorbed),
    plan.fields.length > 0 ? table(plan, survivor, absorbed) : h("p", {}, "They say the same of themselves: nothing changes in the contact."),
    moves.length > 0 && h("p", { class: "quiet" }, "Then kept together, too: ", moves.map(([count, one, several]) => `${count} ${count === 1 ? one : several}`).join(", "), "."),
    plan.conflicts.length > 0
      ? h("p", { class: "problem" }, `They cannot be merged: they have different ${plan.conflicts.join(" and ")}.`)
      : h("p", { class: "quiet" }, "It can be taken back at any time."),
    refused,
    h("p", { class: "actions" }, plan.conflicts.length === 0 && merge, turn),
  );
}

const named = (one) => h("a", { href: `/people/${one.id}`, target: "_blank", rel: "noopener" }, h("bdi", {}, one.name ?? "somebody without a name"));
const whose = (survivor, absorbed) => h("p", {}, "The page of ", named(survivor), " stays. What is known of ", named(absorbed), " is kept there, too.");

function table({ fields }, survivor, absorbed) {
  const head = [["Field"], [survivor.name ?? "Stays"], [absorbed.name ?? "Is merged"]].map(([name]) => h("th", { scope: "col" }, h("bdi", {}, name)));
  const cell = (detail, stands) => h("td", {}, h(stands ? "strong" : "del", {}, h("bdi", {}, said(detail))), stands && h("span", { class: "unseen" }, " (stands)"));
  const rows = fields.map(({ field, survivor: ours, absorbed: theirs, stands }) =>
    h("tr", {}, h("th", { scope: "row" }, FIELDS[field] ?? field), cell(ours, stands !== "absorbed"), cell(theirs, stands !== "survivor")),
  );
  return h("div", { class: "scroll wrapped", tabindex: 0, role: "region", "aria-label": "What differs" }, h("table", {}, h("thead", {}, h("tr", {}, head)), h("tbody", {}, rows)));
}

/** A dialog in which somebody is found whom `one` is the same as. */
export function choosing(one, merged) {
  sheet("Who is the same person?", (close) => {
    const list = h("div", { class: "found", "aria-live": "polite" });
    const search = h("input", { type: "search", "aria-label": "Search people", placeholder: "Name, company, tag, note …", maxlength: 200 });
    const pick = (other) => () => {
      close();
      planning(one, other, merged);
    };
    const row = (other) =>
      h(
        "li",
        {},
        h("div", { class: "what" }, h("p", {}, h("bdi", {}, other.name ?? "Somebody without a name")), h("p", { class: "quiet" }, [other.role, other.company].filter(Boolean).join(", ") || other.contactMethods.email || other.contactMethods.phone)),
        acting("This one", pick(other), { label: `This one: ${other.name ?? "somebody without a name"}` }),
      );
    const again = async () => {
      try {
        const { contacts } = await get(`/api/crm/contacts?${new URLSearchParams({ q: search.value.trim(), limit: FOUND + 1, sort: "last_contact" })}`);
        const others = contacts.filter(({ id }) => id !== one.id).slice(0, FOUND);
        put(list, others.length > 0 ? h("ul", { class: "list card" }, others.map(row)) : empty("Nobody found", "Try another word."));
      } catch (error) {
        put(list, h("p", { class: "problem" }, words(error)));
      }
    };
    let timer;
    search.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(again, WAIT_MS);
    });
    again();
    return [h("div", { class: "filters" }, search), list];
  });
}

/** Who was merged into whom, each to be taken back; of one person, if one is named. `again` is told that one was. */
export function taken(merges, names, again) {
  if (merges.length === 0) return null;
  const row = ({ survivor, absorbed, at: since, by, why = [] }) => {
    const back = async () => {
      await send("DELETE", `/api/crm/merges/${absorbed}`);
      announce("They are two people again");
      await again();
    };
    const how = [by === "twin" ? "by itself" : "by you", ...why].join(", ");
    return h(
      "li",
      {},
      h("div", { class: "what" }, names ? h("p", {}, "Into ", h("a", { href: `/people/${survivor}` }, h("bdi", {}, names.get(survivor) ?? "somebody without a name"))) : h("p", {}, "Merged with this person"), h("p", { class: "quiet" }, how, ", ", h("time", { datetime: since, title: at(since) }, ago(since)))),
      h("div", { class: "actions" }, acting("Take it back", back, { label: `Take it back: the merge of ${at(since)}` })),
    );
  };
  return h("ul", { class: names ? "list card" : "list" }, merges.map(row));
}
