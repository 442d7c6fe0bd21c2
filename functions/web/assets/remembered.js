// What the twin remembers of a person: stated, pinned, corrected and taken back by the owner.

import { acting, asking } from "./act.js";
import { get, send } from "./api.js";
import { announce, h, put } from "./dom.js";
import { check, choice, text } from "./fields.js";
import { ago, at } from "./format.js";

const MAX_VALUE = 500;
const SHOWN = 12;
/** What a fact says of somebody, in words. */
const PREDICATES = {
  role: "works as",
  works_at: "works at",
  looking_for: "is looking for",
  budget: "has a budget of",
  timeline: "has the timeline",
  interested_in: "is interested in",
  offers: "offers",
  leads: "leads",
  uses: "uses",
  career_goal: "has the goal",
  located_in: "is in",
  prefers_channel: "prefers to be reached by",
  best_time: "is best reached",
  prefers_style: "prefers answers that are",
  promised: "promised to",
  noted: "said",
};

export async function fill(place, person) {
  const path = `/api/omni-context/${person}/facts`;
  const again = async (found) => {
    const { facts, history } = found ?? (await get(path));
    const rows = facts.map((fact) => entry(path, fact, again));
    const past = history.map((fact) => former(path, fact, again));
    put(
      place,
      h("h2", { id: "memory" }, "What the twin remembers"),
      rows.length > 0 ? h("ul", { class: "memory" }, rows.slice(0, SHOWN)) : h("p", { class: "quiet" }, "Nothing yet."),
      rows.length > SHOWN && h("details", {}, h("summary", {}, `${rows.length - SHOWN} more`), h("ul", { class: "memory" }, rows.slice(SHOWN))),
      past.length > 0 && h("details", {}, h("summary", {}, `${past.length} that held before`), h("ul", { class: "memory" }, past)),
      stating(path, again),
    );
  };
  const found = await get(path);
  place.hidden = false;
  await again(found);
}

const what = ({ subject, predicate, value }) => [subject === "twin" ? "your twin" : subject !== "person" && subject, PREDICATES[predicate] ?? predicate, predicate === "noted" ? `“${value}”` : value].filter(Boolean).join(" ");

function source({ origin, interaction, at: since }) {
  const from = origin === "owner" ? "typed by you" : "said in a conversation";
  return [interaction ? h("a", { href: `#${interaction}` }, from) : from, ", ", h("time", { datetime: since, title: at(since) }, ago(since))];
}

function entry(path, fact, again) {
  const place = h("li", {});
  const act = (action, done) => async () => {
    await send("PUT", `${path}/${fact.id}`, { version: fact.version, ...action });
    announce(done);
    await again();
  };
  const shown = () =>
    put(
      place,
      h("p", {}, h("bdi", {}, what(fact)), fact.pinnedAt && " ", fact.pinnedAt && h("span", { class: "badge" }, "pinned")),
      fact.quote && h("p", { class: "quiet" }, h("q", {}, fact.quote)),
      h("p", { class: "fine" }, source(fact)),
      h(
        "p",
        { class: "links" },
        fact.pinnedAt
          ? acting("Unpin", act({ action: "unpin" }, "No longer pinned"), { kind: "link", label: `Unpin: ${what(fact)}` })
          : acting("Pin", act({ action: "pin" }, "Pinned"), { kind: "link", label: `Pin: ${what(fact)}` }),
        acting("Correct", corrected, { kind: "link", label: `Correct: ${what(fact)}` }),
        acting("Not so", act({ action: "retract" }, "Taken back"), { kind: "link", label: `Not so: ${what(fact)}` }),
      ),
    );
  const corrected = () => {
    const value = text(PREDICATES[fact.predicate] ?? "What holds", fact.value, { maxlength: MAX_VALUE });
    put(place, asking(`Correct: ${what(fact)}`, value.element, "Save", () => act({ action: "correct", value: value.value() }, "Corrected")(), { more: acting("Leave it", shown) }));
    place.querySelector("input").focus();
  };
  shown();
  return place;
}

/** One that was superseded, or taken back: then it can be restored. */
function former(path, fact, again) {
  const restore = async () => {
    await send("PUT", `${path}/${fact.id}`, { version: fact.version, action: "restore" });
    announce("It holds again");
    await again();
  };
  const isBack = fact.withdrawn && !fact.withdrawn.correctedBy && !fact.supersededBy;
  return h(
    "li",
    {},
    h("p", {}, h("s", {}, h("bdi", {}, what(fact)))),
    h("p", { class: "fine" }, source(fact), fact.withdrawn ? " · taken back" : " · superseded"),
    isBack && h("p", { class: "links" }, acting("It is so", restore, { kind: "link", label: `It is so: ${what(fact)}` })),
  );
}

function stating(path, again) {
  const predicate = choice("That they", "noted", PREDICATES);
  const value = text("What", "", { maxlength: MAX_VALUE, required: true });
  const pinned = check("Pin it: each conversation begins with it", false);
  const form = asking("Something to remember", h("div", { class: "fields" }, predicate.element, value.element, pinned.element), "Remember it", async () => {
    await send("POST", path, { predicate: predicate.value(), value: value.value(), pinned: pinned.value() });
    announce("Remembered");
    await again();
  });
  return h("details", { class: "adding" }, h("summary", {}, "Something to remember"), form);
}
