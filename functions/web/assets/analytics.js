// How things go: the metrics of a period beside those of the period before, and what is behind each.

import { acting } from "./act.js";
import { get, words } from "./api.js";
import { bars, clock, figure as chart, heat, legend, stacked } from "./charts.js";
import { announce, empty, find, h, put } from "./dom.js";
import { happened } from "./events.js";
import { CHANNELS, RELATIONSHIPS, amount, day, figure, money, number, share } from "./format.js";
import { saved } from "./parts.js";
import { steady } from "./steady.js";
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

const CHARTS = { trend, funnel, mix, hours, cost, returns };
const charts = h("div", { class: "charts" });

export function show(place, report) {
  const nothing = report.tiles.every(({ now, before }) => now.n === 0 && before.n === 0);
  const [first, ...rest] = Map.groupBy(report.tiles, ({ group }) => group);
  const group = ([name, tiles]) => [name, tiles, () => part(name, h("ul", { class: "tiles" }, tiles.map(tile)))];
  const { from, to, beforeFrom, beforeTo } = report;
  const above = ["head", [from, to, beforeFrom, beforeTo], () => h("div", {}, head(report))];
  if (nothing) return steady(place, [above, ["nothing", null, uncounted]]);
  const isWhole = steady(charts, Object.entries(CHARTS).map(([name, chart]) => [name, of(name, report), () => chart(report)]));
  return steady(place, [above, group(first), ["charts", null, () => part("Over time and by channel", charts)], ...rest.map(group)]) && isWhole;
}

/** Of a report, what a chart is drawn of. */
function of(chart, { trend, funnel, funnelByChannel, tiles, hours, from, to, spend, spendBefore, simulated, returns }) {
  const needed = { trend: () => trend, funnel: () => [funnel, funnelByChannel], mix: () => tiles.find(({ key }) => key === "conversations"), hours: () => [hours, from, to], cost: () => [spend, spendBefore, simulated], returns: () => returns };
  return needed[chart]();
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

const monthNamed = (month) => day(`${month}-01`, { month: "long", year: "numeric" });

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

const range = new Intl.DateTimeFormat(undefined, { timeZone: "UTC", dateStyle: "medium" });
const dates = (from, to) => range.formatRange(new Date(from), new Date(to));

// -- tiles

function tile(one) {
  const { key, title, definition, unit, now, before } = one;
  const value = figure(now.value, unit);
  return h(
    "li",
    { class: "tile card" },
    h("h3", {}, title),
    h("p", { class: value ? "value" : "value none" }, value ?? "Too few yet"),
    h("p", { class: "quiet" }, compared(one)),
    h("p", { class: "quiet" }, unit !== "count" && countedOf(now), now.low != null && `, 95 % between ${share(now.low)} and ${share(now.high)}`),
    h("p", { class: "definition" }, definition),
    h("button", { id: `behind-${key}`, type: "button", class: "link more", "aria-haspopup": "dialog", "aria-label": `What is behind it: ${title}`, on: { click: () => open(one) } }, "What is behind it"),
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

const countedOf = ({ n, part }) => (part == null ? `n = ${number(n)}` : `${number(part)} of ${number(n)}`);

function open({ key, title, definition, unit, basis, now, byChannel = {}, byRelationship = {} }) {
  const list = h("div", { class: "behind" });
  const close = h("button", { type: "button", class: "button small plainly" }, "Close");
  const chosen = { things: basis.part ?? basis.all, slice: null };
  const again = () => fill(list, { ...chosen, count: chosen.slice ? null : countOf(chosen.things) });
  // A share of questions tells how many of these there were, and lists conversations.
  const countOf = (things) => (unit === "share" && basis.all.conversations === "asked" ? null : things === basis.part ? now.part : now.n);
  const pick = (name, things) => {
    const button = h("button", { type: "button", "aria-pressed": String(things === chosen.things) }, name);
    button.addEventListener("click", () => {
      chosen.things = things;
      for (const one of button.parentNode.children) one.setAttribute("aria-pressed", String(one === button));
      again();
    });
    return button;
  };
  const dialog = h(
    "dialog",
    { class: "card", "aria-labelledby": "metric" },
    h("header", {}, h("h2", { id: "metric" }, title), close),
    h("p", {}, definition),
    sliced({ unit, byChannel, byRelationship }, (slice) => {
      chosen.slice = slice;
      again();
    }),
    basis.part && h("div", { class: "periods", role: "group", "aria-label": "What is listed" }, pick(`Counted: ${number(now.part)}`, basis.part), pick(`Of all: ${number(now.n)}`, basis.all)),
    list,
  );
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    dialog.remove();
    // The tile that was pressed may have been made anew meanwhile.
    if (document.activeElement === document.body) document.getElementById(`behind-${key}`)?.focus();
  });
  find("main").append(dialog);
  dialog.showModal();
  again();
}

/** The figure by channel and relationship; whoever presses a name sees what is behind that one alone. */
function sliced({ unit, byChannel, byRelationship }, chosen) {
  const row = (names, by) => ([key, slice]) => {
    const interval = slice.low != null && ` (${share(slice.low)} to ${share(slice.high)})`;
    const only = h("button", { type: "button", class: "link", "aria-pressed": "false", "aria-label": `Only ${names[key]}` }, names[key]);
    only.addEventListener("click", () => {
      const isOn = only.getAttribute("aria-pressed") === "false";
      for (const other of table.querySelectorAll("button")) other.setAttribute("aria-pressed", String(isOn && other === only));
      chosen(isOn ? { by, key } : null);
    });
    return h("tr", {}, h("th", { scope: "row" }, only), h("td", {}, figure(slice.value, unit) ?? "too few", interval), h("td", {}, countedOf(slice).replace("n = ", "")));
  };
  const rows = (names, by, slices) => Object.entries(slices).filter(([, { n }]) => n > 0).map(row(names, by));
  const all = [...rows(CHANNELS, "channel", byChannel), ...rows(RELATIONSHIPS, "relationship", byRelationship)];
  if (all.length === 0) return null;
  const heads = ["Of", "Value", "n"].map((name) => h("th", { scope: "col" }, name));
  const table = h("table", {}, h("thead", {}, h("tr", {}, heads)), h("tbody", {}, all));
  return table;
}

/** Lists what is behind a figure: as many as it counts, but for those that are not kept any more. */
async function fill(list, { things, slice, count }) {
  const isOfQuestions = ["asked", "grounded", "unanswered"].includes(things.conversations);
  const [path, heading, rowsOf, none] = things.conversations
    ? [`interactions?${period}&mark=${things.conversations}${slice ? `&${slice.by}=${slice.key}` : ""}`, "The conversations behind it", (page) => conversations(page.interactions, { isOfQuestions }), "interactions"]
    : [`events?${period}&event=${things.events}`, "What is behind it", (page) => happened(page.events), "events"];
  const address = `/api/analytics/${path}`;
  const rows = h("ul", { class: "list card", hidden: true });
  const standing = h("span", { class: "quiet", role: "status" });
  const whole = acting("CSV", () => saved(`${address}&format=csv`, `${none}.csv`), { kind: "link" });
  put(list, h("h3", {}, heading), rows, h("p", { class: "save" }, standing, whole));
  let cursor;
  const page = async () => {
    const before = rows.children.length;
    // Some weeks in which nothing was are a page, too.
    do {
      const found = await get(cursor ? `${address}&cursor=${encodeURIComponent(cursor)}` : address);
      cursor = found.next;
      rows.append(...rowsOf(found).children);
    } while (cursor && rows.children.length === before);
    rows.hidden = rows.children.length === 0;
    standing.textContent = told(rows.children.length, count, Boolean(cursor));
    if (!cursor) more.remove();
    else if (!more.isConnected) standing.after(more);
  };
  const more = acting("Show more", page);
  try {
    await page();
  } catch (error) {
    standing.textContent = words(error);
    announce(words(error));
  }
}

/** How many are listed, and why these are fewer than were counted. */
function told(listed, count, isMore) {
  if (isMore) return `The latest ${number(listed)}${count ? ` of ${number(count)}` : ""}.`;
  const gone = count > listed ? ` ${number(count - listed)} more ${count - listed === 1 ? "was" : "were"} counted, and ${count - listed === 1 ? "is" : "are"} not kept any more.` : "";
  return (listed === 0 ? "None in this time." : listed === 1 ? "This one." : `All ${number(listed)}.`) + gone;
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

/** Of which channel the funnel is; of all, if none is chosen. */
let funnelOf = "";

function funnel({ funnel: steps, funnelByChannel }) {
  const rows = (steps) =>
    steps.map(({ title, count, ofPrevious }, place) => {
      const part = place > 0 && (ofPrevious.value == null ? " · too few to tell" : ` · ${share(ofPrevious.value)} of the step before`);
      return { key: "step", name: title, value: count, told: number(count) + (part || "") };
    });
  const told = (steps) => steps.map(({ title, count }) => `${title} ${count}`).join(", ");
  const drawn = (width) => {
    const chosen = funnelByChannel[funnelOf] ?? steps;
    return bars(rows(chosen), { label: told(chosen) })(width);
  };
  const box = chart("Funnel", "Each step on the day that it happened.", drawn, `funnel-${named}`);
  const choice = h(
    "select",
    { "aria-label": "Channel of the funnel", "data-free": true },
    h("option", { value: "" }, "All channels"),
    SERIES.map(({ key, name }) => h("option", { value: key, selected: key === funnelOf }, name)),
  );
  choice.addEventListener("change", () => {
    funnelOf = choice.value;
    const plot = find(".plot", box);
    plot.replaceChildren(drawn(plot.clientWidth));
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
