// The page that a guest's link leads to: what was booked, and how it is moved or cancelled.

import { Picker, ask, spoken, zoneHere } from "./times.js";

const find = (selector) => document.querySelector(selector);
const path = `/api/calendar/links/${location.pathname.split("/").pop()}`;
const zone = zoneHere();
const problem = find("#problem");
const moving = find("#moving");
const dialog = find("#sure");
let booking;

const picker = new Picker(find("#list"), find("#more"), (chosen) => {
  find("#chosen").textContent = spoken(chosen.start, chosen.end, zone);
  find("#move").hidden = false;
});

function show(found, told = "") {
  booking = found;
  const cancelled = found.state === "cancelled";
  find("#title").textContent = found.meeting.title;
  const when = document.createElement(cancelled ? "s" : "span");
  when.textContent = spoken(found.start, found.end, zone);
  find("#when").replaceChildren(when, ` (${zone.replaceAll("_", " ")})`);
  find("#place").textContent = found.place ?? "";
  find("#topic").textContent = found.topic ? `About: ${found.topic}` : "";
  find("#file").href = `${path}/invitation.ics`;
  find("#ways").hidden = !found.open;
  find("#state").textContent = told || (cancelled ? "This meeting was cancelled." : found.open ? "" : "This meeting is over.");
  moving.hidden = true;
  find("#script").hidden = false;
}

async function doing(act) {
  problem.textContent = "";
  try {
    await act();
  } catch (error) {
    problem.textContent = error.message;
  }
}

async function times() {
  const to = new Date(Date.now() + 61 * 24 * 3600 * 1000).toISOString();
  const found = await ask(`/api/calendar/slots?${new URLSearchParams({ meeting: booking.meeting.id, to })}`);
  picker.show(found.slots, zone);
  find("#move").hidden = true;
  moving.hidden = false;
  find("#moving h2").focus();
}

find("#other").addEventListener("click", () => doing(times));
find("#move").addEventListener("click", () =>
  doing(async () => show(await ask(`${path}/move`, { start: picker.chosen.start }), "It was moved.")),
);
find("#cancel").addEventListener("click", () => dialog.showModal());
dialog.addEventListener("close", () => {
  if (dialog.returnValue !== "yes") return;
  doing(async () => show(await ask(`${path}/cancel`, {}), "It was cancelled."));
});

ask(path).then(show, (error) => {
  find("#gone").hidden = error.status !== 404;
  if (error.status !== 404) problem.textContent = error.message;
});
