// Contacts of a file: looked at first, with what it would do, and taken once the owner says so.

import { Problem, upload, words } from "./api.js";
import { announce, h, put } from "./dom.js";
import { number } from "./format.js";
import { beginning, bytesOf, firstLine, headerOf, pieces, samples } from "./pieces.js";

/** What a column may be taken for. */
const FIELDS = {
  ignore: "Leave it out",
  id: "Our own id",
  name: "Name",
  firstName: "First name",
  lastName: "Last name",
  company: "Company",
  role: "Role",
  email: "E-mail",
  phone: "Telephone",
  linkedin: "LinkedIn address",
  relationship: "Relationship",
  importance: "Importance",
  industry: "Industry",
  interests: "Interests",
  mutualConnections: "Mutual connections",
  communicationStyle: "Communication style",
  preferredChannel: "Preferred channel",
  bestContactTime: "Best time",
  topics: "Topics",
  tags: "Tags",
  notes: "Notes",
};
const FORMATS = { csv: "A table", linkedin: "Connections from LinkedIn", vcard: "An address book" };
const SAMPLES = 3;
/** Of a file: it is held in memory as a whole. */
const MOST_MB = 64;
/** Lines that cannot be read and are named. */
const NAMED = 20;
/** What was lost on the way is sent again after these. */
const AGAIN_AFTER_MS = [1_000, 3_000];

/** A place to import from a file; `done` once something was written. */
export function importing(done, { open = false } = {}) {
  const file = h("input", { id: "contacts-file", type: "file", accept: ".csv,.tsv,.txt,.vcf,text/csv,text/vcard" });
  const problem = h("p", { class: "problem", role: "alert" });
  const preview = h("div", { class: "preview" });
  const asked = { say: (text) => (problem.textContent = text), preview, done, file };
  file.addEventListener("change", () => {
    const [chosen] = file.files;
    // So that the same one can be chosen again.
    file.value = "";
    if (chosen) look(asked, chosen);
  });
  return h(
    "details",
    { class: "part importing", open },
    h("summary", {}, "Import contacts from a file"),
    h(
      "form",
      { class: "card teaching", on: { submit: (event) => event.preventDefault() } },
      h("p", { class: "quiet" }, "A table (CSV), an address book (vCard), or LinkedIn’s Connections.csv. You see what it would do before anything is written; the same file again changes nothing."),
      h("p", { class: "field" }, h("label", { for: file.id }, "File"), file),
      problem,
      preview,
    ),
  );
}

/** One thing at a time: no other file is chosen meanwhile, and what comes too late is not shown. */
async function alone(asked, act) {
  const run = (asked.run = Symbol());
  asked.say("");
  asked.file.disabled = true;
  try {
    await act(() => asked.run === run);
  } finally {
    if (asked.run === run) {
      asked.file.disabled = false;
      if (document.activeElement === document.body) asked.file.focus();
    }
  }
}

/** What is going on, told to whoever listens, with the focus that was on what it replaces. */
function busy({ preview }, text, ...more) {
  const told = h("p", { class: "quiet", role: "status", tabindex: -1 }, text);
  put(preview, told, ...more);
  told.focus();
  return told;
}

/** Reads what the file is, and says what it would do. */
const look = (asked, chosen) =>
  alone(asked, async (isWanted) => {
    busy(asked, `Reading ${chosen.name} …`);
    try {
      const megabytes = Math.ceil(chosen.size / 1024 / 1024);
      if (megabytes > MOST_MB) throw new Problem(422, { detail: `${chosen.name} has ${number(megabytes)} MB, and at most ${MOST_MB} are taken: cut it into several files.` });
      const bytes = await bytesOf(chosen);
      const seen = { name: chosen.name, bytes, ...(await seenAs(bytes)), mapping: {} };
      const found = await tried(asked, seen, isWanted);
      if (isWanted()) offer(asked, ...found);
    } catch (error) {
      if (!isWanted()) return;
      put(asked.preview);
      asked.say(words(error));
    }
  });

/** The format and the columns, as the server takes them, or, where it knows none, as the first line has them. */
async function seenAs(bytes) {
  try {
    const { format, columns } = await sent(new Blob([beginning(bytes)]), { dryRun: true, skipBroken: true });
    return { format, columns };
  } catch (error) {
    const names = firstLine(bytes);
    if (!(error instanceof Problem) || error.status !== 422 || names.length < 2) throw error;
    return { format: "csv", columns: names.map((header) => ({ header, as: "ignore" })), isUnknown: true };
  }
}

/** A dry run of all of it: the pieces, and what they would do. */
async function tried(asked, seen, isWanted) {
  const header = seen.format === "vcard" ? null : headerOf(seen.bytes, seen.columns.map((column) => column.header));
  if (seen.format !== "vcard" && !header) throw new Problem(422, { detail: "No line of the file names its columns." });
  const whole = { ...seen, header, pieces: pieces(seen.bytes, header) };
  const isMapped = !seen.isUnknown || Object.values(seen.mapping).some((as) => as !== "ignore");
  return [whole, isMapped ? await all(asked, whole, { dryRun: true, skipBroken: true }, isWanted) : null];
}

/** Sends the pieces one after the other, and adds up what came of them. */
async function all(asked, { pieces, mapping }, query, isWanted) {
  const bar = h("progress", { max: pieces.length, value: 0, "aria-label": query.dryRun ? "Looking at the file" : "Importing" });
  if (!isWanted()) return null;
  const told = busy(asked, query.dryRun ? "Looking at it …" : "Importing …", bar);
  const sum = { contacts: 0, created: 0, changed: 0, unchanged: 0, broken: [], brokenInAll: 0 };
  for (const [at, { file, lineOf }] of pieces.entries()) {
    const report = await sent(file, { ...query, mapping: JSON.stringify(mapping) });
    if (!isWanted()) return null;
    for (const name of ["contacts", "created", "changed", "unchanged", "brokenInAll"]) sum[name] += report[name];
    sum.broken.push(...report.broken.map(({ line, why }) => ({ line: line && lineOf(line), why })));
    bar.value = at + 1;
    told.textContent = `${number(sum.contacts)} contacts ${query.dryRun ? "looked at" : "taken"} …`;
  }
  return sum;
}

async function sent(file, query) {
  for (const wait of [...AGAIN_AFTER_MS, null]) {
    try {
      return await upload(`/api/crm/import?${new URLSearchParams(query)}`, file, "POST");
    } catch (error) {
      const isLost = error instanceof Problem && (error.status === 0 || error.status >= 500);
      if (!isLost || wait === null) throw error;
      await new Promise((waited) => setTimeout(waited, wait));
    }
  }
}

/** What it would do, and what may be done about it; with `isAgain`, after an import that broke off. */
function offer(asked, seen, report, isAgain = false) {
  const again = (mapping) =>
    alone(asked, async (isWanted) => {
      try {
        const found = await tried(asked, { ...seen, mapping }, isWanted);
        if (isWanted()) offer(asked, ...found);
      } catch (error) {
        offer(asked, seen, report, isAgain);
        asked.say(words(error));
      }
    });
  const title = h("h2", { class: "would", tabindex: -1 }, h("bdi", {}, seen.name), `. ${FORMATS[seen.format]}: `, report ? would(report) : "say what its columns are");
  const take = h("button", { type: "button", class: "button" }, isAgain ? "Try again" : `Import ${people(report ? report.created + report.changed : 0)}`);
  take.addEventListener("click", () => taken(asked, seen, report));
  const isAny = report && report.created + report.changed > 0;
  put(
    asked.preview,
    title,
    report && report.unchanged > 0 && h("p", { class: "quiet" }, `${people(report.unchanged)} are known already.`),
    isAny && seen.pieces.length > 1 && h("p", { class: "quiet" }, `The file is looked at in ${number(seen.pieces.length)} parts: whoever stands in several is counted in each, and taken once.`),
    seen.format !== "vcard" && columns(seen, again),
    report && broken(report),
    h("p", { class: "actions" }, isAny ? take : null, h("button", { type: "button", class: "button plainly", on: { click: () => forget(asked) } }, "Not this file")),
  );
  title.focus();
}

const people = (count) => `${number(count)} ${count === 1 ? "contact" : "contacts"}`;

function would({ created, changed }) {
  const parts = [created > 0 && `${number(created)} new`, changed > 0 && `${number(changed)} to be filled up`].filter(Boolean);
  return parts.length > 0 ? parts.join(", ") : "nothing new";
}

/** What each column is taken for, with what stands in it. */
function columns(seen, again) {
  const first = samples(seen.bytes, seen.header, SAMPLES);
  const rows = seen.columns.map(({ header, as }, at) => {
    const id = `column-${at}`;
    const is = seen.mapping[header] ?? as;
    const choice = h("select", { id }, Object.entries(FIELDS).map(([value, text]) => h("option", { value, selected: value === is }, text)));
    choice.addEventListener("change", () => again({ ...seen.mapping, [header]: choice.value }));
    const sample = first.map((cells) => cells[at]).find(Boolean);
    return h("li", { class: "field" }, h("label", { for: id }, h("bdi", {}, header || `Column ${at + 1}`)), choice, h("span", { class: "quiet" }, sample ? h("bdi", {}, sample) : "empty"));
  });
  return h("details", { open: Boolean(seen.isUnknown || Object.keys(seen.mapping).length) }, h("summary", {}, `Its ${number(rows.length)} columns`), h("ul", { class: "mapped" }, rows));
}

function broken({ broken, brokenInAll }) {
  if (brokenInAll === 0) return null;
  const lines = broken.slice(0, NAMED).map(({ line, why }) => h("li", {}, line ? `Line ${number(line)}: ${why}` : why));
  const more = brokenInAll - lines.length;
  return h(
    "div",
    { class: "unread" },
    h("p", {}, `${number(brokenInAll)} ${brokenInAll === 1 ? "line" : "lines"} cannot be read, and will be left out:`),
    h("ul", {}, lines, more > 0 && h("li", { class: "quiet" }, `and ${number(more)} more`)),
  );
}

const taken = (asked, seen, found) =>
  alone(asked, async (isWanted) => {
    try {
      const report = await all(asked, seen, { skipBroken: true }, isWanted);
      if (!report) return;
      const told = `${number(report.created)} added, ${number(report.changed)} filled up, ${number(report.unchanged)} unchanged.`;
      put(asked.preview, h("p", { class: "calm", tabindex: -1 }, told), broken(report));
      asked.preview.firstElementChild.focus();
      await asked.done();
      announce(told);
    } catch (error) {
      offer(asked, seen, found, true);
      asked.say(`${words(error)} What was taken so far stays: try again for the rest.`);
    }
  });

function forget(asked) {
  asked.say("");
  put(asked.preview);
  asked.file.focus();
}
