// The owner's notes about a person.

import { acting, asking, twice } from "./act.js";
import { get, send, words } from "./api.js";
import { announce, h, put } from "./dom.js";
import { lines } from "./fields.js";
import { ago, at } from "./format.js";

const MAX_NOTE = 2500;
/** Those that are seen at once. */
const SHOWN = 5;

export function notesOf(person) {
  const path = `/api/crm/contacts/${person}/notes`;
  const list = h("div", {});
  const again = async () => {
    const { notes } = await get(path);
    const shown = notes.toReversed().map((note) => entry(path, note, again));
    put(
      list,
      shown.length > 0 ? h("ul", { class: "kept" }, shown.slice(0, SHOWN)) : h("p", { class: "quiet" }, "No notes yet."),
      shown.length > SHOWN && h("details", {}, h("summary", {}, `${shown.length - SHOWN} more`), h("ul", { class: "kept" }, shown.slice(SHOWN))),
    );
  };
  const field = written("Note", "");
  const form = asking("A new note", field.element, "Add the note", async () => {
    await send("POST", path, { text: field.value() });
    announce("Added");
    field.control.value = "";
    await again();
  });
  again().catch((error) => put(list, h("p", { class: "problem" }, words(error))));
  return [list, h("details", { class: "adding" }, h("summary", {}, "Another note"), form)];
}

function entry(path, note, again) {
  const place = h("li", {});
  const shown = () =>
    put(
      place,
      h("p", { class: "prose" }, h("bdi", {}, note.text)),
      h("p", { class: "fine" }, h("time", { datetime: note.updatedAt, title: at(note.updatedAt) }, note.updatedAt === note.createdAt ? ago(note.createdAt) : `changed ${ago(note.updatedAt)}`)),
      h(
        "p",
        { class: "links" },
        acting("Change", edited, { kind: "link", label: `Change the note of ${at(note.createdAt)}` }),
        twice("Delete", "Delete it for good?", async () => {
          await send("DELETE", `${path}/${note.id}`);
          announce("Deleted");
          await again();
        }, { label: `Delete the note of ${at(note.createdAt)}` }),
      ),
    );
  const edited = () => {
    const field = written("Note", note.text);
    put(place, asking("Change the note", field.element, "Save", async () => {
      await send("PATCH", `${path}/${note.id}`, { text: field.value() }, note.version);
      announce("Saved");
      await again();
    }, { more: acting("Leave it", shown) }));
    field.control.focus();
  };
  shown();
  return place;
}

function written(label, given) {
  const field = lines(label, given.split("\n"), { rows: 3, maxlength: MAX_NOTE });
  const control = field.element.querySelector("textarea");
  return { ...field, control, value: () => control.value };
}
