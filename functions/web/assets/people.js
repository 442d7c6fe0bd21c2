// Everybody who is known: searched, filtered, page by page; who may be one person.

import { acting } from "./act.js";
import { get, send, words } from "./api.js";
import { announce, empty, h, put } from "./dom.js";
import { KINDS, ago, at } from "./format.js";
import { importing } from "./importing.js";
import { planning, taken } from "./merging.js";
import { saved } from "./parts.js";

const WAIT_MS = 250;
// Pairs whose names are looked up.
const NAMED = 20;
const query = new URLSearchParams(location.search);

export async function read() {
  const [page, proposals, conflicts, { merges }] = await Promise.all([
    get(`/api/crm/contacts?${asked()}`),
    get("/api/crm/proposals"),
    get("/api/crm/conflicts"),
    get("/api/crm/merges"),
  ]);
  const pairs = [...conflicts.proposals, ...proposals.proposals].slice(0, NAMED);
  const ids = [...new Set([...pairs.flatMap(({ one, other }) => [one, other]), ...merges.slice(0, NAMED).map(({ survivor }) => survivor)])];
  const known = await Promise.all(ids.map((id) => get(`/api/crm/contacts/${id}`).catch(() => null)));
  const names = new Map(ids.map((id, place) => [id, known[place]?.contact.name]));
  const marks = new Map(ids.map((id, place) => [id, known[place] && tellingApart(known[place].contact)]));
  return { page, proposals: proposals.proposals, conflicts: conflicts.proposals, merges: merges.slice(0, NAMED), names, marks };
}

function asked(cursor) {
  const wanted = new URLSearchParams({ limit: "25", sort: query.get("sort") ?? "last_contact" });
  for (const name of ["q", "relationship", "dormant"]) if (query.get(name)) wanted.set(name, query.get(name));
  if (cursor) wanted.set("cursor", cursor);
  return wanted;
}

export function show(place, { page, proposals, conflicts, merges, names, marks }) {
  const list = h("div", { class: "found" });
  const search = h("input", {
    type: "search", name: "q", value: query.get("q"), placeholder: "Name, company, tag, note …", "aria-label": "Search people", maxlength: 200,
  });
  const kind = h(
    "select",
    { name: "relationship", "aria-label": "Relationship" },
    h("option", { value: "" }, "Everybody"),
    Object.entries(KINDS).map(([value, name]) => h("option", { value, selected: query.get("relationship") === value }, name)),
  );
  const again = async () => {
    for (const { name, value } of [search, kind]) value.trim() ? query.set(name, value.trim()) : query.delete(name);
    history.replaceState(null, "", query.size > 0 ? `?${query}` : location.pathname);
    try {
      fill(list, await get(`/api/crm/contacts?${asked()}`), true);
    } catch (error) {
      announce(words(error));
    }
  };
  let timer;
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(again, WAIT_MS);
  });
  kind.addEventListener("change", again);
  const anew = async () => show(place, await read());
  put(place, 
    pairs("Different accounts, one name", conflicts, "They look like one person, but have accounts that differ: they are kept apart. Say that they are two, and it is not asked again.", { names, marks }, anew),
    pairs("Perhaps one person", proposals, "You see what a merge would do before it is done, and can take it back at any time.", { names, marks }, anew),
    merges.length > 0 && h("details", { class: "merged" }, h("summary", {}, "Merged ", h("span", { class: "quiet" }, merges.length === NAMED ? `the last ${NAMED}` : merges.length)), taken(merges, names, anew)),
    importing(again, { open: page.total === 0 && query.size === 0 }),
    h("form", { class: "filters", role: "search", on: { submit: (event) => event.preventDefault() } }, search, kind, query.get("dormant") && h("p", {}, "Close once, and not in touch for 90 days. ", h("a", { href: location.pathname }, "Everybody"))),
    list,
    page.total > 0 && exporting(),
  );
  fill(list, page);
}

/** All contacts as a file, in each of its formats. */
function exporting() {
  const file = (text, format, name) => acting(text, () => saved(`/api/crm/export?format=${format}`, name), { kind: "link", label: `All contacts as ${text}` });
  return h("p", { class: "save" }, "All contacts as a file: ", file("CSV", "csv", "contacts.csv"), file("vCards", "vcard", "contacts.vcf"), file("JSON", "json", "contacts.json"));
}

function fill(list, page, isAsked = false) {
  if (page.total === 0) {
    put(list, 
      isAsked || query.size > 0
        ? empty("Nobody found", "Try another word, or everybody.")
        : empty("Nobody yet", "Whoever calls, writes or is imported appears here."),
    );
    if (isAsked) announce("Nobody found");
    return;
  }
  const rows = h("ul", { class: "list card" }, page.contacts.map(person));
  const counted = h("p", { class: "quiet" }, `${page.total} ${page.total === 1 ? "person" : "people"}`);
  put(list, counted, rows, ...more(rows, page.nextCursor));
  if (isAsked) announce(counted.textContent);
}

function more(rows, cursor) {
  if (!cursor) return [];
  const button = h("button", { type: "button", class: "button plainly" }, "Show more");
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      const page = await get(`/api/crm/contacts?${asked(cursor)}`);
      rows.append(...page.contacts.map(person));
      button.replaceWith(...more(rows, page.nextCursor));
    } catch (error) {
      announce(words(error));
      button.disabled = false;
    }
  });
  return [button];
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
        : h("span", {}, "never in touch"),
      h("span", {}, [KINDS[relationship.type], ...tags].filter(Boolean).slice(0, 3).map((text) => h("span", { class: "badge" }, text))),
    ),
  );
}

export function initials(name = "") {
  const parts = name.split(/\s+/).filter(Boolean);
  return [parts[0], parts.length > 1 && parts.at(-1)].filter(Boolean).map((part) => [...part][0].toUpperCase()).join("") || "?";
}

/** What tells somebody from a namesake. */
function tellingApart({ company, contactMethods = {}, relationship, createdAt }) {
  const seen = relationship.lastContact ? `in touch ${ago(relationship.lastContact)}` : `written down ${ago(createdAt)}`;
  return [company, contactMethods.email, contactMethods.phone, seen].filter(Boolean).join(", ");
}

function pairs(title, list, text, known, anew) {
  if (list.length === 0) return null;
  const section = h("section", { class: "part" }, h("h2", {}, title), h("p", { class: "quiet" }, text));
  section.append(h("ul", { class: "list card" }, list.map((pair) => pairRow(pair, section, known, anew))));
  return section;
}

function pairRow({ one, other, why: reasons, conflicts = [] }, section, { names, marks }, anew) {
  const apart = async () => {
    await send("POST", `/api/crm/proposals/${one}/${other}/dismiss`);
    row.remove();
    if (!section.querySelector("li")) section.remove();
    announce("Kept apart");
  };
  const merge = () =>
    planning({ id: one, name: names.get(one) }, { id: other, name: names.get(other) }, async () => {
      announce("Merged");
      await anew();
    });
  const why = [...reasons, ...conflicts.map((kind) => `different: ${kind}`)];
  const row = h(
    "li",
    {},
    h(
      "div",
      { class: "what" },
      [one, other].map((id) => h("p", {}, h("a", { href: `/people/${id}` }, h("bdi", {}, names.get(id) ?? "Somebody")), marks.get(id) && h("span", { class: "quiet" }, " ", h("bdi", {}, marks.get(id))))),
      why.length > 0 && h("p", { class: "quiet" }, why.join(", ")),
    ),
    h(
      "div",
      { class: "actions" },
      conflicts.length === 0 && acting("Merge …", merge, { kind: "button small" }),
      acting("Two people", apart),
    ),
  );
  return row;
}
