#!/usr/bin/env node
// `omnitwin mcp` as a program of its own, as hosts start it, with the official TypeScript clients: version 1 (npm
// `@modelcontextprotocol/sdk`) and version 2 (`@modelcontextprotocol/client`).
//
//   mcp_stdio.mjs target/debug/omnitwin http://localhost:8080 OWNER_TOKEN
//
// Against a running system and against a directory of its own. Run it with the packages of ../tools/node:
// NODE_PATH=…/node_modules. Prints what differs, then "N checks passed".

import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

// Clients kill a program that does not end with its input.
const ENDS_WITHIN_MS = 2000;
const LIMIT_MS = 120_000;

const [binary, url, token] = process.argv.slice(2);
if (!token) {
  console.error("usage: mcp_stdio.mjs BINARY URL OWNER_TOKEN");
  process.exit(2);
}
const require = createRequire(import.meta.url);
const load = (name) => import(pathToFileURL(require.resolve(name)));

let [passed, failed] = [0, 0];

function check(name, good, told = "") {
  if (good) {
    passed += 1;
  } else {
    failed += 1;
    console.log(`FAILED ${name}`, told);
  }
}

async function v1() {
  const { Client } = await load("@modelcontextprotocol/sdk/client/index.js");
  const { StdioClientTransport } = await load("@modelcontextprotocol/sdk/client/stdio.js");
  return { name: "sdk 1", client: () => new Client({ name: "peer", version: "1" }), StdioClientTransport };
}

async function v2() {
  const { Client } = await load("@modelcontextprotocol/client");
  const { StdioClientTransport } = await load("@modelcontextprotocol/client/stdio");
  const options = { versionNegotiation: { mode: "auto" } };
  return { name: "client 2", client: () => new Client({ name: "peer", version: "2" }, options), StdioClientTransport };
}

async function speaks({ name, client: made, StdioClientTransport }, what, args, env, [tools, tool]) {
  const named = (which) => `${name}, ${what}: ${which}`;
  const client = made();
  // What is on standard output and is no message comes here.
  client.onerror = (error) => check(named("nothing to complain of"), false, error);
  const environment = { ...process.env, LOG: "error", ...env };
  await client.connect(new StdioClientTransport({ command: resolve(binary), args, env: environment }));
  check(named("server"), client.getServerVersion()?.name === "omnitwin", client.getServerVersion());
  const listed = (await client.listTools()).tools;
  check(named("tools"), listed.length === tools, listed.length);
  const result = await client.callTool({ name: tool, arguments: {} });
  check(named(tool), !result.isError && result.structuredContent, result);
  const began = performance.now();
  await client.close();
  check(named("it ends with its input"), performance.now() - began < ENDS_WITHIN_MS, performance.now() - began);
}

setTimeout(() => {
  console.log(`FAILED: not over after ${LIMIT_MS / 1000} s`);
  process.exit(1);
}, LIMIT_MS).unref();
const directory = mkdtempSync(join(tmpdir(), "omnitwin-"));
process.on("exit", () => rmSync(directory, { recursive: true, force: true }));
const [visitor, owner] = [[12, "get_profile"], [12, "daily_brief"]];
const local = ["--data", directory, "mcp"];
for (const sdk of [await v1(), await v2()]) {
  for (const [what, args, env, surface] of [
    ["visitor, elsewhere", ["mcp", "--url", url], {}, visitor],
    ["owner, elsewhere", ["mcp"], { OMNITWIN_URL: url, OMNITWIN_TOKEN: token }, owner],
    ["visitor, here", local, {}, visitor],
    ["owner, here", [...local, "--owner"], {}, owner],
  ]) {
    await speaks(sdk, what, args, env, surface).catch((error) => check(`${sdk.name}, ${what}`, false, error.stack));
  }
}
console.log(failed ? `${passed} checks passed, ${failed} failed` : `${passed} checks passed`);
process.exit(failed ? 1 : 0);
