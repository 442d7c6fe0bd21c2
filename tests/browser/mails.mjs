#!/usr/bin/env node
// What mails look like, from the snapshots of their HTML: in Chromium, light and dark, at a desk and on a phone.
//
//     mails.mjs [--shots DIR]
//
// The packages are those of `../tools/node/package.json`, installed there or where NODE_PATH says.

import { readFileSync, readdirSync } from "node:fs";

import { DESKTOP, PHONE, WCAG, accessible, check, options, run } from "./checks.mjs";

const SNAPSHOTS = ["mail/snapshots/", "snapshots/"].map((place) => new URL(`../../shared/src/follow_up/${place}`, import.meta.url));
const ENDING = ".snap";
// Bytes of a picture of a page with nothing on it, and a few more.
const EMPTY = 8000;

/** Name and HTML of each letter; a snapshot begins with what `insta` says of it, between two lines of dashes. */
const letters = SNAPSHOTS.flatMap((place) =>
  readdirSync(place)
    .filter((file) => file.includes("__html_") && file.endsWith(ENDING))
    .map((file) => [
      file.slice(file.indexOf("__html_") + 7, -ENDING.length),
      readFileSync(new URL(file, place), "utf8").split("\n---\n").slice(1).join("\n---\n"),
    ]),
);

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
      for (const size of [PHONE, DESKTOP]) {
        await page.setViewportSize(size);
        const path = options.shots && `${options.shots}/mail-${name}-${colorScheme}-${size.width}-whole.png`;
        const png = await page.screenshot({ path, fullPage: true });
        check(`${name}, ${colorScheme}, ${size.width} px: there is something to see`, png.length > EMPTY, `${png.length} bytes`);
      }
    }
    check(`${colorScheme}: a mail loads nothing`, asked.length === 0, asked.join(" "));
    await context.close();
  }
}

await run([looks]);
