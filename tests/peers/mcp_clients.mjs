#!/usr/bin/env node
// The twin's MCP surfaces against the official TypeScript clients, in short: version 1 (npm `@modelcontextprotocol/sdk`),
// version 2 (`@modelcontextprotocol/client`, which negotiates 2026-07-28), and the Inspector's command line.
//
//   mcp_clients.mjs http://localhost:8080/api/mcp OWNER_TOKEN
//
// Run it with the packages of ../tools/node: NODE_PATH=…/node_modules. Prints what differs, then "N checks passed".

import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { isDeepStrictEqual } from "node:util";

const MODERN = "2026-07-28";
const LEGACY = "2025-11-25";
const INVALID_PARAMS = -32602;
const LIMIT_MS = 120_000;
const MEETING = { topic: "a storage engine", preferred_times: ["Tuesday 10:00 CET"] };
const WHO = { name: "Robin Muster", email: "robin@muster.example" };

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

const checkEqual = (name, found, wanted) => check(name, isDeepStrictEqual(found, wanted), { found, wanted });

/** What the clients, or their validators, have to say. */
for (const level of ["warn", "error"]) {
  console[level] = (...told) => check("nothing to warn of", false, told);
}

const headers = (token) => ({ requestInit: { headers: token ? { Authorization: `Bearer ${token}` } : {} } });

async function v1() {
  const { Client } = await load("@modelcontextprotocol/sdk/client/index.js");
  const { StreamableHTTPClientTransport } = await load("@modelcontextprotocol/sdk/client/streamableHttp.js");
  const { ElicitRequestSchema } = await load("@modelcontextprotocol/sdk/types.js");
  return {
    name: "sdk 1",
    version: LEGACY,
    async connect(url, { token, answer } = {}) {
      const client = new Client({ name: "peer", version: "1" }, { capabilities: answer ? { elicitation: {} } : {} });
      if (answer) {
        client.setRequestHandler(ElicitRequestSchema, answer);
      }
      const transport = new StreamableHTTPClientTransport(new URL(url), headers(token));
      await client.connect(transport);
      return { client, version: transport.protocolVersion };
    },
  };
}

async function v2() {
  const { Client, StreamableHTTPClientTransport } = await load("@modelcontextprotocol/client");
  return {
    name: "client 2",
    version: MODERN,
    async connect(url, { token, answer } = {}) {
      const capabilities = answer ? { elicitation: { form: {} } } : {};
      const options = { capabilities, versionNegotiation: { mode: "auto" } };
      const client = new Client({ name: "peer", version: "2" }, options);
      if (answer) {
        client.setRequestHandler("elicitation/create", answer);
      }
      await client.connect(new StreamableHTTPClientTransport(new URL(url), headers(token)));
      return { client, version: client.getNegotiatedProtocolVersion() };
    },
  };
}

async function checkRefused(name, code, promise) {
  await promise.then(
    (found) => check(name, false, found),
    (error) => checkEqual(name, error.code, code),
  );
}

async function checkSdk(sdk, url, token) {
  const named = (what) => `${sdk.name}: ${what}`;
  const { client, version } = await sdk.connect(url);
  const call = (name, args = {}) => client.callTool({ name, arguments: args });
  checkEqual(named("version"), version, sdk.version);
  checkEqual(named("server"), client.getServerVersion().name, "omnitwin");
  checkEqual(named("tools"), (await client.listTools()).tools.length, 12);

  const { structuredContent: first } = await call("ask", { question: "What has Alex done with Rust?" });
  check(named("known and cited"), first.known && first.citations.length > 0, first);
  const { conversation } = first;
  const again = await call("ask", { question: "And with payments?", conversation });
  checkEqual(named("the thread is kept"), again.structuredContent.conversation, conversation);
  const { results } = (await call("search", { query: "Rust" })).structuredContent;
  const document = (await call("fetch", { id: results[0].id })).structuredContent;
  checkEqual(named("fetch"), document.title, results[0].title);
  const { projects, total, ...profile } = (await call("get_profile")).structuredContent;
  checkEqual(named("the profile has the projects"), projects.length, total);
  const read = await client.readResource({ uri: "twin://profile" });
  checkEqual(named("the profile as a resource"), JSON.parse(read.contents[0].text), profile);
  const { resources } = await client.listResources();
  check(named("resources"), resources.some((resource) => resource.uri === "twin://profile"), resources);
  checkEqual(named("templates"), (await client.listResourceTemplates()).resourceTemplates.length, 2);
  checkEqual(named("prompts"), (await client.listPrompts()).prompts.length, 4);
  const prompt = await client.getPrompt({ name: "documentation_query", arguments: { question: "Which database?" } });
  check(named("a prompt"), prompt.messages[0].content.text.includes("Which database?"), prompt);
  const ref = { type: "ref/resource", uri: "twin://documents/{id}" };
  const { completion } = await client.complete({ ref, argument: { name: "id", value: results[0].id.slice(0, 6) } });
  check(named("an id is completed"), completion.values.includes(results[0].id), completion);
  await checkErrors(named, client, call);
  await client.close();
  await checkMeeting(named, sdk, url);
  await checkOwner(named, sdk, `${url}/owner`, token);
}

async function checkErrors(named, client, call) {
  const told = async (name, args) => {
    const { isError, content } = await call(name, args);
    return [isError, JSON.parse(content[0].text).error];
  };
  checkEqual(named("a wrong argument"), await told("search", { query: 7 }), [true, "invalid_arguments"]);
  checkEqual(named("an unknown document"), await told("fetch", { id: "nothing" }), [true, "not_found"]);
  await checkRefused(named("an unknown tool"), INVALID_PARAMS, call("nothing"));
  await checkRefused(named("an unknown prompt"), INVALID_PARAMS, client.getPrompt({ name: "nothing" }));
  const uri = "twin://nothing";
  await client.readResource({ uri }).then(
    (found) => check(named("an unknown resource"), false, found),
    (error) => check(named("an unknown resource"), [INVALID_PARAMS, -32002].includes(error.code), error),
  );
}

/** Whom the twin can ask gives what is missing; the others are told. */
async function checkMeeting(named, sdk, url) {
  const asked = [];
  const answer = (request) => {
    asked.push(request.params.requestedSchema.required);
    return { action: "accept", content: WHO };
  };
  const book = async (options) => {
    const { client } = await sdk.connect(url, options);
    await client.listTools();
    const result = await client.callTool({ name: "book_meeting", arguments: MEETING });
    await client.close();
    return result;
  };
  const missing = (result) => result.isError && JSON.parse(result.content[0].text).missing;
  checkEqual(named("without forms"), missing(await book()), ["name", "email"]);
  const result = await book({ answer });
  if (sdk.version === MODERN) {
    checkEqual(named("asked"), asked, [["name", "email"]]);
    check(named("noted after asking"), result.structuredContent?.noted, result);
  } else {
    checkEqual(named("an older host"), [asked, missing(result)], [[], ["name", "email"]]);
  }
}

async function checkOwner(named, sdk, url, token) {
  const { client } = await sdk.connect(url, { token });
  const tools = (await client.listTools()).tools.map((tool) => tool.name);
  checkEqual(named("the owner's tools"), tools.length, 12);
  for (const name of ["daily_brief", "find_contacts", "list_follow_ups", "list_knowledge_gaps", "get_persona"]) {
    const result = await client.callTool({ name, arguments: {} });
    check(named(name), !result.isError && result.structuredContent, result);
  }
  await client.close();
  for (const other of [undefined, "nothing"]) {
    await sdk.connect(url, { token: other }).then(
      () => check(named("the owner's surface"), false, "connected without the token"),
      (error) => check(named("refused"), /401|unauthori[sz]ed/i.test(`${error.code} ${error.name} ${error}`), error),
    );
  }
}

/** Exit status and what the Inspector prints; it keeps its files in a home of its own. */
function inspector(url) {
  const home = mkdtempSync(join(tmpdir(), "inspector-"));
  process.on("exit", () => rmSync(home, { recursive: true, force: true }));
  const manifest = require.resolve("@modelcontextprotocol/inspector/package.json");
  const program = join(dirname(manifest), require(manifest).bin["mcp-inspector"]);
  const env = { ...process.env, HOME: home, MCP_STORAGE_DIR: home };
  return (path, era, method, ...more) =>
    new Promise((resolve) => {
      const common = ["--transport", "http", "--protocol-era", era, "--stored-auth-only", "--format", "json"];
      const args = [program, "--cli", `${url}${path}`, ...common, "--method", method, ...more];
      execFile(process.execPath, args, { env, cwd: home }, (error, stdout, stderr) => {
        const result = stdout ? JSON.parse(stdout).result : undefined;
        resolve({ code: error?.code ?? 0, result, stderr });
      });
    });
}

async function checkInspector(url, token) {
  const run = inspector(url);
  const bearer = ["--header", `Authorization: Bearer ${token}`];
  for (const era of ["legacy", "modern"]) {
    const good = async (what, judge, ...args) => {
      const { code, result, stderr } = await run("", era, ...args);
      check(`inspector, ${era}: ${what}`, code === 0 && stderr === "" && judge(result), { code, result, stderr });
    };
    await good("tools", (it) => it.tools.length === 12, "tools/list", "--strict");
    await good("a call", (it) => it.structuredContent.sample, "tools/call", "--tool-name", "get_profile");
    await good("resources", (it) => it.resources.length > 2, "resources/list");
    await good("a resource", (it) => it.contents.length === 1, "resources/read", "--uri", "twin://profile");
    await good("templates", (it) => it.resourceTemplates.length === 2, "resources/templates/list");
    await good("prompts", (it) => it.prompts.length === 4, "prompts/list");
    const prompt = ["--prompt-name", "documentation_query", "--prompt-args", "question=Which"];
    await good("a prompt", (it) => it.messages.length === 1, "prompts/get", ...prompt);
    const app = await run("", era, "tools/call", "--tool-name", "continue_conversation", "--app-info");
    checkEqual(`inspector, ${era}: the app of a tool`, app.code, 0);
    const wrong = ["--tool-name", "search", "--tool-args-json", '{"query":7}'];
    const refused = await run("", era, "tools/call", ...wrong);
    const told = `${JSON.stringify(refused.result)} ${refused.stderr}`;
    check(`inspector, ${era}: a wrong argument`, refused.code !== 0 && told.includes("invalid_arguments"), refused);
    const closed = await run("/owner", era, "tools/list");
    check(`inspector, ${era}: no token`, closed.code !== 0 && /auth_required/.test(closed.stderr), closed);
    const open = await run("/owner", era, "tools/list", ...bearer);
    checkEqual(`inspector, ${era}: the owner's tools`, open.result?.tools.length, 12);
    const brief = await run("/owner", era, "tools/call", "--tool-name", "daily_brief", ...bearer);
    check(`inspector, ${era}: the owner's brief`, brief.result?.structuredContent?.summary, brief);
  }
}

const [url, token] = process.argv.slice(2);
if (!url || !token) {
  console.log("usage: mcp_clients.mjs URL OWNER_TOKEN");
  process.exit(2);
}
setTimeout(() => {
  console.log(`FAILED: not over after ${LIMIT_MS / 1000} s`);
  process.exit(1);
}, LIMIT_MS).unref();
const parts = [
  async () => checkSdk(await v1(), url, token),
  async () => checkSdk(await v2(), url, token),
  () => checkInspector(url, token),
];
for (const part of parts) {
  await part().catch((error) => check("the run", false, error.stack));
}
console.log(failed ? `${passed} checks passed, ${failed} failed` : `${passed} checks passed`);
process.exit(failed ? 1 : 0);
