// Charts as SVG, drawn to a width: values in, a picture and its points out. What is computed of scales and shapes, D3 does.

import { area, line, precisionFixed, scaleBand, scaleLinear, scaleQuantize, stack, utcTicks } from "./d3.js";
import { h, s } from "./dom.js";

const LINES = 4;
const HIGH_PX = 220;
const WIDEST_PX = 56;
const AROUND_PX = 16;
// As the largest text of a chart, which `dashboard.css` sets.
const FONT = "600 12px system-ui, sans-serif";

const pen = h("canvas").getContext("2d");
pen.font = FONT;
const wide = (text) => pen.measureText(text).width;
const sum = (values) => values.reduce((one, other) => one + other, 0);

function picture(width, height, label, ...parts) {
  return s("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": label }, ...parts);
}

/** What the colours mean, as rows of what fits; and how high that is. */
function legend(series, width) {
  const [line, swatch] = [22, 18];
  let [x, y] = [0, 0];
  const parts = series.map(({ key, name, told = "" }) => {
    const long = swatch + wide(`${name} ${told}`) + AROUND_PX;
    if (x > 0 && x + long > width) [x, y] = [0, y + line];
    const from = x;
    x += long;
    const mark = key === "before"
      ? s("line", { class: key, x1: from, x2: from + 12, y1: y + 9, y2: y + 9 })
      : s("rect", { class: key, x: from, y: y + 3, width: 12, height: 12, rx: 3 });
    return s("g", {}, mark, s("text", { class: "tick", x: from + swatch, y: y + 13 }, name, " ", s("tspan", { class: "much" }, told)));
  });
  return { parts, high: y + line + 10 };
}

/**
 * Parts on each other over days or months, beside those of the time before. `columns`: `{ date, label, title, lines, parts, before,
 * isOpen, open }`, with a number for each key of `series`; `of` writes a value of the axis.
 */
export function overTime(columns, series, { label, unit = 1, of, isWhole = false }) {
  return (width) => {
    const keys = series.map(({ key }) => key).filter((key) => key !== "before");
    const { parts: named, high: above } = legend(series, width);
    const [top, bottom] = [above + 8, above + 8 + HIGH_PX - 36];
    const most = Math.max(...columns.map(({ parts, before }) => Math.max(sum(Object.values(parts)), before ?? 0))) / unit;
    const y = scaleLinear([0, most], [bottom, top]).nice(LINES);
    const { left, lines } = axis(y, width, { of, isWhole });
    const x = scaleBand(columns.map(({ date }) => +date), [left, width]).paddingInner(0.22).paddingOuter(0.12);
    const middle = ({ date }) => x(+date) + x.bandwidth() / 2;
    const layers = stack().keys(keys).value(({ parts }, key) => parts[key] / unit)(columns);
    const points = columns.map((column, place) => {
      const ends = layers.map((layer) => layer[place]);
      const box = [x(+column.date) - (x.step() - x.bandwidth()) / 2, 0, x.step(), bottom + 36];
      const hit = s("rect", { class: "hit", x: box[0], width: box[2], y: top, height: bottom - top, rx: 3 });
      const rects = bar(ends, keys, y, { middle: middle(column), wide: Math.min(x.bandwidth(), WIDEST_PX) });
      const title = `${column.title}: ${column.lines.map(({ name, value }) => `${name} ${value}`).join(", ")}`;
      const mark = s("g", { class: column.isOpen ? "column so-far" : "column" }, s("title", {}, title), hit, rects);
      const peak = y(Math.max(ends.at(-1)[1], (column.before ?? 0) / unit));
      return { mark, box, tip: [middle(column), peak], title: column.title, lines: column.lines, open: column.open };
    });
    const trace = line().x(([at]) => at).y(([, value]) => y(value / unit)).defined(([, value]) => value != null);
    // Each value is as wide as its place: between two of them there is none.
    const steps = columns.flatMap(({ before }, place) => [0, points[place].box[2]].map((along) => [points[place].box[0] + along, before]));
    const before = columns.some((column) => column.before != null) && s("path", { class: "before", d: trace(steps) });
    const marks = points.map(({ mark }) => mark);
    const under = labels(columns, middle, width - left).map((column) => {
      const at = Math.max(left + wide(column.label) / 2 - 10, Math.min(middle(column), width - wide(column.label) / 2));
      return s("text", { class: "tick", x: at, y: bottom + 20, "text-anchor": "middle" }, column.label);
    });
    return { picture: picture(width, bottom + 28, label, named, lines, marks, before, under), points };
  };
}

/** Lines at round values, each with as many digits as the others; and what room they take at the left. */
function axis(y, width, { of, isWhole }) {
  const ticks = y.ticks(LINES).filter((tick) => !isWhole || Number.isInteger(tick));
  const digits = ticks.length > 1 ? precisionFixed(ticks[1] - ticks[0]) : 0;
  const written = ticks.map((tick) => of(tick, digits));
  const left = Math.max(...written.map(wide)) + 10;
  const lines = ticks.flatMap((tick, place) => [
    s("line", { class: "grid", x1: left, x2: width, y1: y(tick), y2: y(tick) }),
    s("text", { class: "tick", x: left - 10, y: y(tick) + 4, "text-anchor": "end" }, written[place]),
  ]);
  return { left, lines };
}

/** What is on each other in one column. */
function bar(ends, keys, y, { middle, wide }) {
  const at = { x: middle - wide / 2, width: wide, rx: Math.min(2, wide / 4) };
  return ends.map(([low, high], layer) => high > low && s("rect", { class: keys[layer], ...at, y: y(high), height: Math.max(y(low) - y(high), 1) }));
}

/** As many labels as fit, at round dates. */
function labels(columns, middle, width) {
  const room = Math.max(...columns.map(({ label }) => wide(label))) + AROUND_PX;
  const [first, last] = [columns[0].date, columns.at(-1).date];
  if (columns.length === 1) return columns;
  for (let count = Math.min(columns.length, Math.floor(width / room)); count > 0; count -= 1) {
    const round = new Set(utcTicks(first, last, count).map(Number));
    const found = columns.filter(({ date }) => round.has(+date));
    if (found.length > 1 && found.every((column, place) => place === 0 || middle(column) - middle(found[place - 1]) >= room)) return found;
  }
  // None is round: counted from the last, which is the one that is looked for.
  const every = Math.ceil((room * columns.length) / width);
  return columns.filter((_, place) => (columns.length - 1 - place) % every === 0);
}

/** Buttons over rows of this class, each with its name and what it does. */
const opening = (rows, kind, over) => h(
  "ol",
  { class: `rows ${kind}` },
  rows.map(({ id, name, told, open }) => h("li", {}, h("button", { id, type: "button", "aria-haspopup": "dialog", "aria-label": `${over}: ${name}, ${told}`, on: { click: open } }))),
);

/** Bars to the right. `rows`: `{ key, id, name, value, before, told, open }`. */
export function bars(rows, { label, over }) {
  return (width) => {
    const [row, high] = [50, 18];
    const x = scaleLinear([0, Math.max(...rows.flatMap(({ value, before = 0 }) => [value, before]), 1)], [0, width - 2]);
    const parts = rows.map(({ key, name, value, before, told }, place) => {
      const y = place * row + 4;
      return s(
        "g",
        {},
        s("title", {}, `${name}: ${told}`),
        s("text", { class: "name", x: 0, y: y + 13 }, name),
        s("text", { class: "told", x: width, y: y + 13, "text-anchor": "end" }, told),
        s("rect", { class: "track", x: 0, y: y + 21, width, height: high, rx: 4 }),
        value > 0 && s("rect", { class: key, x: 0, y: y + 21, width: Math.max(x(value), 3), height: high, rx: 4 }),
        before > 0 && s("line", { class: "was", x1: x(before), x2: x(before), y1: y + 18, y2: y + 24 + high }),
      );
    });
    return { picture: picture(width, rows.length * row, label, ...parts), opens: opening(rows, "bars", over) };
  };
}

/** Steps, each with as many as came so far, and between two what part went on. `steps`: `{ id, name, value, told, part, open }`. */
export function funnel(steps, { label, over }) {
  return (width) => {
    const [row, high] = [56, 30];
    const left = Math.max(...steps.map(({ name }) => wide(name))) + AROUND_PX;
    const right = Math.max(...steps.map(({ value }) => wide(value.toLocaleString()))) + AROUND_PX;
    const room = width - left - right;
    const x = scaleLinear([0, Math.max(...steps.map(({ value }) => value), 1)], [0, room]);
    const long = ({ value }) => (value > 0 ? Math.max(x(value), 3) : 0);
    const centre = left + room / 2;
    const parts = steps.map((step, place) => {
      const [y, next] = [place * row, steps[place + 1]];
      const flow = area().x0(([, half]) => centre - half).x1(([, half]) => centre + half).y(([at]) => at);
      return s(
        "g",
        {},
        s("title", {}, `${step.name}: ${step.told}`),
        next && s("path", { class: "flow", d: flow([[y + high, long(step) / 2], [y + row, long(next) / 2]]) }),
        next && s("text", { class: "told", x: centre, y: y + (high + row) / 2 + 4, "text-anchor": "middle" }, next.part),
        s("text", { class: "name", x: 0, y: y + high / 2 + 5 }, step.name),
        s("rect", { class: "step", x: centre - long(step) / 2, y, width: long(step), height: high, rx: Math.min(4, long(step) / 3) }),
        step.value === 0 && s("line", { class: "grid", x1: centre - 12, x2: centre + 12, y1: y + high / 2, y2: y + high / 2 }),
        s("text", { class: "count", x: width, y: y + high / 2 + 5, "text-anchor": "end" }, step.value.toLocaleString()),
      );
    });
    return { picture: picture(width, steps.length * row - row + high, label, ...parts), opens: opening(steps, "steps", over) };
  };
}

const LEVELS = [1, 2, 3, 4, 5];
const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const HOURS_A_DAY = 24;

export const clock = (hour, minutes) => `${hour}:${String(minutes).padStart(2, "0")}`;

/** Counts of 168 hours, from Monday at midnight, as rows of days; each hour begins at this minute, and `tell` tells its lines. */
export function heat(hours, { label, minutes = 0, tell }) {
  return (width) => {
    const left = 36;
    const x = scaleBand(Array.from({ length: HOURS_A_DAY }, (_, hour) => hour), [left, width]);
    const tall = Math.min(Math.max(x.bandwidth(), 18), 28);
    const y = scaleBand(DAYS, [0, DAYS.length * tall]);
    const most = Math.max(...hours);
    const level = scaleQuantize([0, most], LEVELS);
    const points = hours.map((value, at) => {
      const [day, hour] = [DAYS[Math.floor(at / HOURS_A_DAY)], at % HOURS_A_DAY];
      const title = `${day} ${clock(hour, minutes)}–${clock((hour + 1) % HOURS_A_DAY, minutes)}`;
      const lines = tell(value, at);
      const [cellX, cellY] = [x(hour), y(day)];
      const mark = s("rect", {
        class: `heat l${value === 0 ? 0 : level(value)}`, x: cellX + 0.75, y: cellY + 0.75, width: x.bandwidth() - 1.5, height: tall - 1.5, rx: 3,
      }, s("title", {}, `${title}: ${lines.map(({ name, value }) => `${name} ${value}`).join(", ")}`));
      return { mark, box: [cellX, cellY, x.bandwidth(), tall], tip: [cellX + x.bandwidth() / 2, cellY], title, lines };
    });
    const days = DAYS.map((name) => s("text", { class: "tick", x: 0, y: y(name) + tall / 2 + 4 }, name));
    const every = width < 480 ? 6 : 3;
    const below = DAYS.length * tall + 16;
    const times = x.domain().filter((hour) => hour % every === 0).map((hour) => s("text", { class: "tick", x: x(hour), y: below }, clock(hour, minutes)));
    // What the colours mean: from none to the most.
    const [cell, down] = [width < 480 ? 12 : 16, below + 14];
    const baseline = down + (cell * 3) / 4;
    const key = [0, ...LEVELS].map((level, place) => s("rect", { class: `heat l${level}`, x: left + 16 + place * (cell + 3), y: down, width: cell, height: cell, rx: 3 }));
    const ends = [s("text", { class: "tick", x: left, y: baseline }, "0"), s("text", { class: "tick", x: left + 22 + 6 * (cell + 3), y: baseline }, `${most} an hour of the week`)];
    const marks = points.map(({ mark }) => mark);
    return { picture: picture(width, down + cell + 2, label, marks, days, times, key, ends), points, row: HOURS_A_DAY };
  };
}
