// The owner's phone, and what goes out in their name.

import { acting } from "./act.js";
import { get, send } from "./api.js";
import { contents } from "./contents.js";
import { h, put } from "./dom.js";
import * as fields from "./fields.js";
import { RELATIONSHIPS } from "./format.js";
import { stop } from "./follow-ups.js";
import { form } from "./saved.js";
import { steady } from "./steady.js";

const PHONE = "/api/phone/settings";
const FOLLOW_UPS = "/api/crm/follow-ups/settings";
const RECORDING = { off: "Nobody", ask: "Whoever agrees when asked", announce: "Whoever is told, where the law lets it; else whoever agrees" };
const LANGUAGES = { en: "English", de: "German", es: "Spanish", fr: "French" };
const KINDS = {
  summary_email: "Mail after the conversation",
  invitation: "Invitation to a meeting",
  missed_call_email: "Mail after a missed call",
  missed_call_text: "Text after a missed call",
  handoff_text: "Text with the link to the chat",
  nudge: "Reminder to whoever does not answer",
  proposal: "Proposal to whoever asks for help",
  linkedin_suggestion: "Suggestion for LinkedIn",
  owner_notification: "Message to you",
  owner_text: "Text to you",
  meeting_notification: "News of a meeting, for you",
  task_reminder: "Reminder of a task",
  digest: "Digest for you",
};
/** What goes to nobody else is not counted. */
const TO_THE_OWNER = ["linkedin_suggestion", "owner_notification", "owner_text", "meeting_notification", "task_reminder", "digest"];
const LEVELS = { 0: "Nothing is known", 1: "They said who they are", 2: "They proved it", 3: "They are signed in" };
const THEN = { automatic: "Goes out by itself", ask: "Waits for your word" };
const NUMBERS = "One on a line, as +14155550123.";

export async function read() {
  const [phone, followUps] = await Promise.all([get(PHONE), get(FOLLOW_UPS)]);
  return { phone, followUps };
}

let forms;
let stopped;

export function show(place, { phone, followUps }) {
  forms ??= made(place, phone, followUps);
  const { stopping, incoming, outgoing } = forms;
  const isStopped = JSON.stringify(followUps.settings.stopped ?? null);
  // Who stops everything goes on editing: the stop is below their edits.
  const isOther = stopped !== undefined && stopped !== isStopped && !outgoing.element.contains(document.activeElement);
  if (isOther) outgoing.renew(followUps);
  stopped = isStopped;
  const all = [steady(stopping, [["stop", followUps.settings.stopped, stop]]), incoming.follow(phone), outgoing.follow(followUps)];
  return all.every(Boolean);
}

function made(place, phone, followUps) {
  const stopping = h("div", {});
  const incoming = form({ name: "Phone", path: PHONE, key: "settings", saved: phone, make: calls });
  const outgoing = form({ name: "Follow-ups", path: FOLLOW_UPS, key: "settings", saved: followUps, make: sending });
  put(
    place,
    part("Everything at once", h("p", { class: "quiet" }, "A stop holds from the next mail, text or call on, until you go on."), stopping),
    part("Phone", incoming.element),
    part(
      "Follow-ups",
      h("p", { class: "quiet" }, "What waits for you is under ", h("a", { href: "/dashboard/follow-ups" }, "Follow-ups"), "."),
      outgoing.element,
    ),
    part("This browser", h("p", { class: "quiet" }, "It stays signed in for twelve hours. Where others use it, too, sign out when you are done."), acting("Sign out", leave)),
  );
  place.prepend(contents(place));
  return { stopping, incoming, outgoing };
}

async function leave() {
  await send("POST", "/owner/sign-out");
  location.assign("/");
}

function part(title, ...content) {
  const id = title.toLowerCase().replaceAll(" ", "-");
  return h("section", { class: "part", "aria-labelledby": id }, h("h2", { id }, title), content);
}

function calls(given) {
  const { outbound } = given;
  return fields.group(
    {
      doNotDisturb: fields.check("Do not disturb", given.doNotDisturb, { hint: "Nobody is put through, whoever it is. The twin goes on answering." }),
      ownerLine: fields.maybe("Your own telephone", given.ownerLine, { type: "tel", hint: "Where calls are put through to, as +14155550123. Without it nobody is." }),
      timeZone: fields.zone(given.timeZone, "Of the hours and the holidays."),
      hours: fields.hours("Hours in which you may be reached", given.hours, "Without any, at any time."),
      holidays: fields.holidays(given.holidays, "Nobody is put through on these days."),
      vip: fields.lines("Put through at once, at any hour", given.vip, { hint: NUMBERS }),
      blocked: fields.lines("Never answered", given.blocked, { hint: NUMBERS }),
      allowed: fields.lines("Never taken for spam", given.allowed, { hint: NUMBERS }),
      languages: fields.choices("Languages", given.languages, LANGUAGES, {
        add: "Add a language",
        hint: "A caller’s own, if it is one of these, and else the first. Without any, English.",
        one: "Language",
      }),
      callsAtOnce: fields.number("Most calls of one number at once", given.callsAtOnce, { min: 1, max: 100, hint: "Where the network does not say that the number is the caller’s; and of all who tell none. Whoever calls besides leaves a message." }),
      recording: fields.choice("Who is recorded", given.recording, RECORDING, { hint: "Where the law lets it: by the number that calls, and by your own telephone or else the twin’s." }),
      lookUp: fields.check("Look strangers’ numbers up at Twilio", given.lookUp, { hint: "For the kind of their line. Each look-up costs something." }),
      outbound: fields.group(
        {
          callBacks: fields.check("Call back whoever asks for it", outbound.callBacks, { hint: "Only on the number that is known to be theirs." }),
          weekends: fields.check("On weekends, too", outbound.weekends),
          from: fields.time("From", outbound.from),
          to: fields.time("To", outbound.to, { hint: "On the clock where it rings." }),
          aDay: fields.number("Most calls a day", outbound.aDay, { min: 0 }),
          aDayEach: fields.number("Most calls a day to one person", outbound.aDayEach, { min: 0 }),
          regions: fields.lines("Countries", outbound.regions, { hint: "Two letters each, such as US, one on a line. Without any, that of the twin’s number.", rows: 2 }),
        },
        { legend: "Calls that the twin places", kept: outbound, kind: "pairs" },
      ),
    },
    { kept: given, kind: "settings" },
  );
}

function sending(given) {
  const { quiet, ownerQuiet, digest, caps, links, rateCard } = given;
  return fields.group(
    {
      timeZone: fields.zone(given.timeZone, "Yours, and of whoever’s place is not known."),
      quiet: fields.optional(
        { from: fields.time("From", quiet?.from), until: fields.time("Until", quiet?.until) },
        { legend: "Quiet hours", hint: "What nobody asked for does not reach a person then. Empty both for none.", kept: quiet ?? {}, kind: "pairs" },
      ),
      notifyOfImportant: fields.check("Tell me of important conversations at once", given.notifyOfImportant, { hint: "Without it, only of what was left for you." }),
      textOwner: fields.maybe("Text me, too, of what is important, and of danger", given.textOwner, { type: "tel", hint: "Your number, as +14155550123. Empty: no texts." }),
      ownerQuiet: fields.optional(
        { from: fields.time("From", ownerQuiet?.from), until: fields.time("Until", ownerQuiet?.until) },
        { legend: "Your own quiet hours", hint: "You are told of nothing then, but when they are over. Empty both for none.", kept: ownerQuiet ?? {}, kind: "pairs" },
      ),
      digest: fields.optional(
        { at: fields.time("At", digest?.at), on: fields.anyOf("On", digest?.on, "Every day", fields.DAYS) },
        { legend: "A digest for you", hint: "What happened, in one mail. Without a time there is none.", kept: digest ?? {}, kind: "pairs" },
      ),
      caps: fields.group(
        {
          perPerson: fields.number("To one person", caps.perPerson, { min: 0 }),
          inAll: fields.number("In all", caps.inAll, { min: 0 }),
          toOwner: fields.number("To yourself", caps.toOwner, { min: 0, hint: "What is beyond waits for your digest." }),
          perKind: perKind(caps.perKind ?? {}),
        },
        { legend: "The most that goes out on one day without your word", kept: caps, kind: "pairs" },
      ),
      nudgeAfterDays: fields.number("Remind whoever does not answer after (days)", given.nudgeAfterDays, { min: 1, hint: "Empty: never." }),
      links: fields.group(
        {
          booking: fields.maybe("Where a time is chosen", links.booking, { type: "url", hint: "Empty: your booking page here, where times are free." }),
          linkedin: fields.maybe("Your profile at LinkedIn", links.linkedin, { type: "url", hint: "Empty: it is not named." }),
          resume: fields.maybe("Your résumé", links.resume, { type: "url", hint: "Empty: the PDF that is made of what the twin knows, where it makes one." }),
        },
        { legend: "Pages that a mail leads to", kept: links, kind: "wide" },
      ),
      rateCard: fields.group(
        {
          services: fields.rows("What you offer", rateCard.services, service, {
            add: "Add a service",
            one: "Service",
            hint: "Whoever asks for help is drafted a proposal of what fits, for you to decide on. Without a service there is none.",
            blank: () => ({ includes: [], daysFrom: 1, daysTo: 1, priceFrom: 0, priceTo: 0 }),
          }),
          currency: fields.text("Currency", rateCard.currency, { maxlength: 3, hint: "Three letters, such as EUR." }),
          validDays: fields.number("A proposal holds for (days)", rateCard.validDays, { min: 1 }),
          terms: fields.lines("What holds in any case", rateCard.terms, { hint: "One on a line, such as: Prices are without VAT." }),
        },
        { legend: "Rate card", hint: "Whoever asks what you charge is told it.", kept: rateCard, kind: "wide" },
      ),
      rules: fields.rows("Rules", given.rules, rule, {
        add: "Add a rule",
        one: "Rule",
        hint: "The first that fits counts. Where none does, the persona’s policy.",
        blank: () => ({ then: "ask" }),
      }),
    },
    { kept: given, kind: "settings" },
  );
}

/** Of each kind; what is left empty has no limit of its own, and stands nowhere. */
function perKind(given) {
  const field = fields.group(
    Object.fromEntries(Object.entries(KINDS).filter(([kind]) => !TO_THE_OWNER.includes(kind)).map(([kind, name]) => [kind, fields.number(name, given[kind], { min: 0 })])),
    { legend: "Of a kind", hint: "Empty: no limit of its own.", kept: given, kind: "pairs" },
  );
  return { ...field, value: () => Object.fromEntries(Object.entries(field.value()).filter(([, most]) => most !== null)) };
}

function service(given) {
  return fields.group(
    {
      name: fields.text("Name", given.name),
      about: fields.prose("How you go about it", given.about, { hint: "It stands in the proposal; by its words, too, the twin finds the service that somebody needs." }),
      daysFrom: fields.number("Working days, at least", given.daysFrom, { min: 1 }),
      daysTo: fields.number("Working days, at most", given.daysTo, { min: 1 }),
      priceFrom: fields.number("Price of all of it, at least", given.priceFrom, { min: 0 }),
      priceTo: fields.number("Price of all of it, at most", given.priceTo, { min: 0 }),
      includes: fields.lines("What belongs to it", given.includes, { hint: "One on a line." }),
    },
    { kept: given, kind: "pairs" },
  );
}

function rule({ kind, relationship, level, then }) {
  return fields.group(
    {
      kind: fields.anyOf("What", kind, "Everything", KINDS),
      relationship: fields.anyOf("To", relationship, "Everybody", RELATIONSHIPS),
      level: fields.anyOf("Known at least so far", level, "However little is known", LEVELS, Number),
      then: fields.choice("Then", then, THEN),
    },
    { kind: "pairs" },
  );
}
