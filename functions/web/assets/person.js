// The owner's page of a person: what is written down, to be done and remembered, each to be changed here.

import { acting } from "./act.js";
import { get, send, words } from "./api.js";
import { changed, edit, tags } from "./contact.js";
import { announce, find, h, put } from "./dom.js";
import { following } from "./following.js";
import { at, there } from "./format.js";
import { choosing, taken } from "./merging.js";
import { notesOf } from "./notes.js";
import { dealsOf } from "./opportunities.js";
import { privacyOf } from "./privacy.js";
import { hearing } from "./recording.js";
import { fill } from "./remembered.js";
import { isHeld } from "./steady.js";
import { tasksOf } from "./tasks.js";

const { person, zone } = find("[data-person]").dataset;

following(entered);
for (const time of document.querySelectorAll("time.clock")) clock(time);
for (const item of document.querySelectorAll("[data-item]")) item.append(" ", done(item));
for (const entry of document.querySelectorAll(".timeline article")) usable(entry);
find("#kept").append(card("tasks", "Tasks", tasksOf(person)), card("notes", "Notes", notesOf(person)));
fill(find("#memory-of"), person).catch(complain);
find(".crumb").append(acting("Edit", () => edit(person), { label: "Edit the contact" }));
beside().catch(complain);

function card(id, title, content) {
  return h("section", { class: "card", id, "aria-labelledby": `${id}-title` }, h("h2", { id: `${id}-title` }, title), content);
}

/** An entry of the timeline that is new, or took the place of one: once it is read, something may be remembered of it. */
function entered(entry) {
  entry.querySelectorAll("time.clock").forEach(clock);
  usable(entry);
  const memory = find("#memory-of");
  if (!find(".note", entry) && !memory.contains(document.activeElement) && !isHeld(memory)) fill(memory, person).catch(complain);
}

/** What one does in an entry: its recordings are heard, and what was taken for spam and was none is let through. */
function usable(entry) {
  hearing(entry);
  const { spam: call } = entry.dataset;
  if (!call) return;
  const act = async () => {
    await send("POST", `/api/phone/screened/${call}/allow`);
    button.replaceWith(h("span", { class: "quiet" }, "This number is let through from now on."));
    announce("This number is let through from now on");
  };
  const button = acting("This was no spam", act);
  find("header", entry).append(h("p", { class: "actions" }, button));
}

/** The server writes UTC; the owner reads their own clock, and beside it what it showed where the other was. */
function clock(time) {
  const now = time.matches(".now");
  const shown = now ? there(time.dateTime, zone) : at(time.dateTime);
  if (shown !== undefined) time.textContent = shown ?? "as yours";
  const theirs = time.matches(".shared") && there(time.dateTime, zone);
  if (theirs) time.after(h("span", { class: "quiet theirs" }, ` (${theirs})`));
}

function done(item) {
  const { item: text } = item.dataset;
  const list = item.closest("ul");
  const act = async () => {
    await send("POST", `/api/omni-context/${person}/done`, { item: text });
    item.remove();
    if (list.children.length === 0) list.replaceWith(h("p", { class: "quiet" }, "Nothing is left to do."));
    announce("Done");
  };
  return acting("Done", act, { label: `Done: ${text}` });
}

/** What needs the contact: tags, connections, opportunities, and what is rarely looked at. */
async function beside() {
  const [{ contact }, { merges }, changes] = await Promise.all([get(`/api/crm/contacts/${person}`), get("/api/crm/merges"), changed(person)]);
  const { name, company, professional } = contact;
  put(find("#tags"), tags(person, contact.tags ?? []));
  const names = professional.mutualConnections;
  if (names.length > 0) {
    const at = company ? `Your connections at ${company}` : "Your connections";
    put(find("#connections"), h("h3", {}, "In common"), h("p", { class: "quiet" }, at), h("ul", { class: "plain" }, names.map((name) => h("li", {}, h("bdi", {}, name)))));
  }
  find("#kept").append(card("opportunities", "Opportunities", dealsOf(person)));
  const [one, own] = [{ id: contact.id, name }, merges.filter(({ survivor }) => survivor === contact.id)];
  const merged = ({ survivor }) => location.assign(`/people/${survivor}`);
  put(
    find("#rest"),
    changes,
    card("same", "The same person", [
      taken(own, null, () => location.reload()),
      h("p", { class: "quiet" }, "Somebody else in your contacts is the same person? What is known of both is then kept together."),
      h("p", { class: "actions" }, acting("Merge with somebody …", () => choosing(one, merged))),
    ]),
    privacyOf(one),
  );
}

function complain(error) {
  find("#problem").append(h("p", {}, words(error)));
}
