// Who the twin speaks for, and how: edited, shown as a model is told it, and as it was before.

import { Problem, get, words } from "./api.js";
import { announce, h, put } from "./dom.js";
import * as fields from "./fields.js";
import { ago, at } from "./format.js";
import { changes, form, worded } from "./saved.js";

const PERSONA = "/api/persona";
const MAX_VERSIONS = 20;
const TONES = { professional: "Professional", "friendly-professional": "Friendly and professional", technical: "Technical" };
const STYLES = { concise: "Concise", detailed: "Detailed", conversational: "Conversational" };
const LEVELS = { senior: "Senior", expert: "Expert", "thought-leader": "Thought leader" };
const LENGTHS = { brief: "Brief", professional: "Professional", conversational: "Conversational", detailed: "Detailed" };
const DEPTHS = { low: "Low", medium: "Medium", high: "High" };
const PACES = { slow: "Slow", measured: "Measured", brisk: "Brisk" };
const WARMTHS = { reserved: "Reserved", warm: "Warm", engaging: "Engaging" };
const POLICIES = { approve_all: "All wait for your word", automatic_to_confirmed: "Mail to confirmed addresses goes out" };
const FIELDS = { name: "Name", title: "Title", yearsExperience: "Years of experience", expertise: "Expertise", keyAchievements: "What you want said in any case" };
const CHANNELS = { chat: "Chat", voice: "Voice", phone: "Phone" };
const NOBODY = {
  core: { name: "", title: "", expertise: [], yearsExperience: 0, keyAchievements: [] },
  communication: { tone: "professional", style: "conversational", expertise_level: "senior" },
  channelAdaptation: {
    chat: { responseLength: "detailed", includeCodeExamples: false, technicalDepth: "medium" },
    voice: { responseLength: "conversational", speakingPace: "measured", personalityLevel: "warm" },
    phone: { responseLength: "professional", businessFocus: true, relationshipBuilding: true },
  },
  contextIntegration: { linkedin: true, github: true, portfolio: true, resume: true },
  followUpPolicy: "approve_all",
};

/** Before there is one, the form is for the first. */
export const read = () =>
  get(PERSONA).catch((error) => {
    if (error instanceof Problem && error.status === 404) return { version: 0, persona: NOBODY };
    throw error;
  });

let editor;

export async function show(place, saved) {
  if (editor) return editor.follow(saved);
  const history = h("div", {});
  const sources = h("div", { class: "imported" });
  const preview = told();
  editor = form({ name: "Persona", path: PERSONA, key: "persona", saved, make: persona, seen, edited: preview.lags });
  async function seen({ filled }) {
    imported(sources, filled);
    await Promise.all([preview.show(), before(history, editor)]);
  }
  // All at once: nothing moves afterwards.
  await seen(saved);
  put(
    place,
    part("Who it speaks for", h("p", { class: "quiet" }, "Conversations that begin after you save go by it. What you have done is told from your material, with its source."), sources, editor.element),
    part("What a model is told", h("p", { class: "quiet" }, "For somebody unknown, as it was saved last."), preview.element),
    part("Versions", history),
  );
}

/** Which fields imports fill, and where they read them. */
function imported(place, filled = []) {
  const known = filled.filter(({ origins }) => origins?.length > 0);
  const row = ({ field, origins }) =>
    h("li", {}, h("strong", {}, FIELDS[field]), ": ", h("bdi", {}, origins.map(({ title, place }) => [title, place].filter(Boolean).join(", ")).join("; ")));
  put(
    place,
    known.length > 0 &&
      h(
        "details",
        { class: "card" },
        h("summary", {}, "Filled from what you imported"),
        h("p", { class: "quiet" }, "Imports keep these fields up to date, until you change them: then yours stay."),
        h("ul", {}, known.map(row)),
      ),
  );
}

function part(title, ...content) {
  const id = title.toLowerCase().replaceAll(" ", "-");
  return h("section", { class: "part", "aria-labelledby": id }, h("h2", { id }, title), content);
}

function persona(given) {
  const { core, communication, channelAdaptation: on, contextIntegration: from } = given;
  return fields.group(
    {
      core: fields.group(
        {
          name: fields.text("Name", core.name),
          title: fields.text("Title", core.title),
          yearsExperience: fields.number("Years of experience", core.yearsExperience, { min: 0 }),
          expertise: fields.lines("Expertise", core.expertise, { hint: "One on a line." }),
          keyAchievements: fields.lines("What you want said in any case", core.keyAchievements, { hint: "One on a line." }),
        },
        { legend: "You", kept: core, kind: "wide" },
      ),
      communication: fields.group(
        {
          tone: fields.choice("Tone", communication.tone, TONES),
          style: fields.choice("Style", communication.style, STYLES),
          expertise_level: fields.choice("Speaks as", communication.expertise_level, LEVELS),
        },
        { legend: "How it speaks", kept: communication, kind: "trio" },
      ),
      channelAdaptation: fields.group(
        {
          chat: fields.group(
            {
              responseLength: fields.choice("Answers", on.chat.responseLength, LENGTHS),
              technicalDepth: fields.choice("Technical depth", on.chat.technicalDepth, DEPTHS),
              includeCodeExamples: fields.check("With examples in code", on.chat.includeCodeExamples),
            },
            { legend: "Chat", kept: on.chat, kind: "trio" },
          ),
          voice: fields.group(
            {
              responseLength: fields.choice("Answers", on.voice.responseLength, LENGTHS),
              speakingPace: fields.choice("Pace", on.voice.speakingPace, PACES),
              personalityLevel: fields.choice("Personality", on.voice.personalityLevel, WARMTHS),
            },
            { legend: "Voice", kept: on.voice, kind: "trio" },
          ),
          phone: fields.group(
            {
              responseLength: fields.choice("Answers", on.phone.responseLength, LENGTHS),
              businessFocus: fields.check("Keeps to business", on.phone.businessFocus),
              relationshipBuilding: fields.check("Takes time for people", on.phone.relationshipBuilding),
            },
            { legend: "Phone", kept: on.phone, kind: "trio" },
          ),
        },
        { legend: "On each channel", kept: on },
      ),
      contextIntegration: fields.group(
        {
          resume: fields.check("Résumé", from.resume),
          linkedin: fields.check("LinkedIn", from.linkedin),
          github: fields.check("GitHub", from.github),
          portfolio: fields.check("Pages and feeds", from.portfolio),
        },
        { legend: "What it answers from", hint: "Notes and answers of yours always.", kept: from, kind: "checks" },
      ),
      followUpPolicy: fields.choice("Follow-ups", given.followUpPolicy, POLICIES, { hint: "Where no rule of the settings fits. Whatever does not go out waits for your word." }),
      ...(given.sample !== undefined && { sample: fields.check("Sample data: pages and mails say that this professional is made up", given.sample) }),
    },
    { kept: given, kind: "settings" },
  );
}

/** Exactly what a model is told of somebody unknown, by what is saved. */
function told() {
  const channel = fields.choice("Channel", "chat", CHANNELS);
  const place = h("div", {});
  const behind = h("p", { class: "lags", hidden: true }, "Your edits are not in it yet: once they are saved, it shows them.");
  const lags = (isEdited) => (behind.hidden = !isEdited);
  async function show() {
    try {
      const { greeting, instructions } = await get(`${PERSONA}?${new URLSearchParams({ channel: channel.value(), preview: "" })}`);
      put(
        place,
        h("p", { class: "quiet" }, "It opens with:"),
        h("blockquote", { class: "summary" }, h("bdi", {}, greeting)),
        h("details", {}, h("summary", {}, "Its instructions"), h("pre", { class: "instructions", tabindex: 0 }, instructions)),
      );
    } catch (error) {
      const isNone = error instanceof Problem && error.status === 404;
      put(place, h("p", { class: isNone ? "quiet" : "problem" }, isNone ? "Save it first." : words(error)));
    }
  }
  channel.element.addEventListener("change", show);
  return { element: h("div", { class: "card told" }, channel.element, behind, place), show, lags };
}

/** Each version and what was changed by it; any can be put back into the form. */
async function before(place, editor) {
  let versions;
  try {
    ({ versions } = await get(`${PERSONA}/history`));
  } catch (error) {
    put(place, h("p", { class: "problem" }, words(error)));
    return;
  }
  const known = versions.toReversed();
  if (known.length === 0) {
    put(place, h("p", { class: "calm" }, "Nothing was saved yet."));
    return;
  }
  const rows = known.slice(0, MAX_VERSIONS).map((one, index) => version(one, known[index + 1], index === 0, editor));
  put(place, h("ol", { class: "list card versions", reversed: true }, rows), known.length > MAX_VERSIONS && h("p", { class: "quiet" }, `and ${known.length - MAX_VERSIONS} more`));
}

function version(one, previous, isCurrent, editor) {
  const field = persona(one.persona);
  const changed = previous ? changes(previous.persona, one.persona) : [];
  const filled = (one.filled ?? []).map((each) => each.field);
  // What the owner changes is theirs from then on: what is changed and an import's to fill, an import has changed.
  const isImported = previous ? changed.some(({ path: [group, name] }) => group === "core" && filled.includes(name)) : filled.length > 0;
  const named = (path) => (isImported && path[0] === "core" && FIELDS[path[1]]) || field.named(path);
  const put = h("button", { type: "button", class: "link", "aria-label": `Put into the form: version ${one.version}` }, "Put into the form");
  put.addEventListener("click", () => {
    editor.edit(one.persona);
    announce(`Version ${one.version} is in the form. It is not saved yet.`);
    editor.element.querySelector("input").focus();
  });
  return h(
    "li",
    {},
    h(
      "div",
      { class: "what whole" },
      h("strong", {}, `Version ${one.version}`, isImported && ", by an import"),
      changed.map(({ path, before: was, after }) =>
        h("p", { class: "quiet" }, named(path), ": ", h("del", {}, h("bdi", {}, worded(field, path, was))), " → ", h("ins", {}, h("bdi", {}, worded(field, path, after)))),
      ),
      changed.length === 0 && h("p", { class: "quiet" }, previous ? "The same as before." : "The first one."),
    ),
    h("div", { class: "aside quiet" }, h("time", { datetime: one.updatedAt, title: at(one.updatedAt) }, ago(one.updatedAt)), isCurrent ? h("span", { class: "badge good" }, "current") : put),
  );
}
