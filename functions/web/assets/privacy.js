// What a person agreed to, who looked at what is kept of them, all of it as a file, and its end.

import { acting, asking, sheet } from "./act.js";
import { get, send, words } from "./api.js";
import { announce, h, put } from "./dom.js";
import { choice, date, text } from "./fields.js";
import { CHANNELS, ago, at } from "./format.js";
import { save, whole } from "./parts.js";

const MAX_QUOTE = 500;
const MATTERS = {
  ai_disclosure: "Told that an AI speaks",
  recording: "Recording",
  outbound_calls: "Being called",
  mails: "Mails",
  text_messages: "Text messages",
};
const ACTORS = { owner: "You", owners_host: "Your app", person: "They", twin: "The twin", system: "By itself" };

export function privacyOf({ id, name }) {
  const consents = h("div", {});
  const again = async () => {
    const { consents: all } = await get(`/api/people/${id}/consents`);
    put(consents, all.length > 0 ? h("ul", { class: "kept" }, standing(all).map(consent)) : h("p", { class: "quiet" }, "Nothing was asked or told yet."));
  };
  again().catch((error) => put(consents, h("p", { class: "problem" }, words(error))));
  return h(
    "section",
    { class: "card", "aria-labelledby": "privacy" },
    h("h2", { id: "privacy" }, "Privacy"),
    h("h3", {}, "What they agreed to"),
    consents,
    noting(id, again),
    h("details", { class: "adding" }, h("summary", {}, "Who looked at it"), looked(id)),
    h(
      "p",
      { class: "actions" },
      acting("Everything as a file", async () => save(`${id}.json`, await whole(`/api/people/${id}/export`))),
      acting("Erase everything …", () => erasing({ id, name }), { kind: "button plainly small danger" }),
    ),
  );
}

/** The latest about each matter. */
const standing = (all) => [...new Map(all.map((one) => [one.matter, one])).values()];

function consent({ matter, given, by, at: since, quote }) {
  const isTold = matter === "ai_disclosure";
  return h(
    "li",
    {},
    h("p", {}, MATTERS[matter] ?? matter, " ", h("span", { class: `badge ${given ? "good" : "bad"}` }, isTold ? (given ? "yes" : "no") : given ? "agreed" : "not wanted")),
    quote && h("p", { class: "quiet" }, h("q", {}, quote)),
    h("p", { class: "fine" }, by === "owner" ? "noted by you, " : "", h("time", { datetime: since, title: at(since) }, ago(since))),
  );
}

function noting(id, again) {
  const { ai_disclosure: _, ...matters } = MATTERS;
  const matter = choice("About", "mails", matters);
  const given = choice("They", "no", { no: "do not want it", yes: "agreed" });
  const quote = text("In their words", "", { maxlength: MAX_QUOTE });
  const form = asking("What they told you", h("div", { class: "fields" }, matter.element, given.element, quote.element), "Note it", async () => {
    await send("POST", `/api/people/${id}/consents`, { matter: matter.value(), given: given.value() === "yes", quote: quote.value().trim() || null });
    announce("Noted");
    await again();
  });
  return h("details", { class: "adding" }, h("summary", {}, "They told you otherwise"), form);
}

/** The audit log of a day, as far as it is about this person. */
function looked(id) {
  const list = h("div", { "aria-live": "polite" });
  const field = date("Day (UTC)", new Date().toISOString().slice(0, 10));
  const form = asking("Who looked at it", field.element, "Show", async () => {
    const lines = [];
    for (let after = null, day = field.value(); ; ) {
      const wanted = new URLSearchParams({ ...(day && { day }), ...(after && { after }) });
      const page = await get(`/api/audit?${wanted}`);
      lines.push(...page.lines.filter(({ person }) => person === id));
      if (!page.next) break;
      after = page.next;
    }
    put(list, lines.length > 0 ? h("ul", { class: "kept" }, lines.reverse().map(line)) : h("p", { class: "quiet" }, "Nobody on this day."));
  });
  return [form, list];
}

function line({ at: when, who, act, name, channel }) {
  const what = name ?? act.replaceAll("_", " ");
  return h("li", {}, h("p", {}, h("strong", {}, ACTORS[who] ?? who), ": ", h("bdi", {}, what), channel && ` (${CHANNELS[channel]})`), h("p", { class: "fine" }, h("time", { datetime: when }, at(when))));
}

function erasing({ id, name }) {
  const wanted = name ?? "erase";
  sheet("Erase this person?", () => {
    const field = text(name ? "Type their name to confirm" : "Type “erase” to confirm", "", {});
    return asking(
      "Erase this person",
      [
        h("p", {}, "The contact, all conversations and recordings, notes, tasks, opportunities and what is remembered are deleted, and nothing more is sent. ", h("strong", {}, "This cannot be undone.")),
        field.element,
      ],
      "Erase for good",
      async () => {
        if (field.value().trim() !== wanted) {
          field.refuse([], `This is not “${wanted}”.`);
          field.element.querySelector("input").focus();
          return;
        }
        await send("DELETE", `/api/people/${id}?confirm=${encodeURIComponent(id)}`);
        location.assign("/dashboard/people");
      },
    );
  });
}
