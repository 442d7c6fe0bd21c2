#!/usr/bin/env node
// The owner's dashboard as the owner meets it: Chromium against a running system.
//
//     dashboard.mjs http://localhost:8080 http://localhost:8080/owner?token=… [--shots DIR]
//
// The second address is the owner's link; it is used up. The packages are those of `../tools/node/package.json`,
// installed there or where NODE_PATH says.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";

import { DESKTOP, LIMIT_MS, accessible, check, checkEqual, light, positionals, run, shot } from "./checks.mjs";

const VIEWS = ["", "/people", "/tasks", "/opportunities", "/follow-ups", "/calendar", "/knowledge", "/persona", "/analytics", "/settings", "/health"];
const PUBLIC = ["/", "/chat", "/voice", "/book"];

const [base, ownerLink] = positionals;
if (!ownerLink) {
  console.error("usage: dashboard.mjs URL OWNER-LINK [--shots DIR]");
  process.exit(2);
}

let session;

/** The owner's browser, signed in; what its console and its policy complain of goes into `complaints`. */
async function signedIn(browser, settings = {}) {
  const context = await browser.newContext({ viewport: DESKTOP, baseURL: base, ...settings });
  if (session) await context.addCookies(session);
  const page = await context.newPage();
  page.setDefaultTimeout(LIMIT_MS);
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && complaints.push(message.text()));
  return { page, context, complaints };
}

const ready = (page) => page.locator("#view:not([aria-busy])").waitFor({ state: "attached" });

async function opened(page, path) {
  await page.goto(`/dashboard${path}`);
  await ready(page);
}

// -- what is tried

async function signsIn(browser) {
  const { page, context } = await signedIn(browser);
  checkEqual("a stranger is sent away", (await page.goto("/dashboard")).status(), 401);
  await page.goto(ownerLink);
  await page.locator("form button").click();
  await page.waitForURL("**/dashboard");
  await ready(page);
  session = await context.cookies();
  check("the session is the server's alone", session.every(({ httpOnly, sameSite }) => httpOnly && sameSite === "Lax"), session);
  checkEqual("a view that is none", (await page.goto("/dashboard/nothing")).status(), 404);
  await context.close();
}

async function shows(browser) {
  for (const colorScheme of ["light", "dark"]) {
    const { page, context, complaints } = await signedIn(browser, { colorScheme });
    for (const path of VIEWS) {
      const name = `dashboard${path.replace("/", "-")}-${colorScheme}`;
      await light(page, `/dashboard${path}`, name, () => ready(page));
      checkEqual(`${name}: one current page`, await page.locator("nav [aria-current=page]").count() >= 1, true);
      check(`${name}: nothing went wrong`, (await page.locator("#problem").innerText()) === "");
      await accessible(page, name);
    }
    checkEqual(`nothing complained (${colorScheme})`, complaints.join("; "), "");
    await context.close();
  }
}

/** What everybody sees keeps to its budget, too. */
async function isLight(browser) {
  for (const path of PUBLIC) {
    const context = await browser.newContext({ viewport: DESKTOP, baseURL: base });
    const page = await context.newPage();
    await light(page, path, path, () => page.locator("h1").first().waitFor());
    await context.close();
  }
}

/** A conversation that begins while the page is open is there without a reload. */
async function isLive(browser) {
  const { page, context } = await signedIn(browser);
  await opened(page, "");
  await page.evaluate(() => (window.stayed = true));
  const visitor = await browser.newContext({ baseURL: base });
  const chat = await visitor.newPage();
  await chat.goto("/chat");
  await chat.locator("#log[aria-live=polite] .turn").first().waitFor();
  await chat.locator("#message").fill("Hello, what has Alex done with Rust?");
  await chat.locator("#message").press("Enter");
  await page.locator(".live .channel.chat").waitFor();
  check("it was not loaded again", await page.evaluate("window.stayed"));
  await shot(page, "dashboard-live");
  await page.locator(".live .list a").first().click();
  await page.locator(".transcript", { hasText: "what has Alex done with Rust?" }).first().waitFor();
  await page.evaluate(() => (window.stayed = true));
  await chat.locator("#message").fill("And what are the rates?");
  await chat.locator("#message").press("Enter");
  await page.locator(".transcript", { hasText: "And what are the rates?" }).first().waitFor();
  check("what is said appears on the person's page", await page.evaluate("window.stayed"));
  await visitor.close();
  await context.close();
}

/** Somebody writes this in the chat, and is answered. */
async function asks(browser, text) {
  const visitor = await browser.newContext({ baseURL: base });
  const chat = await visitor.newPage();
  await chat.goto("/chat");
  await chat.locator("#log[aria-live=polite] .turn").first().waitFor();
  const answers = chat.locator("#log .turn.twin.chat");
  const count = await answers.count();
  await chat.locator("#message").fill(text);
  await chat.locator("#message").press("Enter");
  await answers.nth(count).waitFor();
  await visitor.close();
}

/** What the first page counts is what the view has that it leads to. */
async function leadsToWhatItCounts(browser) {
  const { page, context } = await signedIn(browser);
  const listed = { "/follow-ups": ".waiting", "/knowledge": ".gaps > li", "/tasks": "section:has(#tasks-overdue) .list > li" };
  let seen = 0;
  for (const [path, rows] of Object.entries(listed)) {
    await opened(page, "");
    const tile = page.locator(`.needs a[href="/dashboard${path}"]`);
    if ((await tile.count()) === 0) continue;
    const count = Number(await tile.locator("strong").innerText());
    await tile.click();
    await page.waitForURL(`**/dashboard${path}`);
    await ready(page);
    checkEqual(`${path}: as many as today counts`, await page.locator(rows).count(), count);
    seen += 1;
  }
  check("something needs the owner", seen > 0);
  await context.close();
}

/** What somebody adds elsewhere is in the list that is looked at, while what is typed and its focus stay. */
async function followsPeople(browser) {
  const { page, context } = await signedIn(browser);
  await opened(page, "/people");
  await page.evaluate(() => (window.stayed = true));
  const search = page.locator("input[type=search]");
  await search.fill("Lively");
  await page.locator(".found .blank").waitFor();
  const { id } = await posted(context, "/api/crm/contacts", { name: "Lee Lively" });
  const row = page.locator(".found li", { hasText: "Lee Lively" });
  await row.waitFor();
  checkEqual("what is typed stays", await search.inputValue(), "Lively");
  check("with the focus", await search.evaluate((field) => field === document.activeElement));
  await row.locator("a").focus();
  await posted(context, "/api/crm/contacts", { name: "Lou Lively" });
  await page.locator(".found li", { hasText: "Lou Lively" }).waitFor();
  check("the focus stays on whom it was", await row.locator("a").evaluate((link) => link === document.activeElement));
  const { contact } = await told(context, `/api/crm/contacts/${id}`);
  const data = { company: "Moved & Co" };
  const answer = await context.request.patch(`/api/crm/contacts/${id}`, { data, headers: { origin: base, "if-match": `"${contact.version}"` } });
  check("somebody is edited elsewhere", answer.ok(), answer.status());
  await row.getByText("Moved & Co").waitFor();
  check("and on whom is shown anew", await row.locator("a").evaluate((link) => link === document.activeElement));
  check("without a reload", await page.evaluate("window.stayed"));
  await context.close();
}

/** Whoever falls behind the end of a page, because somebody else came in, is on the next one. */
async function followsPages(browser) {
  const { page, context } = await signedIn(browser);
  let all = Array.from({ length: 60 }, (_, place) => ({ id: `per_${place}`, name: `Somebody ${place}`, relationship: {} }));
  await page.route("**/api/crm/contacts?*", (route) => {
    const asked = new URL(route.request().url()).searchParams;
    const from = Number(asked.get("cursor") ?? 0);
    const to = from + Number(asked.get("limit"));
    const nextCursor = to < all.length ? String(to) : undefined;
    return route.fulfill({ json: { contacts: all.slice(from, to), total: all.length, nextCursor } });
  });
  await opened(page, "/people");
  await page.getByRole("button", { name: "Show more" }).click();
  await page.waitForFunction(() => document.querySelectorAll(".found .list > li").length === 50);
  all = [{ id: "per_new", name: "Somebody new", relationship: {} }, ...all];
  await page.locator(".found li", { hasText: "Somebody new" }).waitFor();
  const names = await page.locator(".found .list > li a").allInnerTexts();
  checkEqual("each is there, and once", names.join(), all.slice(0, 50).map(({ name }) => name).join());
  await context.close();
}

/** What a button could not do is told beside it, until it can. */
async function tellsWhatFailed(browser) {
  const { page, context } = await signedIn(browser);
  const task = { id: "tsk_1", person: "per_1", title: "Call them", version: 1 };
  await page.route("**/api/crm/tasks", (route) => route.fulfill({ json: { tasks: [task] } }));
  await page.route("**/api/crm/contacts/per_1/tasks/tsk_1", (route) => route.abort());
  await opened(page, "/tasks");
  const done = page.getByRole("button", { name: "Done: Call them" });
  await done.click();
  const told = page.locator("#view [role=alert]");
  await told.waitFor();
  checkEqual("it says why", await told.innerText(), "The server cannot be reached.");
  await page.unroute("**/api/crm/contacts/per_1/tasks/tsk_1");
  await page.route("**/api/crm/contacts/per_1/tasks/tsk_1", (route) => route.fulfill({ json: task }));
  await done.click();
  await page.getByRole("button", { name: "It is not done" }).waitFor();
  checkEqual("and no more once it is done", await told.count(), 0);
  await page.route("**/api/crm/follow-ups/stop", (route) => route.abort());
  await opened(page, "/follow-ups");
  await page.getByRole("button", { name: "Stop everything" }).click();
  const refused = page.locator(".stop [role=alert]");
  await refused.waitFor();
  checkEqual("a stop that did not arrive is told", await refused.innerText(), "The server cannot be reached.");
  await context.close();
}

/** Where one sees what went wrong, one can stop all of it. */
async function stopsWhereItGoesWrong(browser) {
  const { page, context } = await signedIn(browser);
  await opened(page, "/health");
  await page.getByRole("button", { name: "Stop everything" }).click();
  const goOn = page.locator("#view > .part").first().getByRole("button", { name: "Go on" });
  await goOn.waitFor();
  check("what is stopped is told first", await page.locator("#view > .part").first().getByText("You stopped everything.").isVisible());
  await goOn.click();
  await page.getByRole("button", { name: "Stop everything" }).waitFor();
  checkEqual("the focus stays with it", await page.evaluate(() => document.activeElement.textContent), "Stop everything");
  await context.close();
}

/** How it goes is shown also where the settings cannot be read: then it says since when all is stopped, and not why. */
async function tellsWithoutSettings(browser) {
  const { page, context } = await signedIn(browser);
  await page.route("**/api/crm/follow-ups/settings", (route) => route.abort());
  await opened(page, "/health");
  const stop = page.getByRole("button", { name: "Stop everything" });
  check("what went wrong is told", await page.getByRole("heading", { name: "Went wrong" }).isVisible());
  await stop.click();
  const told = page.locator(".stopped p").first();
  await told.waitFor();
  check("that all is stopped, too", /nobody is called, since [^(]+\.$/.test(await told.innerText()), await told.innerText());
  await page.getByRole("button", { name: "Go on" }).click();
  await stop.waitFor();
  await context.close();
}

/** Whatever is being asked on this page by now has been seen. */
const settled = (page) => page.evaluate(() => fetch("/health").then((answer) => answer.text()));

const TODAY = "**/api/analytics/today";

/** The first view, whose clock goes on only when it is told to. */
async function standsStill(page) {
  const begun = Date.UTC(2030, 0, 7, 9);
  await page.clock.install({ time: begun });
  await opened(page, "");
  await Promise.all([page.waitForResponse(TODAY), page.clock.pauseAt(begun + 60_000)]);
  await settled(page);
}

/** A view that cannot be asked is asked ever less often, and at once where it may work again; meanwhile it says how old it is. */
async function fallsBack(browser) {
  const { page, context } = await signedIn(browser);
  const problem = page.locator("#problem");
  const asked = () => page.waitForRequest(TODAY);
  let count = 0;
  await standsStill(page);
  await page.route(TODAY, (route) => {
    count += 1;
    return route.abort();
  });
  await Promise.all([asked(), page.clock.fastForward(5_000)]);
  await problem.getByText("The server cannot be reached. What you see is of").waitFor();
  await page.clock.fastForward(6_000);
  await settled(page);
  checkEqual("it waits longer after it failed", count, 1);
  await Promise.all([asked(), page.clock.fastForward(5_000)]);
  await settled(page);
  await page.clock.fastForward(15_000);
  await settled(page);
  checkEqual("and longer after it failed again", count, 2);
  await Promise.all([asked(), page.evaluate(() => dispatchEvent(new Event("online")))]);
  check("it is asked at once where it may work again", true);
  await settled(page);
  await page.unroute(TODAY);
  await problem.getByRole("button", { name: "Try now" }).click();
  await problem.locator("p").waitFor({ state: "detached" });
  check("and is told no more once it does", (await page.locator("#view").innerText()) !== "");
  await context.close();
}

/** How long it waits has an end, and it rests where nothing happens. */
async function waitsWithinBounds(browser) {
  const { page, context } = await signedIn(browser);
  await opened(page, "");
  const waits = await page.evaluate(async () => {
    const { name } = performance.getEntriesByType("resource").find(({ name }) => name.includes("/assets/watch-"));
    const { pause } = await import(name);
    return [pause(0, 0), pause(0, 3_600_000), pause(1, 0), pause(2, 3_600_000), pause(50, 0)].join();
  });
  checkEqual("from five seconds to two minutes", waits, "5000,20000,10000,20000,120000");
  await context.close();
}

/** Whoever is signed out asks no more by themselves, and is shown where to sign in; back on the page, it goes on. */
async function restsSignedOut(browser) {
  const { page, context } = await signedIn(browser);
  let count = 0;
  await standsStill(page);
  await page.route(TODAY, (route) => {
    count += 1;
    return route.fulfill({ status: 401, contentType: "application/problem+json", body: "{}" });
  });
  await Promise.all([page.waitForRequest(TODAY), page.clock.fastForward(5_000)]);
  await page.locator("#problem a", { hasText: "Sign in" }).waitFor();
  for (let minutes = 0; minutes < 5; minutes += 1) {
    await page.clock.fastForward(60_000);
    await settled(page);
  }
  checkEqual("nothing is asked while signed out", count, 1);
  await page.unroute(TODAY);
  await Promise.all([page.waitForRequest(TODAY), page.evaluate(() => dispatchEvent(new Event("visibilitychange")))]);
  await page.locator("#problem p").waitFor({ state: "detached" });
  check("signed in again, it goes on", true);
  await context.close();
}

/** An answer that does not come is given up. */
async function givesUp(browser) {
  const { page, context } = await signedIn(browser);
  await page.addInitScript(() => {
    AbortSignal.timeout = () => AbortSignal.abort(new DOMException("late", "TimeoutError"));
  });
  await opened(page, "");
  check("it is told", (await page.locator("#problem").innerText()).startsWith("The server takes too long to answer. It is tried again by itself."));
  await context.close();
}

/** What was seen already is not sent again. */
async function isNotSentAgain(browser) {
  const { page, context } = await signedIn(browser);
  const pages = { "/dashboard/knowledge": "/api/knowledge/claims", [await anybody(context, "Sian Seen")]: "/people/per_" };
  for (const [path, asks] of Object.entries(pages)) {
    await page.goto(path);
    await page.waitForResponse((answer) => answer.url().includes(asks) && answer.status() === 304);
    checkEqual(`${path}: nothing went wrong`, await page.locator("#problem").innerText(), "");
  }
  await context.close();
}

/** The last one: whoever signs out sees nothing any more, nor does whoever has the cookie still. */
async function signsOut(browser) {
  const { page, context } = await signedIn(browser);
  await opened(page, "/settings");
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL((url) => url.pathname === "/");
  checkEqual("the cookie is gone", (await context.cookies()).filter(({ name }) => name === "omnitwin_session").length, 0);
  await context.addCookies(session);
  checkEqual("and leads nowhere", (await page.goto("/dashboard")).status(), 401);
  await page.getByRole("link", { name: "To the first page" }).click();
  check("an error leads on", await page.waitForURL((url) => url.pathname === "/").then(() => true));
  await context.close();
}

/** The page of somebody who is known. */
async function anybody(context, name) {
  const { id } = await posted(context, "/api/crm/contacts", { name });
  return `/people/${id}`;
}

/** Of a number, no letters are made. */
async function picturesOfNumbers(browser) {
  const { page, context } = await signedIn(browser);
  await page.goto(await anybody(context, "4711"));
  checkEqual("a number has no initials", await page.locator(".avatar.large").innerText(), "");
  check("but a picture", (await page.locator(".avatar.large").evaluate((avatar) => getComputedStyle(avatar, "::before").maskImage)).includes("svg"));
  await opened(page, "/people?q=4711");
  checkEqual("neither in the list", await page.locator(".found .avatar").first().innerText(), "");
  await page.getByLabel("Name", { exact: true }).selectOption("Without a name");
  await page.getByRole("heading", { name: "Nobody found" }).waitFor();
  check("who has a name is none of those without", page.url().endsWith("named=false"), page.url());
  await context.close();
}

/** A question that comes up is there, while an answer to another one is being written. */
async function followsKnowledge(browser) {
  const { page, context } = await signedIn(browser);
  await opened(page, "/knowledge");
  await page.evaluate(() => (window.stayed = true));
  const gap = (text) => page.locator(".gaps li", { hasText: text });
  await asks(browser, "What is the name of Alex's cat?");
  await gap("cat").waitFor();
  await gap("cat").getByText("Answer it").click();
  const answer = gap("cat").getByLabel("Your answer");
  await answer.fill("There is no c");
  const before = await page.evaluate(() => scrollY);
  await asks(browser, "Which sailing boat does Alex own?");
  await gap("sailing boat").waitFor();
  await answer.press("End");
  await answer.pressSequentially("at.");
  checkEqual("what is typed stays", await answer.inputValue(), "There is no cat.");
  checkEqual("and the scroll", await page.evaluate(() => scrollY), before);
  await asks(browser, "What is the name of Alex's cat?");
  await page.waitForFunction(() => {
    const all = [...document.querySelectorAll(".gaps > li")].map(({ textContent }) => textContent);
    return all.findIndex((text) => text.includes("Alex's cat")) < all.findIndex((text) => text.includes("sailing boat"));
  });
  check("and the focus, where it stands before others now", await answer.evaluate((field) => field === document.activeElement));
  await gap("cat").getByRole("button", { name: "Let the twin know it" }).click();
  await written(page, "Noted");
  await gap("cat").waitFor({ state: "detached" });
  check("without a reload", await page.evaluate("window.stayed"));
  await context.close();
}

/** A conversation that begins is counted in the report that is looked at. */
async function followsAnalytics(browser) {
  const { page, context } = await signedIn(browser);
  await opened(page, "/analytics");
  await page.evaluate(() => (window.stayed = true));
  const tile = page.locator(".tile", { hasText: "Conversations" }).first();
  const count = async () => Number(await tile.locator(".value").innerText());
  const before = await count();
  const far = page.locator(".tile .more").last();
  await far.scrollIntoViewIfNeeded();
  await far.focus();
  const scrolled = await page.evaluate(() => scrollY);
  await asks(browser, "Hello, is Alex free for a project?");
  await page.waitForFunction((before) => Number(document.querySelector(".tile .value").textContent) > before, before);
  check("the focus stays", await far.evaluate((button) => button === document.activeElement));
  checkEqual("and the scroll", await page.evaluate(() => scrollY), scrolled);
  check("without a reload", await page.evaluate("window.stayed"));
  await context.close();
}

/** What is saved elsewhere is in the form, unless somebody edits it. */
async function followsForms(browser) {
  const path = "/api/phone/settings";
  const { page, context } = await signedIn(browser);
  await opened(page, "/settings");
  const form = page.getByRole("form", { name: "Phone" });
  const { settings: original } = await told(context, path);
  await savedElsewhere(context, path, "settings", (read) => ({ ...read, blocked: ["+14155550177"] }));
  const blocked = form.getByLabel("Never answered");
  await page.waitForFunction(() => [...document.querySelectorAll("textarea")].some(({ value }) => value === "+14155550177"));
  checkEqual("it is in its field", await blocked.inputValue(), "+14155550177");
  await savedElsewhere(context, path, "settings", () => original);
  await context.close();
}

/** Behind each tile there are as many as it counts; of a share, both what it counts and what it is of. */
async function listsWhatIsCounted(page, context) {
  const { tiles } = await told(context, "/api/analytics/report?days=28");
  const dialog = page.locator("dialog[open]");
  const listed = async (things) => {
    await page.waitForFunction(() => document.querySelector("dialog .behind [role=status]")?.textContent);
    check(`${JSON.stringify(things)}: none is missing`, !(await dialog.locator(".behind [role=status]").innerText()).includes("not kept"));
    return dialog.locator(".behind .list li").count();
  };
  const PAGE = 50;
  for (const { key, title, basis, now } of tiles) {
    await page.getByRole("button", { name: `What is behind it: ${title}`, exact: true }).click();
    // Of questions, the conversations are listed in which they were asked.
    const isExact = key !== "grounded";
    const shown = await listed(basis.part ?? basis.all);
    if (isExact) checkEqual(`${key}: as many are listed`, shown, Math.min(PAGE, basis.part ? now.part : now.n));
    if (basis.part) {
      await page.evaluate(() => (document.querySelector("dialog .behind [role=status]").textContent = ""));
      await dialog.getByRole("button", { name: /^Of all/ }).click();
      const all = await listed(basis.all);
      if (isExact) checkEqual(`${key}: and all that it is of`, all, Math.min(PAGE, now.n));
    }
    await page.keyboard.press("Escape");
  }
}

async function tellsWhatIsBehind(browser) {
  const { page, context } = await signedIn(browser);
  await opened(page, "/analytics");
  const tile = page.locator(".tile", { hasText: "Conversations" }).first();
  await tile.locator("button").click();
  const dialog = page.locator("dialog[open]");
  check("the definition is told", /Conversations that began/.test(await dialog.innerText()), await dialog.innerText());
  await dialog.locator(".behind .list li").first().waitFor();
  await accessible(page, "dashboard-behind");
  await dialog.getByRole("button", { name: "Only Chat" }).click();
  await page.waitForFunction(() => document.querySelector("dialog .behind [role=status]")?.textContent);
  const channels = await dialog.locator(".behind .channel").allInnerTexts();
  check("only those of a channel are listed", channels.length > 0 && channels.every((channel) => channel === "Chat"), channels);
  await page.keyboard.press("Escape");
  check("the focus comes back", await tile.locator("button").evaluate((button) => button === document.activeElement));
  await listsWhatIsCounted(page, context);
  for (const kind of ["SVG", "PNG"]) {
    const [file] = await Promise.all([page.waitForEvent("download"), page.locator(`.chart button:text-is("${kind}")`).first().click()]);
    check(`a chart is saved as ${kind}`, file.suggestedFilename().endsWith(kind.toLowerCase()), file.suggestedFilename());
    const bytes = readFileSync(await file.path());
    const isWhole = kind === "SVG" ? /<text[^>]*>Conversations, /.test(bytes) && !/class=|style=/.test(bytes) : bytes.subarray(1, 4).toString() === "PNG";
    check(`and stands alone as ${kind}`, isWhole, bytes.toString("latin1", 0, 400));
  }
  const csv = await context.request.get("/api/analytics/report?format=csv");
  check("the table is CSV", csv.headers()["content-type"].startsWith("text/csv"));
  await page.locator(".periods a", { hasText: "A year" }).click();
  await page.waitForURL("**/analytics?days=365");
  await ready(page);
  checkEqual("a year has thirteen months that it touches, or twelve", [12, 13].includes(await page.locator(".chart.wide .column").count()), true);
  await context.close();
}

/** The values of a chart are told to whoever points at them, by a pointer or by the keys, and to whoever listens. */
async function tellsValues(browser) {
  // Today has a bar, however early it is.
  await asks(browser, "What has Alex done with Rust?");
  const { page, context, complaints } = await signedIn(browser);
  await opened(page, "/analytics");
  for (const [title, [key, back]] of Object.entries({ Conversations: ["ArrowLeft", "ArrowRight"], Cost: ["Home", "End"], Hours: ["ArrowUp", "ArrowDown"] })) {
    const chart = page.locator("figure.chart", { has: page.getByRole("heading", { name: title, exact: true }) });
    const [slider, tip] = [chart.getByRole("slider", { name: `${title}, value by value` }), chart.locator(".tip")];
    check(`${title}: it is an image with a name`, ((await chart.locator("svg[role=img]").getAttribute("aria-label")) ?? "").length > 10);
    const last = await slider.getAttribute("aria-valuetext");
    await slider.focus();
    await page.keyboard.press(key);
    const now = await slider.getAttribute("aria-valuetext");
    check(`${title}: ${key} goes on`, now !== last && now.startsWith(await tip.locator("p").first().innerText()), { last, now });
    const [inside, card] = [await tip.boundingBox(), await chart.boundingBox()];
    check(`${title}: it is told within the card`, inside.x >= card.x && inside.x + inside.width <= card.x + card.width, { inside, card });
    await page.keyboard.press(back);
    checkEqual(`${title}: ${back} goes back`, await slider.getAttribute("aria-valuetext"), last);
    await page.keyboard.press("Escape");
    check(`${title}: Escape hides it`, !(await tip.isVisible()));
    const box = await slider.boundingBox();
    await page.mouse.move(box.x + box.width * 0.6, box.y + box.height * 0.5);
    await tip.waitFor();
    check(`${title}: so does a pointer`, (await slider.getAttribute("aria-valuetext")) !== last);
    await page.mouse.move(0, 0);
  }
  const days = page.getByRole("slider", { name: "Conversations, value by value" });
  await days.focus();
  await page.keyboard.press("End");
  await page.keyboard.press("Enter");
  const dialog = page.locator("dialog[open]");
  await dialog.locator(".behind .list li").first().waitFor();
  await page.keyboard.press("Escape");
  check("the focus comes back", await days.evaluate((slider) => slider === document.activeElement));
  checkEqual("nothing is complained of", complaints.join("; "), "");
  await context.close();
}

/** A bar of the funnel, or of a channel, opens what it counts. */
async function opensBars(browser) {
  const { page, context } = await signedIn(browser);
  await opened(page, "/analytics");
  const report = await told(context, "/api/analytics/report?days=28");
  const dialog = page.locator("dialog[open]");
  const standing = dialog.locator(".behind [role=status]");
  const opens = async (button, count) => {
    await button.click();
    await page.waitForFunction(() => document.querySelector("dialog .behind [role=status]")?.textContent);
    checkEqual(`${await dialog.locator("h2").innerText()}: as many are listed`, await dialog.locator(".behind .list li").count(), count);
    check("and none is missing", !(await standing.innerText()).includes("not kept"));
    await page.keyboard.press("Escape");
    check("the focus comes back", await button.evaluate((button) => button === document.activeElement));
  };
  const choice = page.getByLabel("Channel of the funnel");
  for (const channel of ["", "phone", "chat"]) {
    await choice.selectOption(channel);
    const steps = channel ? report.funnelByChannel[channel] : report.funnel;
    for (const { title, count } of steps) await opens(page.getByRole("button", { name: new RegExp(`^What is behind it: ${title}, ${count}\\b`) }), count);
  }
  const { byChannel } = report.tiles.find(({ key }) => key === "conversations");
  await opens(page.getByRole("button", { name: /^What is behind it: Phone, / }), byChannel.phone.n);
  await context.close();
}

/** On a phone no label of an axis is upon another one, or cut off; and where there is nothing, that is said. */
async function labelsKeepApart(browser) {
  for (const width of [390, 1440]) {
    const { page, context } = await signedIn(browser, { viewport: { width, height: 900 } });
    for (const path of ["?days=7", "?days=28", "?days=90", "?days=365", "?days=1"]) {
      await opened(page, `/analytics${path}`);
      const upon = await page.evaluate(() => {
        const boxes = (svg) => [...svg.querySelectorAll("text")].map((text) => ({ text: text.textContent, box: text.getBoundingClientRect() }));
        const overlap = (one, other) => one.left < other.right - 1 && other.left < one.right - 1 && one.top < other.bottom - 1 && other.top < one.bottom - 1;
        return [...document.querySelectorAll(".plot svg")].flatMap((svg) => {
          const [all, edge] = [boxes(svg), svg.getBoundingClientRect()];
          const cut = all.filter(({ box }) => box.left < edge.left - 1 || box.right > edge.right + 1).map(({ text }) => `cut: ${text}`);
          return [...cut, ...all.flatMap((one, at) => all.slice(at + 1).filter((other) => overlap(one.box, other.box)).map((other) => `${one.text} upon ${other.text}`))];
        });
      });
      checkEqual(`${width} px, ${path}: labels keep apart`, upon.join("; "), "");
    }
    // What lies over a chart covers nothing else.
    for (const button of await page.locator(".chart .save button").all()) await button.click({ trial: true });
    await page.route("**/api/analytics/report?*", async (route) => {
      const report = await (await route.fetch()).json();
      const nothing = (buckets) => buckets.map((bucket) => ({ ...bucket, conversations: { phone: 0, voice: 0, chat: 0 }, spend: { telephony: 0, model: 0, mail: 0 } }));
      await route.fulfill({ json: { ...report, trend: nothing(report.trend), trendBefore: nothing(report.trendBefore), hours: {}, uncovered: {} } });
    });
    await opened(page, "/analytics");
    checkEqual(`${width} px: what is empty says so`, await page.locator(".plot .calm").count(), 3);
    checkEqual(`${width} px: and is not saved`, await page.locator(".chart:has(.calm) .save:visible").count(), 0);
    await context.close();
  }
}

/** A month's report says what each figure means, and fits on paper. */
async function printsAMonth(browser) {
  // Paper is white, whatever the screen is.
  const { page, context, complaints } = await signedIn(browser, { colorScheme: "dark" });
  await opened(page, "/analytics");
  const choice = page.getByLabel("Report of a month");
  const month = await choice.locator("option").nth(1).getAttribute("value");
  await choice.selectOption(month);
  await page.waitForURL(`**/analytics?month=${month}`);
  await ready(page);
  const named = new Intl.DateTimeFormat("en-US", { month: "long", year: "numeric", timeZone: "UTC" }).format(new Date(`${month}-01T00:00:00Z`));
  checkEqual("it is named", await page.locator("h2.of").innerText(), `Report: ${named}`);
  await page.emulateMedia({ media: "print" });
  await page.setViewportSize({ width: 794, height: 1123 });
  check("each figure is defined", await page.locator(".tile .definition").first().isVisible());
  check("nothing is to be pressed", !(await page.locator(".tile .more").first().isVisible()));
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  check("nothing is cut off", wide <= 0, wide);
  const [ink] = await page.locator("h2.of").evaluate((title) => getComputedStyle(title).color.match(/\d+/g).map(Number));
  check("letters are dark", ink < 128, ink);
  check("and nothing lies over a chart", (await page.locator(".plot > :not(svg, .calm):visible").count()) === 0);
  const pdf = (await page.pdf({ preferCSSPageSize: true })).toString("latin1");
  const pages = Number(/\/Count (\d+)/.exec(pdf)?.[1]);
  check("it is a few pages", pages >= 1 && pages <= 5, pages);
  checkEqual("nothing is complained of", complaints.join("; "), "");
  await context.close();
}

async function isSearched(browser) {
  const { page, context } = await signedIn(browser);
  await opened(page, "/people");
  const rows = page.locator(".found .list li");
  check("somebody is there", (await rows.count()) > 0);
  await page.locator("input[type=search]").fill("nobody-of-this-name");
  await page.locator(".found .blank").waitFor();
  check("the search is in the address", page.url().includes("q=nobody-of-this-name"), page.url());
  await page.locator("input[type=search]").fill("");
  await rows.first().waitFor();
  await rows.first().locator("a").click();
  await page.waitForURL("**/people/per_*");
  checkEqual("times are those of the owner's clock", await page.locator("time.clock", { hasText: "UTC" }).count(), 0);
  await accessible(page, "person");
  await context.close();
}

/** A file is looked at first, with what its columns are; what is taken once is not taken twice. */
async function importsContacts(browser) {
  for (const [name, viewport, many] of [["wide", DESKTOP, 520], ["narrow", { width: 390, height: 844 }, 20]]) {
    const { page, context, complaints } = await signedIn(browser, { viewport });
    await opened(page, "/people");
    const place = page.locator(".importing");
    if ((await place.getAttribute("open")) === null) await place.locator("summary").first().click();
    const choose = (file, text) => place.getByLabel("File", { exact: true }).setInputFiles({ name: file, mimeType: "text/csv", buffer: Buffer.from(text) });
    const total = async () => (await told(context, "/api/crm/contacts")).total;
    const before = await total();

    const lines = Array.from({ length: many }, (_, at) => `"Person ${at}, ${name}";Firm ${at};"said ""hello""
and more";p${at}@${name}.example`);
    const table = ["Kontakt;Firma;Bemerkung;E-Mail", ...lines, "Broken;X;;no address", ""].join("\n");
    await choose("people.csv", table);
    await place.getByText(`people.csv. A table: ${many} new`).waitFor();
    check(`${name}: the focus is on what was found`, await place.locator(".would").evaluate((title) => title === document.activeElement));
    checkEqual(`${name}: parts are told`, await place.getByText("in 2 parts").count(), many > 500 ? 1 : 0);
    checkEqual(`${name}: nothing is written yet`, await total(), before);
    check(`${name}: what cannot be read is named`, new RegExp(`Line ${(2 * many + 2).toLocaleString("en-US")}: `).test(await place.locator(".unread").innerText()), await place.locator(".unread").innerText());
    await place.getByText("Its 4 columns").click();
    check(`${name}: with what stands in it`, (await place.locator(".mapped").innerText()).includes(`Person 0, ${name}`));
    await place.getByLabel("Kontakt").selectOption("name");
    await place.getByText(`A table: ${many} new`).waitFor();
    await place.getByLabel("Bemerkung").selectOption("notes");
    await place.locator(".would").waitFor();
    await accessible(page, `dashboard-import-${name}`);
    check(`${name}: it fits`, await page.evaluate("document.documentElement.scrollWidth <= innerWidth"));
    // What is refused leaves what was found, and is tried again.
    const refused = (route) => route.fulfill({ status: 422, contentType: "application/problem+json", body: JSON.stringify({ detail: "Not now." }) });
    await page.route("**/api/crm/import?*", refused);
    await place.getByLabel("Firma").selectOption("notes");
    await place.getByText("Not now.").waitFor();
    check(`${name}: the columns are as they were`, (await place.getByLabel("Firma").inputValue()) !== "notes");
    await place.getByRole("button", { name: `Import ${many} contacts` }).click();
    await place.getByText("try again for the rest").waitFor();
    await page.unroute("**/api/crm/import?*", refused);
    let asked;
    const isAsked = new Promise((done) => (asked = done));
    let go;
    const goes = new Promise((done) => (go = done));
    const held = async (route) => {
      asked();
      await goes;
      await route.continue();
    };
    await page.route("**/api/crm/import?*", held);
    await place.getByRole("button", { name: "Try again" }).click();
    await isAsked;
    check(`${name}: no other file meanwhile`, await place.getByLabel("File", { exact: true }).isDisabled());
    check(`${name}: the focus is on the progress`, await place.getByRole("status").evaluate((told) => told === document.activeElement));
    checkEqual(`${name}: what went wrong is over`, await place.locator(".problem").first().innerText(), "");
    go();
    await place.getByText(`${many} added, 0 filled up, 0 unchanged.`).waitFor({ timeout: 3 * LIMIT_MS });
    await page.unroute("**/api/crm/import?*", held);
    checkEqual(`${name}: they are there`, await total(), before + many);
    const found = await told(context, `/api/crm/contacts?${new URLSearchParams({ q: `Person ${many - 1} ${name}` })}`);
    checkEqual(`${name}: by their names`, found.contacts[0]?.name, `Person ${many - 1}, ${name}`);
    await choose("people.csv", table);
    await place.getByText("A table: nothing new").waitFor();
    checkEqual(`${name}: nothing to import`, await place.getByRole("button", { name: /^Import/ }).count(), 0);

    const card = ["BEGIN:VCARD", "VERSION:3.0", `FN:Zoë ${name} Card`, `EMAIL:zoe@${name}-card.example`, "END:VCARD", ""].join("\r\n");
    await choose("zoe.vcf", card);
    await place.getByRole("button", { name: "Import 1 contact" }).click();
    await place.getByText("1 added").waitFor();
    const linkedin = `Notes:\n"When exporting your data, you may notice…"\n\nFirst Name,Last Name,URL,Email Address,Company,Position,Connected On\nAda,${name},https://www.linkedin.com/in/ada-${name},,Analytical,Engineer,01 Nov 2026\n`;
    await choose("Connections.csv", linkedin);
    await place.getByText("Connections from LinkedIn: 1 new").waitFor();
    await choose("nothing.csv", "just words\nand more of them\n");
    await place.locator(".problem:not(:empty)").waitFor();
    await choose("unknown.csv", "Alpha,Beta\nMax,max@example.org\n");
    await place.getByText("say what its columns are").waitFor();
    await place.getByLabel("Beta").selectOption("email");
    await place.getByText("A table: 1 new").waitFor();
    await place.getByRole("button", { name: "Not this file" }).click();
    checkEqual(`${name}: the file is put away`, await place.getByLabel("File", { exact: true }).inputValue(), "");
    checkEqual(`${name}: only what was refused complained`, complaints.filter((text) => !text.includes("422")).join("; "), "");
    await context.close();
  }
}

/** A page of another origin can neither write with the owner's session nor put the dashboard into a frame. */
async function isGuarded(browser) {
  // Another port of the same host is the same site: the cookie goes along, and only the origin tells.
  const frame = `<!doctype html><title>x</title><iframe src="${base}/dashboard"></iframe>`;
  const elsewhere = createServer((_, answer) => answer.setHeader("content-type", "text/html").end(frame));
  await new Promise((listening) => elsewhere.listen(0, "localhost", listening));
  const origin = `http://localhost:${elsewhere.address().port}`;
  const { page, context } = await signedIn(browser);
  await page.goto(origin);
  const framed = page.frames().find((frame) => frame !== page.mainFrame());
  await framed?.waitForLoadState().catch(() => {});
  check("no frame around it", !framed || !(await framed.content().catch(() => "")).includes("data-view"));
  const before = (await (await context.request.get(`${base}/api/crm/contacts`)).json()).total;
  await page.evaluate(
    (url) => fetch(url, { method: "POST", mode: "no-cors", credentials: "include", headers: { "content-type": "text/plain" }, body: '{"name":"Eve"}' }).catch(() => {}),
    `${base}/api/crm/contacts`,
  );
  const forged = await context.request.post(`${base}/api/crm/contacts`, { data: { name: "Eve" }, headers: { origin } });
  checkEqual("what another origin writes is refused", forged.status(), 403);
  const after = (await (await context.request.get(`${base}/api/crm/contacts`)).json()).total;
  checkEqual("nothing was written", after, before);
  await context.close();
  elsewhere.close();
}

// -- what is edited

const written = (page, text) => page.locator("#status", { hasText: text }).waitFor({ state: "attached" });

/** What the API says, under the session of this browser. */
async function told(context, path) {
  return (await context.request.get(path)).json();
}

/** Somebody else saves while the page is open. */
async function savedElsewhere(context, path, key, change) {
  const read = await told(context, path);
  const data = { version: read.version, [key]: change(read[key]) };
  const answer = await context.request.put(path, { data, headers: { origin: base } });
  checkEqual(`${path}: saved elsewhere`, answer.status(), 200);
}

/** Saved, and there after a reload. */
async function saved(page, form) {
  await form.getByRole("button", { name: "Save", exact: true }).click();
  await written(page, "Saved");
  await page.reload();
  await ready(page);
}

/** What is refused is marked where it stands, and nothing is written. */
async function refused(page, form, path, marked) {
  const before = await told(page.context(), path);
  await form.getByRole("button", { name: "Save", exact: true }).click();
  await form.getByText("Nothing was saved.").waitFor();
  const wrong = form.locator("[aria-invalid=true]");
  checkEqual(`${path}: what is refused is marked`, await wrong.count(), marked.length);
  for (const [place, text] of marked.entries()) {
    const control = wrong.nth(place);
    const ids = (await control.getAttribute("aria-describedby")).split(" ");
    const said = await page.locator(`#${ids.at(-1)}`).innerText();
    check(`${path}: it says why`, text.test(said), said);
  }
  check(`${path}: the first of them has the focus`, await wrong.first().evaluate((control) => control === document.activeElement));
  checkEqual(`${path}: nothing was written`, JSON.stringify(await told(page.context(), path)), JSON.stringify(before));
}

async function editsTheCalendar(browser) {
  const path = "/api/calendar/settings";
  const { page, context } = await signedIn(browser);
  await opened(page, "/calendar");
  const form = page.getByRole("form", { name: "When you may be met" });
  const hours = form.getByRole("group", { name: /^Hours \d/ });
  const count = await hours.count();
  await form.getByLabel("Free behind each meeting").fill("30");
  await form.getByRole("button", { name: "Add hours" }).click();
  const added = hours.nth(count);
  await added.getByLabel("Sat").check({ force: true });
  await added.getByLabel("From").fill("10:00");
  await added.getByLabel("To").fill("12:00");
  await form.getByRole("button", { name: "Add a holiday" }).click();
  await form.getByLabel("Day", { exact: true }).last().fill("2031-12-24");
  await saved(page, form);
  checkEqual("the buffer is there", await form.getByLabel("Free behind each meeting").inputValue(), "30");
  checkEqual("the hours are there", await hours.count(), count + 1);
  check("on their day", await hours.nth(count).getByLabel("Sat").isChecked());
  const { settings } = await told(context, path);
  checkEqual("the API has them", JSON.stringify(settings.hours.at(-1)), JSON.stringify({ days: ["saturday"], from: "10:00:00", to: "12:00:00" }));
  check("and the holiday", settings.holidays.includes("2031-12-24"), settings.holidays);
  await hours.nth(count).getByLabel("To").fill("09:00");
  await form.getByLabel("Free behind each meeting").fill("20");
  await refused(page, form, path, [/later on the same day/, /quarter-hours/]);
  await accessible(page, "dashboard-calendar-refused");
  await form.getByRole("button", { name: "Discard my edits" }).click();
  checkEqual("edits are discarded", await form.getByLabel("Free behind each meeting").inputValue(), "30");
  await form.getByRole("button", { name: `Remove hours ${count + 1}` }).click();
  check("the focus stays near", await form.getByRole("button", { name: "Add hours" }).evaluate((button) => button === document.activeElement));
  await saved(page, form);
  checkEqual("the hours are gone", await hours.count(), count);
  await context.close();
}

/** A meeting that is booked while the page is open is there; it is cancelled once that is confirmed. */
async function cancelsAMeeting(browser) {
  const { page, context } = await signedIn(browser);
  await opened(page, "/calendar");
  const { slots } = await told(context, "/api/calendar/slots");
  const data = { key: crypto.randomUUID(), start: slots.at(-1).start, name: "Dana <b>Lee", email: "dana@northgate.example", timeZone: "America/New_York", topic: "A role" };
  checkEqual("somebody books", (await context.request.post("/api/calendar/bookings", { data, headers: { origin: base } })).status(), 201);
  const row = page.locator(".booking", { hasText: "Dana <b>Lee" });
  await row.waitFor();
  const shown = await row.innerText();
  check("and what the clock shows where they are", /For them it is \w+,?\s[\d:]+(\s[AP]M)? in New York\./.test(shown), shown);
  check("it says what about and where", shown.includes("Introduction · A role · A video call; the link comes by mail · dana@northgate.example"), shown);
  await accessible(page, "dashboard-calendar-booked");
  const cancel = row.getByRole("button", { name: /^Cancel / });
  await cancel.click();
  await accessible(page, "dashboard-calendar-sure");
  await page.keyboard.press("Escape");
  check("whoever keeps it has the focus back", await cancel.evaluate((button) => button === document.activeElement));
  const isOn = async () => (await told(context, "/api/calendar/bookings")).bookings.some(({ start }) => start === data.start);
  check("it is kept", await isOn());
  await cancel.click();
  await page.getByRole("button", { name: "Cancel the meeting" }).click();
  await row.waitFor({ state: "detached" });
  check("it is cancelled", !(await isOn()));
  await context.close();
}

/** A calendar elsewhere is read by its address; what is wrong with it is said, and it is taken away. */
async function readsACalendarElsewhere(browser) {
  let status = 200;
  const text = ["BEGIN:VCALENDAR", "BEGIN:VEVENT", "UID:1", "DTSTART:20260105T100000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY", "END:VEVENT", "END:VCALENDAR", ""].join("\r\n");
  const server = createServer((_, answer) => answer.writeHead(status, { "content-type": "text/calendar" }).end(text));
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const { page, context } = await signedIn(browser);
  await opened(page, "/calendar");
  const form = page.getByRole("form", { name: "Read a calendar" });
  const add = async (url) => {
    await form.getByLabel("Address of the calendar").fill(url);
    await form.getByRole("button", { name: "Read this calendar" }).click();
  };
  await add("https://10.0.0.7/private.ics");
  await form.getByText("10.0.0.7 is not on the public internet").waitFor();
  await accessible(page, "dashboard-calendar-elsewhere-refused");
  await form.getByLabel("Name, if you like").fill("Family <b>");
  await add(`http://127.0.0.1:${server.address().port}/secret-5f2a/a.ics`);
  const row = page.locator(".outside", { hasText: "Family <b>" });
  await row.waitFor();
  const shown = await row.innerText();
  check("it says how it goes, and not its secret", /\bread\b/.test(shown) && /busy spans/.test(shown) && !shown.includes("5f2a"), shown);
  await accessible(page, "dashboard-calendar-elsewhere");
  status = 503;
  await row.getByRole("button", { name: "Read now: Family <b>" }).click();
  await row.getByText("Its server answers with an error (status 503).").waitFor();
  await accessible(page, "dashboard-calendar-elsewhere-failing");
  await row.getByRole("button", { name: "Take away: Family <b>" }).click();
  await row.waitFor({ state: "detached" });
  server.close();
  await context.close();
}

async function makesAFeed(browser) {
  const { page, context } = await signedIn(browser);
  await opened(page, "/calendar");
  const made = async () => {
    const before = await page.evaluate(() => document.querySelector("#feed")?.value ?? "");
    await page.getByRole("button", { name: "Make a new address" }).click();
    await page.waitForFunction((before) => (document.querySelector("#feed")?.value ?? before) !== before, before);
    return page.getByLabel("Address of the feed").inputValue();
  };
  const first = await made();
  await accessible(page, "dashboard-calendar-feed");
  const visitor = await browser.newContext();
  const status = async (url) => (await visitor.request.get(url)).status();
  checkEqual("a calendar reads it", await status(first), 200);
  const second = await made();
  checkEqual("a new one ends the one before", `${await status(first)} ${await status(second)}`, "404 200");
  await visitor.close();
  await context.close();
}

async function editsThePersona(browser) {
  const path = "/api/persona";
  const { page, context } = await signedIn(browser);
  await opened(page, "/persona");
  const form = page.getByRole("form", { name: "Persona" });
  const title = form.getByLabel("Title");
  const original = await title.inputValue();
  const lags = page.getByText("Your edits are not in it yet");
  check("what a model is told is what is saved", await lags.isHidden());
  await title.fill("Principal <i>engineer");
  check("and it says so of edits", await lags.isVisible());
  await form.getByLabel("Expertise").fill("Rust\n\n  billing ");
  await form.getByRole("group", { name: "Voice" }).getByLabel("Pace").selectOption("slow");
  await saved(page, form);
  check("which are in it once they are saved", await lags.isHidden());
  checkEqual("the title is there", await title.inputValue(), "Principal <i>engineer");
  const { version, persona } = await told(context, path);
  checkEqual("the API has it", JSON.stringify([persona.core.expertise, persona.channelAdaptation.voice.speakingPace]), '[["Rust","billing"],"slow"]');
  await page.getByText("Its instructions").click();
  check("a model is told it", (await page.locator(".instructions").innerText()).includes("Principal <i>engineer"));
  const latest = page.getByRole("region", { name: "Versions" }).locator("li").first();
  check("the history says what changed", (await latest.innerText()).includes(`${original} → Principal <i>engineer`), await latest.innerText());
  await accessible(page, "dashboard-persona-saved");
  await form.getByLabel("Name", { exact: true }).fill("");
  await form.getByLabel("Expertise").fill(`Rust\n${"x".repeat(81)}`);
  await refused(page, form, path, [/^This is needed/, /^Line 2: Length is greater/]);
  await accessible(page, "dashboard-persona-refused");
  await form.getByRole("button", { name: "Discard my edits" }).click();
  await savedElsewhere(context, path, "persona", (read) => ({ ...read, core: { ...read.core, title: "Elsewhere", yearsExperience: 13 } }));
  await title.fill("Here");
  await title.press("Enter");
  const conflict = form.locator(".refused");
  await conflict.getByText(`version ${version + 1}`).waitFor();
  const said = await conflict.innerText();
  check("it says what changed meanwhile", /Title: Principal <i>engineer → Elsewhere – you changed it, too/.test(said) && /Years of experience: \d+ → 13\s/.test(said), said);
  await accessible(page, "dashboard-persona-conflict");
  checkEqual("nothing was written", (await told(context, path)).persona.core.title, "Elsewhere");
  await conflict.getByRole("button", { name: "Take it" }).click();
  checkEqual("it is taken", await title.inputValue(), "Elsewhere");
  await page.getByRole("button", { name: `Put into the form: version ${version - 1}` }).click();
  checkEqual("what was before is in the form", await title.inputValue(), original);
  check("and not saved", (await form.innerText()).includes("Not saved yet"));
  await saved(page, form);
  checkEqual("until it is", (await told(context, path)).persona.core.title, original);
  await latest.getByText(`Version ${version + 2}`).waitFor();
  checkEqual("the owner did it", await latest.locator("strong").innerText(), `Version ${version + 2}`);
  await page.route("**/api/persona/history", async (route) => {
    const response = await route.fetch();
    const { versions } = await response.json();
    versions.at(-1).filled = [{ field: "title" }];
    await route.fulfill({ response, json: { versions } });
  });
  await page.reload();
  await latest.waitFor();
  checkEqual("an import is told apart", await latest.locator("strong").innerText(), `Version ${version + 2}, by an import`);
  check("and not said of the owner", (await latest.innerText()).includes(`Title: Elsewhere → ${original}`) && !(await latest.innerText()).includes("You:"), await latest.innerText());
  await context.close();
}

async function setsThePhone(browser) {
  const path = "/api/phone/settings";
  const { page, context } = await signedIn(browser);
  await opened(page, "/settings");
  const form = page.getByRole("form", { name: "Phone" });
  await form.getByLabel("Never answered").fill("+14155550123\n+44 20 7183 8750");
  await refused(page, form, path, [/^Line 2: /]);
  await accessible(page, "dashboard-settings-refused");
  await form.getByLabel("Never answered").fill("+14155550123\n+442071838750");
  await form.getByLabel("Look strangers’ numbers up").check();
  await savedElsewhere(context, path, "settings", (read) => ({ ...read, doNotDisturb: true }));
  await form.getByRole("button", { name: "Save", exact: true }).click();
  await form.getByText("Do not disturb: no → yes").waitFor();
  check("whoever saved first is not overwritten", (await told(context, path)).settings.blocked.length === 0);
  await form.getByRole("button", { name: "Keep my edits" }).click();
  check("theirs is in the form", await form.getByLabel("Do not disturb").isChecked());
  await saved(page, form);
  checkEqual("the numbers are there", await form.getByLabel("Never answered").inputValue(), "+14155550123\n+442071838750");
  const { settings } = await told(context, path);
  check("both are saved", settings.doNotDisturb && settings.lookUp && settings.blocked.length === 2, settings);
  await context.close();
}

/** A long page leads to what stands far down. */
async function leadsToItsParts(browser) {
  const { page, context } = await signedIn(browser);
  await opened(page, "/settings");
  await page.getByRole("navigation", { name: "On this page" }).getByRole("button", { name: "Rate card", exact: true }).press("Enter");
  const at = await page.evaluate(() => ({ text: document.activeElement.textContent, top: document.activeElement.getBoundingClientRect().top }));
  check("it is there, and seen", at.text === "Rate card" && at.top >= 0 && at.top < DESKTOP.height / 2, at);
  await context.close();
}

async function setsFollowUps(browser) {
  const path = "/api/crm/follow-ups/settings";
  const { page, context } = await signedIn(browser);
  await opened(page, "/settings");
  const form = page.getByRole("form", { name: "Follow-ups" });
  await form.getByRole("button", { name: "Add a rule" }).click();
  const rule = form.getByRole("group", { name: "Rule 1", exact: true });
  await rule.getByLabel("What").selectOption("nudge");
  await rule.getByLabel("Known at least so far").selectOption("2");
  await rule.getByLabel("Then").selectOption("automatic");
  await form.getByLabel("Remind whoever").fill("");
  const quiet = form.getByRole("group", { name: "Quiet hours", exact: true });
  await quiet.getByLabel("From").fill("");
  await quiet.getByLabel("Until").fill("");
  await form.getByRole("group", { name: "A digest for you" }).getByLabel("At").fill("07:30");
  const most = form.getByRole("group", { name: "Of a kind" });
  await most.getByLabel("Reminder to whoever does not answer").fill("2");
  await saved(page, form);
  const { settings } = await told(context, path);
  checkEqual("a limit of a kind is saved, and no other", JSON.stringify(settings.caps.perKind), '{"nudge":2}');
  await most.getByLabel("Reminder to whoever does not answer").fill("");
  await saved(page, form);
  checkEqual("without a number it has none", JSON.stringify((await told(context, path)).settings.caps.perKind), "{}");
  checkEqual("the rule is saved", JSON.stringify(settings.rules), '[{"kind":"nudge","level":2,"then":"automatic"}]');
  checkEqual("what is empty is none", JSON.stringify([settings.quiet, settings.nudgeAfterDays, settings.digest]), '[null,null,{"at":"07:30:00"}]');
  checkEqual("the rule is there", await rule.getByLabel("Known at least so far").inputValue(), "2");
  await form.getByLabel("Your résumé").fill("javascript:alert(1)");
  await quiet.getByLabel("From").fill("22:00");
  const before = await told(context, path);
  await form.getByRole("button", { name: "Save", exact: true }).click();
  await form.getByText("Nothing was saved.").waitFor();
  checkEqual("what is half said is marked", await quiet.getByLabel("Until").getAttribute("aria-invalid"), "true");
  await quiet.getByLabel("From").fill("");
  await form.getByRole("button", { name: "Save", exact: true }).click();
  await form.getByText("addresses of web pages").waitFor();
  checkEqual("nothing was written", JSON.stringify(await told(context, path)), JSON.stringify(before));
  await context.close();
}

/** What the owner changes in a proposal is in its document and its mail, and waits for another word. */
async function editsAProposal(browser) {
  const { page, context } = await signedIn(browser);
  await opened(page, "/follow-ups");
  const waits = async () => (await told(context, "/api/crm/follow-ups")).followUps.find(({ content }) => content.kind === "proposal");
  const before = await waits();
  const card = page.locator(".waiting", { hasText: "Proposal for" });
  await card.getByText("Change the proposal").click();
  const form = card.getByRole("form", { name: "Change the proposal" });
  await form.getByLabel("Title").fill("Fast payments");
  await card.getByRole("button", { name: "Approve and send" }).click();
  await card.getByText("save it first").waitFor();
  checkEqual("what is not saved is not approved past", (await waits()).fingerprint, before.fingerprint);
  await form.getByLabel("Title").fill(before.content.proposal.title);
  await form.getByRole("button", { name: "Add a service" }).click();
  check("a service more is a change", (await form.getAttribute("data-changed")) !== null);
  await form.getByRole("button", { name: /^Remove service/ }).last().click();
  checkEqual("as it was is none", await form.getAttribute("data-changed"), null);
  await form.getByLabel("Title").fill("Fast payments");
  const price = form.getByRole("group", { name: "Price", exact: true }).first();
  await price.getByLabel("From").fill("4000");
  await price.getByLabel("To").fill("3000");
  await form.getByRole("button", { name: "Save the proposal" }).click();
  await price.getByText("no less at the end").waitFor();
  checkEqual("what is refused is not written", (await waits()).fingerprint, before.fingerprint);
  await accessible(page, "dashboard-proposal");
  await price.getByLabel("To").fill("4500");
  await form.getByRole("button", { name: "Save the proposal" }).click();
  await written(page, "Saved");
  await card.getByText("Fast payments: EUR 4,000 to 4,500").waitFor();
  const after = await waits();
  check("another word is asked for", after.fingerprint !== before.fingerprint && after.state === before.state, after);
  check("the mail says it", after.letter.text.includes("EUR 4,000 to 4,500"), after.letter.text);
  const file = await context.request.get(`/api/crm/contacts/${after.person}/follow-ups/${after.id}/document`);
  checkEqual("and so does the document", file.headers()["content-type"], "application/pdf");
  await context.close();
}

/** A stop holds at once; what is being edited stays. */
async function stopsEverything(browser) {
  const path = "/api/crm/follow-ups/settings";
  const { page, context } = await signedIn(browser);
  await opened(page, "/settings");
  const form = page.getByRole("form", { name: "Follow-ups" });
  await form.getByLabel("To one person").fill("2");
  await page.getByRole("button", { name: "Stop everything" }).click();
  const goOn = page.getByRole("button", { name: "Go on" });
  await goOn.waitFor();
  await accessible(page, "dashboard-settings-stopped");
  check("it is stopped", Boolean((await told(context, path)).settings.stopped));
  checkEqual("what is being edited stays", await form.getByLabel("To one person").inputValue(), "2");
  await saved(page, form);
  const { settings } = await told(context, path);
  check("and is saved, stopped as it is", settings.stopped && settings.caps.perPerson === 2, settings);
  await goOn.click();
  await page.getByRole("button", { name: "Stop everything" }).waitFor();
  check("it goes on", !(await told(context, path)).settings.stopped);
  await context.close();
}

// -- a person

async function posted(context, path, data) {
  const answer = await context.request.post(path, { data, headers: { origin: base } });
  check(`${path}: taken`, answer.ok(), `${answer.status()} ${await answer.text()}`);
  return answer.json();
}

const PAST = "2020-05-04T10:00:00Z";

/** What is due is found from the first page, ticked off, and taken up again. */
async function doesTasks(browser) {
  const { page, context } = await signedIn(browser);
  const { id } = await posted(context, "/api/crm/contacts", { name: "Tess Due", company: "Late & Co" });
  await posted(context, `/api/crm/contacts/${id}/tasks`, { title: "Send the slides", dueAt: PAST });
  await posted(context, `/api/crm/contacts/${id}/tasks`, { title: "Ask how it went" });
  await opened(page, "");
  await page.locator(".needs a", { hasText: "due" }).click();
  await page.waitForURL("**/dashboard/tasks");
  await ready(page);
  const row = page.locator("section", { hasText: "Overdue" }).locator("li", { hasText: "Send the slides" });
  await row.getByRole("link", { name: "Tess Due, Late & Co" }).waitFor();
  check("without a day stands apart", await page.locator("section", { hasText: "Without a day" }).getByText("Ask how it went").isVisible());
  await accessible(page, "dashboard-tasks-due");
  const due = async () => (await told(context, "/api/analytics/today")).tasksDue;
  const before = await due();
  await row.getByRole("button", { name: "Done: Send the slides" }).click();
  await row.waitFor({ state: "detached" });
  checkEqual("it is due no more", await due(), before - 1);
  await page.getByRole("button", { name: "It is not done" }).click();
  await row.waitFor();
  checkEqual("and is again", await due(), before);
  await context.close();
}

/** What the owner writes down on the page of a person is there, changed and taken away. */
async function keepsAPerson(browser) {
  const { page, context, complaints } = await signedIn(browser);
  const { id } = await posted(context, "/api/crm/contacts", { name: "Kit Keeper", role: "Buyer" });
  const contact = async () => (await told(context, `/api/crm/contacts/${id}`)).contact;
  await page.goto(`/people/${id}`);

  const tasks = page.locator("#tasks");
  await tasks.getByText("Another task").click();
  await tasks.getByLabel("What").fill("Call about the offer");
  await tasks.getByLabel("Due").fill("2031-03-04T09:30");
  await tasks.getByLabel("Remind me by mail then").check();
  await tasks.getByRole("button", { name: "Add the task" }).click();
  await tasks.getByRole("button", { name: "Change: Call about the offer" }).click();
  const task = tasks.getByRole("form", { name: "Change Call about the offer" });
  checkEqual("the day is there", await task.getByLabel("Due").inputValue(), "2031-03-04T09:30");
  await task.getByLabel("What").fill("Call about the price");
  await task.getByRole("button", { name: "Save" }).click();
  await tasks.getByRole("button", { name: "Done: Call about the price" }).click();
  await tasks.getByText("1 done").click();
  await tasks.getByRole("button", { name: "Not done: Call about the price" }).waitFor();
  const [{ remindAt, doneAt }] = (await told(context, `/api/crm/contacts/${id}/tasks`)).tasks;
  check("with its reminder", Date.parse(remindAt) > Date.now() && Boolean(doneAt), { remindAt, doneAt });

  const notes = page.locator("#notes");
  await notes.getByText("Another note").click();
  await notes.getByRole("textbox", { name: "Note" }).fill("Met at the fair.\n<b>Likes</b> Rust.");
  await notes.getByRole("button", { name: "Add the note" }).click();
  await notes.getByText("<b>Likes</b> Rust.").waitFor();
  await notes.getByRole("button", { name: /^Change the note/ }).click();
  const note = notes.getByRole("form", { name: "Change the note" });
  await note.getByRole("textbox", { name: "Note" }).fill("");
  await note.getByRole("button", { name: "Save" }).click();
  await note.locator(".problem:not(:empty)").waitFor();
  await note.getByRole("textbox", { name: "Note" }).fill("Met in Basel.");
  await note.getByRole("button", { name: "Save" }).click();
  await notes.getByText("Met in Basel.").waitFor();
  await notes.getByRole("button", { name: /^Delete the note/ }).click();
  check("it is asked once more", await notes.getByText("Met in Basel.").isVisible());
  await notes.getByRole("button", { name: /^Delete it for good/ }).click();
  await notes.getByText("No notes yet.").waitFor();

  await page.getByLabel("A new tag").fill("fair & square");
  await page.getByLabel("A new tag").press("Enter");
  await page.getByRole("button", { name: "Take the tag away: fair & square" }).waitFor();
  checkEqual("it is tagged", (await contact()).tags.join(), "fair & square");
  await page.getByRole("button", { name: "Take the tag away: fair & square" }).click();
  await page.getByRole("button", { name: "Take the tag away: fair & square" }).waitFor({ state: "detached" });

  const memory = page.locator("#memory-of");
  await memory.getByText("Something to remember").click();
  await memory.getByLabel("That they").selectOption("located_in");
  await memory.getByLabel("What", { exact: true }).fill("Basel");
  await memory.getByRole("button", { name: "Remember it" }).click();
  await memory.getByRole("button", { name: "Pin: is in Basel" }).click();
  await memory.getByText("pinned").waitFor();
  await memory.getByRole("button", { name: "Correct: is in Basel" }).click();
  await memory.getByRole("form", { name: "Correct: is in Basel" }).getByLabel("is in").fill("Bern");
  await memory.getByRole("button", { name: "Save" }).click();
  await memory.getByRole("button", { name: "Not so: is in Bern" }).click();
  await memory.getByText("2 that held before").click();
  await memory.getByRole("button", { name: "It is so: is in Bern" }).click();
  await memory.getByRole("button", { name: "Not so: is in Bern" }).waitFor();

  const deals = page.locator("#opportunities");
  await deals.getByText("Another opportunity").click();
  await deals.getByLabel("What").fill("A ledger");
  await deals.getByLabel("Worth").fill("9000");
  await deals.getByRole("button", { name: "Add the opportunity" }).click();
  await deals.getByLabel("Stage of A ledger").selectOption("won");
  await written(page, "Moved to Won");
  const [deal] = (await told(context, `/api/crm/contacts/${id}/opportunities`)).opportunities;
  checkEqual("it is won", JSON.stringify([deal.stage, deal.value]), '["won",{"amount":9000,"currency":"USD"}]');

  const privacy = page.locator("section", { has: page.locator("#privacy") });
  await privacy.getByText("They told you otherwise").click();
  await privacy.getByLabel("In their words").fill("No mails, please");
  await privacy.getByRole("button", { name: "Note it" }).click();
  await privacy.locator("q", { hasText: "No mails, please" }).waitFor();
  await privacy.getByText("Who looked at it").click();
  await privacy.getByRole("button", { name: "Show" }).click();
  await privacy.getByText("You:").first().waitFor();
  await accessible(page, "person-kept");

  await page.getByRole("button", { name: "Edit the contact" }).click();
  const form = page.locator("dialog[open]").getByRole("form", { name: "Contact" });
  await form.getByLabel("E-mail").fill("no address");
  await form.getByRole("button", { name: "Save" }).click();
  await form.locator(".problem[role=alert]:not(:empty)").waitFor();
  await accessible(page, "person-edited");
  await form.getByLabel("E-mail").fill("kit@keeper.example");
  await form.getByLabel("Relationship").selectOption("client");
  await form.getByLabel("Interests").fill("Fairs\nLedgers");
  await Promise.all([page.waitForEvent("load"), form.getByRole("button", { name: "Save" }).click()]);
  const now = await contact();
  const kept = [now.contactMethods.email, now.relationship.type, now.professional.interests, now.role];
  checkEqual("it is saved, and the rest stays", JSON.stringify(kept), '["kit@keeper.example","client",["Fairs","Ledgers"],"Buyer"]');

  await page.getByRole("button", { name: "Erase everything" }).click();
  const erase = page.locator("dialog[open]").getByRole("form", { name: "Erase this person" });
  await erase.getByLabel("Type their name to confirm").fill("Kit");
  await erase.getByRole("button", { name: "Erase for good" }).click();
  await erase.getByText("This is not “Kit Keeper”.").waitFor();
  check("nothing is erased", Boolean((await contact()).name));
  await accessible(page, "person-erase");
  await erase.getByLabel("Type their name to confirm").fill("Kit Keeper");
  await erase.getByRole("button", { name: "Erase for good" }).click();
  await page.waitForURL("**/dashboard/people");
  checkEqual("nobody is there any more", (await context.request.get(`/api/crm/contacts/${id}`)).status(), 404);
  checkEqual("only what was refused complained", complaints.filter((text) => !text.includes("422")).join("; "), "");
  await context.close();
}

/** What is left to do with somebody is ticked off, and that nothing is left then is said; they named a zone that no browser
 * knows. */
async function doesWhatIsOpen(browser) {
  const { page, context } = await signedIn(browser);
  const [{ id }] = (await told(context, "/api/crm/contacts?limit=1")).contacts;
  const items = ["Send the paper", "Call them back"];
  const list = `<p><time class="clock shared" datetime="2026-03-10T12:00:00Z"></time></p><h3>Next</h3><ul class="plain">${items.map((item) => `<li data-item="${item}">${item}</li>`).join("")}</ul>`;
  await page.route(`**/people/${id}`, async (route) => {
    const answer = await route.fetch();
    const text = (await answer.text())
      .replace(/(<h2 id="now">.*?)(<\/section>)/s, `$1${list}$2`)
      .replace("data-person=", 'data-zone="Mars/Olympus" data-person=');
    await route.fulfill({ response: answer, body: text });
  }, { times: 1 });
  const done = [];
  await page.route(`**/api/omni-context/${id}/done`, (route) => {
    done.push(route.request().postDataJSON().item);
    return route.fulfill({ status: 204 });
  });
  await page.goto(`/people/${id}`);
  for (const item of items) {
    await page.getByRole("button", { name: `Done: ${item}` }).click();
    await page.locator(`[data-item="${item}"]`).waitFor({ state: "detached" });
  }
  await page.getByText("Nothing is left to do.").waitFor();
  checkEqual("each is done", done.join(), items.join());
  check("the focus stays near", await page.locator("#now").evaluate((title) => title === document.activeElement));
  await accessible(page, "person-done");
  await context.close();
}

/** A call that was taken for spam is let through, where one sees it. */
async function letsThrough(browser) {
  const { page, context } = await signedIn(browser);
  const [{ id }] = (await told(context, "/api/crm/contacts?limit=1")).contacts;
  const call = `CA${"0".repeat(32)}`;
  const entry = `<article class="card" id="int_spam" aria-labelledby="at-int_spam" data-spam="${call}"><header><h3 id="at-int_spam">Phone</h3></header></article>`;
  await page.route(`**/people/${id}`, async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: (await answer.text()).replace(/(<h2 id="timeline">.*?<\/h2>)/, `$1${entry}`) });
  });
  const allowed = [];
  await page.route("**/api/phone/screened/*/allow", (route) => {
    allowed.push(route.request().url().split("/").at(-2));
    return route.fulfill({ json: {} });
  });
  await page.goto(`/people/${id}`);
  const shown = page.locator("#int_spam");
  await shown.getByRole("button", { name: "This was no spam" }).click();
  await shown.getByText("This number is let through from now on.").waitFor();
  checkEqual("it is that call, once", allowed.join(), call);
  await accessible(page, "person-let-through");
  await context.close();
}

/** What changed by itself is put back. */
async function undoesAChange(browser) {
  const { page, context } = await signedIn(browser);
  const { contacts } = await told(context, "/api/crm/contacts?limit=100");
  let found;
  for (const { id } of contacts) {
    const { changes } = await told(context, `/api/crm/contacts/${id}/changes`);
    found ??= changes.some(({ undoneAt }) => !undoneAt) ? { id, change: changes.find(({ undoneAt }) => !undoneAt) } : undefined;
  }
  check("a conversation changed something", Boolean(found));
  await page.goto(`/people/${found.id}`);
  const row = page.locator("section", { has: page.locator("#changed") }).locator("li", { has: page.getByRole("button", { name: /^Undo/ }) }).first();
  await row.waitFor();
  await accessible(page, "person-changed");
  await Promise.all([page.waitForEvent("load"), row.getByRole("button", { name: /^Undo/ }).click()]);
  await page.getByText("undone just now").first().waitFor();
  const { changes } = await told(context, `/api/crm/contacts/${found.id}/changes`);
  check("it is undone", Boolean(changes.find(({ id }) => id === found.change.id).undoneAt), changes);
  await context.close();
}

/** Two that the owner knows to be one are merged once it is seen what that does, and are two again when it is taken back. */
async function mergesTwo(browser) {
  const { page, context } = await signedIn(browser);
  const one = await posted(context, "/api/crm/contacts", { name: "Mara Merge", company: "First" });
  const other = await posted(context, "/api/crm/contacts", { name: "M. Merge", company: "Second", email: "mara@merge.example" });
  await posted(context, `/api/crm/contacts/${other.id}/opportunities`, { title: "A role" });
  const name = async ({ id }) => (await told(context, `/api/crm/contacts/${id}`)).contact.name;
  await page.goto(`/people/${one.id}`);
  await page.getByRole("button", { name: "Merge with somebody" }).click();
  const dialog = page.locator("dialog[open]");
  await dialog.getByLabel("Search people").fill("M. Merge");
  await dialog.getByRole("button", { name: "This one: M. Merge" }).click();
  const plan = dialog.getByRole("region", { name: "What differs" });
  await plan.getByText("mara@merge.example").waitFor();
  checkEqual("nothing is done yet", await name(other), "M. Merge");
  check("what comes with them is told", (await dialog.innerText()).includes("1 opportunity"), await dialog.innerText());
  await accessible(page, "person-merging");
  await dialog.getByRole("button", { name: "The other way round" }).click();
  await dialog.getByText("The page of M. Merge stays").waitFor();
  await dialog.getByRole("button", { name: "The other way round" }).click();
  await dialog.getByText("The page of Mara Merge stays").waitFor();
  await Promise.all([page.waitForEvent("load"), dialog.getByRole("button", { name: "Merge", exact: true }).click()]);
  const same = page.locator("#same");
  await same.getByText("Merged with this person").waitFor();
  checkEqual("they are one", await name(other), "Mara Merge");
  await accessible(page, "person-merged");
  await opened(page, "/people");
  const merged = page.locator(".merged");
  await merged.locator("summary").click();
  await merged.getByRole("link", { name: "Mara Merge" }).waitFor();
  await accessible(page, "dashboard-merged");
  await merged.getByRole("button", { name: /^Take it back/ }).first().click();
  await written(page, "They are two people again");
  checkEqual("they are two again", JSON.stringify([await name(one), await name(other)]), '["Mara Merge","M. Merge"]');
  await context.close();
}

async function savesContacts(browser) {
  const { page, context } = await signedIn(browser);
  await posted(context, "/api/crm/contacts", { name: "Ex Port" });
  await opened(page, "/people");
  for (const [kind, begins] of [["CSV", "id,name,"], ["vCards", "BEGIN:VCARD"], ["JSON", "{"]]) {
    const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: `All contacts as ${kind}` }).click()]);
    const chunks = [];
    for await (const chunk of await file.createReadStream()) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    check(`${kind}: everybody is in it`, text.startsWith(begins) && text.includes("Ex Port"), text.slice(0, 200));
  }
  await context.close();
}

/** A second of silence, as the server would hand it out. */
function silence(seconds) {
  const data = Buffer.alloc(8000 * 2 * seconds);
  const head = Buffer.alloc(44);
  head.write("RIFF", 0);
  head.writeUInt32LE(36 + data.length, 4);
  head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16);
  [1, 1].forEach((value, place) => head.writeUInt16LE(value, 20 + 2 * place));
  head.writeUInt32LE(8000, 24);
  head.writeUInt32LE(16000, 28);
  [2, 16].forEach((value, place) => head.writeUInt16LE(value, 32 + 2 * place));
  head.write("data", 36);
  head.writeUInt32LE(data.length, 40);
  return Buffer.concat([head, data]);
}

/** A turn that is pressed is heard, and what is heard is marked. */
async function hearsARecording(browser) {
  const { page, context } = await signedIn(browser);
  const { contacts } = await told(context, "/api/crm/contacts?limit=100");
  const caller = contacts.find(({ relationship }) => relationship.interactionHistory?.some(({ channel }) => channel === "phone"));
  // Its recording begins a second into the call.
  const audio = `<audio controls preload="none" data-begins="1000" src="/people/${caller.id}/recordings/RE0" aria-label="Recording"></audio>`;
  await page.route("**/recordings/RE0", (route) => {
    // A part of it, as the server answers: no browser seeks in a file otherwise.
    const file = silence(60);
    const first = Number(/bytes=(\d+)-/.exec(route.request().headers().range ?? "")?.[1] ?? 0);
    const headers = { "accept-ranges": "bytes", "content-range": `bytes ${first}-${file.length - 1}/${file.length}` };
    return route.fulfill({ status: 206, headers, contentType: "audio/wav", body: file.subarray(first) });
  });
  await page.route(`**/people/${caller.id}`, async (route) => {
    const answer = await route.fetch();
    const text = (await answer.text()).replace("<details", `<p>${audio}</p><details`);
    await route.fulfill({ response: answer, body: text });
  }, { times: 1 });
  await page.goto(`/people/${caller.id}`);
  const turns = page.locator(".timeline article").first().locator(".transcript li[data-ms]");
  const starts = await turns.evaluateAll((all) => all.map(({ dataset }) => Number(dataset.ms)));
  const place = starts.findIndex((ms) => ms > 1500);
  check("a turn begins after the recording", place > 0, starts);
  await turns.nth(place).getByRole("button", { name: /^Play from/ }).click();
  await page.locator(".transcript li[aria-current=true]").waitFor();
  await page.waitForFunction(() => document.querySelector("audio").readyState >= 3 && !document.querySelector("audio").seeking);
  const heard = await page.evaluate(() => {
    const audio = document.querySelector("audio");
    audio.pause();
    return audio.currentTime;
  });
  const wanted = (starts[place] - 300 - 1000) / 1000;
  check("it is played from there", heard >= wanted - 0.05 && heard < wanted + 10, { heard, wanted });
  const at = async (seconds) => {
    await page.evaluate((to) => (document.querySelector("audio").currentTime = to), seconds);
    const wanted = starts.findLastIndex((ms) => ms - 300 <= 1000 + seconds * 1000);
    await page.waitForFunction((place) => document.querySelectorAll(".transcript li[data-ms]")[place].hasAttribute("aria-current"), wanted);
    return page.locator(".transcript li[aria-current=true]").count();
  };
  checkEqual("one turn is marked", await at((starts.at(-1) - 1000) / 1000 + 0.2), 1);
  checkEqual("and the first of them", await at(0.6), 1);
  await accessible(page, "person-heard");
  await context.close();
}

/** What was approved as it was several times in a row goes out by itself, once the owner says so. */
async function allowsAlways(browser) {
  const path = "/api/crm/follow-ups/settings";
  const { page, context } = await signedIn(browser);
  await opened(page, "/follow-ups");
  const card = page.locator(".waiting").first();
  await card.waitFor();
  const decided = async (route) => {
    const body = { ...(await (await route.fetch()).json()), suggestion: { always: "summary_email", to: "client" } };
    await route.fulfill({ json: body });
  };
  await page.route("**/api/crm/contacts/*/follow-ups/*", decided);
  await card.getByRole("button", { name: "Reject" }).click();
  const asked = page.getByRole("region", { name: "Always send these?" });
  await asked.waitFor();
  await accessible(page, "dashboard-always");
  await asked.getByRole("button", { name: "Always send them" }).click();
  await written(page, "From now on");
  const { settings } = await told(context, path);
  checkEqual("it is a rule, before all others", JSON.stringify(settings.rules[0]), '{"kind":"summary_email","relationship":"client","then":"automatic"}');
  check("it is not asked again", (await asked.count()) === 0);
  await context.close();
}

/** Whoever presses twice decides once: what comes next has not been read. */
async function decidesOnce(browser) {
  const { page, context } = await signedIn(browser);
  const decided = [];
  await page.route("**/api/crm/contacts/*/follow-ups/*", (route) => {
    decided.push(route.request().url().split("/").at(-1));
    return route.fulfill({ json: {} });
  });
  await page.route("**/api/crm/follow-ups", async (route) => {
    const [one] = (await (await route.fetch()).json()).followUps;
    const two = ["fup_one", "fup_other"].map((id) => ({ ...one, id }));
    await route.fulfill({ json: { followUps: two.filter(({ id }) => !decided.includes(id)) } });
  });
  await opened(page, "/follow-ups");
  await page.locator(".waiting").nth(1).waitFor();
  const next = await page.locator(".waiting h2").nth(1).textContent();
  await page.evaluate(async () => {
    const approve = () => document.querySelector(".waiting .actions .button:not(.plainly)");
    const first = approve();
    first.click();
    while (first.isConnected) await new Promise(requestAnimationFrame);
    approve().click();
  });
  await page.locator("#view .decided", { hasText: "Approved: it goes out now" }).waitFor();
  checkEqual("one was decided", decided.join(), "fup_one");
  checkEqual("the title of the next has the focus", await page.evaluate(() => document.activeElement.textContent), next);
  await accessible(page, "dashboard-decided");
  await context.close();
}

await run([
  signsIn,
  shows,
  isLight,
  isLive,
  leadsToWhatItCounts,
  followsPeople,
  followsPages,
  tellsWhatFailed,
  fallsBack,
  waitsWithinBounds,
  restsSignedOut,
  givesUp,
  followsKnowledge,
  followsAnalytics,
  followsForms,
  tellsWhatIsBehind,
  tellsValues,
  opensBars,
  labelsKeepApart,
  printsAMonth,
  isSearched,
  importsContacts,
  isGuarded,
  editsTheCalendar,
  cancelsAMeeting,
  readsACalendarElsewhere,
  makesAFeed,
  editsThePersona,
  setsThePhone,
  leadsToItsParts,
  setsFollowUps,
  editsAProposal,
  stopsEverything,
  stopsWhereItGoesWrong,
  tellsWithoutSettings,
  doesTasks,
  keepsAPerson,
  doesWhatIsOpen,
  letsThrough,
  undoesAChange,
  mergesTwo,
  savesContacts,
  hearsARecording,
  decidesOnce,
  allowsAlways,
  isNotSentAgain,
  picturesOfNumbers,
  signsOut,
]);
