// How things go: the metrics of a period beside those of the period before, and what is behind each.

import { get } from "./api.js";
import { countedOf, open } from "./behind.js";
import { empty, h } from "./dom.js";
import { between, figure } from "./format.js";
import { CHARTS } from "./overview.js";
import { dates, days, month, monthNamed, monthsBack, period } from "./period.js";
import { steady } from "./steady.js";

const PERIODS = [[7, "7 days"], [28, "4 weeks"], [90, "3 months"], [365, "A year"]];
export const read = () => get(`/api/analytics/report?${period}`);

const charts = h("div", { class: "charts" });

export function show(place, report) {
  const nothing = report.tiles.every(({ now, before }) => now.n === 0 && before.n === 0);
  const [first, ...rest] = Map.groupBy(report.tiles, ({ group }) => group);
  const group = ([name, tiles]) => [name, tiles, () => part(name, h("ul", { class: "tiles" }, tiles.map(tile)))];
  const { from, to, beforeFrom, beforeTo } = report;
  const above = ["head", [from, to, beforeFrom, beforeTo], () => h("div", {}, head(report))];
  if (nothing) return steady(place, [above, ["nothing", null, uncounted]]);
  const isWhole = steady(charts, Object.entries(CHARTS).map(([name, [of, chart]]) => [name, of(report), () => chart(report)]));
  return steady(place, [above, group(first), ["charts", null, () => part("Over time and by channel", charts)], ...rest.map(group)]) && isWhole;
}

const uncounted = () =>
  empty(
    "Nothing to count yet",
    "Each conversation counts as soon as it began. To see what this looks like after a year, fill another directory with made-up data:",
    h("pre", {}, h("code", {}, "cargo run -- demo --data .demo\ncargo run -- --data .demo")),
  );

function head({ from, to, beforeFrom, beforeTo }) {
  const link = ([length, name]) => h("a", { href: `?days=${length}`, "aria-current": !month && length === days && "page" }, name);
  return [
    month && h("h2", { class: "of" }, `Report: ${monthNamed(month)}`),
    h(
      "div",
      { class: "filters" },
      h("nav", { class: "periods", "aria-label": "Period" }, PERIODS.map(link)),
      monthly(),
      h("p", { class: "quiet" }, `${dates(from, to)}, beside ${dates(beforeFrom, beforeTo)}; days of UTC`),
      h("p", { class: "save" }, h("a", { href: `/api/analytics/report?${period}&format=csv`, download: true }, "CSV"), h("button", { type: "button", class: "link", on: { click: () => print() } }, "Print")),
    ),
  ];
}

function part(title, ...content) {
  const id = title.toLowerCase().replaceAll(" ", "-");
  return h("section", { class: "part", "aria-labelledby": id }, h("h2", { id }, title), content);
}

/** The report of a month, to be kept or printed. */
function monthly() {
  const choice = h(
    "select",
    { "aria-label": "Report of a month", "data-free": true },
    h("option", { value: "" }, "A month …"),
    monthsBack().map((one) => h("option", { value: one, selected: one === month }, monthNamed(one))),
  );
  choice.addEventListener("change", () => location.assign(choice.value ? `?month=${choice.value}` : location.pathname));
  return choice;
}

// -- tiles

function tile(one) {
  const { key, title, definition, unit, now, before } = one;
  const value = figure(now.value, unit);
  const sure = between(now, unit);
  return h(
    "li",
    { class: "tile card" },
    h("h3", {}, title),
    h("p", { class: value ? "value" : "value none" }, value ?? "Too few yet"),
    h("p", { class: "quiet" }, compared(one)),
    h("p", { class: "quiet" }, unit !== "count" && countedOf(now), sure && `, ${sure} at 95%`),
    h("p", { class: "definition" }, definition),
    h("button", { id: `behind-${key}`, type: "button", class: "link more", "aria-haspopup": "dialog", "aria-label": `What is behind it: ${title}`, on: { click: () => open(one) } }, "What is behind it"),
  );

  function compared({ changed }) {
    if (now.value == null) return "";
    if (before.value == null) return "Too few before to compare.";
    if (figure(before.value, unit) === value) return "As before.";
    if (before.value === 0 && unit === "count") return "None before.";
    const direction = now.value > before.value ? "Up" : "Down";
    const words = changed === false ? "; may be chance" : changed ? "; hardly chance" : "";
    return [h("span", { class: changed ? "differs" : "" }, direction), ` from ${figure(before.value, unit)}${words}`];
  }
}
