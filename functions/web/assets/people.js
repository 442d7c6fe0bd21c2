// Everybody who is known: searched, filtered, page by page; who may be one person.

import { get, send, words } from "./api.js";
import { announce, empty, h, put } from "./dom.js";
import { KINDS, ago, at } from "./format.js";
import { importing } from "./importing.js";

const WAIT_MS = 250;
// Pairs whose names are looked up.
const NAMED = 20;
const query = new URLSearchParams(location.search);

export async function read() {
  const [page, proposals, conflicts] = await Promise.all([
    get(`/api/crm/contacts?${asked()}`),
    get("/api/crm/proposals"),
    get("/api/crm/conflicts"),
  ]);
  const pairs = [...conflicts.proposals, ...proposals.proposals].slice(0, NAMED);
  const ids = [...new Set(pairs.flatMap(({ one, other }) => [one, other]))];
  const known = await Promise.all(ids.map((id) => get(`/api/crm/contacts/${id}`).catch(() => null)));
  const names = new Map(ids.map((id, place) => [id, known[place]?.contact.name]));
  return { page, proposals: proposals.proposals, conflicts: conflicts.proposals, names };
}

function asked(cursor) {
  const wanted = new URLSearchParams({ limit: "25", sort: query.get("sort") ?? "last_contact" });
  for (const name of ["q", "relationship"]) if (query.get(name)) wanted.set(name, query.get(name));
  if (cursor) wanted.set("cursor", cursor);
  return wanted;
}

export function show(place, { page, proposals, conflicts, names }) {
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
  put(place, 
    pairs("Different accounts, one name", conflicts, "They look like one person but have accounts that differ: they are kept apart unless you say otherwise.", names),
    pairs("Perhaps one person", proposals, "Merging can be taken back at any time.", names),
    importing(again, { open: page.total === 0 && query.size === 0 }),
    h("form", { class: "filters", role: "search", on: { submit: (event) => event.preventDefault() } }, search, kind),
    list,
  );
  fill(list, page);
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
      h("p", { class: "quiet" }, [role, company].filter(Boolean).join(", ") || last?.summary || "They have not said who they are."),
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

function pairs(title, list, text, names) {
  if (list.length === 0) return null;
  const section = h("section", { class: "part" }, h("h2", {}, title), h("p", { class: "quiet" }, text));
  section.append(h("ul", { class: "list card" }, list.map((pair) => pairRow(pair, section, names))));
  return section;
}

function pairRow({ one, other, why: reasons, conflicts = [] }, section, names) {
  const act = (method, path, body, done) => async (event) => {
    event.target.disabled = true;
    try {
      await send(method, path, body);
      row.remove();
      if (!section.querySelector("li")) section.remove();
      announce(done);
    } catch (error) {
      event.target.disabled = false;
      announce(words(error));
    }
  };
  const why = [...reasons, ...conflicts.map((kind) => `different: ${kind}`)];
  const row = h(
    "li",
    {},
    h(
      "div",
      { class: "what" },
      h("p", {}, h("a", { href: `/people/${one}` }, h("bdi", {}, names.get(one) ?? "Somebody")), " and ", h("a", { href: `/people/${other}` }, h("bdi", {}, names.get(other) ?? "somebody else"))),
      why.length > 0 && h("p", { class: "quiet" }, why.join(", ")),
    ),
    h(
      "div",
      { class: "actions" },
      conflicts.length === 0 && h("button", { type: "button", class: "button small", on: { click: act("POST", "/api/crm/merges", { survivor: one, absorbed: other }, "Merged") } }, "Merge"),
      h("button", { type: "button", class: "button small plainly", on: { click: act("POST", `/api/crm/proposals/${one}/${other}/dismiss`, undefined, "Kept apart") } }, "Two people"),
    ),
  );
  return row;
}
