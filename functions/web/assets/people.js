// Everybody who is known: searched, filtered, page by page; who may be one person.

import { acting } from "./act.js";
import { get, send } from "./api.js";
import { announce, empty, h } from "./dom.js";
import { KINDS, ago, at, number } from "./format.js";
import { importing } from "./importing.js";
import { planning, taken } from "./merging.js";
import { saved } from "./parts.js";
import { steady } from "./steady.js";
import { looked } from "./watch.js";

const WAIT_MS = 250;
const PAGE = 25;
/** As many as the API lists at once. */
const MOST = 100;
/** Whoever says nothing of themselves, in a chat or through a host, has no name. */
const NAMES = { "": "With or without a name", true: "With a name", false: "Without a name" };
// Pairs whose names are looked up.
const NAMED = 20;
const query = new URLSearchParams(location.search);

/** Whose names and marks were looked up. */
const known = new Map();
/** So many are shown: a page, and more once more were asked for. */
let wanted = PAGE;
let isAsked = false;

export async function read() {
  const [page, proposals, conflicts, { merges }] = await Promise.all([
    listed(),
    get("/api/crm/proposals"),
    get("/api/crm/conflicts"),
    get("/api/crm/merges"),
  ]);
  const pairs = [...conflicts.proposals, ...proposals.proposals].slice(0, NAMED);
  const ids = new Set([...pairs.flatMap(({ one, other }) => [one, other]), ...merges.slice(0, NAMED).map(({ survivor }) => survivor)]);
  const unknown = [...ids].filter((id) => !known.has(id));
  const found = await Promise.all(unknown.map((id) => get(`/api/crm/contacts/${id}`).catch(() => null)));
  found.forEach((one, place) => known.set(unknown[place], one && { name: one.contact.name, marks: tellingApart(one.contact) }));
  return { page, proposals: proposals.proposals, conflicts: conflicts.proposals, merges: merges.slice(0, NAMED) };
}

/** All that are shown, as they are now: who came in between is there, and nobody falls out at the end of a page. */
async function listed() {
  const asked = new URLSearchParams({ sort: query.get("sort") ?? "last_contact" });
  for (const name of ["q", "relationship", "named", "dormant"]) if (query.get(name)) asked.set(name, query.get(name));
  const [found, most] = [new Map(), wanted];
  let total, cursor;
  do {
    asked.set("limit", Math.min(most - found.size, MOST));
    if (cursor) asked.set("cursor", cursor);
    const page = await get(`/api/crm/contacts?${asked}`);
    for (const contact of page.contacts) found.set(contact.id, contact);
    ({ total, nextCursor: cursor } = page);
  } while (cursor && found.size < most);
  return { total, contacts: [...found.values()], isMore: Boolean(cursor) };
}

const list = h("div", { class: "found" });
const rows = h("ul", { class: "list card" });

export function show(place, { page, proposals, conflicts, merges }) {
  const isWhole = found(page);
  const names = (all) => all.map(({ one, other }) => [known.get(one), known.get(other)]);
  return steady(place, [
    conflicts.length > 0 && ["conflicts", [conflicts, names(conflicts)], () => pairs("Different accounts, one name", conflicts, "They look like one person, but have accounts that differ: they are kept apart. Say that they are two, and it is not asked again.")],
    proposals.length > 0 && ["proposals", [proposals, names(proposals)], () => pairs("Perhaps one person", proposals, "You see what a merge would do before it is done, and can take it back at any time.")],
    merges.length > 0 && ["merges", merges, merged],
    ["importing", null, () => importing(looked, { open: page.total === 0 && query.size === 0 })],
    (page.total > 0 || query.size > 0) && ["filters", null, filters],
    ["list", null, () => list],
    page.total > 0 && ["exporting", null, exporting],
  ]) && isWhole;
}

function merged(merges) {
  const names = new Map([...known].map(([id, one]) => [id, one?.name]));
  const how = merges.length === NAMED ? `the last ${NAMED}` : merges.length;
  return h("details", { class: "merged" }, h("summary", {}, "Merged ", h("span", { class: "quiet" }, how)), taken(merges, names, again));
}

/** Somebody may be called otherwise now. */
async function again() {
  known.clear();
  await looked();
}

function filters() {
  const search = h("input", {
    type: "search", name: "q", value: query.get("q"), placeholder: "Name, company, tag, note …", "aria-label": "Search people", maxlength: 200,
  });
  const kind = h(
    "select",
    { name: "relationship", "aria-label": "Relationship" },
    h("option", { value: "" }, "Everybody"),
    Object.entries(KINDS).map(([value, name]) => h("option", { value, selected: query.get("relationship") === value }, name)),
  );
  const named = h(
    "select",
    { name: "named", "aria-label": "Name" },
    Object.entries(NAMES).map(([value, name]) => h("option", { value, selected: query.get("named") === value }, name)),
  );
  const filtered = async () => {
    for (const { name, value } of [search, kind, named]) value.trim() ? query.set(name, value.trim()) : query.delete(name);
    history.replaceState(null, "", query.size > 0 ? `?${query}` : location.pathname);
    wanted = PAGE;
    isAsked = true;
    await looked();
  };
  let timer;
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(filtered, WAIT_MS);
  });
  for (const choice of [kind, named]) choice.addEventListener("change", filtered);
  const dormant = query.get("dormant") && h("p", {}, "Only whoever was close and has not been in touch for 90 days. ", h("a", { href: location.pathname }, "Show all"));
  return h("form", { class: "filters", role: "search", on: { submit: (event) => event.preventDefault() } }, search, kind, named, dormant);
}

/** All contacts as a file, in each of its formats. */
function exporting() {
  const file = (text, format, name) => acting(text, () => saved(`/api/crm/export?format=${format}`, name), { kind: "link", label: `All contacts as ${text}` });
  return h("p", { class: "save" }, "All contacts as a file: ", file("CSV", "csv", "contacts.csv"), file("vCards", "vcard", "contacts.vcf"), file("JSON", "json", "contacts.json"));
}

function found(page) {
  const counted = `${number(page.total)} ${page.total === 1 ? "person" : "people"}`;
  if (isAsked) announce(page.total === 0 ? "Nobody found" : counted);
  isAsked = false;
  if (page.total === 0) return steady(list, [["nobody", query.size > 0, nobody]]);
  const isWhole = steady(rows, page.contacts.map((contact) => [contact.id, contact, person]));
  return steady(list, [
    ["counted", counted, () => h("p", { class: "quiet" }, counted)],
    ["rows", null, () => rows],
    page.isMore && ["more", null, more],
  ]) && isWhole;
}

const nobody = (isSought) =>
  isSought ? empty("Nobody found", "Try another word, or everybody.") : empty("Nobody yet", "Whoever calls, writes or is imported appears here.");

function more() {
  const act = async () => {
    wanted = rows.children.length + PAGE;
    await looked();
  };
  return acting("Show more", act, { kind: "button plainly" });
}

function person(contact) {
  const { name, company, role, relationship, tags = [] } = contact;
  const last = relationship.interactionHistory?.at(-1);
  return h(
    "li",
    {},
    h("span", { class: "avatar", "aria-hidden": "true" }, initials(name)),
    h(
      "div",
      { class: "what" },
      h("a", { href: `/people/${contact.id}` }, h("bdi", {}, name ?? "Somebody without a name")),
      h("p", { class: "quiet" }, [role, company].filter(Boolean).join(", ") || last?.summary || (name ? "Role and company are not known." : "They have not said who they are.")),
      last && (role || company) && h("p", { class: "quiet last" }, last.summary),
    ),
    h(
      "div",
      { class: "aside quiet" },
      relationship.lastContact
        ? h("time", { datetime: relationship.lastContact, title: at(relationship.lastContact) }, ago(relationship.lastContact))
        : h("span", {}, "no conversation yet"),
      h("span", {}, [KINDS[relationship.type], ...tags].filter(Boolean).slice(0, 3).map((text) => h("span", { class: "badge" }, text))),
    ),
  );
}

/** The first letters of the first and the last name: as the server has them. */
function initials(name = "") {
  const words = name.split(/\s+/).filter((word) => !/^\d/.test(word));
  const letters = words.map((word) => /\p{L}/u.exec(word)?.[0]).filter(Boolean);
  return [letters[0], letters.length > 1 && letters.at(-1)].filter(Boolean).join("").toUpperCase();
}

/** What tells somebody from a namesake. */
function tellingApart({ company, contactMethods = {}, relationship, createdAt }) {
  const seen = relationship.lastContact ? `in touch ${ago(relationship.lastContact)}` : `written down ${ago(createdAt)}`;
  return [company, contactMethods.email, contactMethods.phone, seen].filter(Boolean).join(", ");
}

function pairs(title, all, text) {
  return h("section", { class: "part" }, h("h2", {}, title), h("p", { class: "quiet" }, text), h("ul", { class: "list card" }, all.map(pairRow)));
}

function pairRow({ one, other, why: reasons, conflicts = [] }) {
  const apart = async () => {
    await send("POST", `/api/crm/proposals/${one}/${other}/dismiss`);
    announce("Kept apart");
    await looked();
  };
  const merge = () =>
    planning({ id: one, name: known.get(one)?.name }, { id: other, name: known.get(other)?.name }, async () => {
      announce("Merged");
      await again();
    });
  const why = [...reasons, ...conflicts.map((kind) => `different: ${kind}`)];
  const named = (id) => {
    const { name, marks } = known.get(id) ?? {};
    return h("p", {}, h("a", { href: `/people/${id}` }, h("bdi", {}, name ?? "Somebody")), marks && h("span", { class: "quiet" }, " ", h("bdi", {}, marks)));
  };
  return h(
    "li",
    {},
    h("div", { class: "what" }, [one, other].map(named), why.length > 0 && h("p", { class: "quiet" }, why.join(", "))),
    h(
      "div",
      { class: "actions" },
      conflicts.length === 0 && acting("Merge …", merge, { kind: "button small" }),
      acting("Two people", apart),
    ),
  );
}
