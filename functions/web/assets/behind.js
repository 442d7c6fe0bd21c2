// What is behind a figure, in a dialog: all that it counts, one by one.

import { acting } from "./act.js";
import { get, words } from "./api.js";
import { announce, find, h, put } from "./dom.js";
import { happened } from "./events.js";
import { CHANNELS, RELATIONSHIPS, between, figure, number } from "./format.js";
import { saved } from "./parts.js";
import { period } from "./period.js";
import { conversations } from "./today.js";

export const countedOf = ({ n, part }) => (part == null ? `n = ${number(n)}` : `${number(part)} of ${number(n)}`);

/** Behind a tile: the figure by channel and relationship, and of a share also what it is of. */
export function open({ key, title, definition, unit, basis, now, byChannel = {}, byRelationship = {} }) {
  const list = h("div", { class: "behind" });
  const chosen = { things: basis.part ?? basis.all, slice: null };
  const again = () => fill(list, { ...chosen, count: chosen.slice ? null : countOf(chosen.things) });
  // A share of questions tells how many of these there were, and lists conversations.
  const countOf = (things) => (unit === "share" && basis.all.conversations === "asked" ? null : things === basis.part ? now.part : now.n);
  const pick = (name, things) => {
    const button = h("button", { type: "button", "aria-pressed": String(things === chosen.things) }, name);
    button.addEventListener("click", () => {
      chosen.things = things;
      for (const one of button.parentNode.children) one.setAttribute("aria-pressed", String(one === button));
      again();
    });
    return button;
  };
  const slices = sliced({ unit, byChannel, byRelationship }, (slice) => {
    chosen.slice = slice;
    again();
  });
  const picks = basis.part && h("div", { class: "periods", role: "group", "aria-label": "What is listed" }, pick(`Counted: ${number(now.part)}`, basis.part), pick(`Of all: ${number(now.n)}`, basis.all));
  shown(title, [h("p", {}, definition), slices, picks, list], `behind-${key}`);
  again();
}

/** Behind a part of a chart: `{ things, count, slice, period }`, which may be those of a channel or of another time. */
export function openPart(title, text, wanted, id) {
  const list = h("div", { class: "behind" });
  shown(title, [text && h("p", {}, text), list], id);
  fill(list, wanted);
}

/** A dialog; when it is closed, the focus goes back to what opened it. */
function shown(title, content, id) {
  const close = h("button", { type: "button", class: "button small plainly" }, "Close");
  const dialog = h("dialog", { class: "card", "aria-labelledby": "metric" }, h("header", {}, h("h2", { id: "metric" }, title), close), content);
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    dialog.remove();
    // What was pressed may have been made anew meanwhile.
    if (document.activeElement === document.body) document.getElementById(id)?.focus();
  });
  find("main").append(dialog);
  dialog.showModal();
}

/** The figure by channel and relationship; whoever presses a name sees what is behind that one alone. */
function sliced({ unit, byChannel, byRelationship }, chosen) {
  const row = (names, by) => ([key, slice]) => {
    const sure = between(slice, unit);
    const only = h("button", { type: "button", class: "link", "aria-pressed": "false", "aria-label": `Only ${names[key]}` }, names[key]);
    only.addEventListener("click", () => {
      const isOn = only.getAttribute("aria-pressed") === "false";
      for (const other of table.querySelectorAll("button")) other.setAttribute("aria-pressed", String(isOn && other === only));
      chosen(isOn ? { by, key } : null);
    });
    return h("tr", {}, h("th", { scope: "row" }, only), h("td", {}, figure(slice.value, unit) ?? "too few", sure && ` (${sure})`), h("td", {}, countedOf(slice).replace("n = ", "")));
  };
  const rows = (names, by, slices) => Object.entries(slices).filter(([, { n }]) => n > 0).map(row(names, by));
  const all = [...rows(CHANNELS, "channel", byChannel), ...rows(RELATIONSHIPS, "relationship", byRelationship)];
  if (all.length === 0) return null;
  const heads = ["Of", "Value", "n"].map((name) => h("th", { scope: "col" }, name));
  const table = h("table", { class: "numbers" }, h("thead", {}, h("tr", {}, heads)), h("tbody", {}, all));
  return table;
}

/** Lists what is behind a figure: as many as it counts, but for those that are not kept any more. */
async function fill(list, { things, slice, count, period: time = period }) {
  const isOfQuestions = ["asked", "grounded", "unanswered"].includes(things.conversations);
  const of = slice ? `&${slice.by}=${slice.key}` : "";
  const [path, heading, rowsOf, none] = things.conversations
    ? [`interactions?${time}&mark=${things.conversations}${of}`, "The conversations behind it", (page) => conversations(page.interactions, { isOfQuestions }), "interactions"]
    : [`events?${time}&event=${things.events}${of}`, "What is behind it", (page) => happened(page.events), "events"];
  const address = `/api/analytics/${path}`;
  const rows = h("ul", { class: "list card", hidden: true });
  const standing = h("span", { class: "quiet", role: "status" });
  const whole = acting("CSV", () => saved(`${address}&format=csv`, `${none}.csv`), { kind: "link" });
  put(list, h("h3", {}, heading), rows, h("p", { class: "save" }, standing, whole));
  let cursor;
  const page = async () => {
    const before = rows.children.length;
    // Some weeks in which nothing was are a page, too.
    do {
      const found = await get(cursor ? `${address}&cursor=${encodeURIComponent(cursor)}` : address);
      cursor = found.next;
      rows.append(...rowsOf(found).children);
    } while (cursor && rows.children.length === before);
    rows.hidden = rows.children.length === 0;
    standing.textContent = told(rows.children.length, count, Boolean(cursor));
    if (!cursor) more.remove();
    else if (!more.isConnected) standing.after(more);
  };
  const more = acting("Show more", page);
  try {
    await page();
  } catch (error) {
    standing.textContent = words(error);
    announce(words(error));
  }
}

/** How many are listed, and why these are fewer than were counted. */
function told(listed, count, isMore) {
  if (isMore) return `The latest ${number(listed)}${count ? ` of ${number(count)}` : ""}.`;
  const gone = count > listed ? ` ${number(count - listed)} more ${count - listed === 1 ? "was" : "were"} counted, and ${count - listed === 1 ? "is" : "are"} not kept any more.` : "";
  return (listed === 0 ? "None in this time." : listed === 1 ? "This one." : `All ${number(listed)}.`) + gone;
}
