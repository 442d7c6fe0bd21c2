#!/usr/bin/env node
// MCP Apps as a host shows them: each `ui://` page in a sandboxed frame of Chromium, spoken with over postMessage as
// `io.modelcontextprotocol/ui` says, and given a result in which people wrote markup.
//
//     apps.mjs http://localhost:8080 OWNER_TOKEN [--shots DIR]

import { LIMIT_MS, PHONE, check, checkEqual, positionals, run, shot } from "./checks.mjs";

const [base, token] = positionals;
if (!base || !token) {
  console.error("usage: apps.mjs URL OWNER_TOKEN [--shots DIR]");
  process.exit(2);
}

const HOSTILE = "<img src=x onerror=\"parent.postMessage('broken', '*')\"><script>document.title = 'broken'</script> \u202Egnihton";
const LINK = "https://twin.example/chat?session=abc";
const HANDOFF = { say: HOSTILE, url: LINK, phone_number: HOSTILE };
const CARRIED = { turns: [{ channel: "phone", speaker: "person", text: HOSTILE }], wish: HOSTILE, conversation: "c" };
const TIMELINE = {
  name: HOSTILE,
  company: HOSTILE,
  conversations: [{ at: "2026-06-01T09:00:00Z", channel: "phone", summary: HOSTILE, turns: [{ speaker: "person", text: HOSTILE }] }],
};

async function resource(path, uri) {
  const headers = { "Content-Type": "application/json", Accept: "application/json, text/event-stream", "MCP-Protocol-Version": "2025-11-25" };
  if (path.endsWith("/owner")) headers.Authorization = `Bearer ${token}`;
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "resources/read", params: { uri } });
  const { result } = await (await fetch(base + path, { method: "POST", headers, body })).json();
  return result.contents[0];
}

/** The host's side: answers what the page asks, and gives it a result once it is ready. */
function host({ html, result }) {
  window.heard = [];
  const frame = document.createElement("iframe");
  frame.sandbox = "allow-scripts";
  frame.srcdoc = html;
  frame.style = "border: 0; width: 100%; height: 90vh";
  const say = (message) => frame.contentWindow.postMessage({ jsonrpc: "2.0", ...message }, "*");
  window.give = (structuredContent) => say({ method: "ui/notifications/tool-result", params: { content: [], structuredContent } });
  window.addEventListener("message", ({ source, data }) => {
    if (source !== frame.contentWindow) return;
    window.heard.push(data);
    if (data.method === "ui/initialize") {
      const info = { protocolVersion: data.params.protocolVersion, hostInfo: { name: "host", version: "1" }, hostCapabilities: {}, hostContext: {} };
      say({ id: data.id, result: info });
    }
    if (data.method === "ui/notifications/initialized") window.give(result);
    if (data.method === "ui/open-link") say({ id: data.id, result: {} });
  });
  document.body.append(frame);
}

async function shown(browser, path, uri, result) {
  const { text: html, mimeType } = await resource(path, uri);
  checkEqual(`${uri} is a page for hosts`, mimeType, "text/html;profile=mcp-app");
  const page = await browser.newPage({ viewport: PHONE });
  page.setDefaultTimeout(LIMIT_MS);
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.setContent("<!doctype html><title>host</title>");
  await page.evaluate(host, { html, result });
  const frame = page.frameLocator("iframe");
  await frame.locator("h1").waitFor();
  return { page, frame, complaints };
}

const heard = (page, method) => page.evaluate((wanted) => window.heard.filter((one) => one.method === wanted), method);

/** What people wrote is read as they wrote it, and does nothing. */
async function isHarmless({ page, frame, complaints }, name) {
  check(`${name}: what was written is text`, (await frame.locator("body").innerText()).includes("<img src=x onerror="));
  checkEqual(`${name}: nothing of it is an element`, await frame.locator("#root img, #root script").count(), 0);
  check(`${name}: nothing of it ran`, !(await page.evaluate(() => window.heard.includes("broken"))));
  await page.waitForFunction(() => window.heard.some((one) => one.method === "ui/notifications/size-changed"));
  const [sized] = await heard(page, "ui/notifications/size-changed");
  check(`${name}: the host hears how large it is`, sized?.params.height > 0, sized);
  const wide = await frame.locator("html").evaluate((root) => root.scrollWidth - root.clientWidth);
  check(`${name}: nothing sticks out`, wide <= 0, `${wide} px`);
  checkEqual(`${name}: nothing complained`, complaints.join("; "), "");
  await shot(page, `app-${name}`);
}

async function handoff(browser) {
  const opened = await shown(browser, "/api/mcp", "ui://omnitwin/handoff", HANDOFF);
  const { page, frame } = opened;
  const [asked] = await heard(page, "ui/initialize");
  check("it says who it is", asked.params.appInfo.name === "omnitwin" && asked.params.protocolVersion, asked);
  await isHarmless(opened, "handoff");
  await frame.locator("button").click();
  await page.waitForFunction(() => window.heard.some((one) => one.method === "ui/open-link"));
  const [opens] = await heard(page, "ui/open-link");
  checkEqual("the host opens the link", opens.params.url, LINK);
  await page.evaluate((talk) => window.give(talk), { ...HANDOFF, url: LINK.replace("/chat?", "/voice?") });
  await frame.getByRole("button", { name: "Talk in the browser" }).waitFor();
  await page.evaluate((carried) => window.give(carried), CARRIED);
  await frame.getByText("Your conversation goes on here").waitFor();
  await isHarmless(opened, "carried");
  await page.evaluate((bare) => window.give(bare), { conversation: "c" });
  await frame.locator("p").first().waitFor({ state: "detached" });
  checkEqual("a conversation of which nothing is told goes on here, too", await frame.locator("#root").innerText(), "Your conversation goes on here");
  await page.close();
}

async function timeline(browser) {
  const opened = await shown(browser, "/api/mcp/owner", "ui://omnitwin/timeline", TIMELINE);
  await isHarmless(opened, "timeline");
  checkEqual("each turn is there", await opened.frame.locator(".turn").count(), 1);
  await opened.page.close();
}

await run([handoff, timeline]);
