#!/usr/bin/env node
// The official suite's scenarios for authorization servers (npm `@modelcontextprotocol/conformance`) against a running
// system. One of them waits for a person, who signs in as the owner and allows it: that is played here.
//
//     authorization.mjs http://localhost:PORT http://localhost:PORT/owner?token=… NODE_MODULES
//
// The second address is used up. Prints the suite's summary, or all that it says if something fails, and exits as it
// does.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { createInterface } from "node:readline";

const [issuer, ownerLink, modules] = process.argv.slice(2);
if (!modules) {
  console.error("usage: authorization.mjs ISSUER OWNER-LINK NODE_MODULES");
  process.exit(2);
}
const SUITE = `${modules}/@modelcontextprotocol/conformance/dist/index.js`;

/** A host of this machine may answer on any port. */
async function registered() {
  const body = JSON.stringify({ client_name: "The suite", redirect_uris: ["http://127.0.0.1/callback"] });
  const headers = { "Content-Type": "application/json" };
  return (await (await fetch(`${issuer}/oauth/register`, { method: "POST", headers, body })).json()).client_id;
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  return port;
}

const posted = (path, fields, cookie = "") =>
  fetch(issuer + path, {
    method: "POST",
    headers: { Origin: issuer, Cookie: cookie },
    body: new URLSearchParams(fields),
    redirect: "manual",
  });

/** What stands between two marks of a page, without its escapes. */
function between(page, before, after) {
  const found = page.split(before)[1]?.split(after)[0];
  if (!found) throw new Error(`${before} is not in ${page}`);
  return found.replaceAll("&#38;", "&");
}

/** Signs in, says yes, and goes where the page leads. */
async function allow(url) {
  const signedIn = await posted("/owner", { token: new URL(ownerLink).searchParams.get("token") });
  const cookie = signedIn.headers.get("set-cookie").split(";")[0];
  const consent = await (await fetch(url, { headers: { Cookie: cookie } })).text();
  const request = between(consent, 'name="request" value="', '"');
  const onward = await (await posted("/oauth/authorize", { request, decision: "allow" }, cookie)).text();
  await fetch(between(onward, 'content="0; url=', '"'));
}

const args = ["--url", issuer, "--client-id", await registered(), "--resource", `${issuer}/api/mcp/owner`];
const suite = spawn(process.execPath, [SUITE, "authorization", ...args, "--port", String(await freePort())], {
  stdio: ["ignore", "pipe", "inherit"],
});
const ended = once(suite, "exit");
const said = [];
for await (const line of createInterface({ input: suite.stdout })) {
  said.push(line);
  if (line.startsWith(`${issuer}/oauth/authorize?`)) await allow(line);
}
const [code] = await ended;
const summary = said.indexOf("=== SUMMARY ===");
console.log(said.slice(code === 0 ? summary : 0).join("\n"));
process.exitCode = code ?? 1;
