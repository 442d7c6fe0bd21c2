// What the twin could not answer, and what it knows from where.

import { near, twice } from "./act.js";
import { get, send, upload, words } from "./api.js";
import { announce, empty, h } from "./dom.js";
import { ago, at, number } from "./format.js";
import { steady } from "./steady.js";
import { looked } from "./watch.js";

const MAX_ANSWER = 4000;
/** Of lines that could not be taken, so many are named. */
const LINES_NAMED = 3;
/** What may be stated, in the order in which one reads it. */
const CLAIMS = {
  name: "Name",
  headline: "Headline",
  position: "Positions",
  achievement: "Achievements",
  education: "Education",
  skill: "Skills",
  language: "Languages",
  certification: "Certifications",
  project: "Projects",
  location: "Places",
  website: "Websites",
  email: "E-mail, which is told to nobody",
  phone: "Telephone, which is told to nobody",
  stated_years: "Years of experience as a source words them: compared with the dates, never stated",
};
const KINDS = { page: "Page", feed: "Feed", github: "GitHub user" };

export async function read() {
  const [gaps, known, claims] = await Promise.all([get("/api/knowledge/gaps"), get("/api/knowledge"), get("/api/knowledge/claims")]);
  return { gaps: gaps.gaps, documents: known.documents, unread: known.unread, claims };
}

const open = h("ul", { class: "gaps" });

export function show(place, { gaps, documents, unread = [], claims }) {
  const isWhole = steady(open, gaps.map((gap) => [gap.id, gap, question]));
  const contradictions = claims.contradictions ?? [];
  const { facts = [], yearsOfExperience } = claims;
  return steady(place, [
    ["questions", gaps.length > 0, questions],
    contradictions.length > 0 && ["contradictions", contradictions, contradicting],
    unread.length > 0 && ["unread", unread, failing],
    ["imports", null, imports],
    ["sources", documents, sources],
    facts.length > 0 && ["claims", { facts, yearsOfExperience }, stating],
  ]) && isWhole;
}

function part(title, ...content) {
  const id = title.toLowerCase().replaceAll(" ", "-");
  return h("section", { class: "part", "aria-labelledby": id }, h("h2", { id }, title), content);
}

function questions(areThere) {
  return part(
    "Questions without an answer",
    ...(areThere
      ? [h("p", { class: "quiet" }, "What you answer here the twin knows from then on, and cites as your answer."), open]
      : [h("p", { class: "calm" }, "None: everything that was asked could be answered from your material.")]),
  );
}

function question(gap) {
  const field = h("textarea", { id: `answer-${gap.id}`, rows: 2, maxlength: MAX_ANSWER, required: true });
  const problem = h("p", { class: "problem", role: "alert" });
  const submit = async (event) => {
    event.preventDefault();
    const button = event.target.querySelector("button");
    button.disabled = true;
    problem.textContent = "";
    try {
      await send("POST", `/api/knowledge/gaps/${gap.id}/answer`, { answer: field.value.trim() });
      const section = row.closest("section");
      row.remove();
      announce("Noted: the twin knows it now");
      near(section);
      await looked();
    } catch (error) {
      problem.textContent = words(error);
      button.disabled = false;
    }
  };
  const times = gap.count === 1 ? "asked once" : `asked ${number(gap.count)} times`;
  const row = h(
    "li",
    { class: "card" },
    h("h3", {}, h("bdi", {}, gap.question)),
    h("p", { class: "quiet" }, times, gap.count === 1 ? ", " : ", the last time ", h("time", { datetime: gap.lastAskedAt, title: at(gap.lastAskedAt) }, ago(gap.lastAskedAt))),
    h(
      "details",
      {},
      h("summary", {}, "Answer it"),
      h("form", { on: { submit } }, h("label", { for: field.id }, "Your answer", field), problem, h("button", { class: "button small" }, "Let the twin know it")),
    ),
  );
  return row;
}

function contradicting(list) {
  const rows = list.slice(0, 20).map(({ explanation }) => h("li", {}, h("p", {}, h("bdi", {}, explanation))));
  return part("Sources that contradict each other", h("ul", { class: "list card plainlist" }, rows));
}

/** What could not be read again last night. */
function failing(list) {
  const row = ({ source, why, since }) =>
    h("li", {}, h("p", {}, h("strong", {}, h("bdi", {}, source)), ", since ", h("time", { datetime: since, title: at(since) }, ago(since))), h("p", { class: "quiet" }, why));
  return part(
    "Sources that could not be read again",
    h("p", { class: "quiet" }, "What was read before still counts. Import it again, or remove it below."),
    h("ul", { class: "list card plainlist" }, list.map(row)),
  );
}

/** Files, and what is read by its address. */
function imports() {
  const files = h("input", { id: "files", type: "file", multiple: true });
  const kind = h("select", { id: "kind" }, Object.entries(KINDS).map(([value, text]) => h("option", { value }, text)));
  const named = h("input", { id: "named", autocomplete: "off", spellcheck: false });
  const button = h("button", { class: "button small" }, "Import");
  const problem = h("p", { class: "problem", role: "alert" });
  const came = h("p", { class: "calm", hidden: true });
  const submit = async (event) => {
    event.preventDefault();
    const wanted = [...files.files].map((file) => () => whole(file));
    const name = named.value.trim();
    if (name) wanted.push(() => send("POST", "/api/knowledge/imports", kind.value === "github" ? { kind: "github", login: name } : { kind: kind.value, url: name }));
    if (wanted.length === 0) return files.focus();
    button.disabled = true;
    problem.textContent = "";
    try {
      const told = [];
      for (const one of wanted) told.push(summary(await one()));
      event.target.reset();
      came.textContent = told.join(" ");
      came.hidden = false;
      announce(came.textContent);
      await looked();
    } catch (error) {
      problem.textContent = words(error);
    } finally {
      button.disabled = false;
    }
  };
  return part(
    "Teach it",
    h("p", { class: "quiet" }, "A résumé (PDF, DOCX, Markdown, JSON Resume), LinkedIn’s export, notes, source code; or a page, a feed, GitHub. Importing again changes only what changed."),
    h(
      "form",
      { class: "card teaching", on: { submit } },
      h("p", { class: "field" }, h("label", { for: "files" }, "Files"), files),
      h("p", { class: "field" }, h("label", { for: "kind" }, "Or from the web"), kind),
      h("p", { class: "field" }, h("label", { for: "named" }, "Its address, or the user’s name"), named),
      problem,
      button,
    ),
    came,
  );
}

/** A file until nothing of it is left: connections in LinkedIn's export become contacts some at a time. */
async function whole(file) {
  const path = `/api/knowledge/files/${encodeURIComponent(file.name)}`;
  const imported = await upload(path, file);
  const { connections } = imported;
  while (connections?.next) {
    announce(`${number(connections.next)} of ${number(connections.total)} connections are taken`);
    const { connections: further } = await upload(`${path}?connections=${connections.next}`, file);
    for (const count of ["created", "changed", "unchanged", "brokenInAll"]) connections[count] += further[count];
    connections.broken.push(...further.broken);
    connections.next = further.next;
  }
  return imported;
}

function summary({ added, changed, removed, persona = [], connections }) {
  const filled = persona.length > 0 ? " The persona was filled from it." : "";
  const people = connections ? ` ${taken(connections)}` : "";
  return `${added.length} added, ${changed.length} changed, ${removed.length} removed.${filled}${people}`;
}

function taken({ total, created, changed, broken, brokenInAll }) {
  const lines = broken.slice(0, LINES_NAMED).map(({ line, why }) => `line ${number(line)}: ${why}`);
  const left = brokenInAll > 0 ? `, ${number(brokenInAll)} could not be taken (${lines.join("; ")})` : "";
  return `Of ${number(total)} connections ${number(created)} were added to People, ${number(changed)} filled up${left}.`;
}

/** The ledger, with where each fact was read. */
function stating({ facts, yearsOfExperience }) {
  const by = Map.groupBy(facts, ({ predicate }) => predicate);
  const rows = Object.entries(CLAIMS).flatMap(([predicate, name]) => {
    const all = by.get(predicate);
    if (!all) return [];
    return h("details", {}, h("summary", {}, `${name} (${number(all.length)})`), h("ul", {}, all.map(claim)));
  });
  return part(
    "What it may state of you",
    yearsOfExperience != null && h("p", { class: "quiet" }, `${yearsOfExperience} years of experience, computed from the dates of positions.`),
    h("div", { class: "card stated" }, rows),
  );
}

function claim({ value, of, from, until, origins }) {
  const end = until?.month ?? (until ? "now" : "");
  const when = from || end ? ` (${[from ?? "", end].join(" – ")})` : "";
  const where = origins.map(({ title, place }) => [title, place].filter(Boolean).join(", ")).join("; ");
  return h("li", {}, h("bdi", {}, of && of !== value ? `${value}, ${of}` : value), when, h("p", { class: "quiet" }, h("bdi", {}, where)));
}

function sources(documents) {
  if (documents.length === 0) {
    return part(
      "Sources",
      empty("The twin knows nothing yet", "Import a résumé, LinkedIn's export, GitHub or a page, here or in a terminal.", h("pre", {}, h("code", {}, "omnitwin import resume.pdf"))),
    );
  }
  const by = Map.groupBy(documents, ({ source }) => source);
  const rows = [...by].map(([source, parts]) => {
    const read = parts.map(({ read_at, readAt }) => readAt ?? read_at).sort().at(-1);
    return h(
      "li",
      {},
      h("div", { class: "what" }, h("strong", {}, h("bdi", {}, source)), h("p", { class: "quiet" }, parts.slice(0, 4).map(({ title }) => title).join(" · "))),
      h("div", { class: "aside quiet" }, forget(source), h("span", {}, `${parts.length} ${parts.length === 1 ? "document" : "documents"}`), read && h("time", { datetime: read, title: at(read) }, ago(read))),
    );
  });
  return part("Sources", h("ul", { class: "list card" }, rows));
}

/** Asks once more before all that a source said is forgotten. */
function forget(source) {
  const act = async () => {
    await send("DELETE", `/api/knowledge/sources?${new URLSearchParams({ source })}`);
    announce("Forgotten");
    await looked();
  };
  return twice("Forget", "Forget all that it says?", act, { label: `Forget ${source}` });
}
