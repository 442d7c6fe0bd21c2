#!/usr/bin/env node
// A host gets leave to act for somebody, the whole way: Chromium in front of a running system, and this script in place
// of the host. The owner signs in with a link that works once, a visitor at the identity provider.
//
//     oauth.mjs http://localhost:8080 http://localhost:8080/owner?token=… [--shots DIR]
//
// The second address is the owner's link; it is used up. The packages are those of `../tools/node/package.json`,
// installed there or where NODE_PATH says.

import { createHash, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { pathToFileURL } from "node:url";

import { LIMIT_MS, DESKTOP, PHONE, accessible, check, checkEqual, positionals, require, run } from "./checks.mjs";

const [base, ownerLink] = positionals;
if (!ownerLink) {
  console.error("usage: oauth.mjs URL OWNER-LINK [--shots DIR]");
  process.exit(2);
}
// Where Claude takes its answer; no request for it leaves the browser.
const CALLBACK = "https://claude.ai/api/mcp/auth_callback";
const VISITOR = `${base}/api/mcp`;
const OWNER = `${base}/api/mcp/owner`;
const VERSION = "2025-11-25";

const load = (name) => import(pathToFileURL(require.resolve(name)));
const secret = () => randomBytes(32).toString("base64url");

// -- the host

/** What a host published about itself: its address is the host's id. */
async function published() {
  const server = createServer((_, response) => {
    const document = { client_id: id, client_name: "Claude", redirect_uris: [CALLBACK], token_endpoint_auth_method: "none" };
    response.setHeader("Content-Type", "application/json").end(JSON.stringify(document));
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  const id = `http://127.0.0.1:${server.address().port}/client.json`;
  return { id, close: () => server.close() };
}

function post(url, method, params, token) {
  const headers = { "Content-Type": "application/json", Accept: "application/json, text/event-stream" };
  if (token) headers.Authorization = `Bearer ${token}`;
  headers["MCP-Protocol-Version"] = VERSION;
  return fetch(url, { method: "POST", headers, body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }) });
}

const tool = (url, name, args, token) => post(url, "tools/call", { name, arguments: args }, token);

/** A part of a challenge: `resource_metadata`, `scope`, `error`. */
const part = (response, name) => new RegExp(`${name}="([^"]*)"`).exec(response.headers.get("www-authenticate"))?.[1];

async function json(url) {
  const response = await fetch(url);
  checkEqual(`${new URL(url).pathname} is there`, response.status, 200);
  return response.json();
}

/** From the answer to a first request to what the authorization server says of itself. */
async function discovered() {
  const refused = await post(OWNER, "tools/list", {});
  checkEqual("without a token: status", refused.status, 401);
  const resource = await json(part(refused, "resource_metadata"));
  checkEqual("the resource is the one that was asked", resource.resource, OWNER);
  const [issuer] = resource.authorization_servers;
  const server = await json(new URL("/.well-known/oauth-authorization-server", issuer));
  checkEqual("the issuer says who it is", server.issuer, issuer);
  check("hosts may be their documents", server.client_id_metadata_document_supported);
  check("S256 is known", server.code_challenge_methods_supported.includes("S256"));
  return { server, scope: part(refused, "scope") };
}

class Request {
  constructor(server, client, scope, changes = {}) {
    [this.server, this.client, this.verifier, this.state] = [server, client, secret(), secret()];
    const challenge = createHash("sha256").update(this.verifier).digest("base64url");
    this.url = new URL(server.authorization_endpoint);
    this.url.search = new URLSearchParams({
      response_type: "code", client_id: client, redirect_uri: CALLBACK, state: this.state, scope, resource: OWNER,
      code_challenge: challenge, code_challenge_method: "S256", ...changes,
    });
  }

  /** The code, or the error, with which the browser came back. */
  returned(url, name) {
    const query = new URL(url).searchParams;
    checkEqual("it comes back with its state", query.get("state"), this.state);
    checkEqual("and with who answers", query.get("iss"), this.server.issuer);
    return query.get(name);
  }

  async token(fields) {
    const body = new URLSearchParams({ client_id: this.client, resource: OWNER, ...fields });
    const response = await fetch(this.server.token_endpoint, { method: "POST", body });
    checkEqual("tokens are not kept by anybody", response.headers.get("cache-control"), "no-store");
    return { status: response.status, ...(await response.json()) };
  }

  redeem(code) {
    return this.token({ grant_type: "authorization_code", code, redirect_uri: CALLBACK, code_verifier: this.verifier });
  }

  refresh(token) {
    return this.token({ grant_type: "refresh_token", refresh_token: token });
  }
}

// -- the browser

/** A browser of its own; what it would show at the host's is `arrived`. */
async function opened(browser, settings = {}) {
  const context = await browser.newContext({ viewport: DESKTOP, ...settings });
  const page = await context.newPage();
  page.setDefaultTimeout(LIMIT_MS);
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    const ours = ["error", "warning"].includes(message.type());
    if (ours && !message.text().startsWith("Failed to load resource")) complaints.push(message.text());
  });
  await context.route(`${CALLBACK}**`, (route) => route.fulfill({ contentType: "text/html", body: "<p>Done.</p>" }));
  const arrived = async () => {
    await page.waitForURL(`${CALLBACK}**`);
    return page.url();
  };
  return { context, page, complaints, arrived };
}

const press = (page, name) => page.getByRole("button", { name, exact: true }).click();
const follow = (page, name) => page.getByRole("link", { name, exact: true }).click();
const text = (page) => page.locator("main").innerText();

// -- what is tried

/** The owner, by the link; the host, by its document. In the same browser also what goes wrong. */
async function actsForTheOwner(browser) {
  const { page, context, complaints, arrived } = await opened(browser);
  const { server, scope } = await discovered();
  const host = await published();
  const request = new Request(server, host.id, scope);

  await page.goto(request.url.href);
  check("only the owner goes on", /Only the owner may go on/.test(await text(page)), await text(page));
  await accessible(page, "oauth-sign-in");
  const other = await context.newPage();
  await other.goto(ownerLink);
  await press(other, "Open my pages");
  await other.waitForURL("**/dashboard");
  await other.close();
  await follow(page, "Continue");

  const asked = await text(page);
  for (const said of ["Allow Claude to use Alex Sample", "claude.ai", "Read your contacts", "Place calls", "127.0.0.1"]) {
    check(`consent says: ${said}`, asked.includes(said), asked);
  }
  await accessible(page, "oauth-consent");
  await press(page, "Allow");
  const code = request.returned(await arrived(), "code");
  checkEqual("nothing complained", complaints.join("; "), "");
  await usesTokens(request, code);
  await isDenied(page, arrived, new Request(server, host.id, "owner:read"));
  await isNarrow(page, arrived, new Request(server, host.id, "owner:read"));
  await asksWrongly(page, arrived, new Request(server, host.id, "owner:read", { response_type: "token" }));
  host.close();
  await context.close();
}

/** From the code to the end of the grant. */
async function usesTokens(request, code) {
  const first = await request.redeem(code);
  checkEqual("a code gives tokens", `${first.status} ${first.token_type}`, "200 Bearer");
  const brief = (token) => tool(OWNER, "daily_brief", {}, token);
  const answer = await (await brief(first.access_token)).json();
  check("the owner's tool answers", answer.result?.structuredContent?.summary, answer);
  checkEqual("the token is for this resource alone", (await tool(VISITOR, "get_profile", {}, first.access_token)).status, 401);

  const second = await request.refresh(first.refresh_token);
  check("a refresh token is replaced", second.status === 200 && second.refresh_token !== first.refresh_token, second);
  const lost = await request.refresh(first.refresh_token);
  checkEqual("a lost answer is given again", lost.status, 200);
  const [, who, grant] = first.access_token.split(".");
  const guessed = await request.refresh(`refresh.${who}.${grant}.${"A".repeat(65)}`);
  checkEqual("a guess is refused", guessed.error, "invalid_grant");
  checkEqual("and ends nothing", (await brief(lost.access_token)).status, 200);
  const third = await request.refresh(lost.refresh_token);
  checkEqual("the next one works", (await brief(third.access_token)).status, 200);
  const reused = await request.refresh(second.refresh_token);
  checkEqual("one that comes back is refused", reused.error, "invalid_grant");
  for (const { access_token: token } of [first, second, lost, third]) {
    const ended = await brief(token);
    checkEqual("and ends the grant", `${ended.status} ${part(ended, "error")}`, "401 invalid_token");
  }
  checkEqual("with its last refresh token", (await request.refresh(third.refresh_token)).error, "invalid_grant");
}

async function isDenied(page, arrived, request) {
  await page.goto(request.url.href);
  await press(page, "Do not allow");
  checkEqual("who says no is heard", request.returned(await arrived(), "error"), "access_denied");
}

/** What was not allowed is asked for by its name; and a code that comes back ends what came of it. */
async function isNarrow(page, arrived, request) {
  await page.goto(request.url.href);
  check("only what is asked for is told", !(await text(page)).includes("Place calls"));
  await press(page, "Allow");
  const code = request.returned(await arrived(), "code");
  const { access_token: token } = await request.redeem(code);
  const changes = { version: 1, changes: { core: { title: "Engineer" } } };
  const tooFar = await tool(OWNER, "update_persona", changes, token);
  checkEqual("more than was allowed", `${tooFar.status} ${part(tooFar, "error")}`, "403 insufficient_scope");
  checkEqual("is named with what is there", part(tooFar, "scope"), "owner:read owner:write");
  const call = await tool(OWNER, "place_call", { contact: "per_1", purpose: "your interview" }, token);
  checkEqual("to call somebody is more than to change something", part(call, "scope"), "owner:read owner:call");
  checkEqual("a code works once", (await request.redeem(code)).error, "invalid_grant");
  checkEqual("and ends what came of it", (await tool(OWNER, "daily_brief", {}, token)).status, 401);
}

async function asksWrongly(page, arrived, request) {
  await page.goto(request.url.href);
  check("what an app asks wrongly is told", /cannot be connected like this/.test(await text(page)), await text(page));
  check("and the browser stays", page.url().startsWith(base), page.url());
  await accessible(page, "oauth-wrong");
  await follow(page, "Go back");
  checkEqual("until somebody goes back", request.returned(await arrived(), "error"), "unsupported_response_type");
}

/** A visitor, through the identity provider; the host is the official SDK, which registers itself. */
async function actsForAVisitor(browser) {
  const { auth } = await load("@modelcontextprotocol/sdk/client/auth.js");
  const { Client } = await load("@modelcontextprotocol/sdk/client/index.js");
  const { StreamableHTTPClientTransport } = await load("@modelcontextprotocol/sdk/client/streamableHttp.js");
  const { page, context, complaints, arrived } = await opened(browser, { viewport: PHONE, isMobile: true, hasTouch: true });
  const kept = {};
  const state = secret();
  const provider = {
    redirectUrl: CALLBACK,
    clientMetadata: { client_name: "A host", redirect_uris: [CALLBACK], token_endpoint_auth_method: "none" },
    state: () => state,
    clientInformation: () => kept.client,
    saveClientInformation: (client) => (kept.client = client),
    tokens: () => kept.tokens,
    saveTokens: (tokens) => (kept.tokens = tokens),
    redirectToAuthorization: (url) => (kept.url = url),
    saveCodeVerifier: (verifier) => (kept.verifier = verifier),
    codeVerifier: () => kept.verifier,
  };
  checkEqual("the SDK has the person sign in", await auth(provider, { serverUrl: VISITOR }), "REDIRECT");
  await page.goto(kept.url.href);
  const asked = await text(page);
  check("the provider said who it is", asked.includes("dana@northgate.example"), asked);
  check("nobody has checked the app", asked.includes("nobody has checked its name"), asked);
  check("nothing of the owner's is asked for", !asked.includes("contacts"), asked);
  await accessible(page, "oauth-visitor");
  await page.setViewportSize(PHONE);
  await press(page, "Allow");
  const query = new URL(await arrived()).searchParams;
  checkEqual("it comes back with its state", query.get("state"), state);
  checkEqual("nothing complained", complaints.join("; "), "");
  const redeemed = await auth(provider, { serverUrl: VISITOR, authorizationCode: query.get("code") });
  checkEqual("the SDK has its tokens", redeemed, "AUTHORIZED");

  const client = new Client({ name: "peer", version: "1" });
  await client.connect(new StreamableHTTPClientTransport(new URL(VISITOR), { authProvider: provider }));
  const about = async () => (await client.callTool({ name: "my_data", arguments: {} })).structuredContent;
  checkEqual("who signed in is sure to be who it is", (await about()).level, 3);
  // The access token is gone: the SDK gets another with the refresh token, and nobody is asked.
  const before = kept.tokens;
  kept.tokens = { ...before, access_token: "expired" };
  delete kept.url;
  checkEqual("and stays so after a refresh", (await about()).level, 3);
  check("both tokens are new", kept.tokens.access_token !== before.access_token && kept.tokens.refresh_token !== before.refresh_token);
  checkEqual("without a person", kept.url, undefined);
  await client.close();
  await context.close();
}

await run([actsForTheOwner, actsForAVisitor]);
