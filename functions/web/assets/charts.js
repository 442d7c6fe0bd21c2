// Charts as SVG: drawn to the width that they have, saved as SVG or PNG with the colours that they are seen in.

import { h, s } from "./dom.js";

const GAP = 2;
const LINES = 4;
// Nothing is drawn to less: a page that is laid out for paper passes through narrower widths.
const LEAST_PX = 120;
// A label of the horizontal axis takes so much room.
const LABEL_PX = 54;

/** How wide a figure was drawn last: what takes its place is as high at once. */
const widths = new Map();

/** Draws into a figure whenever its width changes. */
export function figure(title, text, draw, name) {
  const place = h("div", { class: "plot" }, widths.has(name) && draw(widths.get(name)));
  const box = h(
    "figure",
    { class: "chart card" },
    h("figcaption", {}, h("h3", {}, title), text && h("p", { class: "quiet" }, text)),
    place,
    h("p", { class: "save" }, save(place, name, "SVG"), save(place, name, "PNG")),
  );
  let width = 0;
  new ResizeObserver(([{ contentRect }]) => {
    if (Math.abs(contentRect.width - width) < 1 || contentRect.width < LEAST_PX) return;
    width = contentRect.width;
    widths.set(name, Math.floor(width));
    place.replaceChildren(draw(Math.floor(width)));
  }).observe(place);
  return box;
}

function picture(width, height, label, ...parts) {
  return s("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": label }, ...parts);
}

/** A round number above this, and how many steps lead to it. */
function scale(most) {
  const rough = Math.max(most, 1) / LINES;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= rough);
  const whole = most <= LINES ? 1 : step;
  return { step: whole, top: Math.max(whole, Math.ceil(most / whole) * whole) };
}

/** Bars of parts on each other. `columns`: [{ label, title, parts: [number] }]; `series`: [{ key, name }]. */
export function stacked(columns, series, { label, write = String, height = 220 }) {
  return (width) => {
    const [left, bottom, top] = [46, 24, 10];
    const sums = columns.map(({ parts }) => parts.reduce((sum, part) => sum + part, 0));
    const { step, top: most } = scale(Math.max(...sums, 0));
    const inner = { width: width - left - 4, height: height - bottom - top };
    const y = (value) => top + inner.height * (1 - value / most);
    const slot = inner.width / Math.max(columns.length, 1);
    const every = Math.ceil(LABEL_PX / slot);
    const lines = [];
    for (let value = 0; value <= most + step / 2; value += step) {
      lines.push(s("line", { class: "grid", x1: left, x2: width - 4, y1: y(value), y2: y(value) }));
      lines.push(s("text", { class: "tick", x: left - 8, y: y(value) + 4, "text-anchor": "end" }, write(value)));
    }
    const bars = columns.map(({ label: under, title, parts }, place) => {
      let below = 0;
      const x = left + place * slot + Math.min(GAP, slot / 6);
      const wide = Math.max(slot - 2 * Math.min(GAP, slot / 6), 1);
      const rects = parts.map((part, number) => {
        const from = y(below + part);
        const rect = part > 0 && s("rect", {
          class: series[number].key, x, width: wide, y: from, height: Math.max(y(below) - from, 0.5), rx: Math.min(2, wide / 4),
        });
        below += part;
        return rect;
      });
      // Counted from the last, which is the one that is looked for.
      const named = (columns.length - 1 - place) % every === 0;
      const middle = x + wide / 2;
      const isLast = middle + LABEL_PX / 2 > width;
      const where = isLast ? { x: width, "text-anchor": "end" } : { x: middle, "text-anchor": "middle" };
      const tick = named && s("text", { class: "tick", y: height - 6, ...where }, under);
      return s("g", { class: "column" }, s("title", {}, title), s("rect", { class: "hit", x: left + place * slot, width: slot, y: top, height: inner.height }), rects, tick);
    });
    return picture(width, height, label, ...lines, ...bars);
  };
}

/** Bars to the right. `rows`: [{ key, name, value, told }]. */
export function bars(rows, { label }) {
  return (width) => {
    const [line, bar] = [46, 16];
    const most = Math.max(...rows.map(({ value }) => value), 1);
    const parts = rows.flatMap(({ key, name, value, told }, place) => {
      const y = place * line;
      return [
        s("text", { class: "name", x: 0, y: y + 14 }, name),
        s("text", { class: "told", x: width, y: y + 14, "text-anchor": "end" }, told),
        s("rect", { class: "track", x: 0, y: y + 21, width, height: bar, rx: 4 }),
        value > 0 && s("rect", { class: key, x: 0, y: y + 21, width: Math.max((width * value) / most, 3), height: bar, rx: 4 }),
      ];
    });
    return picture(width, Math.max(rows.length * line, 1), label, ...parts);
  };
}

const LEVELS = 5;
const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/** Counts of 168 hours, from Monday at midnight, as rows of days. */
/** Cells by hour of the week; each hour begins at this minute. */
export function heat(hours, { label, minutes = 0 }) {
  return (width) => {
    const [left, bottom] = [36, 20];
    const cell = (width - left) / 24;
    const tall = Math.min(Math.max(cell, 16), 26);
    const most = Math.max(...hours, 1);
    const cells = hours.map((value, hour) => {
      const [row, column] = [Math.floor(hour / 24), hour % 24];
      const level = value === 0 ? 0 : Math.min(LEVELS, Math.ceil((value / most) * LEVELS));
      const title = `${DAYS[row]} ${clock(column, minutes)}–${clock(column + 1, minutes)}: ${value}`;
      return s("rect", {
        class: `heat l${level}`, x: left + column * cell + 0.5, y: row * tall + 0.5, width: cell - 1, height: tall - 1, rx: 2,
      }, s("title", {}, title));
    });
    const days = DAYS.map((name, row) => s("text", { class: "tick", x: 0, y: row * tall + tall / 2 + 4 }, name));
    const every = width < 480 ? 6 : 3;
    const times = [];
    for (let hour = 0; hour < 24; hour += every) {
      times.push(s("text", { class: "tick", x: left + hour * cell, y: 7 * tall + 15 }, clock(hour, minutes)));
    }
    return picture(width, 7 * tall + bottom, label, ...cells, ...days, ...times);
  };
}

export const clock = (hour, minutes) => `${hour}:${String(minutes).padStart(2, "0")}`;

export function legend(series) {
  return h("ul", { class: "legend" }, series.map(({ key, name }) => h("li", { class: key }, name)));
}

// -- saving

const SHOWN = ["fill", "stroke", "stroke-width", "fill-opacity", "font-family", "font-size", "font-weight"];

function save(place, name, kind) {
  const act = async () => {
    const svg = place.querySelector("svg");
    if (svg) offer(kind === "SVG" ? drawn(svg) : await painted(svg), `${name}.${kind.toLowerCase()}`);
  };
  return h("button", { type: "button", class: "link", "aria-label": `Save as ${kind}`, on: { click: act } }, kind);
}

function offer(blob, name) {
  const url = URL.createObjectURL(blob);
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** The picture with its colours written into it. */
function standing(svg) {
  const copy = svg.cloneNode(true);
  const [all, copies] = [svg, copy].map((one) => [one, ...one.querySelectorAll("*")]);
  all.forEach((element, place) => {
    const style = getComputedStyle(element);
    for (const property of SHOWN) copies[place].setAttribute(property, style.getPropertyValue(property));
    copies[place].removeAttribute("class");
  });
  const back = s("rect", { width: "100%", height: "100%", fill: getComputedStyle(svg.closest(".card")).backgroundColor });
  copy.prepend(back);
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return new XMLSerializer().serializeToString(copy);
}

const drawn = (svg) => new Blob([standing(svg)], { type: "image/svg+xml" });

async function painted(svg) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(standing(svg))}`;
  await image.decode();
  const sharp = 2;
  const canvas = h("canvas", { width: svg.width.baseVal.value * sharp, height: svg.height.baseVal.value * sharp });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}
