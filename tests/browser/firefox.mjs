#!/usr/bin/env node
// The pages in Firefox, as the distribution ships it: they open, at both widths, without a complaint; the chat answers;
// and somebody talks with the twin over real WebRTC. Chromium's tests look into the details.
//
//     firefox.mjs http://localhost:8080 http://localhost:8080/owner?token=… [--shots DIR]
//
// The second address is the owner's link; it is used up. `puppeteer-core` is that of `../tools/firefox/package.json`.
// Firefox plays no sound where there is no device: PulseAudio with a null sink is one.

import { DESKTOP, LIMIT_MS, PHONE, check, checkEqual, options, positionals, require, summed } from "./checks.mjs";
import { AUDIBLE, INAUDIBLE, SPOKEN, instruments, recorded } from "./microphone.mjs";

const puppeteer = require("puppeteer-core");

const PUBLIC = ["/", "/chat", "/voice", "/book"];
const OWNERS = ["", "/people", "/opportunities", "/follow-ups", "/calendar", "/knowledge", "/persona", "/analytics", "/settings", "/health"];
const MOST_TRIES = 5;
const PREFERENCES = {
  "media.autoplay.block-webaudio": false,
  "media.autoplay.default": 0,
  // The simulated model is on this machine.
  "media.peerconnection.ice.loopback": true,
  "media.peerconnection.ice.obfuscate_host_addresses": false,
};

const [base, ownerLink] = positionals;
if (!ownerLink) {
  console.error("usage: firefox.mjs URL OWNER-LINK [--shots DIR]");
  process.exit(2);
}

const browser = await puppeteer.launch({ browser: "firefox", executablePath: "/usr/bin/firefox-esr", extraPrefsFirefox: PREFERENCES });

async function opened(path) {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  page.setDefaultTimeout(4 * LIMIT_MS);
  await page.setViewport(DESKTOP);
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  if (path) await page.goto(base + path);
  return { page, context, complaints };
}

async function looks(page, name) {
  for (const size of [DESKTOP, PHONE]) {
    await page.setViewport(size);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    check(`${name}, ${size.width} px: nothing sticks out`, wide <= 0, `${wide} px`);
    if (options.shots) await page.screenshot({ path: `${options.shots}/firefox-${name}-${size.width}.png` });
  }
  await page.setViewport(DESKTOP);
}

// -- what is tried

async function opensAll() {
  for (const path of PUBLIC) {
    const { page, context, complaints } = await opened(path);
    await page.waitForFunction(() => document.readyState === "complete" && document.querySelector("h1"));
    await looks(page, path.slice(1) || "home");
    checkEqual(`${path}: nothing complained`, complaints.join("; "), "");
    await context.close();
  }
}

async function isTheOwners() {
  const { page, context, complaints } = await opened();
  await page.goto(ownerLink);
  await Promise.all([page.waitForNavigation(), page.locator("form button").click()]);
  for (const path of OWNERS) {
    await page.goto(`${base}/dashboard${path}`);
    await page.waitForSelector("#view:not([aria-busy])");
    await looks(page, `dashboard${path.replace("/", "-")}`);
  }
  checkEqual("nothing complained in the dashboard", complaints.join("; "), "");
  await context.close();
}

async function answersInWriting() {
  const { page, context, complaints } = await opened("/chat");
  await page.waitForSelector("#log .turn");
  await page.locator("#message").fill("What has Alex done with Rust?");
  await page.keyboard.press("Enter");
  await page.waitForSelector("#log .turn.twin .said .cite");
  check("the answer has sources", true);
  await looks(page, "chat-answered");
  checkEqual("nothing complained in the chat", complaints.join("; "), "");
  await context.close();
}

const state = (page, name) => page.waitForSelector(`#stage[data-state=${name}]`);

/** Says a line, and again where a machine that is too busy has garbled it. */
async function understood(page, [file, words]) {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const before = await page.evaluate(() => document.querySelectorAll("#captions .person > span").length);
    await page.evaluate((line) => globalThis.speak(line), recorded(file).toString("base64"));
    const heard = await page.waitForFunction((wanted, from) => {
      const said = document.querySelectorAll("#captions .person > span")[from]?.textContent;
      return wanted.includes(said) && said;
    }, {}, [words, INAUDIBLE], before);
    if ((await heard.jsonValue()) === words) return;
    await page.waitForFunction(() => globalThis.states.at(-1) === "listening");
  }
  throw new Error(`never understood: ${words}`);
}

async function talks() {
  const { page, context, complaints } = await opened();
  await page.evaluateOnNewDocument(instruments, { audible: AUDIBLE, speaks: true });
  await page.goto(`${base}/voice`);
  await page.locator("#start button").click();
  await state(page, "listening");
  check("it is audible", (await page.evaluate(() => globalThis.loudest)) > AUDIBLE);
  await understood(page, SPOKEN.role);
  await page.waitForFunction(() => document.querySelectorAll("#captions .twin > span").length > 1);
  await page.waitForFunction(() => globalThis.states.at(-1) === "listening");
  await looks(page, "voice-talking");
  await understood(page, SPOKEN.goodbye);
  await page.waitForSelector("#ended", { visible: true });
  await page.waitForSelector("#kept", { visible: true });
  check("it hangs up after the goodbye", /You talked for \d+/.test(await page.$eval("#ended h2", (title) => title.textContent)));
  await looks(page, "voice-ended");
  checkEqual("nothing complained while talking", complaints.join("; "), "");
  await context.close();
}

try {
  for (const one of [opensAll, isTheOwners, answersInWriting, talks]) {
    try {
      await one();
    } catch (error) {
      check(one.name, false, String(error.stack ?? error));
    }
  }
} finally {
  await browser.close();
}
summed();
