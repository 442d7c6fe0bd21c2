// What is configured is in the page; this tells what went wrong, what today came to beside what it may, and stops all of it.

import { get } from "./api.js";
import { h } from "./dom.js";
import { stop } from "./follow-ups.js";
import { ago, at, money, number } from "./format.js";
import { steady } from "./steady.js";

export const read = async () => {
  const health = get("/api/analytics/health");
  // How it goes is shown also where the settings cannot be read; it says since when everything is stopped, but not why.
  const since = async () => {
    const { stoppedAt } = await health;
    return stoppedAt && { since: stoppedAt };
  };
  const stopped = get("/api/crm/follow-ups/settings").then(({ settings }) => settings.stopped, since);
  const [how, stop] = await Promise.all([health, stopped]);
  return { ...how, stopped: stop };
};

const PARTS = { follow_up: ["Follow-up", "/dashboard/follow-ups"], calendar: ["Calendar", "/dashboard/calendar"] };
const BUDGETS = {
  models: ["Models", money],
  follow_ups: ["Follow-ups without your word", number],
  calls: ["Calls that the twin places", number],
  bookings: ["Meetings asked for", number],
};

export function show(place, { errors, spent, stopped, simulated }) {
  const went = ["errors", errors, () => section("Went wrong", errors.length > 0 ? h("ul", { class: "list card" }, errors.map(fault)) : h("p", { class: "calm" }, "Nothing of late."))];
  const came = ["spent", [spent, simulated], () => section("Today, of what is allowed", h("ul", { class: "list card budgets" }, spent.map((one) => budget(one, simulated))))];
  const all = ["stop", stopped, () => section("Everything at once", h("p", { class: "quiet" }, "A stop holds from the next mail, text or call on, until you go on."), stop(stopped))];
  return steady(place, stopped ? [all, went, came] : [went, came, all]);
}

function section(title, ...content) {
  const id = title.toLowerCase().replaceAll(/[^a-z]+/g, "-");
  return h("section", { class: "part", "aria-labelledby": id }, h("h2", { id }, title), content);
}

function fault({ at: when, part, what, why }) {
  const [name, href] = PARTS[part];
  return h(
    "li",
    {},
    h("div", { class: "what" }, h("a", { href }, name, ": ", h("bdi", {}, what)), h("p", { class: "quiet" }, h("bdi", {}, why))),
    h("div", { class: "aside quiet" }, h("time", { datetime: when, title: at(when) }, ago(when))),
  );
}

function budget({ of, taken, most }, { model }) {
  const [name, written] = BUDGETS[of];
  const isPlayed = of === "models" && model;
  const told = isPlayed
    ? `${written(taken)} by list prices; simulated, so nothing is paid`
    : most == null ? "No model is asked for answers: the twin quotes your material, which costs nothing." : `${written(taken)} of ${written(most)}`;
  const meter = most != null && !isPlayed && h("meter", { min: 0, max: most, high: most * 0.8, value: taken, "aria-label": `${name} today` });
  return h("li", {}, h("div", { class: "what" }, h("strong", {}, name)), meter, h("span", { class: "quiet" }, told));
}
