// Who comes when, and when the owner may be met.

import { get, live, send, words } from "./api.js";
import { announce, h, put } from "./dom.js";
import * as fields from "./fields.js";
import { form } from "./saved.js";

const SETTINGS = "/api/calendar/settings";
const STEPS = { 15: "each quarter of an hour", 30: "each half hour", 60: "each hour" };

export const read = () => get(SETTINGS);

export async function show(place, saved) {
  let zone = saved.settings.timeZone;
  const list = h("div", {});
  const problem = h("p", { class: "problem", role: "alert" });
  const sure = dialog();
  put(
    place,
    part("Coming", problem, list, sure.element),
    part(
      "When you may be met",
      h("p", { class: "quiet" }, "What is offered at ", h("a", { href: "/book" }, "your booking page"), " and in conversations. Meetings that are booked stay as they are."),
      form({ name: "When you may be met", path: SETTINGS, key: "settings", saved, make: settings, seen: (now) => (zone = now.settings.timeZone) }).element,
    ),
    part("In your own calendar", feed()),
  );
  await live(
    () => get("/api/calendar/bookings"),
    ({ bookings }) => {
      if (sure.element.open) return false;
      coming(list, bookings, zone, sure);
    },
    (text) => (problem.textContent = text ?? ""),
  );
}

function part(title, ...content) {
  const id = title.toLowerCase().replaceAll(" ", "-");
  return h("section", { class: "part", "aria-labelledby": id }, h("h2", { id }, title), content);
}

function coming(list, bookings, zone, sure) {
  if (bookings.length === 0) {
    put(list, h("p", { class: "calm" }, "Nobody yet. Whoever books is here, and you get an invitation by mail."));
    return;
  }
  put(list, h("ul", { class: "list card" }, bookings.map((one) => booking(one, zone, sure))), h("p", { class: "quiet" }, `Times of ${zone.replaceAll("_", " ")}.`));
}

function booking(one, zone, sure) {
  const day = new Intl.DateTimeFormat(undefined, { timeZone: zone, weekday: "short", day: "numeric", month: "short" });
  const clock = new Intl.DateTimeFormat(undefined, { timeZone: zone, hour: "2-digit", minute: "2-digit" });
  const [start, end] = [new Date(one.start), new Date(one.end)];
  const when = `${day.format(start)}, ${clock.formatRange(start, end)}`;
  const name = one.guest.name ?? one.guest.email ?? "Somebody";
  const isHeld = one.standing.state === "held";
  const told = [one.topic, one.meeting.place, one.guest.name && one.guest.email].filter(Boolean);
  const button = h("button", { type: "button", class: "link", "aria-label": `Cancel ${one.meeting.title} with ${name}, ${when}` }, "Cancel");
  button.addEventListener("click", () => sure.ask(one, `${one.meeting.title} with ${name}, ${when}`, button));
  return h(
    "li",
    { class: "booking" },
    h("time", { class: "when", datetime: one.start }, when),
    h(
      "div",
      { class: "what" },
      h("a", { href: `/people/${one.person}` }, h("bdi", {}, name)),
      h("p", { class: "quiet" }, h("span", {}, one.meeting.title), told.flatMap((text) => [" · ", h("bdi", {}, text)])),
    ),
    h("div", { class: "aside" }, isHeld && h("span", { class: "badge waiting" }, "held"), !isHeld && button),
  );
}

/** Asks whether a meeting is really to be cancelled, and does it. */
function dialog() {
  const what = h("p", {});
  const problem = h("p", { class: "problem", role: "alert" });
  const yes = h("button", { type: "button", class: "button" }, "Cancel the meeting");
  const no = h("button", { type: "button", class: "button plainly" }, "Keep it");
  const element = h("dialog", { class: "card", "aria-labelledby": "sure" }, h("h2", { id: "sure" }, "Cancel this meeting?"), what, problem, h("p", { class: "actions" }, yes, no));
  let asked, from;
  no.addEventListener("click", () => element.close());
  element.addEventListener("close", () => (from.isConnected ? from : document.querySelector("#main h2")).focus());
  yes.addEventListener("click", async () => {
    yes.disabled = true;
    try {
      await send("POST", `/api/calendar/people/${asked.person}/bookings/${asked.id}/cancel`);
      from.closest("li").remove();
      element.close();
      announce("The meeting is cancelled");
    } catch (error) {
      problem.textContent = words(error);
    }
    yes.disabled = false;
  });
  return {
    element,
    ask(one, text, button) {
      [asked, from] = [one, button];
      problem.textContent = "";
      put(what, h("bdi", {}, text), ". The guest is told.");
      element.showModal();
      no.focus();
    },
  };
}

function feed() {
  const shown = h("div", {});
  const problem = h("p", { class: "problem", role: "alert" });
  const button = h("button", { type: "button", class: "button small plainly" }, "Make a new address");
  button.addEventListener("click", async () => {
    button.disabled = true;
    problem.textContent = "";
    try {
      const { url } = await send("POST", "/api/calendar/feed");
      address(shown, url);
    } catch (error) {
      problem.textContent = words(error);
    }
    button.disabled = false;
  });
  return h(
    "div",
    { class: "card" },
    h("p", {}, "A private address that a calendar, such as Google’s, Apple’s or Outlook’s, subscribes to: whoever knows it sees who comes when. It is shown once. A new one ends the one before."),
    shown,
    problem,
    button,
  );
}

function address(place, url) {
  const input = h("input", { id: "feed", type: "text", readonly: true, value: url });
  const copy = h("button", { type: "button", class: "button small" }, "Copy");
  copy.addEventListener("click", async () => {
    input.select();
    await navigator.clipboard?.writeText(url).then(() => announce("Copied"), () => announce("It is selected: copy it"));
  });
  put(place, h("div", { class: "field" }, h("label", { for: "feed" }, "Address of the feed"), h("div", { class: "copied" }, input, copy)));
  input.focus();
  input.select();
}

function settings(given) {
  return fields.group(
    {
      timeZone: fields.zone(given.timeZone, "Of the hours, the holidays and the days."),
      hours: fields.hours("Working hours", given.hours, "Without any, nobody can book."),
      holidays: fields.holidays(given.holidays, "Nobody can book on these days."),
      meetings: fields.rows("Kinds of meetings", given.meetings, meeting, {
        add: "Add a kind",
        one: "Kind",
        blank: () => ({ id: "", title: "", minutes: 30 }),
      }),
      bufferMinutes: fields.number("Free behind each meeting (minutes)", given.bufferMinutes, { step: 15, min: 0 }),
      noticeMinutes: fields.number("Shortest notice (minutes)", given.noticeMinutes, { min: 0, hint: "240: nobody books a time that is less than four hours away." }),
      daysAhead: fields.number("Days ahead", given.daysAhead, { min: 1 }),
      dailyCap: fields.number("Most meetings on one day", given.dailyCap, { min: 1 }),
      stepMinutes: step(given.stepMinutes),
    },
    { kept: given, kind: "settings" },
  );
}

function step(given) {
  const field = fields.choice("Times are offered", given, STEPS);
  const { value } = field;
  return { ...field, value: () => Number(value()) };
}

function meeting(given) {
  return fields.group(
    {
      title: fields.text("Title", given.title),
      minutes: fields.number("Minutes", given.minutes, { step: 15, min: 15 }),
      place: fields.maybe("Where", given.place, { hint: "For the guest: “I call you”, the link of a video room." }),
      id: fields.text("Name in addresses", given.id, { hint: "Lower-case letters, digits and hyphens." }),
    },
    { kept: given, kind: "meeting" },
  );
}
