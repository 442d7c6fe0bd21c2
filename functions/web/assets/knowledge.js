// What the twin could not answer, and what it knows from where.

import { get, send, words } from "./api.js";
import { announce, empty, h, put } from "./dom.js";
import { ago, at, number } from "./format.js";

const MAX_ANSWER = 4000;

export async function read() {
  const [gaps, known, claims] = await Promise.all([get("/api/knowledge/gaps"), get("/api/knowledge"), get("/api/knowledge/claims")]);
  return { gaps: gaps.gaps, documents: known.documents, contradictions: claims.contradictions ?? [] };
}

export function show(place, { gaps, documents, contradictions }) {
  put(place, questions(gaps), contradicting(contradictions), sources(documents));
}

function part(title, ...content) {
  const id = title.toLowerCase().replaceAll(" ", "-");
  return h("section", { class: "part", "aria-labelledby": id }, h("h2", { id }, title), content);
}

function questions(gaps) {
  if (gaps.length === 0) {
    return part("Questions without an answer", h("p", { class: "calm" }, "None: everything that was asked could be answered from your material."));
  }
  return part(
    "Questions without an answer",
    h("p", { class: "quiet" }, "What you answer here the twin knows from then on, and cites as your answer."),
    h("ul", { class: "gaps" }, gaps.map(question)),
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
      row.remove();
      announce("Noted: the twin knows it now");
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
    h("p", { class: "quiet" }, times, ", last ", h("time", { datetime: gap.lastAskedAt, title: at(gap.lastAskedAt) }, ago(gap.lastAskedAt))),
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
  if (list.length === 0) return null;
  const rows = list.slice(0, 20).map(({ explanation }) => h("li", {}, h("p", {}, h("bdi", {}, explanation))));
  return part("Sources that contradict each other", h("ul", { class: "list card plainlist" }, rows));
}

function sources(documents) {
  if (documents.length === 0) {
    return part(
      "Sources",
      empty("The twin knows nothing yet", "Import a résumé, LinkedIn's export, GitHub or a page.", h("pre", {}, h("code", {}, "cargo run -- import resume.pdf"))),
    );
  }
  const by = Map.groupBy(documents, ({ source }) => source);
  const rows = [...by].map(([source, parts]) => {
    const read = parts.map(({ read_at, readAt }) => readAt ?? read_at).sort().at(-1);
    return h(
      "li",
      {},
      h("div", { class: "what" }, h("strong", {}, h("bdi", {}, source)), h("p", { class: "quiet" }, parts.slice(0, 4).map(({ title }) => title).join(" · "))),
      h("div", { class: "aside quiet" }, h("span", {}, `${parts.length} ${parts.length === 1 ? "document" : "documents"}`), read && h("time", { datetime: read, title: at(read) }, ago(read))),
    );
  });
  return part("Sources", h("ul", { class: "list card" }, rows));
}
