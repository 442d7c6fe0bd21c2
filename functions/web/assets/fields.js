// Fields of forms. Each has its `element`, gives its `value()`, has a `named(path)` for people and, where a value is not what
// people read, what is `told(path, value)` of it, and takes what was refused:
// `refuse(path, text)` is false where it has no such place.

import { h, put } from "./dom.js";

let made = 0;

const problemOf = (id) => h("p", { class: "problem", id: `${id}-problem` });

/** What is wrong with one control, told at it. */
function leaf(label, control, { hint, value, whole } = {}) {
  const id = (control.id ||= `field-${++made}`);
  const problem = problemOf(id);
  const told = hint && h("p", { class: "hint", id: `${id}-hint` }, hint);
  control.setAttribute("aria-describedby", [told?.id, problem.id].filter(Boolean).join(" "));
  const text = h("label", { for: id }, label);
  const isCheck = control.type === "checkbox";
  return {
    element: h("div", { class: isCheck ? "field check" : "field" }, isCheck ? [control, text] : [text, control], told, problem),
    value: value ?? (() => control.value),
    named: () => label,
    refuse([place], words) {
      problem.textContent = typeof place === "number" && whole ? `Line ${place + 1}: ${words}` : words;
      control.setAttribute("aria-invalid", "true");
      return true;
    },
    allow() {
      problem.textContent = "";
      control.removeAttribute("aria-invalid");
    },
  };
}

export function text(label, given, { hint, ...properties } = {}) {
  return leaf(label, h("input", { type: "text", autocomplete: "off", value: given ?? "", ...properties }), { hint });
}

/** A sentence or two, seen as a whole; of one line, however it is typed. */
export function prose(label, given, { hint, ...properties } = {}) {
  const control = h("textarea", { rows: 4, ...properties }, given ?? "");
  return leaf(label, control, { hint, value: () => control.value.replaceAll(/\s*\n\s*/g, " ") });
}

/** What may be missing: `null` where nothing stands. */
export function maybe(label, given, properties) {
  const field = text(label, given, properties);
  const { value } = field;
  return { ...field, value: () => value().trim() || null };
}

export function number(label, given, { hint, ...properties } = {}) {
  const control = h("input", { type: "number", inputmode: "numeric", step: 1, value: given ?? "", ...properties });
  return leaf(label, control, { hint, value: () => (control.value === "" ? null : Number(control.value)) });
}

/** As the clock shows, to the minute. */
export const time = (label, given, properties) => maybe(label, given?.slice(0, 5), { type: "time", ...properties });

export const date = (label, given) => maybe(label, given, { type: "date" });

export function check(label, given, { hint } = {}) {
  const control = h("input", { type: "checkbox" });
  control.checked = Boolean(given);
  return leaf(label, control, { hint, value: () => control.checked });
}

/** One of these; what is given is there, too, when it is none of them. */
export function choice(label, given, options, { hint } = {}) {
  const known = Object.entries(options);
  if (!known.some(([value]) => value === String(given ?? ""))) known.push([String(given), String(given)]);
  const control = h("select", {}, known.map(([value, name]) => h("option", { value, selected: value === String(given ?? "") }, name)));
  return { ...leaf(label, control, { hint }), told: (_, value) => options[value] };
}

/** The same, where the first stands for none. */
export function anyOf(label, given, any, options, value = (chosen) => chosen) {
  const field = choice(label, given, { "": any, ...options });
  const chosen = field.value;
  return { ...field, value: () => (chosen() === "" ? undefined : value(chosen())) };
}

export function zone(given, hint) {
  const names = [...new Set(["UTC", given, ...(Intl.supportedValuesOf?.("timeZone") ?? [])])].sort();
  return choice("Time zone", given, Object.fromEntries(names.map((name) => [name, name.replaceAll("_", " ")])), { hint });
}

/** A list, one on a line. */
export function lines(label, given, { hint, rows = 3, ...properties } = {}) {
  const control = h("textarea", { rows: Math.max(rows, given.length), ...properties }, given.join("\n"));
  const value = () => control.value.split("\n").map((line) => line.trim()).filter(Boolean);
  return { ...leaf(label, control, { hint, value, whole: true }), told: (_, value) => value?.join(" · ") };
}

export const DAYS = { monday: "Mon", tuesday: "Tue", wednesday: "Wed", thursday: "Thu", friday: "Fri", saturday: "Sat", sunday: "Sun" };

function days(given) {
  const id = `field-${++made}`;
  const problem = problemOf(id);
  const boxes = Object.entries(DAYS).map(([value, name]) => {
    const box = h("input", { type: "checkbox", value, "aria-describedby": problem.id });
    box.checked = given.includes(value);
    return h("label", {}, box, h("span", {}, name));
  });
  const controls = boxes.map((label) => label.querySelector("input"));
  return {
    element: h("fieldset", { class: "field days" }, h("legend", {}, "Days"), h("div", {}, boxes), problem),
    value: () => controls.filter((box) => box.checked).map((box) => box.value),
    named: () => "Days",
    refuse(_, words) {
      problem.textContent = words;
      controls[0].setAttribute("aria-invalid", "true");
      return true;
    },
    allow() {
      problem.textContent = "";
      controls[0].removeAttribute("aria-invalid");
    },
  };
}

/** Fields by their names in what is saved; whatever else stands there stays. */
export function group(fields, { legend, hint, kept = {}, kind = "" } = {}) {
  const problem = h("p", { class: "problem" });
  const list = Object.values(fields);
  const inner = [hint && h("p", { class: "hint" }, hint), ...list.map(({ element }) => element), problem];
  return {
    element: legend ? h("fieldset", { class: `fields ${kind}` }, h("legend", {}, legend), inner) : h("div", { class: `fields ${kind}` }, inner),
    value: () => ({ ...kept, ...Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.value()])) }),
    named: ([name, ...rest]) => [legend, fields[name]?.named(rest) ?? name].filter(Boolean).join(": "),
    told: ([name, ...rest], value) => fields[name]?.told?.(rest, value),
    refuse([name, ...rest], words) {
      if (fields[name]?.refuse(rest, words)) return true;
      if (!legend) return false;
      problem.textContent = words;
      return true;
    },
    allow() {
      problem.textContent = "";
      list.forEach((field) => field.allow());
    },
  };
}

/** What may be missing as a whole: `null` where all its fields are empty. */
export function optional(fields, settings) {
  const field = group(fields, settings);
  const { value } = field;
  return { ...field, value: () => (Object.keys(fields).every((name) => value()[name] == null) ? null : value()) };
}

/** A list whose entries are fields, to add to and take from. */
export function rows(legend, given, make, { add, blank, hint, one = legend, kind = "" }) {
  const entries = [];
  const list = h("ol", { class: `entries ${kind}` });
  const problem = h("p", { class: "problem" });
  const draw = () => {
    put(list, entries.map(({ item }) => item));
    entries.forEach(({ label, button }, place) => {
      label.textContent = `${one} ${place + 1}`;
      button.setAttribute("aria-label", `Remove ${one.toLowerCase()} ${place + 1}`);
    });
  };
  const enter = (value) => {
    const field = make(value);
    const label = h("legend", { class: "unseen" });
    const button = h("button", { type: "button", class: "link" }, "Remove");
    const entry = { field, label, button, item: h("li", {}, h("fieldset", { class: "entry" }, label, field.element, button)) };
    button.addEventListener("click", () => {
      const place = entries.indexOf(entry);
      entries.splice(place, 1);
      draw();
      (entries[place]?.button ?? more).focus();
      more.dispatchEvent(new Event("input", { bubbles: true }));
    });
    entries.push(entry);
    return entry;
  };
  const more = h("button", { type: "button", class: "button small plainly" }, add);
  more.addEventListener("click", () => {
    const entry = enter(blank());
    draw();
    entry.item.querySelector("input, select").focus();
    more.dispatchEvent(new Event("input", { bubbles: true }));
  });
  given.forEach(enter);
  draw();
  return {
    element: h("fieldset", { class: "fields" }, h("legend", {}, legend), hint && h("p", { class: "hint" }, hint), list, problem, more),
    value: () => entries.map(({ field }) => field.value()),
    named: () => legend,
    refuse([place, ...rest], words) {
      if (entries[place]?.field.refuse(rest, words)) return true;
      problem.textContent = words;
      return true;
    },
    allow() {
      problem.textContent = "";
      entries.forEach(({ field }) => field.allow());
    },
  };
}

/** On which days from when to when. */
export function hours(legend, given, hint) {
  const make = (kept) =>
    group({ days: days(kept.days), from: time("From", kept.from, { required: true }), to: time("To", kept.to, { required: true }) }, { kept, kind: "span" });
  const blank = () => ({ days: [], from: "09:00", to: "17:00" });
  return rows(legend, given, make, { add: "Add hours", blank, hint, one: "Hours" });
}

/** Each is one of the options. */
export function choices(legend, given, options, { add, hint, one }) {
  const make = (kept) => choice(one, kept, options);
  return rows(legend, given, make, { add, blank: () => Object.keys(options)[0], hint, one, kind: "beside" });
}

export function holidays(given, hint) {
  const make = (day) => date("Day", day);
  return rows("Holidays", given, make, { add: "Add a holiday", blank: () => "", hint, one: "Holiday", kind: "beside" });
}
