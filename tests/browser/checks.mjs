// What the tests in a browser have in common: what is counted, Chromium, accessibility and screenshots.
//
// The packages are those of `../tools/node/package.json`, installed there or where NODE_PATH says.

import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";

export const require = createRequire(new URL("../tools/node/package.json", import.meta.url));
const { chromium } = require("playwright-core");
const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
// What holds for a letter as well as for a page.
export const WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
export const DESKTOP = { width: 1280, height: 860 };
export const PHONE = { width: 390, height: 780 };
const NARROWEST = 360;
export const LIMIT_MS = 30_000;

export const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { shots: { type: "string" }, live: { type: "boolean", default: false }, browser: { type: "string", default: "/usr/bin/chromium" } },
});
if (options.shots) mkdirSync(options.shots, { recursive: true });

let passed = 0;
let failed = 0;

export function check(name, good, told = "") {
  if (good) {
    passed += 1;
  } else {
    failed += 1;
    console.log(`FAILED ${name} ${typeof told === "string" ? told : JSON.stringify(told)}`);
  }
}

export function checkEqual(name, actual, wanted) {
  check(name, actual === wanted, { actual, wanted });
}

export async function shot(page, name) {
  if (options.shots) await page.screenshot({ path: `${options.shots}/${name}.png` });
}

// What the pages promise, and what Lighthouse rates as no longer good: bytes as they are sent, milliseconds to the first content,
// how far it moves while it comes.
const MOST_BYTES = 150 * 1024;
const MOST_REQUESTS = 70;
const FIRST_CONTENT_MS = 3000;
const MOST_SHIFT = 0.1;

/** Opens a page, which keeps to its budget and asks nobody else for anything; `ready` waits until it is there. */
export async function light(page, path, name, ready = async () => {}) {
  const [asked, weighed] = [[], []];
  // What is asked for again while the page is left has no body any more.
  const weigh = async (response) => (response.ok() ? gzipSync(await response.body().catch(() => "")).length : 0);
  const took = (response) => weighed.push(weigh(response));
  const went = (request) => asked.push(request.url());
  page.on("response", took);
  page.on("request", went);
  await page.goto(path, { waitUntil: "load" });
  await ready();
  const bytes = (await Promise.all(weighed)).reduce((sum, one) => sum + one, 0);
  page.off("response", took);
  page.off("request", went);
  const { first, shift } = await page.evaluate(vitals);
  const elsewhere = asked.filter((url) => !url.startsWith("data:") && new URL(url).origin !== new URL(page.url()).origin);
  check(`${name}: light enough`, bytes > 0 && bytes < MOST_BYTES, `${bytes} bytes`);
  check(`${name}: few requests`, asked.length <= MOST_REQUESTS, asked.length);
  checkEqual(`${name}: nobody else is asked`, elsewhere.join(), "");
  check(`${name}: there at once`, first > 0 && first < FIRST_CONTENT_MS, `${first} ms`);
  check(`${name}: it keeps still`, shift <= MOST_SHIFT, shift);
}

/** In the page: when its first content was seen, and how far it moved. */
async function vitals() {
  let shift = 0;
  const moved = (list) => list.getEntries().forEach(({ value, hadRecentInput }) => (shift += hadRecentInput ? 0 : value));
  new PerformanceObserver(moved).observe({ type: "layout-shift", buffered: true });
  const first = await new Promise((seen) => {
    const painted = (list) => list.getEntriesByName("first-contentful-paint").forEach(({ startTime }) => seen(startTime));
    new PerformanceObserver(painted).observe({ type: "paint", buffered: true });
  });
  await new Promise((frame) => requestAnimationFrame(() => requestAnimationFrame(frame)));
  return { first, shift };
}

/** At both widths; the page is left at the first. */
export async function accessible(page, name, rules = [...WCAG, "best-practice"]) {
  for (const size of [PHONE, DESKTOP]) {
    await page.setViewportSize(size);
    await page.evaluate(AXE);
    const { violations } = await page.evaluate((rules) => axe.run({ runOnly: rules }), rules);
    const told = violations.map((rule) => `${rule.id}: ${rule.nodes.map((node) => node.html.slice(0, 120))}`);
    check(`${name}, ${size.width} px: axe finds nothing`, violations.length === 0, told);
    await shot(page, `${name}-${size.width}`);
  }
  await page.setViewportSize({ width: NARROWEST, height: 640 });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  check(`${name}, ${NARROWEST} px: nothing sticks out`, wide <= 0, `${wide} px`);
  await page.setViewportSize(DESKTOP);
}

/** Tries one after the other in Chromium with these switches; one that throws has failed. */
export async function launched(switches, all) {
  const browser = await chromium.launch({ executablePath: options.browser, args: ["--no-sandbox", ...switches] });
  for (const one of all) {
    try {
      await one(browser);
    } catch (error) {
      check(one.name, false, String(error.stack ?? error));
    }
  }
  await browser.close();
}

/** What came of all; the process's status says it, too. */
export function summed() {
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

export async function run(all) {
  await launched([], all);
  summed();
}
