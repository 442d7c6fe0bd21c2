#!/usr/bin/env node
// A time is booked, moved and cancelled as a person does it: Chromium against a running system.
//
//     book.mjs http://localhost:8080 [--shots DIR]
//
// The packages are those of `../tools/node/package.json`, installed there or where NODE_PATH says.

import { DESKTOP, LIMIT_MS, PHONE, accessible, check, checkEqual, positionals, run } from "./checks.mjs";

const [base] = positionals;
if (!base) {
  console.error("usage: book.mjs URL [--shots DIR]");
  process.exit(2);
}

/** The page in a browser of its own. What its console and its policy complain of goes into `complaints`. */
async function opened(browser, path, settings = {}) {
  const context = await browser.newContext({
    viewport: DESKTOP,
    baseURL: base,
    timezoneId: "America/New_York",
    locale: "en-US",
    ...settings,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(LIMIT_MS);
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    const ours = ["error", "warning"].includes(message.type());
    if (ours && !message.text().startsWith("Failed to load resource")) complaints.push(message.text());
  });
  await page.goto(path);
  return { page, context, complaints };
}

/** The list is empty from the moment times are asked for until they are there. */
async function times(page) {
  await page.locator("#list input").first().waitFor({ state: "attached" });
}

/** Not the first: its notice may end before it is booked. */
async function chosen(page, index = 1) {
  const input = page.locator("#list input").nth(index);
  const start = await input.inputValue();
  await input.check({ force: true });
  return start;
}

async function filled(page) {
  await page.locator("#name").fill("Dana Lee");
  await page.locator("#email").fill("dana@northgate.example");
  await page.locator("#topic").fill("A role for which we think of you");
}

async function books(browser) {
  const { page, complaints } = await opened(browser, "/book");
  await times(page);
  checkEqual("times are on the visitor's clock", await page.locator("#zone").inputValue(), "America/New_York");
  await accessible(page, "book");
  await page.locator("#said").fill("gibberish");
  await page.locator("#said").press("Enter");
  await page.getByText("This was not understood").waitFor();
  await times(page);
  await page.locator("#said").fill("Sunday");
  await page.locator("#said").press("Enter");
  await page.getByText("Nothing is free then").waitFor();
  check("what is free is offered all the same", (await page.locator("#list input").count()) > 0);
  await page.locator("#said").fill("");
  await page.locator("#said").press("Enter");
  await times(page);
  const all = await page.locator("#list input").count();
  await page.locator("#zone").selectOption("Asia/Tokyo");
  await times(page);
  check("the same times on another clock", (await page.locator("#list input").count()) > 0 && all > 0);
  await page.locator("#zone").selectOption("America/New_York");
  await times(page);
  await chosen(page);
  await filled(page);
  await accessible(page, "book-details");
  await page.locator("#book [type=submit]").click();
  await page.locator("#done h2").waitFor();
  check("it says when", /\d:\d\d\s[ap]m to \d?\d:\d\d\s[ap]m/.test(await page.locator("#when").innerText()));
  await accessible(page, "book-done");
  const file = await page.request.get(await page.locator("#file").getAttribute("href"));
  check("there is a file for a calendar", (await file.text()).startsWith("BEGIN:VCALENDAR"));
  checkEqual("nothing complained", complaints.join("; "), "");
  const manage = await page.locator("#manage").getAttribute("href");
  await page.context().close();
  await manages(browser, manage);
}

async function manages(browser, path) {
  const { page, complaints } = await opened(browser, path);
  await page.locator("#ways").waitFor();
  const before = await page.locator("#when").innerText();
  await accessible(page, "booked");
  await page.locator("#other").click();
  await times(page);
  await chosen(page, 2);
  await page.locator("#move").click();
  await page.getByText("It was moved.").waitFor();
  check("it takes place at another time", (await page.locator("#when").innerText()) !== before);
  await page.locator("#cancel").click();
  await accessible(page, "booked-sure");
  await page.locator("#sure [value=no]").click();
  check("whoever keeps it keeps it", await page.locator("#ways").isVisible());
  await page.locator("#cancel").click();
  await page.locator("#sure [value=yes]").click();
  await page.getByText("It was cancelled.").waitFor();
  check("there is nothing more to do", await page.locator("#ways").isHidden());
  await accessible(page, "booked-cancelled");
  checkEqual("nothing complained", complaints.join("; "), "");
  await page.context().close();
}

/** Two look at the same time: the second learns that it is taken, and chooses another. */
async function comesLate(browser) {
  const first = await opened(browser, "/book");
  const second = await opened(browser, "/book");
  await times(first.page);
  await times(second.page);
  const start = await chosen(first.page, 4);
  const same = second.page.locator(`#list input[value="${start}"]`);
  checkEqual("both see it", await same.count(), 1);
  await same.check({ force: true });
  await filled(first.page);
  await filled(second.page);
  await first.page.locator("#book [type=submit]").click();
  await first.page.locator("#done h2").waitFor();
  await second.page.locator("#book [type=submit]").click();
  await second.page.getByText("This time was taken meanwhile").waitFor();
  await times(second.page);
  checkEqual("it is not offered any more", await second.page.locator(`#list input[value="${start}"]`).count(), 0);
  await first.context.close();
  await second.context.close();
}

/** The page speaks English to all, and each reads their own clock. */
async function tellsTheTime(browser) {
  for (const [locale, clock] of [["en-US", /^\d?\d:\d\d\s[ap]m$/], ["de-DE", /^\d\d:\d\d$/]]) {
    const { page, context } = await opened(browser, "/book", { locale });
    await times(page);
    const told = await page.locator("#list label").first().innerText();
    check(`${locale}: on the clock that they read`, clock.test(told.trim()), told);
    const wide = await page.locator("#list span").evaluateAll((all) =>
      all.filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.innerText));
    check(`${locale}: each within its button`, wide.length === 0, wide.join(", "));
    await context.close();
  }
}

/** Whoever is called says on which number, and is told it back. */
async function asksForANumber(browser) {
  const { page, complaints } = await opened(browser, "/book");
  await times(page);
  await chosen(page);
  check("nobody else is asked", await page.locator("#phone").isHidden());
  await page.locator("#kinds label", { hasText: "A short call" }).click();
  await times(page);
  await chosen(page);
  await filled(page);
  await accessible(page, "book-number");
  await page.locator("#phone").fill("12");
  await page.locator("#book [type=submit]").click();
  await page.locator("#problem", { hasText: "country code" }).waitFor();
  await page.locator("#phone").fill("+49 (30) 901-820");
  await page.locator("#book [type=submit]").click();
  await page.locator("#done h2").waitFor();
  const told = await page.locator("#what").innerText();
  check("it is told back", told.includes("+49 30 901820"), told);
  checkEqual("nothing complained", complaints.join("; "), "");
  await page.context().close();
}

/** On a phone what follows is below what is seen: whoever points is taken there, whoever uses keys stays. */
async function leadsOn(browser) {
  const { page } = await opened(browser, "/book", { viewport: PHONE });
  const isSeen = () => page.locator("#details").evaluate((details) => details.getBoundingClientRect().top < innerHeight);
  await times(page);
  await page.locator("#list input").first().focus();
  await page.keyboard.press("Space");
  await page.keyboard.press("ArrowRight");
  await page.locator("#details").waitFor({ state: "attached" });
  check("keys move nothing", !(await isSeen()));
  await page.locator("#list label").nth(2).click();
  await page.waitForFunction(() => document.querySelector("#details").getBoundingClientRect().top < innerHeight);
  check("whoever points sees how it goes on", await isSeen());
  await page.context().close();
}

async function knowsNoLink(browser) {
  const { page } = await opened(browser, "/book/no-such-link");
  await page.getByText("There is no such meeting").waitFor();
  await accessible(page, "booked-none");
  await page.context().close();
}

/** A laptop's stack that is looked at from another device has no TLS: part of a browser is missing then. */
async function needsNoTls(browser) {
  const { page, context } = await opened(browser, "/health");
  await page.addInitScript(() => delete Crypto.prototype.randomUUID);
  await page.goto("/book");
  await times(page);
  await chosen(page, 3);
  await filled(page);
  await page.locator("#book [type=submit]").click();
  await page.locator("#done h2").waitFor();
  check("it is booked", await page.locator("#when").isVisible());
  await context.close();
}

async function needsAScript(browser) {
  const { page } = await opened(browser, "/book", { javaScriptEnabled: false });
  const told = await page.locator("main").innerText();
  check("it says so", /needs JavaScript/.test(told));
  check("and offers no times", !/Choose a free time/.test(told), told);
  await page.context().close();
}

await run([books, comesLate, tellsTheTime, asksForANumber, leadsOn, knowsNoLink, needsNoTls, needsAScript]);
