#!/usr/bin/env node
// The chat as a person meets it: Chromium against a running system.
//
//     chat.mjs http://localhost:8080 [http://localhost:8080/chat?session=…] [--shots DIR]
//
// The second address is a link that hands a phone call over; it is used up. The system answers slowly enough that
// an answer can be stopped. Faults that a server does not have on demand are made between it and the page.
//
// The packages are those of `../tools/node/package.json`, installed there or where NODE_PATH says.

import { LIMIT_MS, DESKTOP, PHONE, accessible, check, checkEqual, options, positionals, run, shot } from "./checks.mjs";

const QUESTION = "What has Alex done with Rust?";
const MARKUP = "Say <img src=x onerror=\"window.broken=1\"> and <b>bold</b>";

const [base, handedOver] = positionals;
if (!base) {
  console.error("usage: chat.mjs URL [HANDOFF-URL] [--shots DIR]");
  process.exit(2);
}

// -- the page

const last = (page, who) => page.locator(`#log .turn.${who}`).last();
const said = async (page, who) => (await last(page, who).locator(".said").innerText()).trim();

/** The chat in a browser of its own. What its console and its policy complain of goes into `complaints`. */
async function opened(browser, settings = {}, path = "/chat") {
  const context = await browser.newContext({ viewport: DESKTOP, baseURL: base, ...settings });
  const page = await context.newPage();
  page.setDefaultTimeout(LIMIT_MS);
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    const ours = ["error", "warning"].includes(message.type());
    if (ours && !message.text().startsWith("Failed to load resource")) complaints.push(message.text());
  });
  await page.goto(path);
  if (path === "/chat") await ready(page);
  return { page, context, complaints };
}

async function ready(page) {
  await page.locator("#log[aria-live=polite] .turn").first().waitFor();
}

/** What follows once the answer to the last message is there. */
async function answered(page, count) {
  await page.waitForFunction((n) => document.querySelectorAll("#log .turn.twin.chat").length >= n, count);
}

async function asked(page, text) {
  const count = await page.locator("#log .turn.twin.chat").count();
  await page.locator("#message").fill(text);
  await page.locator("#message").press("Enter");
  return count + 1;
}

/** The first words of an answer. */
async function words(page) {
  await page.locator("#pending .writing.quietly").waitFor();
}

/** An answer of our own making instead of the server's: `events` are [name, offset, data]. */
function stream(route, events) {
  const body = events.map(([name, id, data]) => `id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
  return route.fulfill({ contentType: "text/event-stream", body: body.join("") });
}

const done = (text) => ({ message: "msg_test", text, html: `<p>${text}</p>`, citations: [], known: true, actions: [] });
const started = ["started", 0, { message: "msg_test" }];
const onPost = (act) => (route) => (route.request().method() === "POST" ? act(route) : route.fallback());

// -- what is tried

async function greets(browser) {
  const { page, complaints } = await opened(browser);
  const disclosure = page.locator(".disclosure");
  check("it says that it is an AI", /You are talking to an AI assistant of /.test(await disclosure.innerText()));
  check("that is in sight", await disclosure.isVisible());
  check("the greeting says so too", /\bAI\b/.test(await said(page, "twin")));
  check("there are suggestions", (await page.locator("#suggestions button").count()) > 0);
  await accessible(page, "empty");
  await page.locator("#suggestions button").first().click();
  await answered(page, 2);
  checkEqual("suggestions go once one was taken", await page.locator("#suggestions button:visible").count(), 0);
  checkEqual("nothing complained", complaints.join("; "), "");
  await page.context().close();
}

async function answers(browser) {
  const { page, complaints } = await opened(browser);
  await page.evaluate(() => {
    window.entered = 0;
    const count = (records) => records.forEach((one) => (window.entered += one.addedNodes.length));
    new MutationObserver(count).observe(document.querySelector("#log"), { childList: true, subtree: true });
  });
  const count = await asked(page, QUESTION);
  await page.locator("#pending .turn").waitFor();
  checkEqual("what was asked is there at once", await said(page, "person"), QUESTION);
  check("it can be stopped", await page.locator(".stop").isVisible());
  await words(page);
  await shot(page, "streaming-1280");
  await answered(page, count);
  checkEqual("the log was told twice: of the question and of the whole answer", await page.evaluate("entered"), 2);
  const answer = last(page, "twin");
  check("the answer has sources", (await answer.locator(".said .cite").count()) > 0, await said(page, "twin"));
  check("the disclosure is still in sight", await page.locator(".disclosure").isVisible());
  await accessible(page, "answered");

  await answer.locator(".said .cite").first().click();
  const source = answer.locator(".source");
  check("a source opens", await source.isVisible());
  check("it is named", (await source.locator(".title b").innerText()).length > 0);
  check("it is quoted", (await source.locator("blockquote").innerText()).length > 0);
  check("the focus is in it", await source.evaluate((panel) => panel === document.activeElement));
  for (const link of await source.locator("a:visible").all()) {
    checkEqual("a link out tells nothing", await link.getAttribute("rel"), "noopener noreferrer");
  }
  await accessible(page, "source");
  await page.keyboard.press("Escape");
  check("Escape closes it", await source.isHidden());
  check("the focus is where it was", await page.evaluate("document.activeElement.matches('.said .cite')"));

  const before = await page.locator("#log .turn .said").allInnerTexts();
  await page.reload();
  await ready(page);
  const after = await page.locator("#log .turn .said").allInnerTexts();
  checkEqual("a page that is loaded again has the conversation", after.join("\n"), before.join("\n"));
  check("and its sources", (await last(page, "twin").locator(".said .cite").count()) > 0);
  checkEqual("nothing complained", complaints.join("; "), "");
  await page.context().close();
}

async function byKeyboard(browser) {
  const { page } = await opened(browser);
  const focused = (selector) => page.evaluate((wanted) => document.activeElement.matches(wanted), selector);
  const tabTo = async (selector, key) => {
    for (let presses = 0; presses < 25 && !(await focused(selector)); presses += 1) await page.keyboard.press(key);
    check(`the keyboard reaches ${selector}`, await focused(selector));
  };
  await tabTo("#message", "Tab");
  const height = () => page.locator("#message").evaluate((field) => field.clientHeight);
  const before = await height();
  await page.keyboard.type(QUESTION);
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("In a few words.");
  checkEqual("Shift+Enter begins a line", await page.locator("#message").inputValue(), `${QUESTION}\nIn a few words.`);
  check("the field grows", (await height()) > before);
  const outline = await page.locator(".composer").evaluate((form) => getComputedStyle(form).outlineStyle);
  check("the focus is seen", outline !== "none", outline);
  await page.keyboard.press("Enter");
  await answered(page, 2);
  checkEqual("Enter sends", await said(page, "person"), `${QUESTION}\nIn a few words.`);
  check("the focus stays in the field", await focused("#message"));
  await tabTo(".cite", "Shift+Tab");
  await page.keyboard.press("Enter");
  check("Enter opens a source", await focused(".source"));
  await page.keyboard.press("Escape");
  check("Escape goes back", await focused(".cite"));
  await tabTo("[data-do=call_me]", "Shift+Tab");
  await page.keyboard.press("Enter");
  check("the form has the focus", await focused("#phone"));
  await page.keyboard.press("Escape");
  check("and gives it back", await focused("[data-do=call_me]"));
  await page.context().close();
}

async function stops(browser) {
  const { page } = await opened(browser);
  const count = await asked(page, QUESTION);
  await words(page);
  await page.locator(".stop").click();
  await answered(page, count);
  check("a stopped answer says so", /stopped$/.test(await said(page, "twin")), await said(page, "twin"));
  check("one can write again", await page.locator(".composer [type=submit]").isVisible());
  check("the focus is in the field", await page.evaluate("document.activeElement.id === 'message'"));
  await page.context().close();
}

async function callsBack(browser) {
  const { page } = await opened(browser);
  await page.locator(".ways [data-do=call_me]").click();
  const box = page.locator("#call-back");
  await box.locator("#phone").fill("12");
  await box.locator("#when").fill("tomorrow after 3 pm");
  await box.locator("[type=submit]").click();
  await box.locator(".problem:not(:empty)").waitFor();
  check("a wrong number is said in the form", await box.isVisible());
  await accessible(page, "call-back");
  await box.locator("#phone").fill("+1 (415) 555-0132");
  await box.locator("[type=submit]").click();
  await page.locator("#log .note").waitFor();
  check("a call back is confirmed", (await page.locator("#log .note").innerText()).length > 0);
  check("the form is closed", await box.isHidden());
  await page.context().close();
}

const CODE = 'fn main() {\n    println!("42");\n}\n';

/** An answer with code: the code is copied as it is, and the answer as it was written. */
async function copies(browser) {
  const { page, context } = await opened(browser);
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const text = `Like this [1]:\n\n\`\`\`rust\n${CODE}\`\`\``;
  const citations = [{ number: 1, kind: "code", title: "main.rs", place: "lines 1–3", quote: CODE }];
  const html = `<p>Like this [1]:</p><pre><code class="language-rust">${CODE.replaceAll('"', "&quot;")}</code></pre>`;
  await page.route("**/api/chat", onPost((route) => stream(route, [started, ["done", 9, { ...done(text), html, citations }]])));
  await answered(page, await asked(page, QUESTION));
  const answer = last(page, "twin");
  checkEqual("code is named by its language", await answer.locator(".code").getAttribute("data-language"), "rust");
  const copied = () => page.evaluate(() => navigator.clipboard.readText());
  await answer.locator(".code .copy").click();
  await answer.locator(".code .copy", { hasText: "Copied" }).waitFor();
  checkEqual("the code is copied", await copied(), CODE);
  await answer.locator(".tools .copy").click();
  await answer.locator(".tools .copy", { hasText: "Copied" }).waitFor();
  checkEqual("the answer is copied", await copied(), text);
  await answer.locator(".said .cite").first().click();
  checkEqual("its source is quoted line by line", (await answer.locator(".source blockquote").innerText()).trim(), CODE.trim());
  await accessible(page, "code");
  await context.close();
}

/** On the phone with a code, and by voice in the browser. */
async function goesElsewhere(browser) {
  const { page } = await opened(browser);
  await answered(page, await asked(page, QUESTION));
  await page.locator(".ways [data-do=phone]").click();
  const box = page.locator("#phone-call");
  await box.locator(".spoken strong:not(:empty)").waitFor();
  check("a code goes on by phone", /^\d{3} \d{3} \d{3}$/.test(await box.locator(".spoken strong").innerText()));
  check("the number is to be called", /^tel:\+/.test(await box.locator(".dial").getAttribute("href")));
  await accessible(page, "phone-call");
  await box.locator("[type=submit]").click();
  await page.locator(".ways [data-do=voice]").click();
  await page.waitForURL("**/voice");
  check("one can talk instead", /AI/.test(await page.locator("main").innerText()));
  await page.context().close();
}

/** What a citation in a host leads to. */
async function opensADocument(browser) {
  const call = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "search", arguments: { query: "payments ledger" } } };
  const headers = { "Content-Type": "application/json", Accept: "application/json, text/event-stream", "MCP-Protocol-Version": "2025-11-25" };
  const found = await (await fetch(`${base}/api/mcp`, { method: "POST", headers, body: JSON.stringify(call) })).json();
  const { url, title, text } = found.result.structuredContent.results[0];
  const { pathname, hash } = new URL(url);
  const { page, complaints } = await opened(browser, {}, pathname + hash);
  const box = page.locator("#document");
  await box.waitFor();
  checkEqual("the document is named", await box.locator("#document-title").innerText(), title);
  const words = text.split("\n").find((line) => line.length > 20).replace(/^[-*•] /, "").slice(0, 40);
  check("what was found stands in it", (await box.locator(".said").innerText()).includes(words), words);
  check("its headings are below its title", (await box.locator(".said :is(h1, h2)").count()) === 0);
  await accessible(page, "document");
  await page.keyboard.press("Escape");
  await box.waitFor({ state: "hidden" });
  await page.waitForFunction(() => location.hash === "");
  check("the focus is at the top", await page.evaluate(() => document.activeElement === document.querySelector("h1")));
  check("it closes, and the address names it no more", page.url().endsWith(pathname), page.url());
  await page.evaluate(() => (location.hash = `#${"0".repeat(32)}`));
  await page.locator("#notice:not(:empty)").waitFor();
  check("what is gone is said to be", /not here any more/.test(await page.locator("#notice").innerText()));
  check("the résumé is to be had", /resume\.pdf$/.test(await page.locator(".ways [data-do=resume]").getAttribute("href")));
  checkEqual("nothing complained", complaints.join("; "), "");
  await page.context().close();
}

async function showsMarkupAsText(browser) {
  const { page, complaints } = await opened(browser);
  const count = await asked(page, MARKUP);
  await answered(page, count);
  checkEqual("markup is text", await said(page, "person"), MARKUP);
  await page.reload();
  await ready(page);
  checkEqual("also when it was kept", await said(page, "person"), MARKUP);
  checkEqual("no element came of it", await page.locator("#log img, #log .said b").count(), 0);
  checkEqual("nothing ran", await page.evaluate("window.broken"), undefined);
  checkEqual("nothing complained", complaints.join("; "), "");
  await page.context().close();
}

/** The head of the first answer is lost, and with it all that the server said: the message is sent once more. */
async function beginsOnce(browser) {
  const { page, context } = await opened(browser);
  let lost = 0;
  await page.route("**/api/chat", onPost(async (route) => {
    if (lost > 0) return route.fallback();
    lost += 1;
    const sent = route.request();
    const { cookie, origin } = await sent.allHeaders();
    const headers = { Cookie: cookie, Origin: origin, "Content-Type": "application/json" };
    await (await fetch(sent.url(), { method: "POST", headers, body: sent.postData() })).text();
    return route.abort();
  }));
  await answered(page, await asked(page, QUESTION));
  checkEqual("the answer was lost", lost, 1);
  await page.reload();
  await ready(page);
  checkEqual("what was sent twice was said once", await page.locator("#log .turn.person").count(), 1);
  await context.close();
}

/** Whoever writes before the conversation is there is heard after it. */
async function waitsForTheConversation(browser) {
  const { page, context } = await opened(browser);
  await answered(page, await asked(page, QUESTION));
  let goOn;
  const held = new Promise((resolve) => (goOn = resolve));
  await page.route("**/api/chat", async (route) => {
    if (route.request().method() !== "GET") return route.fallback();
    const before = await route.fetch();
    await held;
    return route.fulfill({ response: before });
  });
  await page.reload();
  await asked(page, MARKUP);
  goOn();
  await answered(page, 3);
  const people = page.locator("#log .turn.person .said");
  checkEqual("what was said stays", (await people.allInnerTexts()).join("; "), `${QUESTION}; ${MARKUP}`);
  await context.close();
}

const tooMany = (seconds) => onPost((route) => route.fulfill({
  status: 429,
  headers: { "Retry-After": String(seconds) },
  contentType: "application/problem+json",
  body: JSON.stringify({ title: "Too Many Requests", status: 429, code: "rate_limited", request_id: "req_1" }),
}));

/** Until tomorrow nobody counts in seconds. */
async function waitsForTheDay(page, notice) {
  for (const [seconds, told] of [[47_213, "in 13 h 7 min."], [7200, "in 2 h."], [3599, "in 1 h."], [90, "in 2 min."]]) {
    await page.route("**/api/chat", tooMany(seconds));
    await asked(page, QUESTION);
    await notice.getByText("again in").waitFor();
    check(`${seconds} s are told as a person says it`, (await notice.innerText()).includes(told), await notice.innerText());
    await page.unroute("**/api/chat");
    await page.reload();
    await ready(page);
  }
}

async function survivesFaults(browser) {
  const { page, context } = await opened(browser);
  const notice = page.locator("#notice");
  const field = page.locator("#message");
  await page.route("**/api/chat", tooMany(2));
  await asked(page, QUESTION);
  await notice.locator("text=/again in \\d s/").waitFor();
  checkEqual("what was not taken is kept", await field.inputValue(), QUESTION);
  check("it has to wait", await page.locator(".composer [type=submit]").isDisabled());
  await accessible(page, "rate-limited");
  await page.reload();
  await ready(page);
  checkEqual("also over a reload", await field.inputValue(), QUESTION);
  await page.unroute("**/api/chat");
  await waitsForTheDay(page, notice);

  const from = [];
  await page.route("**/api/chat", onPost((route) => stream(route, [started, ["delta", 5, { text: "Hello" }]])));
  await page.route("**/api/chat/msg_test", (route) => {
    from.push(route.request().headers()["last-event-id"]);
    if (from.length === 1) return stream(route, [started]);
    return stream(route, [started, ["delta", 11, { text: " there" }], ["done", 11, done("Hello there")]]);
  });
  await answered(page, await asked(page, "What breaks off?"));
  checkEqual("a broken answer goes on", await said(page, "twin"), "Hello there");
  checkEqual("from where it broke, each time", from.join(" "), "5 5");

  await page.unroute("**/api/chat/msg_test");
  await page.route("**/api/chat/msg_test", (route) => route.abort());
  const count = await asked(page, "What is lost?");
  await notice.getByRole("button", { name: "Try again" }).waitFor();
  check("a lost connection is said", /Connection lost/.test(await notice.innerText()));
  checkEqual("what came is kept", (await page.locator("#pending .said").innerText()).split("\n")[0].slice(0, 5), "Hello");
  await shot(page, "lost-1280");
  await page.unroute("**/api/chat/msg_test");
  await page.route("**/api/chat/msg_test", (route) => stream(route, [["done", 11, done("Hello again")]]));
  await notice.getByRole("button", { name: "Try again" }).click();
  await answered(page, count);
  checkEqual("trying again ends well", await said(page, "twin"), "Hello again");

  await page.unroute("**/api/chat");
  const failure = ["error", 0, { code: "unavailable", title: "Unavailable", retry_after: null }];
  await page.route("**/api/chat", onPost((route) => stream(route, [started, failure])));
  await asked(page, "What fails?");
  await notice.getByRole("button", { name: "Try again" }).waitFor();
  checkEqual("what failed is kept", await field.inputValue(), "What fails?");

  await context.setOffline(true);
  await notice.getByText("You are offline").waitFor();
  await field.press("Enter");
  checkEqual("nothing is sent without a network", await field.inputValue(), "What fails?");
  await shot(page, "offline-1280");
  await context.setOffline(false);
  await notice.getByText("You are offline").waitFor({ state: "detached" });

  await page.unroute("**/api/chat");
  await field.fill("x".repeat(4001));
  await field.press("Enter");
  await notice.getByText("too long").waitFor();
  checkEqual("what is too long is kept, to be shortened", (await field.inputValue()).length, 4001);
  checkEqual("and not offered to be sent again as it is", await notice.getByRole("button").count(), 0);
  await context.close();
}

async function goesOnFromThePhone(browser) {
  const { page, complaints } = await opened(browser, {}, handedOver);
  await page.getByRole("button", { name: "Open the conversation" }).click();
  await page.waitForURL("**/chat");
  await ready(page);
  check("turns of the phone are there", (await page.locator("#log .turn.phone").count()) > 0);
  const divider = await page.locator("#log .divider.phone").first().innerText();
  check("and said to be of the phone, with their date", /^On the phone, (today|\d+ \w+)/.test(divider), divider);
  await accessible(page, "handed-over");
  const count = await asked(page, QUESTION);
  await answered(page, count);
  await page.evaluate(() => scrollTo(0, 0));
  await shot(page, "handed-over-top-1280");
  checkEqual("nothing complained", complaints.join("; "), "");
  await page.context().close();
}

/** Even while an answer is being written: the rest of it does not turn up in the next conversation. */
async function forgets(browser) {
  const { page } = await opened(browser);
  const forget = async () => {
    await page.locator(".ways [data-do=forget]").click();
    await shot(page, "forget-1280");
    await page.locator("#forget [type=submit]").click();
    await page.waitForFunction(() => document.querySelectorAll("#log .turn").length === 1);
  };
  await asked(page, QUESTION);
  await words(page);
  const rows = () => page.locator(".ways li:not([hidden])").evaluateAll((all) => new Set(all.map(({ offsetTop }) => offsetTop)).size);
  for (const viewport of [PHONE, DESKTOP]) {
    await page.setViewportSize(viewport);
    checkEqual(`with it, the ways are in one row at ${viewport.width}`, await rows(), 1);
  }
  const lines = await page.locator(".about h1").evaluate((title) => title.offsetHeight / parseFloat(getComputedStyle(title).lineHeight));
  check("beside who answers, who stands in one line", lines < 1.5, lines);
  await forget();
  checkEqual("nothing of the person is left", await page.locator("#log .person").count(), 0);
  await answered(page, await asked(page, QUESTION));
  checkEqual("a forgotten answer does not come back", await page.locator("#log .twin").count(), 2);
  await forget();
  await page.reload();
  await ready(page);
  checkEqual("also after a reload nothing is left", await page.locator("#log .turn").count(), 1);
  await page.context().close();
}

async function withoutScript(browser) {
  const context = await browser.newContext({ javaScriptEnabled: false, baseURL: base, viewport: PHONE });
  const page = await context.newPage();
  await page.goto("/chat");
  check("without a script it says what to do", /needs JavaScript/.test(await page.locator("main").innerText()));
  check("and has no dead field", await page.locator("#message").isHidden());
  await shot(page, "no-script-390");
  await context.close();
}

async function looks(browser) {
  if (!options.shots) return;
  for (const [name, settings] of [
    ["dark-1280", { colorScheme: "dark" }],
    ["dark-390", { colorScheme: "dark", viewport: PHONE, hasTouch: true, isMobile: true }],
  ]) {
    const { page } = await opened(browser, { reducedMotion: "reduce", ...settings });
    const count = await asked(page, QUESTION);
    await page.locator("#pending .turn").waitFor();
    await shot(page, `${name}-thinking`);
    await answered(page, count);
    await last(page, "twin").locator(".cite").first().click();
    await shot(page, name);
    await page.context().close();
  }
}

const tried = [greets, answers, beginsOnce, waitsForTheConversation, byKeyboard, stops, callsBack, copies, goesElsewhere, opensADocument, showsMarkupAsText, survivesFaults, forgets, withoutScript];
await run([...tried, ...(handedOver ? [goesOnFromThePhone] : []), looks]);
