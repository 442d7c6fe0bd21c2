// What is written down of a person: edited by the owner, tagged, and what changed by itself, to be put back.

import { acting, asking, sheet } from "./act.js";
import { get, send, words } from "./api.js";
import { announce, h, put } from "./dom.js";
import { choice, group, lines, maybe } from "./fields.js";
import { CHANNELS, KINDS, ago, at } from "./format.js";
import { changes, written } from "./saved.js";

const MAX_FIELD = 200;
const MAX_TAG = 60;
const MAX_LIST = 50;
const SHOWN = 3;
const IMPORTANCE = { low: "Low", medium: "Medium", high: "High" };
export const FIELDS = {
  name: "Name",
  company: "Company",
  role: "Role",
  email: "E-mail",
  phone: "Phone",
  linkedin: "LinkedIn",
  relationship: "Relationship",
  importance: "Importance",
  industry: "Industry",
  interests: "Interests",
  mutualConnections: "Connections in common",
  communicationStyle: "How they like to be talked to",
  preferredChannel: "Preferred channel",
  bestContactTime: "Best time",
  topics: "Topics",
  tags: "Tags",
};

/** A field's value as people say it. */
export function said({ field, value }) {
  if (field === "relationship") return KINDS[value] ?? "not known";
  if (field === "importance") return IMPORTANCE[value];
  if (field === "preferredChannel") return value ? CHANNELS[value] : "nothing";
  return written(value);
}

/** The fields of a contact as they are edited. */
function fieldsOf({ name, company, role, contactMethods, relationship, importance, professional, preferences }) {
  return {
    name,
    company,
    role,
    email: contactMethods.email,
    phone: contactMethods.phone,
    linkedin: contactMethods.linkedin,
    relationship: relationship.type,
    importance,
    industry: professional.industry,
    interests: professional.interests,
    topics: preferences.topics,
    communicationStyle: preferences.communicationStyle,
    preferredChannel: preferences.preferredChannel,
    bestContactTime: preferences.bestContactTime,
  };
}

function form(given) {
  const line = (key, more) => maybe(FIELDS[key], given[key], { maxlength: MAX_FIELD, ...more });
  const list = (key) => lines(FIELDS[key], given[key], { hint: "One on a line." });
  const channel = choice(FIELDS.preferredChannel, given.preferredChannel ?? "", { "": "Not known", phone: "Phone", voice: "Voice", chat: "Chat" });
  return group(
    {
      name: line("name"),
      role: line("role"),
      company: line("company"),
      industry: line("industry"),
      email: line("email", { type: "email", maxlength: 254 }),
      phone: line("phone", { type: "tel", maxlength: 64, hint: "With + and country code, or as written in the United States." }),
      linkedin: line("linkedin", { maxlength: 400, hint: "linkedin.com/in/…" }),
      relationship: choice(FIELDS.relationship, given.relationship, { unknown: "Not known", ...KINDS }),
      importance: choice(FIELDS.importance, given.importance, IMPORTANCE),
      preferredChannel: { ...channel, value: () => channel.value() || null },
      bestContactTime: line("bestContactTime"),
      communicationStyle: line("communicationStyle"),
      interests: list("interests"),
      topics: list("topics"),
    },
    { kind: "pairs" },
  );
}

/** A dialog over the contact as it stands; what is left as it was is not written. */
export async function edit(person) {
  const path = `/api/crm/contacts/${person}`;
  const { contact } = await get(path);
  const field = form(fieldsOf(contact));
  const before = field.value();
  sheet("What you know of them", () =>
    asking("Contact", [h("p", { class: "quiet" }, "What you type here stands, whatever conversations say later."), field.element], "Save", async () => {
      const after = field.value();
      const edited = Object.fromEntries(changes(before, after).map(({ path: [name] }) => [name, after[name]]));
      if (Object.keys(edited).length > 0) await send("PATCH", path, edited, contact.version);
      location.reload();
    }),
  );
}

/** A person's tags, each to be taken away, and a field for another. */
export function tags(person, given) {
  const path = (tag) => `/api/crm/contacts/${person}/tags/${encodeURIComponent(tag)}`;
  const place = h("div", { class: "tags" });
  const shown = (all) => {
    const input = h("input", { type: "text", maxlength: MAX_TAG, "aria-label": "A new tag", placeholder: "New tag", autocomplete: "off" });
    const add = async (event) => {
      event.preventDefault();
      const tag = input.value.trim();
      if (!tag) return;
      try {
        shown((await send("PUT", path(tag))).tags ?? []);
        announce(`Tagged: ${tag}`);
        place.querySelector("input")?.focus();
      } catch (error) {
        announce(words(error));
      }
    };
    const remove = (tag) => async () => {
      shown((await send("DELETE", path(tag))).tags ?? []);
      announce(`No longer tagged: ${tag}`);
      place.querySelector("input")?.focus();
    };
    put(
      place,
      h("h3", {}, "Tags"),
      all.length > 0 && h("ul", { class: "chips small" }, all.map((tag) => h("li", {}, h("bdi", {}, tag), acting("×", remove(tag), { kind: "away", label: `Take the tag away: ${tag}` })))),
      all.length < MAX_LIST && h("form", { class: "inline", on: { submit: add } }, input, h("button", { class: "button small plainly" }, "Add")),
    );
  };
  shown(given);
  return place;
}

/** What changed by itself, the latest first, each to be undone. */
export async function changed(person) {
  const path = `/api/crm/contacts/${person}/changes`;
  const { changes: all } = await get(path);
  if (all.length === 0) return null;
  const rows = all.map((change) => entry(path, change));
  return h(
    "section",
    { class: "card", "aria-labelledby": "changed" },
    h("h2", { id: "changed" }, "Changed by itself"),
    h("ul", { class: "kept" }, rows.slice(0, SHOWN)),
    rows.length > SHOWN && h("details", {}, h("summary", {}, `${rows.length - SHOWN} more`), h("ul", { class: "kept" }, rows.slice(SHOWN))),
  );
}

const SOURCES = { import: "from a file", sign_in: "from the account that they signed in with" };

function entry(path, { id, before, after, origin, undoneAt }) {
  const name = FIELDS[after.field] ?? after.field;
  const undo = async () => {
    await send("POST", `${path}/${id}/undo`);
    location.reload();
  };
  const from = SOURCES[origin.source] ?? "from a conversation";
  return h(
    "li",
    {},
    h("p", {}, h("strong", {}, name), ": ", h("del", {}, h("bdi", {}, said(before))), " → ", h(undoneAt ? "s" : "ins", {}, h("bdi", {}, said(after)))),
    h("p", { class: "fine" }, origin.interaction ? h("a", { href: `#${origin.interaction}` }, from) : from, ", ", h("time", { datetime: origin.at, title: at(origin.at) }, ago(origin.at)), undoneAt && ` · undone ${ago(undoneAt)}`),
    !undoneAt && h("p", { class: "links" }, acting("Undo", undo, { kind: "link", label: `Undo: ${name}` })),
  );
}
