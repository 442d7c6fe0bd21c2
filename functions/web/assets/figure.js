// A figure with a chart: drawn to the width that it has; whoever points at it, or goes through it by the keys, is told the values.

import { h } from "./dom.js";
import { saving } from "./pictures.js";

// Nothing is drawn to less: a page that is laid out for paper passes through narrower widths.
const LEAST_PX = 120;
const AWAY_PX = 8;
// What is left of a sheet of A4 between its margins and those of a figure, and of half of it.
const [SHEET_PX, HALF_PX] = [664, 316];
const REDRAW = "redraw";

/** By name, how wide a figure was drawn last, what takes its place is as high at once; and what was pointed at in it. */
const [widths, pointed] = [new Map(), new Map()];

/**
 * `draw(width)` makes `{ picture, points, opens }` of a chart, or `{ none }`, why there is nothing to draw. Each of `points` is
 * `{ box, tip, mark, title, lines, open }`: where it is, where it is told of, what is marked, what is told, and what a press
 * shows; the keys up and down go `row` points. `opens` are buttons over the rows of the picture.
 */
export function figure({ title, text, name, about, isWide, aside }, draw) {
  const place = h("div", { class: "plot" });
  const save = h("p", { class: "save" }, ["SVG", "PNG"].map((kind) => saving(place, `${title}, ${about}`, name, kind)));
  const box = h(
    "figure",
    { class: isWide ? "chart card wide" : "chart card" },
    h("figcaption", {}, h("h3", {}, title), text && h("p", { class: "quiet" }, text), aside),
    place,
    save,
  );
  const again = (width) => {
    const { none, picture, points, row, opens } = draw(width);
    save.hidden = Boolean(none);
    const shown = none ? [h("p", { class: "calm" }, none)] : [picture, points && pointing({ title, name, points, row, width }), opens];
    place.replaceChildren(...shown.flat().filter(Boolean));
  };
  const onScreen = () => widths.has(name) && again(widths.get(name));
  onScreen();
  box.addEventListener("change", onScreen);
  box.addEventListener(REDRAW, ({ detail: isPaper }) => (isPaper ? again(isWide ? SHEET_PX : HALF_PX) : onScreen()));
  let width = 0;
  new ResizeObserver(([{ contentRect }]) => {
    if (Math.abs(contentRect.width - width) < 1 || contentRect.width < LEAST_PX) return;
    width = contentRect.width;
    widths.set(name, Math.floor(width));
    again(Math.floor(width));
  }).observe(place);
  return box;
}

// Paper is narrower than a screen, and its letters are to be read.
for (const [event, isPaper] of [["beforeprint", true], ["afterprint", false]]) {
  addEventListener(event, () => document.querySelectorAll("figure.chart").forEach((one) => one.dispatchEvent(new CustomEvent(REDRAW, { detail: isPaper }))));
}

/** What lies over a picture, to point at its values: a slider from one to the next, because that is what the keys do. */
function pointing({ title, name, points, row, width }) {
  const tip = h("div", { class: "tip", "aria-hidden": "true", hidden: true });
  const slider = h("div", {
    class: "points", role: "slider", tabindex: 0, "aria-label": `${title}, value by value`,
    "aria-valuemin": 1, "aria-valuemax": points.length, id: `points-${name}`,
  });
  const at = () => Math.min(pointed.get(name) ?? points.length - 1, points.length - 1);
  const tell = (place) => {
    points[at()].mark.classList.remove("at");
    pointed.set(name, Math.max(0, Math.min(place, points.length - 1)));
    const { title, lines } = points[at()];
    slider.setAttribute("aria-valuenow", at() + 1);
    slider.setAttribute("aria-valuetext", `${title}: ${lines.map(({ name, value }) => `${name} ${value}`).join(", ")}`);
  };
  const show = (place) => {
    tell(place);
    points[at()].mark.classList.add("at");
    slider.classList.toggle("opens", Boolean(points[at()].open));
    write(tip, points[at()], width);
  };
  const hide = () => {
    tip.hidden = true;
    points[at()].mark.classList.remove("at");
  };
  const leave = () => slider.matches(":focus-visible") || hide();
  const follow = (event) => {
    const place = under(slider, points, event);
    if (place >= 0) show(place);
    else leave();
  };
  // A finger that taps is shown the value first; what is shown already, it opens.
  let isShown = false;
  const down = (event) => {
    isShown = event.pointerType !== "touch" || (!tip.hidden && under(slider, points, event) === at());
    follow(event);
  };
  const keys = {
    ArrowRight: () => at() + 1, ArrowLeft: () => at() - 1,
    ArrowUp: () => (row ? at() - row : at() + 1), ArrowDown: () => (row ? at() + row : at() - 1),
    Home: () => 0, End: () => points.length - 1,
  };
  const press = (event) => {
    if (event.key === "Escape") return hide();
    if (event.key === "Enter" && points[at()].open) points[at()].open();
    else if (keys[event.key]) show(keys[event.key]());
    else return undefined;
    return event.preventDefault();
  };
  const act = (event) => isShown && points[under(slider, points, event)]?.open?.();
  tell(at());
  const events = {
    pointermove: follow, pointerdown: down, pointerleave: ({ pointerType }) => pointerType === "touch" || leave(), click: act, keydown: press,
    focus: () => slider.matches(":focus-visible") && show(at()), blur: hide,
  };
  for (const [event, listener] of Object.entries(events)) slider.addEventListener(event, listener);
  return [slider, tip];
}

/** Which of the points is under the pointer. */
function under(slider, points, { clientX, clientY }) {
  const { left, top } = slider.getBoundingClientRect();
  const [x, y] = [clientX - left, clientY - top];
  return points.findIndex(({ box: [fromX, fromY, wide, high] }) => x >= fromX && x < fromX + wide && y >= fromY && y < fromY + high);
}

function write(tip, { tip: at, box, title, lines, open }, width) {
  const told = lines.map(({ key, name, value }) => h("li", { class: key }, h("span", {}, name), h("strong", {}, value)));
  tip.replaceChildren(h("p", {}, title), h("ul", {}, told), open ? h("p", { class: "fine" }, "Press to list them") : "");
  tip.hidden = false;
  const { left, top } = beside(at, box, tip, width);
  Object.assign(tip.style, { left: `${left}px`, top: `${top}px` });
}

/** Above what is pointed at; where there is no room, beside it. */
function beside([x, y], [from, , across], { offsetWidth, offsetHeight }, width) {
  const within = (left) => Math.max(0, Math.min(left, width - offsetWidth));
  const above = y - offsetHeight - AWAY_PX;
  if (above >= 0) return { left: within(x - offsetWidth / 2), top: above };
  const after = from + across + AWAY_PX;
  return { left: within(after + offsetWidth <= width ? after : from - offsetWidth - AWAY_PX), top: 0 };
}
