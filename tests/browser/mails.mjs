#!/usr/bin/env node
// What mails look like, from the snapshots of their HTML: in Chromium, light and dark, at a desk and on a phone.
//
//     mails.mjs [--shots DIR]
//
// The packages are those of `../tools/node/package.json`, installed there or where NODE_PATH says.

import { readFileSync, readdirSync } from "node:fs";

import { WCAG, accessible, check, run } from "./checks.mjs";

const LETTERS = new URL("../../shared/src/follow_up/mail/snapshots/", import.meta.url);
const ENDING = ".snap";

/** Name and HTML of each letter; a snapshot begins with what `insta` says of it, between two lines of dashes. */
const letters = readdirSync(LETTERS)
  .filter((file) => file.includes("__html_") && file.endsWith(ENDING))
  .map((file) => [
    file.slice(file.indexOf("__html_") + 7, -ENDING.length),
    readFileSync(new URL(file, LETTERS), "utf8").split("\n---\n").slice(1).join("\n---\n"),
  ]);

async function looks(browser) {
  check("there are letters", letters.length > 0);
  for (const colorScheme of ["light", "dark"]) {
    const context = await browser.newContext({ colorScheme, offline: true });
    const page = await context.newPage();
    const asked = [];
    page.on("request", (request) => asked.push(request.url()));
    for (const [name, html] of letters) {
      await page.setContent(html);
      await accessible(page, `mail-${name}-${colorScheme}`, WCAG);
    }
    check(`${colorScheme}: a mail loads nothing`, asked.length === 0, asked.join(" "));
    await context.close();
  }
}

await run([looks]);
