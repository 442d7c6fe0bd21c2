// A chart as a file: SVG or PNG, with its title and in the colours that it is seen in.

import { h, s } from "./dom.js";

const SHOWN = ["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "stroke-linecap", "stroke-opacity", "fill-opacity", "opacity", "font-family", "font-size", "font-weight"];
/** Around what is seen, and above it for the title. */
const [EDGE, HEAD] = [16, 44];
const SHARP = 2;
const KEPT_MS = 10_000;

/** A button that saves the picture in `place`. */
export function saving(place, title, name, kind) {
  const act = async () => {
    const svg = place.querySelector("svg");
    offer(kind === "SVG" ? drawn(svg, title) : await painted(svg, title), `${name}.${kind.toLowerCase()}`);
  };
  return h("button", { type: "button", class: "link", "aria-label": `Save as ${kind}`, on: { click: act } }, kind);
}

function offer(blob, name) {
  const url = URL.createObjectURL(blob);
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), KEPT_MS);
}

/** The picture with its colours written into it. */
function standing(svg, title) {
  const copy = svg.cloneNode(true);
  const [all, copies] = [svg, copy].map((one) => [one, ...one.querySelectorAll("*")]);
  all.forEach((element, place) => {
    const style = getComputedStyle(element);
    for (const property of SHOWN) copies[place].setAttribute(property, style.getPropertyValue(property));
    copies[place].removeAttribute("class");
  });
  const [width, height] = [svg.width.baseVal.value + 2 * EDGE, svg.height.baseVal.value + HEAD + EDGE];
  const box = { x: -EDGE, y: -HEAD, width, height };
  const { backgroundColor: back, color, fontFamily } = getComputedStyle(svg.closest(".card"));
  copy.prepend(
    s("rect", { ...box, fill: back }),
    s("text", { x: 0, y: -18, fill: color, "font-family": fontFamily, "font-size": 16, "font-weight": 650 }, title),
  );
  for (const [name, value] of Object.entries({ width, height, viewBox: Object.values(box).join(" "), xmlns: "http://www.w3.org/2000/svg" })) {
    copy.setAttribute(name, value);
  }
  return { text: new XMLSerializer().serializeToString(copy), width, height };
}

const drawn = (svg, title) => new Blob([standing(svg, title).text], { type: "image/svg+xml" });

async function painted(svg, title) {
  const { text, width, height } = standing(svg, title);
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = h("canvas", { width: width * SHARP, height: height * SHARP });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}
