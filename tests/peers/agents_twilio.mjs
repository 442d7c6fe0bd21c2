#!/usr/bin/env node
// Both simulators against OpenAI's own Twilio transport (npm `@openai/agents-extensions`).
//
//     agents_twilio.mjs [--examples target/debug/examples] [--openai http://127.0.0.1:PORT/v1]
//
// A relay as OpenAI publishes it, with nothing of this product in it, stands where the product would stand:
// the simulated caller of a scenario dials its webhook, and its session runs on the simulated Realtime API.
// Held against each other are what the caller reports, what the session knows, and every frame in between.
//
// The packages are those of `../tools/node/package.json`, installed there or where NODE_PATH says.

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual, parseArgs } from "node:util";

const require = createRequire(new URL("../tools/node/package.json", import.meta.url));
const { setTracingDisabled, tool } = require("@openai/agents");
const {
  backgroundResult,
  OpenAIRealtimeWebSocket,
  RealtimeAgent,
  RealtimeSession,
} = require("@openai/agents/realtime");
const { TwilioRealtimeTransportLayer } = require("@openai/agents-extensions");
const { WebSocketServer } = require("ws");
const { z } = require("zod");

const SCENARIO = "recruiter";
const MODEL = "gpt-realtime-2.1";
const LIMIT_MS = 85_000;
// What the simulated model says when it is asked for more than its scenario has.
const AT_A_LOSS = "I see.";
const GREETING = "Hello, this is an AI.";
// What the transport adds to the last mark that came back.
const ADDED_MS = 50;
const KEYS = {
  connected: "event protocol version",
  start: "event sequenceNumber start streamSid",
  media: "event media sequenceNumber streamSid",
  mark: "event mark sequenceNumber streamSid",
  stop: "event sequenceNumber stop streamSid",
};

let passed = 0;
let failed = 0;

function check(name, good, told = "") {
  if (good) {
    passed += 1;
  } else {
    failed += 1;
    console.log(`FAILED ${name} ${typeof told === "string" ? told : JSON.stringify(told)}`);
  }
}

function checkEqual(name, actual, wanted) {
  check(name, isDeepStrictEqual(actual, wanted), { actual, wanted });
}

// -- the relay

/** What the package complains about without an event of its own. */
const complaints = [];
for (const method of ["warn", "error"]) {
  console[method] = (...told) => complaints.push(told.map(String).join(" "));
}

/** The tools of the scenarios; `run` is told of every call, with arguments that the schema accepted. */
function tools(run) {
  const declare = (name, parameters) =>
    tool({
      name,
      description: name.replaceAll("_", " "),
      parameters: z.object(parameters),
      execute: (given) => run(name, given),
    });
  const text = z.string();
  const contact = { name: text, email: text, company: text, title: text, relationship: text };
  return [
    declare("answer_question", { question: text }),
    declare("save_contact", { ...contact, confirmed: z.boolean() }),
    declare("propose_meeting", {
      topic: text,
      preferred_times: z.array(text),
      duration_minutes: z.number(),
    }),
    declare("take_message", { message: text }),
    declare("send_handoff_link", { reason: text }),
    declare("end_call", { reason: text }),
  ];
}

/** One stream: OpenAI's transport and session, and notes of all that passes. */
class Stream {
  /** Messages of Twilio, and to it. */
  fromTwilio = [];
  toTwilio = [];
  /** Events of the Realtime API, and those that the package did not recognise as one of its types. */
  events = [];
  unrecognised = [];
  calls = [];
  errors = [];
  ending = false;

  constructor(socket, url) {
    this.socket = socket;
    const send = socket.send.bind(socket);
    socket.send = (text) => {
      this.toTwilio.push(JSON.parse(text));
      send(text);
    };
    socket.on("message", (data) => this.hear(data));
    const transport = new TwilioRealtimeTransportLayer({ twilioWebSocket: socket, url });
    this.observe(transport);
    const format = { type: "audio/pcmu" };
    const agent = new RealtimeAgent({
      name: "twin",
      instructions: "You answer the phone.",
      tools: tools((name, given) => this.call(name, given)),
    });
    this.session = new RealtimeSession(agent, {
      transport,
      model: MODEL,
      config: { audio: { input: { format }, output: { format, voice: "marin" } } },
    });
    this.session.on("error", (error) => this.errors.push(error));
    this.greet(transport).catch((error) => this.errors.push(error));
  }

  async greet(transport) {
    await this.session.connect({ apiKey: "sk-simulated" });
    transport.requestResponse({ instructions: `Say exactly this: "${GREETING}"` });
  }

  /** A recognised event is emitted under its own type right after `*`. */
  observe(transport) {
    const emit = transport.emit.bind(transport);
    let pending;
    transport.emit = (type, ...rest) => {
      const event = rest[0];
      if (type === "*" && event.type !== "twilio_message") {
        this.unrecognised.push(...(pending ? [pending] : []));
        this.events.push(event);
        pending = event.type;
      } else if (type === pending) {
        pending = undefined;
      }
      return emit(type, ...rest);
    };
  }

  hear(data) {
    const message = JSON.parse(data.toString());
    this.fromTwilio.push(message);
    if (message.event === "mark") {
      this.endIfSaid();
    }
  }

  call(name, given) {
    this.calls.push({ name, given });
    if (name !== "end_call") {
      return JSON.stringify({ status: "ok" });
    }
    this.ending = true;
    setTimeout(() => this.endIfSaid());
    return backgroundResult(JSON.stringify({ status: "ending" }));
  }

  /** The call ends once the goodbye was played: every mark is back. */
  endIfSaid() {
    const marks = (messages) => messages.filter((message) => message.event === "mark").length;
    if (this.ending && marks(this.fromTwilio) === marks(this.toTwilio)) {
      this.socket.close(1000);
    }
  }

  of(type) {
    return this.events.filter((event) => event.type === type);
  }
}

/** The relay on a port of its own; resolves to its webhook, what it was asked, and the streams it had. */
function serve(url) {
  const streams = [];
  const asked = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += chunk));
    request.on("end", () => {
      asked.push({ method: request.method, headers: request.headers, form: new URLSearchParams(body) });
      const media = `ws://${request.headers.host}/media`;
      const twiml = `<Response><Connect><Stream url="${media}"/></Connect><Hangup/></Response>`;
      response.writeHead(200, { "content-type": "text/xml" });
      response.end(`<?xml version="1.0" encoding="UTF-8"?>${twiml}`);
    });
  });
  const sockets = new WebSocketServer({ server, path: "/media" });
  sockets.on("connection", (socket) => streams.push(new Stream(socket, url)));
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () =>
      resolve({ webhook: `http://127.0.0.1:${server.address().port}/incoming`, asked, streams }),
    );
  });
}

// -- the simulators

const children = [];

function start(examples, name, ...given) {
  const cargo = ["cargo", "run", "--quiet", "--package", "sim", "--example", name, "--"];
  const [program, ...rest] = examples ? [`${examples}/${name}`] : cargo;
  const stdio = ["ignore", "pipe", "inherit"];
  const child = spawn(program, [...rest, ...given], { stdio });
  children.push(child);
  return child;
}

async function firstLine(child) {
  for await (const line of createInterface({ input: child.stdout })) {
    return line;
  }
  throw new Error("a simulator ended without a word");
}

/** Plays the caller to the end; its report is the last thing that it prints. */
async function call(examples, webhook) {
  const child = start(examples, "twilio", "call", webhook, SCENARIO);
  let printed = "";
  for await (const chunk of child.stdout) {
    printed += chunk;
  }
  return JSON.parse(printed.slice(printed.indexOf("\n{\n")));
}

/** Lines of the scenario, as far as these checks need them: its strings are plain. */
function readScenario() {
  const path = new URL(`../../infra/sim/scenarios/${SCENARIO}.toml`, import.meta.url);
  const text = readFileSync(fileURLToPath(path), "utf8");
  const all = (key) =>
    [...text.matchAll(new RegExp(`^${key} = (".*")$`, "gm"))].map((it) => JSON.parse(it[1]));
  return { lines: all("caller"), answers: [GREETING, ...all("say")], tools: all("tool") };
}

// -- the checks

const milliseconds = ({ secs, nanos }) => secs * 1000 + nanos / 1e6;

function checkCall(report, asked, scenario) {
  const [{ method, headers, form }] = asked;
  checkEqual(
    "one signed webhook",
    [asked.length, method, typeof headers["x-twilio-signature"]],
    [1, "POST", "string"],
  );
  checkEqual("the webhook's CallSid", form.get("CallSid"), report.call_sid);
  checkEqual("verbs", report.verbs, ["Connect", "Hangup"]);
  checkEqual("status", report.status, "completed");
  checkEqual("faults of Twilio", report.faults, []);
  checkEqual("all lines were said", report.said, scenario.lines);
  checkEqual("one stream", report.streams.length, 1);
}

/** Every frame of Twilio has the published shape, and all are in order. */
function checkFrames(stream, report, media) {
  const malformed = [];
  const [sid, accountSid] = [media.stream_sid, stream.fromTwilio[1]?.start?.accountSid];
  let [sequence, chunk, time] = [0, 0, 0];
  for (const message of stream.fromTwilio) {
    const isNext = message.event === "connected" || message.sequenceNumber === String((sequence += 1));
    const isOfStream = message.event === "connected" || message.streamSid === sid;
    let good = Object.keys(message).sort().join(" ") === KEYS[message.event] && isNext && isOfStream;
    if (message.event === "media") {
      const { track, payload, ...numbers } = message.media;
      const wanted = { chunk: String((chunk += 1)), timestamp: String(time) };
      const bytes = Buffer.from(payload, "base64");
      good &&= track === "inbound" && isDeepStrictEqual(numbers, wanted);
      good &&= bytes.length === 160 && bytes.toString("base64") === payload;
      time += 20;
    }
    if (!good) {
      malformed.push(message);
    }
  }
  checkEqual("no malformed frames", malformed.slice(0, 3), []);
  checkEqual("connected is first", stream.fromTwilio[0], {
    event: "connected",
    protocol: "Call",
    version: "1.0.0",
  });
  checkEqual("start is second", stream.fromTwilio[1]?.start, {
    accountSid,
    streamSid: sid,
    callSid: report.call_sid,
    tracks: ["inbound"],
    mediaFormat: { encoding: "audio/x-mulaw", sampleRate: 8000, channels: 1 },
    customParameters: {},
  });
  check("accountSid", /^AC[0-9a-f]{32}$/.test(accountSid), accountSid);
  check("streamSid", /^MZ[0-9a-f]{32}$/.test(sid), sid);
  const missing = media.frames_sent - chunk;
  check(
    "the caller's frames arrived",
    missing >= 0 && missing <= 5,
    `${missing} of ${media.frames_sent} did not`,
  );
}

/** The caller's report tells of exactly what the transport sent. */
function checkPlayback(stream, media, scenario) {
  const sent = (event) => stream.toTwilio.filter((message) => message.event === event);
  const names = (messages) => messages.map((message) => message.mark.name);
  const audio = sent("media").map((message) => Buffer.from(message.media.payload, "base64").length);
  checkEqual("media", media.frames_received, audio.length);
  checkEqual(
    "audio bytes",
    media.bytes_received,
    audio.reduce((sum, bytes) => sum + bytes, 0),
  );
  checkEqual("clears", media.clears.length, sent("clear").length);
  const returned = names(stream.fromTwilio.filter((message) => message.event === "mark"));
  checkEqual("every mark came back once, in order", returned, names(sent("mark")));
  checkEqual(
    "marks of the report",
    media.ledger.marks.map((mark) => mark.name),
    returned,
  );
  checkEqual("the relay closed", [media.ending, media.close_code], ["ServerClosed", 1000]);
  const { stretches } = media.ledger;
  // The greeting is answer 0.
  scenario.answers.forEach((answer, index) => {
    const heard = stretches.filter((stretch) => stretch.after_line === index);
    const played = heard.reduce((sum, stretch) => sum + stretch.played_ms, 0);
    check(`answer ${index} was played`, played > 0, answer);
    console.log(`answer ${index}: ${played} ms played`);
  });
}

function checkInterruption(stream, media) {
  checkEqual(
    "the second line interrupted",
    media.interruptions.map((it) => it.line),
    [2],
  );
  const [{ spoke_at, cleared_at }] = media.interruptions;
  check("the interruption was cleared", cleared_at !== null);
  const cleared = media.ledger.stretches.filter((stretch) => stretch.cleared);
  checkEqual(
    "it cut off the first answer",
    cleared.map((stretch) => stretch.after_line),
    [1],
  );
  check("something was cut off", cleared[0].dropped_ms > 0, cleared);
  const truncated = stream.of("conversation.item.truncated");
  checkEqual("one item was truncated", truncated.length, 1);
  const [{ item_id: id, audio_end_ms: claimed }] = truncated;
  const marks = media.ledger.marks.filter((mark) => mark.name.startsWith(`${id}:`));
  const ends = (cleared) =>
    marks.filter((mark) => mark.cleared === cleared).map((mark) => Number(mark.name.split(":")[1]));
  const [reached, next] = [Math.max(...ends(false)), Math.min(...ends(true))];
  const played = cleared[0].played_ms;
  // The transport knows what was played to one delta; the caller's marks must tell it no less and no more.
  check("playing stopped between two marks", reached <= played && played <= next, { reached, played, next });
  checkEqual("truncated where the marks say", claimed, reached + ADDED_MS);
  const [error, delta] = [claimed - played, next - reached];
  console.log(
    `truncated at ${claimed} ms, played ${played} ms: error ${error} ms, in a delta of ${delta} ms`,
  );
  const reaction = milliseconds(cleared_at) - milliseconds(spoke_at);
  console.log(`clear ${Math.round(reaction)} ms after the caller began to speak`);
  // The package fetches the item again; its own history keeps what it knew.
  const fetched = stream.of("conversation.item.retrieved").filter((event) => event.item.id === id);
  check("the truncated item has no transcript", fetched.at(-1)?.item.content[0].transcript === null, fetched);
}

/** What the session of the package knows. */
function checkSession(stream, scenario) {
  checkEqual("error events", [...stream.errors, ...stream.of("error")], []);
  checkEqual("unrecognised events", [...new Set(stream.unrecognised)], []);
  checkEqual("complaints of the package", complaints, []);
  const { audio } = stream.of("session.updated").at(-1).session;
  checkEqual(
    "µ-law both ways",
    [audio.input.format.type, audio.output.format.type],
    ["audio/pcmu", "audio/pcmu"],
  );
  const said = (role) =>
    stream.session.history.filter((item) => item.type === "message" && item.role === role);
  checkEqual(
    "all lines were heard",
    said("user").map((item) => item.content[0].transcript),
    scenario.lines,
  );
  const spoken = said("assistant").map((item) => item.content[0].transcript);
  // After two calls in one response the package may ask for two more.
  checkEqual(
    "all answers",
    spoken.filter((text) => text !== AT_A_LOSS),
    scenario.answers,
  );
  check("nothing else was asked for", spoken.length <= scenario.answers.length + 1, spoken);
  checkEqual(
    "calls",
    stream.calls.map((call) => call.name),
    scenario.tools,
  );
  const items = stream.of("conversation.item.added").map((event) => event.item);
  const ids = (type) => items.filter((item) => item.type === type).map((item) => item.call_id).sort();
  checkEqual("every call was answered", ids("function_call_output"), ids("function_call"));
  const inHistory = stream.session.history.filter((item) => item.type === "function_call");
  check("calls in the history", inHistory.length === scenario.tools.length, inHistory);
  check(
    "all are completed",
    inHistory.every((item) => item.status === "completed" && item.output),
    inHistory,
  );
  const statuses = stream.of("response.done").map((event) => event.response.status);
  checkEqual("every response ended", statuses.length, stream.of("response.created").length);
}

/** Without a phone: the package stops a response while it is generated. */
async function checkCancellation(url, scenario) {
  const transport = new OpenAIRealtimeWebSocket({ url });
  const session = new RealtimeSession(new RealtimeAgent({ name: "twin" }), { transport, model: MODEL });
  const [events, errors] = [[], []];
  session.on("transport_event", (event) => events.push(event));
  session.on("error", (error) => errors.push(error));
  const audible = new Promise((resolve) => session.on("audio_start", resolve));
  const truncated = new Promise((resolve) => transport.on("conversation.item.truncated", resolve));
  await session.connect({ apiKey: "sk-simulated" });
  session.sendMessage(scenario.lines[0]);
  await audible;
  await sleep(100);
  session.interrupt();
  const { audio_end_ms: end } = await truncated;
  session.close();
  checkEqual(
    "errors of a cancellation",
    [...errors, ...events.filter((event) => event.type === "error")],
    [],
  );
  const done = events.find((event) => event.type === "response.done");
  checkEqual(
    "a cancelled response",
    [done?.response.status, done?.response.status_details],
    ["cancelled", { type: "cancelled", reason: "client_cancelled" }],
  );
  check("truncated about then", end >= 90 && end <= 400, `${end} ms`);
}

async function main() {
  const { values } = parseArgs({ options: { examples: { type: "string" }, openai: { type: "string" } } });
  const scenario = readScenario();
  const base = values.openai ?? (await firstLine(start(values.examples, "openai")));
  const url = `${base.replace(/^http/, "ws")}/realtime?model=${MODEL}`;
  await checkCancellation(url, scenario);
  const relay = await serve(url);
  const report = await call(values.examples, relay.webhook);
  const [stream, media] = [relay.streams[0], report.streams[0]];
  checkCall(report, relay.asked, scenario);
  checkSession(stream, scenario);
  checkFrames(stream, report, media);
  checkPlayback(stream, media, scenario);
  checkInterruption(stream, media);
}

setTracingDisabled(true);
process.on("exit", () => children.forEach((child) => child.kill()));
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => process.exit(1));
}
setTimeout(() => {
  console.log(`FAILED: not over after ${LIMIT_MS / 1000} s`);
  process.exit(1);
}, LIMIT_MS).unref();
await main().catch((error) => check("the run", false, error.stack));
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
