// What the owner means to do: everybody's as a view, one person's on their page.

import { acting, asking, twice } from "./act.js";
import { get, send, words } from "./api.js";
import { announce, empty, h, put } from "./dom.js";
import { check, text } from "./fields.js";
import { ago, at } from "./format.js";
import { steady } from "./steady.js";
import { looked } from "./watch.js";

const MAX_TITLE = 200;
/** As many as the API lists. */
const MOST = 500;
const DAY_MS = 86_400_000;

export const read = () => get("/api/crm/tasks");

/** The last one that was ticked off, to be taken up again. */
let last = null;

export function show(place, { tasks }) {
  const groups = GROUPS.map(([title, isIn]) => [title, tasks.filter((task) => when(task) === isIn)]);
  return steady(place, [
    last && ["undone", last, undone],
    tasks.length === 0 && ["nothing", null, () => empty("Nothing to do", "What the twin promises in your name becomes a task by itself. You can also write one down on the page of a person.")],
    ...groups.map(([title, all]) => all.length > 0 && [title, all, () => group(title, all)]),
    tasks.length === MOST && ["most", null, () => h("p", { class: "quiet" }, `These are the first ${MOST}.`)],
  ]);
}

const GROUPS = [["Overdue", "overdue"], ["Today", "today"], ["Within a week", "week"], ["Later", "later"], ["Without a day", "none"]];

function when({ dueAt }) {
  if (!dueAt) return "none";
  const [due, now] = [Date.parse(dueAt), Date.now()];
  const midnight = new Date(now).setHours(24, 0, 0, 0);
  if (due < now) return "overdue";
  if (due < midnight) return "today";
  return due < midnight + 6 * DAY_MS ? "week" : "later";
}

function undone({ task, title }) {
  const back = acting("It is not done", async () => {
    await patch(task, { done: false });
    last = null;
    announce("Open again");
    await looked();
  });
  return h("p", { class: "calm beside-button" }, h("span", {}, "Done: ", h("bdi", {}, title)), back);
}

function group(title, tasks) {
  const id = `tasks-${title.toLowerCase().replaceAll(" ", "-")}`;
  return h("section", { class: "part", "aria-labelledby": id }, h("h2", { id }, title, " ", h("span", { class: "quiet" }, tasks.length)), h("ul", { class: "list card" }, tasks.map(row)));
}

function row(task) {
  const who = [task.name ?? "Somebody", task.company].filter(Boolean).join(", ");
  const done = async () => {
    last = { task: await patch(task, { done: true }), title: task.title };
    announce(`Done: ${task.title}`);
    await looked();
  };
  return h(
    "li",
    {},
    h("div", { class: "what whole" }, h("p", {}, h("bdi", {}, task.title)), h("p", { class: "quiet" }, h("a", { href: `/people/${task.person}#tasks` }, h("bdi", {}, who)))),
    h("div", { class: "aside quiet" }, due(task)),
    acting("Done", done, { label: `Done: ${task.title}` }),
  );
}

const due = ({ dueAt, remindAt, remindedAt }) =>
  dueAt && h("span", {}, h("time", { datetime: dueAt, title: at(dueAt), class: Date.parse(dueAt) < Date.now() ? "late" : null }, `due ${ago(dueAt)}`), remindAt && !remindedAt && " · with a reminder");

const patch = (task, edit) => send("PATCH", `/api/crm/contacts/${task.person}/tasks/${task.id}`, edit, task.version);

// -- of one person

/** The tasks of a person, and a form for another one. */
export function tasksOf(person) {
  const path = `/api/crm/contacts/${person}/tasks`;
  const list = h("div", {});
  const again = async () => {
    const { tasks } = await get(path);
    const open = tasks.filter(({ doneAt }) => !doneAt).sort((one, other) => (one.dueAt ?? "9").localeCompare(other.dueAt ?? "9"));
    const done = tasks.filter(({ doneAt }) => doneAt).sort((one, other) => other.doneAt.localeCompare(one.doneAt));
    put(
      list,
      open.length > 0 ? h("ul", { class: "kept" }, open.map((task) => entry(task, again))) : h("p", { class: "quiet" }, "Nothing is to be done."),
      done.length > 0 && h("details", {}, h("summary", {}, `${done.length} done`), h("ul", { class: "kept" }, done.map((task) => entry(task, again)))),
    );
  };
  const fields = of({});
  const form = asking("A new task", fields.element, "Add the task", async () => {
    await send("POST", path, fields.value());
    announce("Added");
    fields.clear();
    await again();
  });
  const adding = h("details", { class: "adding" }, h("summary", {}, "Another task"), form);
  again().catch((error) => put(list, h("p", { class: "problem" }, words(error))));
  return [list, adding];
}

function entry(task, again) {
  const place = h("li", {});
  const shown = () => {
    const done = async () => {
      await patch(task, { done: !task.doneAt });
      announce(task.doneAt ? "Open again" : `Done: ${task.title}`);
      await again();
    };
    put(
      place,
      h("p", {}, h(task.doneAt ? "s" : "span", {}, h("bdi", {}, task.title))),
      h("p", { class: "fine" }, task.doneAt ? h("time", { datetime: task.doneAt, title: at(task.doneAt) }, `done ${ago(task.doneAt)}`) : due(task)),
      h(
        "p",
        { class: "links" },
        acting(task.doneAt ? "Not done" : "Done", done, { kind: "link", label: `${task.doneAt ? "Not done" : "Done"}: ${task.title}` }),
        !task.doneAt && acting("Change", edited, { kind: "link", label: `Change: ${task.title}` }),
        twice("Delete", "Delete it for good?", async () => {
          await send("DELETE", `/api/crm/contacts/${task.person}/tasks/${task.id}`);
          announce("Deleted");
          await again();
        }, { label: `Delete: ${task.title}` }),
      ),
    );
  };
  const edited = () => {
    const fields = of(task);
    const form = asking(`Change ${task.title}`, fields.element, "Save", async () => {
      await patch(task, fields.value());
      announce("Saved");
      await again();
    }, { more: acting("Leave it", shown) });
    put(place, form);
    form.querySelector("input").focus();
  };
  shown();
  return place;
}

/** What a task says, as fields. */
function of({ title, dueAt, remindAt }) {
  const what = text("What", title, { maxlength: MAX_TITLE, required: true });
  const day = text("Due", dueAt && local(dueAt), { type: "datetime-local" });
  const reminds = check("Remind me by mail then", Boolean(remindAt));
  return {
    element: h("div", { class: "fields" }, what.element, day.element, reminds.element),
    value: () => {
      const at = day.value() ? new Date(day.value()).toISOString() : null;
      return { title: what.value(), dueAt: at, remindAt: reminds.value() ? at : null };
    },
    clear: () => [what, day].forEach(({ element }) => (element.querySelector("input").value = "")),
  };
}

/** A moment as the owner's clock shows it, for a field. */
function local(iso) {
  const date = new Date(iso);
  return new Date(date - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
