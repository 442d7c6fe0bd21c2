// The page on which anybody books a time.

import { newId } from "./ask.js";
import { Picker, ask, spoken, zoneHere, zones } from "./times.js";

const find = (selector) => document.querySelector(selector);
const form = find("#book");
const kinds = find("#kinds");
const zone = find("#zone");
const said = find("#said");
const state = find("#state");
const details = find("#details");
const problem = find("#problem");
const send = form.querySelector("[type=submit]");

let key = newId();
let meeting;
let words = "";
let loading = 0;

const picker = new Picker(find("#list"), find("#more"), (chosen) => {
  find("#chosen").textContent = spoken(chosen.start, chosen.end, zone.value);
  details.hidden = false;
  problem.textContent = "";
  // Whoever points sees how it goes on; whoever uses keys stays where the focus is.
  if (!form.querySelector("input:focus-visible")) details.scrollIntoView({ block: "start" });
});

function tell(text) {
  state.textContent = text;
}

function kindOf(kind) {
  const label = document.createElement("label");
  const input = Object.assign(document.createElement("input"), { type: "radio", name: "kind", value: kind.id });
  input.checked = kind.id === meeting;
  const shown = document.createElement("span");
  shown.textContent = `${kind.title}, ${kind.minutes} minutes`;
  label.append(input, shown);
  return label;
}

const AHEAD_MS = 61 * 24 * 3600 * 1000;

const slots = (asked) => ask(`/api/calendar/slots?${new URLSearchParams({ timeZone: zone.value, ...(meeting && { meeting }), ...asked })}`);
const everything = () => slots({ to: new Date(Date.now() + AHEAD_MS).toISOString() });

/** What is free, as the visitor said it. Where nothing is, or it was not understood: that, and all that is free. */
async function offered() {
  if (!words) return [await everything(), ""];
  try {
    const found = await slots({ said: words });
    return found.open && found.slots.length === 0 ? [await everything(), "Nothing is free then. These times are:"] : [found, ""];
  } catch (error) {
    if (error.status !== 422) throw error;
    return [await everything(), "This was not understood. Try: Tuesday after three. These times are free:"];
  }
}

async function load() {
  const turn = ++loading;
  tell("Looking for free times …");
  details.hidden = true;
  picker.show([], zone.value);
  words = said.value.trim();
  try {
    const [found, otherwise] = await offered();
    if (turn !== loading) return;
    if (!found.open) {
      find("#closed").hidden = false;
      find("#lead").hidden = true;
      form.hidden = true;
      return;
    }
    meeting = found.meeting.id;
    kinds.replaceChildren(...found.meetings.map(kindOf));
    find("#kind").hidden = found.meetings.length < 2;
    find("#called").hidden = !found.meeting.asksPhone;
    find("#phone").required = Boolean(found.meeting.asksPhone);
    picker.show(found.slots, zone.value);
    const count = found.slots.length;
    tell(count === 0 ? "Nothing is free at present." : otherwise || `${count} free ${count === 1 ? "time" : "times"}`);
  } catch (error) {
    if (turn !== loading) return;
    tell(error.message);
  }
}

async function book() {
  const { start } = picker.chosen;
  const given = new FormData(form);
  const topic = given.get("topic").trim();
  const made = await ask("/api/calendar/bookings", {
    key,
    meeting,
    start,
    name: given.get("name"),
    email: given.get("email"),
    timeZone: zone.value,
    ...(!find("#called").hidden && { phone: given.get("phone") }),
    ...(topic && { topic }),
  });
  const { booking } = made;
  find("#when").textContent = `${spoken(booking.start, booking.end, zone.value)} (${zone.value.replaceAll("_", " ")})`;
  find("#what").textContent = [booking.meeting.title, booking.place].filter(Boolean).join(". ");
  find("#file").href = new URL(made.invitation).pathname;
  find("#manage").href = new URL(made.link).pathname;
  form.hidden = true;
  find("#lead").hidden = true;
  find("#done").hidden = false;
  find("#done h2").focus();
}

zones(zone, zoneHere());
zone.addEventListener("change", load);
kinds.addEventListener("change", (event) => {
  meeting = event.target.value;
  load();
});
// Whoever leaves the field after Enter has asked for these words already.
said.addEventListener("change", () => {
  if (said.value.trim() !== words) load();
});
said.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  load();
});
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (!picker.chosen) return;
  send.disabled = true;
  problem.textContent = "";
  try {
    await book();
  } catch (error) {
    if (error.status === 409) {
      key = newId();
      await load();
      tell(error.message);
    } else {
      problem.textContent = error.message;
    }
  } finally {
    send.disabled = false;
  }
});

for (const id of ["#lead", "#script"]) find(id).hidden = false;
load();
