// Who comes when, and when the owner may be met.

import { near } from "./act.js";
import { get, send, words } from "./api.js";
import { announce, h, put } from "./dom.js";
import * as fields from "./fields.js";
import { ago, at, number, there } from "./format.js";
import { form } from "./saved.js";
import { steady } from "./steady.js";
import { looked } from "./watch.js";

const SETTINGS = "/api/calendar/settings";
const OUTSIDE = "/api/calendar/outside";
const STEPS = { 15: "each quarter of an hour", 30: "each half hour", 60: "each hour" };

export async function read() {
  const [saved, { bookings }, outside] = await Promise.all([get(SETTINGS), get("/api/calendar/bookings"), get(OUTSIDE)]);
  return { saved, bookings, outside };
}

let parts;

export function show(place, { saved, bookings, outside }) {
  parts ??= made(place, saved);
  const { list, sure, editor, elsewhere } = parts;
  const all = [editor.follow(saved), elsewhere(outside), !sure.element.open && coming(list, bookings, saved.settings.timeZone, sure)];
  return all.every(Boolean);
}

function made(place, saved) {
  const list = h("div", {});
  const sure = dialog();
  const editor = form({ name: "When you may be met", path: SETTINGS, key: "settings", saved, make: settings, seen: () => parts && looked() });
  const outside = elsewhere();
  put(
    place,
    part("Coming", list, sure.element),
    part(
      "When you may be met",
      h("p", { class: "quiet" }, "What is offered at ", h("a", { href: "/book" }, "your booking page"), " and in conversations. Meetings that are booked stay as they are."),
      editor.element,
    ),
    part("Calendars that you keep elsewhere", outside.element),
    part("In your own calendar", feed()),
  );
  return { list, sure, editor, elsewhere: outside.show };
}

function part(title, ...content) {
  const id = title.toLowerCase().replaceAll(" ", "-");
  return h("section", { class: "part", "aria-labelledby": id }, h("h2", { id }, title), content);
}

function coming(list, bookings, zone, sure) {
  const nobody = () => h("p", { class: "calm" }, "Nobody yet. Whoever books is here, and you get an invitation by mail.");
  if (bookings.length === 0) return steady(list, [["nobody", null, nobody]]);
  return steady(list, [
    ["bookings", [bookings, zone], () => h("ul", { class: "list card" }, bookings.map((one) => booking(one, zone, sure)))],
    ["zone", zone, () => h("p", { class: "quiet" }, `Times of ${zone.replaceAll("_", " ")}.`)],
  ]);
}

function booking(one, zone, sure) {
  const day = new Intl.DateTimeFormat(undefined, { timeZone: zone, weekday: "short", day: "numeric", month: "short" });
  const clock = new Intl.DateTimeFormat(undefined, { timeZone: zone, hour: "2-digit", minute: "2-digit" });
  const [start, end] = [new Date(one.start), new Date(one.end)];
  const when = `${day.format(start)}, ${clock.formatRange(start, end)}`;
  const name = one.guest.name ?? one.guest.email ?? "Somebody";
  const isHeld = one.standing.state === "held";
  const theirs = there(one.start, one.guest.timeZone, zone);
  const told = [one.topic, one.meeting.place, one.guest.phone, one.guest.name && one.guest.email].filter(Boolean);
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
      theirs && h("p", { class: "quiet theirs" }, `For them it is ${theirs}.`),
    ),
    h("div", { class: "aside" }, isHeld && h("span", { class: "badge waiting" }, "held"), answered(one.answer?.says, (at) => `${day.format(at)}, ${clock.format(at)}`), !isHeld && button),
  );
}

/** Whether the guest comes, as their calendar answered to the invitation. */
function answered(says, moment) {
  if (!says) return null;
  const words = { accepted: "accepted", declined: "will not come", tentative: "may come" };
  const text = words[says.kind] ?? `would rather meet on ${moment(new Date(says.start))}`;
  return h("span", { class: says.kind === "accepted" ? "badge" : "badge waiting" }, text);
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
  element.addEventListener("close", () => (from.isConnected ? from.focus() : near(document.querySelector("#main section"))));
  yes.addEventListener("click", async () => {
    yes.disabled = true;
    try {
      await send("POST", `/api/calendar/people/${asked.person}/bookings/${asked.id}/cancel`);
      from.closest("li")?.remove();
      element.close();
      announce("The meeting is cancelled");
      await looked();
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

/** Calendars that are read: what is busy in them cannot be booked here. */
function elsewhere() {
  const list = h("ul", { class: "list card" });
  const connections = h("div", {});
  const show = ({ calendars, connectable }) => {
    list.hidden = calendars.length === 0;
    const all = [
      steady(connections, [connectable.length > 0 && ["connectable", connectable, connecting]]),
      steady(list, calendars.map((one) => [one.id, one, outside])),
    ];
    return all.every(Boolean);
  };
  return { element: h("div", { class: "elsewhere" }, cameBack(), list, connections, adding()), show };
}

const PROVIDERS = { google: "Google Calendar", microsoft: "Microsoft 365" };

/** How it went at the provider, from which the browser was sent back. */
function cameBack() {
  const went = new URLSearchParams(location.search).get("connected");
  if (went === null) return null;
  history.replaceState(null, "", location.pathname);
  if (went === "yes") {
    announce("The calendar is connected");
    return h("p", { class: "calm" }, "The calendar is connected. What is busy there cannot be booked here, and meetings are written into it.");
  }
  return h("p", { class: "problem", role: "alert" }, "The calendar was not connected: it was not allowed there, not all of it, or it took too long. Try again, and leave every box ticked.");
}

function connecting(connectable) {
  const problem = h("p", { class: "problem", role: "alert" });
  const buttons = connectable.map((provider) => {
    const button = h("button", { type: "button", class: "button small" }, `Connect ${PROVIDERS[provider]}`);
    button.addEventListener("click", async () => {
      button.disabled = true;
      try {
        const { url } = await send("POST", `${OUTSIDE}/connections`, { provider });
        location.assign(url);
      } catch (error) {
        problem.textContent = words(error);
        button.disabled = false;
      }
    });
    return button;
  });
  return h("div", { class: "card" }, h("p", {}, "Your main calendar there is read, or those that you choose then, and meetings are written into the main one. Guests are invited from here, not from there."), h("p", { class: "actions" }, buttons), problem);
}

const HEALTH = { good: "read", failing: "cannot be read", closed: "nobody can book" };

function outside(one) {
  const problem = h("p", { class: "problem", role: "alert" });
  const asked = (text, label, done, ask) => {
    const button = h("button", { type: "button", class: "link", "aria-label": label }, text);
    button.addEventListener("click", async () => {
      button.disabled = true;
      try {
        await ask();
        await looked();
        announce(done);
      } catch (error) {
        problem.textContent = words(error);
        button.disabled = false;
      }
    });
    return button;
  };
  const path = `${OUTSIDE}/${one.id}`;
  const again = asked("Read now", `Read now: ${one.name}`, "It was tried", () => send("POST", `${path}/read`));
  const away = asked("Take away", `Take away: ${one.name}`, "It is not read any more", () => send("DELETE", path));
  const choice = one.kind !== "ics" && choosing(one);
  const seen = h("time", { datetime: one.readAt, title: at(one.readAt) }, ago(one.readAt));
  const busy = `${number(one.busy)} busy ${one.busy === 1 ? "span" : "spans"} in the next half year`;
  const wrong = one.problem && h("p", { class: "problem" }, `${one.problem[0].toUpperCase()}${one.problem.slice(1)}.`);
  const meanwhile = {
    failing: () => ["What was read last stands for it until ", h("time", { datetime: one.standsUntil }, at(one.standsUntil)), "; after that nobody can book until it is read again, or you take it away."],
    closed: () => [`Nobody can book until it is ${one.isOver ? "connected" : "read"} again, or you take it away.`],
  }[one.health];
  return h(
    "li",
    { class: "outside" },
    h(
      "div",
      { class: "what" },
      h("strong", {}, h("bdi", {}, one.name)),
      " ",
      h("span", { class: `badge ${one.health === "good" ? "" : "waiting"}` }, HEALTH[one.health]),
      h("p", { class: "quiet" }, h("bdi", {}, PROVIDERS[one.kind] ?? one.at), " · ", busy, " · last read ", seen, one.unread > 0 && ` · ${number(one.unread)} not understood whole`),
      wrong,
      meanwhile && h("p", { class: "quiet" }, meanwhile()),
      one.chosen && h("p", { class: "quiet" }, "What is busy in these counts: ", one.chosen.flatMap(({ name }, at) => [at > 0 && ", ", h("bdi", {}, name)]), "."),
      problem,
      choice && choice.place,
    ),
    h("div", { class: "aside" }, !one.isOver && choice && [choice.button, " "], !one.isOver && again, " ", away),
  );
}

/** Which of an account's calendars count: they are asked for when somebody wants to know. */
function choosing(one) {
  const place = h("div", {});
  const path = `${OUTSIDE}/${one.id}/calendars`;
  const button = h("button", { type: "button", class: "link", "aria-label": `Choose calendars: ${one.name}`, "aria-expanded": "false" }, "Choose calendars");
  const problem = h("p", { class: "problem", role: "alert" });
  const close = () => {
    put(place);
    button.setAttribute("aria-expanded", "false");
  };
  button.addEventListener("click", async () => {
    if (button.getAttribute("aria-expanded") === "true") return close();
    button.disabled = true;
    problem.textContent = "";
    try {
      const { calendars } = await get(path);
      const boxes = calendars.map(({ id, name, counts }) => [h("input", { type: "checkbox", id: `${one.id}-${id}`, value: id, checked: counts }), name]);
      const submit = async (event) => {
        event.preventDefault();
        problem.textContent = "";
        try {
          await send("PUT", path, { calendars: boxes.filter(([box]) => box.checked).map(([box]) => box.value) });
          close();
          await looked();
          announce("These calendars count from now on");
        } catch (error) {
          problem.textContent = words(error);
        }
      };
      const rows = boxes.map(([box, name]) => h("div", { class: "field check" }, box, h("label", { for: box.id }, h("bdi", {}, name))));
      put(place, h("form", { "aria-label": `Calendars of ${one.name}`, novalidate: true, on: { submit } }, h("p", { class: "quiet" }, "What is busy in these cannot be booked here:"), rows, problem, h("button", { class: "button small" }, "Save")));
      button.setAttribute("aria-expanded", "true");
      boxes[0]?.[0].focus();
    } catch (error) {
      problem.textContent = words(error);
      put(place, problem);
    }
    button.disabled = false;
  });
  return { button, place };
}

function adding() {
  const url = h("input", { id: "outside-url", type: "url", inputmode: "url", autocomplete: "off", spellcheck: false, maxlength: 2048, required: true, placeholder: "https:// or webcal://" });
  const name = h("input", { id: "outside-name", type: "text", autocomplete: "off", maxlength: 80 });
  const button = h("button", { class: "button small" }, "Read this calendar");
  const problem = h("p", { class: "problem", role: "alert" });
  const submit = async (event) => {
    event.preventDefault();
    button.disabled = true;
    problem.textContent = "";
    try {
      await send("POST", OUTSIDE, { url: url.value.trim(), ...(name.value.trim() && { name: name.value.trim() }) });
      event.target.reset();
      await looked();
      announce("It is read from now on");
    } catch (error) {
      problem.textContent = words(error);
      url.focus();
    }
    button.disabled = false;
  };
  return h(
    "form",
    { class: "card", "aria-label": "Read a calendar", novalidate: true, on: { submit } },
    h("p", {}, "The private address of a calendar (iCal, ICS), as Google’s, Apple’s, Outlook’s or a CalDAV server’s settings show it. What is busy there cannot be booked here. It is read every ten minutes, and again before a booking. Your own meetings in it are not counted twice."),
    h("div", { class: "field" }, h("label", { for: url.id }, "Address of the calendar"), url),
    h("div", { class: "field" }, h("label", { for: name.id }, "Name, if you like"), name),
    problem,
    button,
  );
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
      asksPhone: fields.check("Ask on which number they are called", given.asksPhone),
      id: fields.text("Name in addresses", given.id, { hint: "Lower-case letters, digits and hyphens." }),
    },
    { kept: given, kind: "meeting" },
  );
}
