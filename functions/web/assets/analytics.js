// How things go: the metrics of a period beside those of the period before, and what is behind each.

import { acting } from "./act.js";
import { get, words } from "./api.js";
import { bars, clock, figure as chart, heat, legend, stacked } from "./charts.js";
import { announce, empty, find, h, put } from "./dom.js";
import { CHANNELS, RELATIONSHIPS, amount, day, figure, money, number, share } from "./format.js";
import { saved } from "./parts.js";
import { conversations } from "./today.js";

const PERIODS = [[7, "7 days"], [28, "4 weeks"], [90, "3 months"], [365, "A year"]];
const SERIES = ["phone", "voice", "chat"].map((key) => ({ key, name: CHANNELS[key] }));
const HOURS = 168;
const DAY_MS = 86_400_000;

const MONTHS = 24;

const query = new URLSearchParams(location.search);
const asked = Number(query.get("days"));
const days = Number.isInteger(asked) && asked >= 1 && asked <= 731 ? asked : 28;
const month = monthsBack().find((one) => one === query.get("month"));
// As a part of a request, and of the name of a file.
const period = month ? `from=${month}-01&to=${lastOf(month)}` : `days=${days}`;
const named = month ?? `${days}d`;

/** The months of UTC that a report can be of, this one first. */
function monthsBack() {
  const now = new Date();
  return Array.from({ length: MONTHS }, (_, back) => new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - back, 1)).toISOString().slice(0, 7));
}

/** The last day of a month, or today. */
function lastOf(month) {
  const [year, number] = month.split("-").map(Number);
  const [last, today] = [new Date(Date.UTC(year, number, 0)), new Date()];
  return (last < today ? last : today).toISOString().slice(0, 10);
}

export const read = () => get(`/api/analytics/report?${period}`);

export function show(place, report) {
  const nothing = report.tiles.every(({ now, before }) => now.n === 0 && before.n === 0);
  const groups = Map.groupBy(report.tiles, ({ group }) => group);
  const [first, ...rest] = [...groups].map(([group, tiles]) => part(group, h("ul", { class: "tiles" }, tiles.map(tile))));
  put(place, 
    head(report),
    nothing
      ? empty(
        "Nothing to count yet",
        "Each conversation counts as soon as it began. To see what this looks like after a year, fill another directory with made-up data:",
        h("pre", {}, h("code", {}, "cargo run -- demo --data .demo\ncargo run -- --data .demo")),
      )
      : [first, part("Over time and by channel", h("div", { class: "charts" }, trend(report), funnel(report), mix(report), hours(report), cost(report), returns(report))), ...rest],
  );
}

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

const monthNamed = (month) => day(`${month}-01`, { month: "long", year: "numeric" });

/** The report of a month, to be kept or printed. */
function monthly() {
  const choice = h(
    "select",
    { "aria-label": "Report of a month" },
    h("option", { value: "" }, "A month …"),
    monthsBack().map((one) => h("option", { value: one, selected: one === month }, monthNamed(one))),
  );
  choice.addEventListener("change", () => location.assign(choice.value ? `?month=${choice.value}` : location.pathname));
  return choice;
}

const range = new Intl.DateTimeFormat(undefined, { timeZone: "UTC", dateStyle: "medium" });
const dates = (from, to) => range.formatRange(new Date(from), new Date(to));

// -- tiles

function tile(one) {
  const { title, definition, unit, now, before } = one;
  const value = figure(now.value, unit);
  return h(
    "li",
    { class: "tile card" },
    h("h3", {}, title),
    h("p", { class: value ? "value" : "value none" }, value ?? "Too few yet"),
    h("p", { class: "quiet" }, compared(one)),
    h("p", { class: "quiet" }, unit === "count" ? "" : `n = ${number(now.n)}`, now.low != null && `, 95 % between ${share(now.low)} and ${share(now.high)}`),
    h("p", { class: "definition" }, definition),
    h("button", { type: "button", class: "link more", "aria-haspopup": "dialog", "aria-label": `What is behind it: ${title}`, on: { click: () => open(one) } }, "What is behind it"),
  );

  function compared({ changed }) {
    if (now.value == null) return "";
    if (before.value == null) return "Too few before to compare.";
    if (now.value === before.value) return `The same as before.`;
    const direction = now.value > before.value ? "Up" : "Down";
    const words = changed === false ? "; may be chance" : changed ? "; hardly chance" : "";
    return [h("span", { class: changed ? "differs" : "" }, direction), ` from ${figure(before.value, unit)}${words}`];
  }
}

function open({ title, definition, unit, mark, byChannel = {}, byRelationship = {} }) {
  const slices = [[CHANNELS, byChannel], [RELATIONSHIPS, byRelationship]].flatMap(([names, slices]) =>
    Object.entries(slices).filter(([, { n }]) => n > 0).map(([key, slice]) => row(names[key], slice)),
  );
  function row(name, slice) {
    const interval = slice.low != null && ` (${share(slice.low)} to ${share(slice.high)})`;
    return h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, figure(slice.value, unit) ?? "too few", interval), h("td", {}, number(slice.n)));
  }
  const table = h(
    "table",
    {},
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Of"), h("th", { scope: "col" }, "Value"), h("th", { scope: "col" }, "n"))),
    h("tbody", {}, slices),
  );
  const list = h("div", { class: "behind" });
  const close = h("button", { type: "button", class: "button small plainly" }, "Close");
  const dialog = h(
    "dialog",
    { class: "card", "aria-labelledby": "metric" },
    h("header", {}, h("h2", { id: "metric" }, title), close),
    h("p", {}, definition),
    slices.length > 0 && table,
    mark && list,
  );
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  find("main").append(dialog);
  dialog.showModal();
  if (mark) fill(list, mark);
}

async function fill(list, mark) {
  const path = `/api/analytics/interactions?${period}&mark=${mark}`;
  const heading = h("h3", {}, "The conversations behind it");
  const rows = conversations([]);
  const next = h("p", { class: "save" });
  put(list, heading, rows, next);
  const page = async (cursor) => {
    try {
      const found = await get(cursor ? `${path}&cursor=${encodeURIComponent(cursor)}` : path);
      rows.append(...conversations(found.interactions).children);
      rows.hidden = rows.children.length === 0;
      const more = found.next && h("button", { type: "button", class: "button small plainly", on: { click: () => page(found.next) } }, "Show more");
      const none = rows.hidden && !found.next && h("span", { class: "quiet" }, "None in this time.");
      put(next, none, more, acting("CSV", () => saved(`${path}&format=csv`, "conversations.csv"), { kind: "link" }));
    } catch (error) {
      next.textContent = words(error);
      announce(words(error));
    }
  };
  await page();
}

// -- charts

function trend({ trend: buckets }) {
  const columns = buckets.map(({ span, conversations: held, qualified }) => {
    const parts = SERIES.map(({ key }) => held[key]);
    const told = SERIES.map(({ key, name }) => `${name} ${held[key]}`).join(", ");
    return { label: day(span), title: `${day(span)}: ${told}; ${qualified} qualified`, parts };
  });
  const all = columns.reduce((sum, { parts }) => sum + parts.reduce((one, other) => one + other, 0), 0);
  const drawn = stacked(columns, SERIES, { label: `${all} conversations over time, by channel`, write: number });
  const box = chart("Conversations", "By channel; spam left out.", drawn, `conversations-${named}`);
  box.classList.add("wide");
  box.querySelector("figcaption").append(legend(SERIES));
  return box;
}

function funnel({ funnel: steps, funnelByChannel }) {
  const rows = (steps) =>
    steps.map(({ title, count, ofPrevious }, place) => {
      const part = place > 0 && (ofPrevious.value == null ? " · too few to tell" : ` · ${share(ofPrevious.value)} of the step before`);
      return { key: "step", name: title, value: count, told: number(count) + (part || "") };
    });
  const told = (steps) => steps.map(({ title, count }) => `${title} ${count}`).join(", ");
  const box = chart("Funnel", "Each step on the day that it happened.", bars(rows(steps), { label: told(steps) }), `funnel-${named}`);
  const choice = h(
    "select",
    { "aria-label": "Channel of the funnel" },
    h("option", { value: "" }, "All channels"),
    SERIES.map(({ key, name }) => h("option", { value: key }, name)),
  );
  choice.addEventListener("change", () => {
    const chosen = choice.value ? funnelByChannel[choice.value] : steps;
    const plot = find(".plot", box);
    plot.replaceChildren(bars(rows(chosen), { label: told(chosen) })(plot.clientWidth));
  });
  box.querySelector("figcaption").append(choice);
  return box;
}

function mix({ tiles }) {
  const { byChannel, now } = tiles.find(({ key }) => key === "conversations");
  const rows = SERIES.map(({ key, name }) => {
    const value = byChannel[key]?.value ?? 0;
    return { key, name, value, told: now.value > 0 ? `${number(value)} · ${share(value / now.value)}` : "0" };
  });
  const label = rows.map(({ name, told }) => `${name} ${told}`).join(", ");
  return chart("Channels", "Where they came from.", bars(rows, { label }), `channels-${named}`);
}

function hours({ hours: byChannel, from, to }) {
  // The hours are those of UTC; the owner lives elsewhere, and perhaps half an hour aside.
  const [ahead, ...others] = clocks(from, to);
  const [shift, minutes] = [Math.floor(ahead / 60), ((ahead % 60) + 60) % 60];
  const all = new Array(HOURS).fill(0);
  for (const list of Object.values(byChannel)) {
    list.forEach((count, hour) => (all[(hour + shift + HOURS) % HOURS] += count));
  }
  const busiest = all.indexOf(Math.max(...all));
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const label = `Conversations by hour of the week in ${zone}; most at ${clock(busiest % 24, minutes)}`;
  const aside = others.map((other) => ` While the clock was ${Math.abs(other - ahead) / 60} h ${other > ahead ? "ahead" : "behind"}, they came so much ${other > ahead ? "later" : "earlier"} on it.`);
  return chart("Hours", `When they get in touch, in ${zone}.${aside.join("")}`, heat(all, { label, minutes }), `hours-${named}`);
}

/** By how many minutes the owner's clock was ahead of UTC in this time; what it was on most days first. */
function clocks(from, to) {
  const counted = new Map();
  for (let at = Date.parse(from); at <= Date.parse(to); at += DAY_MS) {
    const ahead = -new Date(at).getTimezoneOffset();
    counted.set(ahead, (counted.get(ahead) ?? 0) + 1);
  }
  return [...counted].sort(([, one], [, other]) => other - one).map(([ahead]) => ahead);
}

function cost({ spend, spendBefore, simulated }) {
  const names = { telephony: "Telephony", model: "Models", mail: "Mail" };
  const rows = Object.entries(names).map(([key, name]) => ({
    key: "step", name, value: spend[key], told: `${money(spend[key])} · ${money(spendBefore[key])} before`,
  }));
  const sum = Object.values(spend).reduce((one, other) => one + other, 0);
  const label = rows.map(({ name, told }) => `${name} ${told}`).join(", ");
  const played = Object.keys(names).filter((key) => simulated[key]).map((key) => names[key].toLowerCase());
  const paid = played.length > 0 ? ` Simulated here, so not paid: ${played.join(", ")}.` : "";
  return chart("Cost", `${money(sum)} by list prices.${paid}`, bars(rows, { label }), `cost-${named}`);
}

function returns({ returns: list, attribution }) {
  const rows = list.map(({ channel, brought, won, lost, value, cost, net, n }) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, CHANNELS[channel]),
      h("td", {}, number(brought)),
      h("td", {}, `${number(won)} / ${number(lost)}`),
      h("td", {}, Object.entries(value).map(([currency, sum]) => amount(sum, currency)).join(" + ") || "–"),
      h("td", {}, channel === "owner" ? "–" : money(cost)),
      h("td", {}, channel === "owner" ? "–" : net == null ? `too few (n = ${n})` : money(net)),
    ),
  );
  const heads = ["Channel", "Brought up", "Won / lost", "Value won", "Cost", "Net"].map((name) => h("th", { scope: "col" }, name));
  return h(
    "section",
    { class: "card wide", "aria-labelledby": "returns" },
    h("h3", { id: "returns" }, "What each channel brought"),
    h("p", { class: "quiet" }, attribution),
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Table of channels" }, h("table", {}, h("thead", {}, h("tr", {}, heads)), h("tbody", {}, rows))),
  );
}
