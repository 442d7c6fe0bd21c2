// The charts of a report.

import { openPart } from "./behind.js";
import { bars, clock, funnel as steps, heat, overTime } from "./charts.js";
import { h } from "./dom.js";
import { figure } from "./figure.js";
import { CHANNELS, amount, day, money, number, rounded, share } from "./format.js";
import { dates, named, today, within } from "./period.js";

const SERIES = ["phone", "voice", "chat"].map((key) => ({ key, name: CHANNELS[key] }));
const KINDS = [["models", "Models"], ["calls", "Telephony"], ["mails", "Mail"]].map(([key, name]) => ({ key, name }));
const HOURS = 168;
const [MOST_BARS, WEEK] = [45, 7];
const DAY_MS = 86_400_000;
const MICRO = 1_000_000;
const BEHIND = "What is behind it";

const short = new Intl.DateTimeFormat(undefined, { timeZone: "UTC", day: "numeric", month: "short" });

/** By the name of a chart: what of a report it is made of, and how. */
export const CHARTS = {
  trend: [({ trend, trendBefore, from, to }) => [trend, trendBefore, from, to], trend],
  funnel: [({ funnel, funnelByChannel }) => [funnel, funnelByChannel], funnel],
  cost: [({ trend, trendBefore, simulated }) => [trend, trendBefore, simulated], cost],
  hours: [({ hours, uncovered, from, to }) => [hours, uncovered, from, to], hours],
  mix: [({ tiles, trendBefore }) => [tiles.find(({ key }) => key === "conversations"), trendBefore], mix],
  returns: [({ returns }) => returns, returns],
};

const all = (values) => Object.values(values).reduce((one, other) => one + other, 0);
const summed = (buckets, of) => buckets.reduce((sum, bucket) => sum + of(bucket), 0);
const told = (rows) => rows.map(({ name, told }) => `${name} ${told}`).join(", ");
const about = ({ from, to }) => dates(from, to);

/** Days by weeks, counted from the last, where they are too many to be told apart. */
function byWeeks(days) {
  if (days.length <= MOST_BARS) return days;
  const weeks = [];
  for (let end = days.length; end > 0; end -= WEEK) weeks.unshift(days.slice(Math.max(0, end - WEEK), end));
  return weeks.map((days) => ({
    span: days[0].span,
    until: days.at(-1).span,
    conversations: added(days, ({ conversations }) => conversations),
    spend: added(days, ({ spend }) => spend),
    qualified: summed(days, ({ qualified }) => qualified),
  }));
}

const added = (buckets, of) => Object.fromEntries(Object.keys(of(buckets[0])).map((key) => [key, summed(buckets, (bucket) => of(bucket)[key])]));
const spanned = ({ span, until }) => (until ? short.formatRange(new Date(span), new Date(until)) : day(span));

/** A day, a week or a month of the trend, with that of the period before beside it, and what `values` tells of each. */
function columnsOf(report, values, write, series) {
  const [trend, trendBefore] = [byWeeks(report.trend), byWeeks(report.trendBefore)];
  const isBefore = trendBefore.some((bucket) => all(values(bucket)) > 0);
  return trend.map((bucket, place) => {
    const was = isBefore ? trendBefore.at(place - trend.length) : undefined;
    const parts = values(bucket);
    const isOpen = today().startsWith(bucket.until ?? bucket.span);
    const lines = [
      ...series.map(({ key, name }) => ({ key, name, value: write(parts[key]) })).reverse(),
      { name: "Together", value: write(all(parts)) },
      was && { key: "before", name: `Before, ${spanned(was)}`, value: write(all(values(was))) },
    ];
    return {
      date: new Date(bucket.span), label: day(bucket.span), title: isOpen ? `${spanned(bucket)}, so far` : spanned(bucket),
      isOpen, parts, before: was && all(values(was)), lines: lines.filter(Boolean), bucket,
    };
  });
}

/** What is over in the time before is said once, in the legend. */
function withBefore(series, columns, report, write, values) {
  const { trend, trendBefore, beforeFrom, beforeTo } = report;
  const each = series.map(({ key, name }) => ({ key, name, told: write(summed(trend, (bucket) => values(bucket)[key])) }));
  if (columns.every(({ before }) => before == null)) return each;
  return [...each, { key: "before", name: `Before (${dates(beforeFrom, beforeTo)})`, told: write(summed(trendBefore, (bucket) => all(values(bucket)))) }];
}

function trend(report) {
  const values = ({ conversations }) => conversations;
  const columns = columnsOf(report, values, number, SERIES);
  for (const column of columns) {
    const { bucket, parts } = column;
    column.lines.push({ name: "Qualified", value: number(bucket.qualified) });
    const wanted = { things: { conversations: "heard" }, count: all(parts), period: within(bucket, report) };
    if (all(parts) > 0) column.open = () => openPart(`Conversations, ${spanned(bucket)}`, null, wanted, `points-conversations-${named}`);
  }
  const held = summed(report.trend, (bucket) => all(values(bucket)));
  const series = withBefore(SERIES, columns, report, number, values);
  const draw = overTime(columns, series, { label: `${held} conversations over time, by channel: ${told(series)}`, of: number, isWhole: true });
  const head = { title: "Conversations", text: `By channel${columns.length < report.trend.length ? ", week by week" : ""}; spam left out.`, name: `conversations-${named}`, about: about(report), isWide: true };
  return figure(head, held === 0 && columns.every(({ before }) => !before) ? () => ({ none: "No conversations in this time." }) : draw);
}

/** Of which channel the funnel is; of all, if none is chosen. */
let funnelOf = "";

function funnel(report) {
  const { funnel: whole, funnelByChannel } = report;
  const rows = (found) =>
    found.map(({ title, count, ofPrevious, counts, key = title.toLowerCase().replaceAll(" ", "-") }, place) => {
      const part = ofPrevious.value == null ? "too few to tell" : `${share(ofPrevious.value)} of them`;
      const slice = funnelOf ? { by: "channel", key: funnelOf } : null;
      const name = funnelOf ? `${title}, ${CHANNELS[funnelOf]}` : title;
      return {
        id: `step-${key}`, name: title, value: count, part, told: place > 0 ? `${number(count)}, ${part}` : number(count),
        open: () => openPart(name, `${number(count)} in ${about(report)}.`, { things: counts, count, slice }, `step-${key}`),
      };
    });
  const draw = (width) => {
    const chosen = rows(funnelByChannel[funnelOf] ?? whole);
    if (chosen.every(({ value }) => value === 0)) return { none: "Nothing came so far in this time." };
    return steps(chosen, { label: told(chosen), over: BEHIND })(width);
  };
  const choice = h(
    "select",
    { "aria-label": "Channel of the funnel", "data-free": true },
    h("option", { value: "" }, "All channels"),
    SERIES.map(({ key, name }) => h("option", { value: key, selected: key === funnelOf }, name)),
  );
  choice.addEventListener("change", () => (funnelOf = choice.value));
  return figure({ title: "Funnel", text: "Each step on the day that it happened.", name: `funnel-${named}`, about: about(report), aside: choice }, draw);
}

function mix(report) {
  const { byChannel, now } = report.tiles.find(({ key }) => key === "conversations");
  const rows = SERIES.map(({ key, name }) => {
    const value = byChannel[key]?.value ?? 0;
    const before = summed(report.trendBefore, ({ conversations }) => conversations[key]);
    const wanted = { things: { conversations: "heard" }, count: value, slice: { by: "channel", key } };
    return {
      key, id: `channel-${key}`, name, value, before, told: `${now.value > 0 ? `${number(value)} · ${share(value / now.value)}` : number(value)}${before > 0 ? ` · ${number(before)} before` : ""}`,
      open: () => openPart(`Conversations, ${name}`, `${number(value)} in ${about(report)}.`, wanted, `channel-${key}`),
    };
  });
  const none = () => ({ none: "No conversations in this time." });
  const isMarked = rows.some(({ before }) => before > 0);
  const text = isMarked ? "Where they came from; the line is the time before." : "Where they came from.";
  const head = { title: "Channels", text, name: `channels-${named}`, about: about(report) };
  return figure(head, rows.every(({ value, before }) => value === 0 && before === 0) ? none : bars(rows, { label: told(rows), over: BEHIND }));
}

function hours(report) {
  const { from, to } = report;
  // The hours are those of UTC; the owner lives elsewhere, and perhaps half an hour aside.
  const [ahead, ...others] = clocks(from, to);
  const [shift, minutes] = [Math.floor(ahead / 60), ((ahead % 60) + 60) % 60];
  const shifted = (byChannel) => {
    const counts = new Array(HOURS).fill(0);
    for (const list of Object.values(byChannel)) list.forEach((count, hour) => (counts[(hour + shift + HOURS) % HOURS] += count));
    return counts;
  };
  const [counts, uncovered] = [shifted(report.hours), shifted(report.uncovered)];
  const tell = (count, hour) => [
    { name: "Conversations", value: number(count) },
    ...(count > 0 ? [{ name: "Held to an end", value: `${number(count - uncovered[hour])} of ${number(count)}` }] : []),
  ];
  const busiest = counts.indexOf(Math.max(...counts));
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const label = `Conversations by hour of the week in ${zone}; most at ${clock(busiest % 24, minutes)}`;
  const aside = others.map((other) => ` While the clock was ${Math.abs(other - ahead) / 60} h ${other > ahead ? "ahead" : "behind"}, they came so much ${other > ahead ? "later" : "earlier"} on it.`);
  const head = { title: "Hours", text: `When they get in touch, in ${zone}.${aside.join("")}`, name: `hours-${named}`, about: about(report) };
  return figure(head, counts[busiest] === 0 ? () => ({ none: "Nobody got in touch in this time." }) : heat(counts, { label, minutes, tell }));
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

const spent = ({ spend: { model: models, telephony: calls, mail: mails } }) => ({ models, calls, mails });

function cost(report) {
  const { spend, simulated } = report;
  const columns = columnsOf(report, spent, money, KINDS);
  const series = withBefore(KINDS, columns, report, money, spent);
  const isPlayed = spent({ spend: simulated });
  const played = KINDS.filter(({ key }) => isPlayed[key]).map(({ name }) => name.toLowerCase());
  const paid = played.length > 0 ? ` Simulated here, so not paid: ${played.join(", ")}.` : "";
  const draw = overTime(columns, series, { label: `Cost over time: ${told(series)}`, unit: MICRO, of: rounded });
  const head = { title: "Cost", text: `${money(all(spend))} by list prices.${paid}`, name: `cost-${named}`, about: about(report) };
  return figure(head, columns.every(({ parts, before }) => all(parts) === 0 && !before) ? () => ({ none: "Nothing was spent in this time." }) : draw);
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
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Table of channels" }, h("table", { class: "numbers" }, h("thead", {}, h("tr", {}, heads)), h("tbody", {}, rows))),
  );
}
