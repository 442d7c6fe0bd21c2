#!/usr/bin/env node
// Talking as a person does it: Chromium whose microphone plays recorded speech, against a running system. What is
// heard, said and kept is real: WebRTC both ways, the simulated model's turn detection, our store. A person speaks when
// there is a reason to, not at a time: a slow machine makes it slower and changes nothing.
//
//     voice.mjs http://localhost:8080 OWNER-TOKEN [--live] [--shots DIR]
//
// `--live`: the system talks with GPT-Live.
//
// The packages are those of `../tools/node/package.json`, installed there or where NODE_PATH says.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DESKTOP, LIMIT_MS, PHONE, accessible, check, checkEqual, launched, options, positionals, shot, summed } from "./checks.mjs";
import { AUDIBLE, INAUDIBLE, SPOKEN, instruments, recorded } from "./microphone.mjs";

const ANSWER = "Yes. He runs Rust services in production, among them a payments ledger.";
// Who interrupts has heard so much of an answer before.
const INTO_ANSWER_MS = 1000;
const NOT_CAUGHT = "Sorry, I did not catch that.";
const MOST_TRIES = 5;
// No event takes longer, on any machine.
const PATIENCE_MS = 4 * LIMIT_MS;
// What lies between a line and its repetition, for a microphone that plays on and on.
const PAUSE_S = 12;

const [base, token] = positionals;
if (!base || !token) {
  console.error("usage: voice.mjs URL OWNER-TOKEN [--shots DIR]");
  process.exit(2);
}

// -- a microphone that plays a file

const RATE = 48_000;
const PER_SAMPLE = RATE / 8000;

/** µ-law at 8 kHz as samples at 48 kHz (ITU-T G.711), between which lines are drawn. */
function samples(file) {
  const decoded = Array.from(recorded(file), (byte) => {
    const code = ~byte & 0xff;
    const magnitude = (((code & 0x0f) * 2 + 33) << ((code >> 4) & 7)) - 33;
    return (code & 0x80 ? -magnitude : magnitude) * 4;
  });
  const at = (n) => {
    const [before, part] = [Math.floor(n / PER_SAMPLE), (n % PER_SAMPLE) / PER_SAMPLE];
    return decoded[before] + part * ((decoded[before + 1] ?? 0) - decoded[before]);
  };
  return Int16Array.from({ length: decoded.length * PER_SAMPLE }, (_, n) => at(n));
}

const silence = (seconds) => new Int16Array(seconds * RATE);

function wav(parts) {
  const data = Buffer.concat(parts.map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength)));
  const head = Buffer.alloc(44);
  head.write("RIFF", 0);
  head.writeUInt32LE(36 + data.length, 4);
  head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(RATE, 24);
  head.writeUInt32LE(RATE * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write("data", 36);
  head.writeUInt32LE(data.length, 40);
  return Buffer.concat([head, data]);
}

const folder = mkdtempSync(join(tmpdir(), "voice-"));

function speaking(name, parts) {
  const file = join(folder, `${name}.wav`);
  writeFileSync(file, wav(parts));
  return ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", `--use-file-for-fake-audio-capture=${file}`];
}

// -- the page, and what is kept

async function opened(browser, { speaks = false, ...settings } = {}) {
  const context = await browser.newContext({ viewport: DESKTOP, baseURL: base, ...settings });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  await page.addInitScript(instruments, { audible: AUDIBLE, speaks });
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    const ours = ["error", "warning"].includes(message.type());
    if (ours && !message.text().startsWith("Failed to load resource")) complaints.push(message.text());
  });
  await page.goto("/voice");
  await page.locator("#start").waitFor();
  return { page, context, complaints };
}

const state = (page, name) => page.locator(`#stage[data-state=${name}]`).waitFor();
const captions = (page, who) => page.locator(`#captions .${who} > span`);
const speak = (page, [file]) => page.evaluate((line) => globalThis.speak(line), recorded(file).toString("base64"));

/** Says a line, and again, as a person does, where a machine that is too busy has garbled it. */
async function understood(page, line) {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const before = await captions(page, "person").count();
    await speak(page, line);
    const heard = await page.waitForFunction(([wanted, from]) => {
      const said = document.querySelectorAll("#captions .person > span")[from]?.textContent;
      return wanted.includes(said) && said;
    }, [[line[1], INAUDIBLE], before]);
    if ((await heard.jsonValue()) === line[1]) return;
    await page.waitForFunction(() => states.at(-1) === "listening");
  }
  throw new Error(`never understood: ${line[1]}`);
}

const begin = (page) => page.getByRole("button", { name: "Start talking" }).click();

/** What is done leads to an answer that is heard to its end. */
async function answered(page, done) {
  const before = await page.evaluate("states.length");
  await done();
  await page.waitForFunction((from) => {
    const since = states.slice(from);
    return since.includes("speaking") && since.at(-1) === "listening";
  }, before);
}

async function owner(path) {
  const answer = await fetch(base + path, { headers: { Authorization: `Bearer ${token}` } });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

/** All conversations by voice, with their turns. */
async function kept() {
  const { people } = await owner("/api/omni-context");
  const all = await Promise.all(people.map(({ id }) => owner(`/api/people/${id}/export`)));
  return all.flatMap(({ interactions }) => interactions).filter(({ channel }) => channel === "voice");
}

/** The one that `wanted` is true of, as soon as it is. */
async function keptAs(wanted) {
  for (const until = Date.now() + PATIENCE_MS; Date.now() < until; ) {
    const found = (await kept()).find(wanted);
    if (found) return found;
    await new Promise((resume) => setTimeout(resume, 200));
  }
  return null;
}

// -- what is tried

async function leadsHere(browser) {
  const { page, context } = await opened(browser);
  for (const from of ["/", "/chat"]) {
    await page.goto(from);
    await page.locator("main a[href='/voice']").first().click();
    await page.waitForURL("**/voice");
    check(`${from} leads here`, await page.locator("#start").isVisible());
  }
  await accessible(page, "voice-start");
  await page.locator("input[value=conversation]").focus();
  await page.keyboard.press("ArrowDown");
  check("the kind is chosen by keyboard", await page.locator("input[value=interview]").isChecked());
  await page.locator("summary").click();
  await page.locator("#job").fill("Staff engineer, payments");
  await accessible(page, "voice-start-job");
  await context.close();
}

/** The relay takes tools and turns from its own line. */
async function converses(browser) {
  await talks(browser, { attended: true });
}

/** Without a relay the browser runs tools and tells turns; here it is a rehearsal. */
async function rehearsesByItself(browser) {
  await talks(browser, { attended: false, kind: "practice" });
}

async function talks(browser, { attended, kind = "conversation" }) {
  const { page, context, complaints } = await opened(browser, { speaks: true });
  const before = (await kept()).map(({ id }) => id);
  if (!attended) await page.route("**/sessions/*/call", (route) => route.abort());
  await page.locator(`input[value=${kind}]`).check();
  const tools = [];
  page.on("response", (response) => {
    const [, tool] = /\/tools\/(\w+)$/.exec(response.url()) ?? [];
    if (tool) tools.push(`${tool} ${response.status()}`);
  });
  await begin(page);
  await state(page, "listening");
  check("first it says what it is", /AI assistant/.test(await captions(page, "twin").first().innerText()));
  check("it is audible", (await page.evaluate("loudest")) > AUDIBLE, await page.evaluate("loudest"));
  await understood(page, SPOKEN.role);
  const quiet = await page.evaluate("audibleMs");
  await page.waitForFunction((enough) => audibleMs >= enough, quiet + INTO_ANSWER_MS);
  await shot(page, "voice-speaking-1280");
  await answered(page, () => understood(page, SPOKEN.question));
  check("who is interrupted stops", await page.locator("#captions em:not([hidden])").isVisible());
  check("and answers", await page.getByText(ANSWER).isVisible());
  await accessible(page, "voice-talking");
  const order = await page.locator("#captions .caption").evaluateAll((all) => all.map((one) => one.classList[1]).join(" "));
  check("captions are in order", order.startsWith("twin person twin person twin"), order);
  await understood(page, SPOKEN.goodbye);
  await page.locator("#ended").waitFor();
  check("it hangs up after the goodbye", /You talked for \d+/.test(await page.locator("#ended h2").innerText()));
  await page.locator("#kept").waitFor();
  checkEqual("a rehearsal is told how it went", await page.locator("#feedback").isVisible(), kind === "practice");
  await accessible(page, `voice-${kind}-ended`);
  checkEqual("its tools were run once each", tools.join(", "), attended ? "" : "answer_question 200, end_call 200");
  checkEqual("nothing complained", complaints.join("; "), "");
  const held = await keptAs(({ id, status }) => !before.includes(id) && status !== "open");
  checkEqual("one conversation is kept", (await kept()).length, before.length + 1);
  checkEqual("as completed", held?.outcome, "completed");
  const turns = (held?.turns ?? []).filter(({ text }) => ![INAUDIBLE, NOT_CAUGHT].includes(text));
  const said = turns.map(({ speaker, interrupted }) => speaker + (interrupted ? " interrupted" : "")).join(", ");
  checkEqual("with its turns", said, "twin, person, twin interrupted, person, twin, person, twin");
  checkEqual("as they were said", turns[1]?.text, SPOKEN.role[1]);
  check("and heard", turns[2]?.text.length > 0 && turns[2].text.length < 150, turns[2]?.text);
  await page.getByRole("link", { name: "Continue in writing" }).click();
  await page.waitForURL("**/chat");
  await context.close();
}

/** A device of the browser, not a stream of our making. */
async function hearsADevice(browser) {
  const { page, context } = await opened(browser);
  await begin(page);
  await page.locator("#captions .person > span", { hasText: SPOKEN.role[1] }).first().waitFor();
  check("a device is heard", true);
  await page.getByRole("button", { name: "End" }).click();
  await page.locator("#kept").waitFor();
  await context.close();
}

async function mutesAndHangsUp(browser) {
  const { page, context, complaints } = await opened(browser, { viewport: PHONE });
  await begin(page);
  await state(page, "listening");
  check("whoever listens is where it happens", await page.evaluate("document.activeElement.id === 'stage'"));
  await page.getByRole("button", { name: "Mute" }).click();
  await state(page, "muted");
  const open = () => page.evaluate(() => peers[0].getSenders()[0].track.enabled);
  checkEqual("a muted microphone is closed", await open(), false);
  await shot(page, "voice-muted-390");
  await page.getByRole("button", { name: "Unmute" }).click();
  checkEqual("and opens again", await open(), true);
  await page.getByRole("button", { name: "End" }).click();
  await page.locator("#kept").waitFor();
  check("the focus is at the summary", await page.evaluate("document.activeElement.id === 'ended'"));
  checkEqual("the microphone is let go", await page.evaluate(() => peers[0].getSenders()[0]?.track?.readyState ?? "ended"), "ended");
  check("it is kept as hung up", await keptAs(({ outcome }) => outcome === "hung_up"));
  await page.getByRole("button", { name: "Talk again" }).click();
  check("one may begin again", await page.locator("#start").isVisible());
  checkEqual("nothing complained", complaints.join("; "), "");
  await context.close();
}

async function goesOnAfterABreak(browser) {
  const { page, context, complaints } = await opened(browser);
  await begin(page);
  await state(page, "listening");
  await page.evaluate(() => {
    Object.defineProperty(peers[0], "connectionState", { value: "failed" });
    peers[0].dispatchEvent(new Event("connectionstatechange"));
  });
  await page.getByText("We are connected again.").waitFor();
  await state(page, "listening");
  const greetings = (await captions(page, "twin").allInnerTexts()).filter((text) => /AI assistant/.test(text));
  checkEqual("nobody introduces themselves again", greetings.length, 1);
  checkEqual("on a new line", await page.evaluate("peers.length"), 2);
  check("what was said before stays", /AI assistant/.test(await captions(page, "twin").first().innerText()));
  await page.getByRole("button", { name: "End" }).click();
  await page.locator("#kept").waitFor();
  checkEqual("nothing complained", complaints.join("; "), "");
  await context.close();
}

async function leavesWithoutAWord(browser) {
  const { page, context } = await opened(browser);
  await begin(page);
  await state(page, "listening");
  const open = await keptAs(({ status }) => status === "open");
  check("it is open", open !== null);
  await page.goto("/");
  check("who leaves has hung up", await keptAs(({ id, status }) => id === open.id && status !== "open"));
  await context.close();
}

/** GPT-Live: its call goes through our server, and the relay greets, hears and hangs up. */
async function talksLive(browser) {
  const { page, context, complaints } = await opened(browser, { speaks: true });
  await begin(page);
  await state(page, "listening");
  check("live: first it says what it is", /AI assistant/.test(await captions(page, "twin").first().innerText()));
  check("live: it is audible", (await page.evaluate("loudest")) > AUDIBLE, await page.evaluate("loudest"));
  await understood(page, SPOKEN.goodbye);
  await page.locator("#ended").waitFor();
  check("live: it hangs up after the goodbye", /You talked for \d+/.test(await page.locator("#ended h2").innerText()));
  await page.locator("#kept").waitFor();
  checkEqual("live: nothing complained", complaints.join("; "), "");
  const held = await keptAs(({ status, turns }) => status !== "open" && turns.some(({ text }) => text === SPOKEN.goodbye[1]));
  checkEqual("live: it is kept as completed", held?.outcome, "completed");
  await context.close();
}

/** What is half a character is no JSON that our server reads: a long turn ends before it. */
async function tellsWholeCharacters(browser) {
  const { page, context } = await opened(browser);
  const told = await page.evaluate(async () => {
    const script = document.querySelector("script[type=module]").src;
    const [, said] = /"\.\/(said-\w+\.js)"/.exec(await (await fetch(script)).text());
    const { Said } = await import(new URL(said, script));
    const lines = new Said();
    lines.take({ type: "input_audio_buffer.speech_started", item_id: "one" }, 0);
    const transcript = `${"a".repeat(999)}😀 and more`;
    lines.take({ type: "conversation.item.input_audio_transcription.completed", item_id: "one", transcript }, 1);
    return lines.rest(2).map(({ text }) => ({ whole: text.isWellFormed(), length: text.length }));
  });
  checkEqual("a turn has whole characters", JSON.stringify(told), '[{"whole":true,"length":999}]');
  await context.close();
}

const refuses = (page, status, headers = {}) => page.route("**/api/voice/token", (route) => route.fulfill({
  status, headers, contentType: "application/problem+json", body: JSON.stringify({ title: "No", status, code: "" }),
}));

async function saysWhatIsWrong(browser) {
  const { page, context } = await opened(browser);
  const notice = page.locator("#notice");
  await refuses(page, 429, { "Retry-After": "47213" });
  await begin(page);
  await notice.getByText("in 13 h 7 min").waitFor();
  check("a spent budget leads to the chat", /write to it/.test(await notice.innerText()));
  await accessible(page, "voice-budget");
  await page.unroute("**/api/voice/token");
  await refuses(page, 503);
  await begin(page);
  await notice.getByText("cannot talk right now").waitFor();
  await page.unroute("**/api/voice/token");
  await page.route("**/realtime/calls", (route) => route.fulfill({ status: 500 }));
  await begin(page);
  await notice.getByText("cannot talk right now").waitFor();
  const again = notice.getByRole("button", { name: "Try again" });
  check("and one may try again", await again.isVisible());
  check("where the focus is", await again.evaluate((button) => button === document.activeElement));
  await page.unroute("**/realtime/calls");
  await context.setOffline(true);
  await notice.getByText("You are offline").waitFor();
  await context.setOffline(false);
  await notice.getByText("You are offline").waitFor({ state: "detached" });
  await context.close();
}

async function isBlocked(browser) {
  const { page, context } = await opened(browser);
  await context.grantPermissions([], { origin: base });
  await begin(page);
  await page.locator("#notice").getByText("blocks the microphone").waitFor();
  await accessible(page, "voice-blocked");
  await context.grantPermissions(["microphone"], { origin: base });
  await page.getByRole("button", { name: "Try again" }).click();
  // Chromium's own device beeps, and is heard as soon as it is listened to.
  await page.locator("#stage:is([data-state=listening], [data-state=hearing])").waitFor();
  await page.getByRole("button", { name: "End" }).click();
  await page.locator("#kept").waitFor();
  await context.close();
}

/** Where the voice sounds is chosen while one talks, and goes on through a new connection. */
async function choosesALoudspeaker(browser) {
  const { page, context } = await opened(browser);
  await context.grantPermissions(["microphone"], { origin: base });
  await page.evaluate(() => {
    window.sinks = [];
    HTMLMediaElement.prototype.setSinkId = async (id) => void sinks.push(id);
  });
  await begin(page);
  const speaker = page.getByLabel("Loudspeaker");
  await page.locator("#stage:is([data-state=listening], [data-state=hearing])").waitFor();
  const [, other] = await speaker.locator("option").evaluateAll((all) => all.map(({ value }) => value));
  await speaker.selectOption(other);
  await page.waitForFunction((wanted) => sinks.at(-1) === wanted, other);
  await accessible(page, "voice-devices");
  await page.evaluate(() => {
    HTMLMediaElement.prototype.setSinkId = () => Promise.reject(new DOMException("gone", "NotFoundError"));
  });
  await speaker.selectOption({ index: 2 });
  await page.locator("#notice").getByText("It cannot sound from there").waitFor();
  check("and it goes on", await page.locator("#stage").isVisible());
  await page.getByRole("button", { name: "End" }).click();
  await page.locator("#kept").waitFor();
  await context.close();
}

async function withoutAMicrophone(browser) {
  const { page, context } = await opened(browser);
  await context.grantPermissions(["microphone"], { origin: base });
  await begin(page);
  await page.locator("#notice").getByText("No microphone was found").waitFor();
  check("one can still begin", await page.locator("#start").isVisible());
  await context.close();
}

async function withoutScript(browser) {
  const context = await browser.newContext({ javaScriptEnabled: false, baseURL: base, viewport: PHONE });
  const page = await context.newPage();
  await page.goto("/voice");
  check("without a script it says what to do", /needs JavaScript/.test(await page.locator("main").innerText()));
  check("and has no dead button", await page.locator("#start").isHidden());
  checkEqual("and leads to no page that needs one, too", await page.locator('main a[href="/chat"]:visible').count(), 0);
  await context.close();
}

async function looks(browser) {
  if (!options.shots) return;
  for (const [name, settings] of [
    ["1440", { viewport: { width: 1440, height: 900 } }],
    ["dark-1440", { viewport: { width: 1440, height: 900 }, colorScheme: "dark" }],
    ["dark-390", { viewport: PHONE, colorScheme: "dark", hasTouch: true, isMobile: true }],
  ]) {
    const { page, context } = await opened(browser, settings);
    await shot(page, `voice-${name}-start`);
    await begin(page);
    await captions(page, "twin").first().waitFor();
    await page.waitForFunction((audible) => loudest > audible, AUDIBLE);
    await shot(page, `voice-${name}-talking`);
    await page.getByRole("button", { name: "End" }).click();
    await page.locator("#kept").waitFor();
    await shot(page, `voice-${name}-ended`);
    await context.close();
  }
}

try {
  if (options.live) {
    await launched(speaking("silence", [silence(PAUSE_S)]), [talksLive, mutesAndHangsUp, goesOnAfterABreak]);
    rmSync(folder, { recursive: true });
    summed();
    process.exit();
  }
  await launched(speaking("silence", [silence(PAUSE_S)]), [leadsHere, tellsWholeCharacters, converses, rehearsesByItself]);
  await launched(speaking("line", [silence(PAUSE_S), samples(SPOKEN.role[0])]), [hearsADevice]);
  await launched(speaking("silence", [silence(PAUSE_S)]), [mutesAndHangsUp, goesOnAfterABreak, leavesWithoutAWord, saysWhatIsWrong]);
  await launched(["--use-fake-device-for-media-stream"], [isBlocked, choosesALoudspeaker]);
  await launched([], [withoutAMicrophone, withoutScript]);
  // Last, because sessions are counted by address and hour.
  await launched(speaking("silence", [silence(PAUSE_S)]), [looks]);
} finally {
  rmSync(folder, { recursive: true });
}
summed();
