// A form over what is saved whole, with the version that was read. Nobody's changes are lost: what was changed meanwhile is
// shown, and one's own can be put on top of it.

import { Problem, get, send, words } from "./api.js";
import { announce, h, put } from "./dom.js";
import { ago, at } from "./format.js";

const unsaved = new Set();
addEventListener("beforeunload", (event) => unsaved.size > 0 && event.preventDefault());

/**
 * `path` is read and written, `key` the name of what is saved in it, `make` the form's field of such a value; `saved` is
 * what was read. `seen` is told each saved one, from the first, and `edited` whether there are edits that are not saved. Its
 * `element` is the form; `edit` puts a value into it, `renew` what was saved elsewhere, below one's edits, and `follow` what
 * was, where there are none.
 */
export function form({ name, path, key, saved, make, seen = () => {}, edited = () => {} }) {
  const place = h("div", { class: "saved" });
  let read, field, base;

  const isEdited = () => !same(field.value(), base);
  const note = () => (isEdited() ? unsaved.add(place) : unsaved.delete(place));
  const standing = h("p", { class: "quiet standing" });
  const problem = h("div", { class: "refused", role: "alert" });
  const button = h("button", { class: "button" }, "Save");
  const back = h("button", { type: "button", class: "button plainly" }, "Discard my edits");
  back.addEventListener("click", () => {
    show(read);
    announce("Your edits are discarded");
    button.focus();
  });

  /** Shows what is saved, with `edits` on top. */
  function show(given, edits = given[key]) {
    read = given;
    base = make(given[key]).value();
    field = make(edits);
    put(problem);
    told();
    put(place, h("form", { "aria-label": name, novalidate: true, on: { submit, input: typed } }, field.element, problem, h("div", { class: "actions keep" }, button, back, standing)));
    note();
  }

  function told() {
    const isOther = isEdited();
    back.hidden = !isOther;
    edited(isOther);
    standing.textContent = "";
    if (isOther) standing.textContent = "Not saved yet.";
    else if (read.version > 0) standing.append("Version ", String(read.version), ", saved ", h("time", { datetime: read.updatedAt, title: at(read.updatedAt) }, ago(read.updatedAt)), ".");
    else standing.textContent = "Nothing was saved yet: this is what holds without.";
  }

  function typed() {
    note();
    told();
  }

  async function submit(event) {
    event.preventDefault();
    button.disabled = true;
    field.allow();
    put(problem);
    const body = { version: read.version, [key]: field.value() };
    try {
      show(await send("PUT", path, body));
      seen(read);
      announce("Saved");
      button.disabled = false;
      button.focus();
    } catch (error) {
      button.disabled = false;
      await refused(error, body).catch((next) => put(problem, h("p", {}, words(next))));
    }
  }

  async function refused(error, body) {
    if (error instanceof Problem && error.status === 409) return conflict();
    const faults = error instanceof Problem && [400, 422].includes(error.status) ? faultsOf(error.detail ?? "", body) : [];
    const rest = faults.filter(({ path: [first, ...within], text }) => first !== key || !field.refuse(within, text));
    const texts = faults.length === 0 ? [words(error)] : rest.map(({ path: within, text }) => [within.join(" "), text].filter(Boolean).join(": "));
    put(problem, h("p", {}, h("strong", {}, "Nothing was saved. "), texts.length === 0 && "Look at what is marked."), texts.map((text) => h("p", {}, text)));
    place.querySelector("[aria-invalid]")?.focus();
  }

  /** Shows what was saved meanwhile, with the edits of the form on top. */
  function renew(now) {
    const own = changes(base, field.value());
    show(now, own.reduce((value, { path: within, after }) => placed(value, within, after), make(now[key]).value()));
  }

  async function conflict() {
    const now = await get(path);
    const mine = field.value();
    const theirs = make(now[key]).value();
    const changed = changes(base, theirs);
    const own = changes(base, mine);
    const both = (one) => own.some(({ path: mine }) => same(mine, one.path));
    const rows = changed.map((one) =>
      h(
        "li",
        {},
        h("strong", {}, field.named(one.path)),
        ": ",
        h("del", {}, h("bdi", {}, worded(field, one.path, one.before))),
        " → ",
        h("ins", {}, h("bdi", {}, worded(field, one.path, one.after))),
        both(one) && h("em", {}, " – you changed it, too"),
      ),
    );
    const keep = h("button", { type: "button", class: "button small" }, "Keep my edits on top of it");
    const take = h("button", { type: "button", class: "button small plainly" }, "Take it, discard my edits");
    keep.addEventListener("click", () => {
      renew(now);
      announce("Your edits are on top of what was saved meanwhile. They are not saved yet.");
      button.focus();
    });
    take.addEventListener("click", () => {
      show(now);
      seen(now);
      announce("This is what was saved meanwhile");
      button.focus();
    });
    put(
      problem,
      h("p", {}, h("strong", {}, `It was changed meanwhile (version ${now.version}). Nothing of yours was saved yet.`)),
      rows.length > 0 ? h("ul", { class: "changed" }, rows) : h("p", {}, "It says the same as before."),
      h("p", { class: "actions" }, keep, take),
    );
    keep.focus();
  }

  /** Shows what was saved elsewhere meanwhile; not while somebody is at it, who is told when they save. */
  function follow(now) {
    if (now.version <= read.version) return true;
    if (isEdited() || place.contains(document.activeElement)) return false;
    show(now);
    seen(now);
    return true;
  }

  show(saved);
  return {
    element: place,
    renew,
    follow,
    edit(value) {
      show(read, value);
      typed();
    },
  };
}

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
const isRecord = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

/** Where two values differ; lists as a whole. */
export function changes(before, after, path = []) {
  if (same(before, after)) return [];
  if (!isRecord(before) || !isRecord(after)) return [{ path, before, after }];
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.flatMap((name) => changes(before[name], after[name], [...path, name]));
}

function placed(value, [name, ...rest], given) {
  if (name === undefined) return given;
  return { ...value, [name]: placed(value?.[name] ?? {}, rest, given) };
}

/** A value in a line, in the words of the field that it stands in. */
export const worded = (field, path, value) => field.told?.(path, value) || written(value);

/** A value in a line. */
export function written(value) {
  if (value == null || value === "") return "nothing";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.map(written).join(isRecord(value[0]) ? "; " : ", ");
  if (isRecord(value)) return Object.values(value).filter((one) => one != null).map(written).join(" ");
  return String(value);
}

const POSITION = / at line (\d+) column \d+$/;

/** What a refusal complains of, by where it is in `body`: `hours[0].to: too early; …`, or a line of the JSON that was sent. */
function faultsOf(detail, body) {
  const position = POSITION.exec(detail);
  if (position) return [{ path: linesOf(body)[position[1] - 1] ?? [], text: sentence(detail.replace(POSITION, "")) }];
  const key = Object.keys(body).find((name) => name !== "version");
  return detail.split("; ").map((fault) => {
    const [, where = "", text = fault] = /^([\w.[\]]+): (.*)$/s.exec(fault) ?? [];
    const path = (where.match(/\w+/g) ?? []).map((step) => (/^\d+$/.test(step) ? Number(step) : step.replace(/_(\w)/g, (_, letter) => letter.toUpperCase())));
    return { path: [key, ...path], text: sentence(text) };
  });
}

const MISSING = /^invalid type: null|^missing field|^length is lower than 1$/;
const sentence = (text) => (MISSING.test(text) ? "This is needed." : `${text[0].toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`);

/** What stands on each line of a value as it is sent; where it closes, the last in it: it may be found wrong there only. */
function linesOf(value, path = []) {
  const entries = value !== null && typeof value === "object" ? Object.entries(value).filter(([, one]) => one !== undefined) : [];
  if (entries.length === 0) return [path];
  const inner = entries.flatMap(([name, one]) => linesOf(one, [...path, Array.isArray(value) ? Number(name) : name]));
  return [path, ...inner, inner.at(-1)];
}
