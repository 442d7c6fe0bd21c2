#!/usr/bin/env node
// The owner's dashboard as the owner meets it: Chromium against a running system.
//
//     dashboard.mjs http://localhost:8080 http://localhost:8080/owner?token=… [--shots DIR]
//
// The second address is the owner's link; it is used up. The packages are those of `../tools/node/package.json`,
// installed there or where NODE_PATH says.

import { createServer } from "node:http";
import { gzipSync } from "node:zlib";

import { DESKTOP, LIMIT_MS, accessible, check, checkEqual, positionals, run, shot } from "./checks.mjs";

const VIEWS = ["", "/people", "/opportunities", "/follow-ups", "/knowledge", "/analytics", "/health"];
const MOST_BYTES = 150 * 1024;

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
      let bytes = 0;
      const weigh = async (response) => {
        if (response.ok()) bytes += gzipSync(await response.body()).length;
      };
      const weighed = [];
      page.on("response", (response) => weighed.push(weigh(response)));
      await opened(page, path);
      await Promise.all(weighed);
      page.removeAllListeners("response");
      const name = `dashboard${path.replace("/", "-")}-${colorScheme}`;
      check(`${name}: light enough`, bytes > 0 && bytes < MOST_BYTES, `${bytes} bytes`);
      checkEqual(`${name}: one current page`, await page.locator("nav [aria-current=page]").count() >= 1, true);
      check(`${name}: nothing went wrong`, (await page.locator("#problem").innerText()) === "");
      await accessible(page, name);
    }
    checkEqual(`nothing complained (${colorScheme})`, complaints.join("; "), "");
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
  await visitor.close();
  await context.close();
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
  await page.keyboard.press("Escape");
  check("the focus comes back", await tile.locator("button").evaluate((button) => button === document.activeElement));
  for (const kind of ["SVG", "PNG"]) {
    const [file] = await Promise.all([page.waitForEvent("download"), page.locator(`.chart button:text-is("${kind}")`).first().click()]);
    check(`a chart is saved as ${kind}`, file.suggestedFilename().endsWith(kind.toLowerCase()), file.suggestedFilename());
  }
  const csv = await context.request.get("/api/analytics/report?format=csv");
  check("the table is CSV", csv.headers()["content-type"].startsWith("text/csv"));
  await page.locator(".periods a", { hasText: "A year" }).click();
  await page.waitForURL("**/analytics?days=365");
  await ready(page);
  checkEqual("a year has thirteen months that it touches, or twelve", [12, 13].includes(await page.locator(".chart.wide .column").count()), true);
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
  await accessible(page, "person");
  await context.close();
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

await run([signsIn, shows, isLive, tellsWhatIsBehind, isSearched, isGuarded]);
