#!/usr/bin/env node
// A relay on Fastify and ws with the architecture of Twilio's public sample for Node: every message parsed and
// written anew, one at a time; a mark behind each delta; truncation and `clear` when the caller speaks.
//
//     node.mjs PORT ws://127.0.0.1:MODEL/v1/realtime?model=m
//
// Its packages are those of package.json beside it, installed where NODE_PATH says.

import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const Fastify = require("fastify");
const websocket = require("@fastify/websocket");
const WebSocket = require("ws");

const [port, modelUrl] = process.argv.slice(2);
const LOGGED = new Set([
  "error",
  "rate_limits.updated",
  "response.done",
  "session.created",
  "input_audio_buffer.committed",
  "input_audio_buffer.speech_started",
  "input_audio_buffer.speech_stopped",
]);
const SETTLING_MS = 100;
const MARK = "part";

const SESSION = {
  type: "session.update",
  session: {
    type: "realtime",
    output_modalities: ["audio"],
    instructions: "Be of help.",
    audio: {
      input: { format: { type: "audio/pcmu" }, turn_detection: { type: "server_vad" } },
      output: { format: { type: "audio/pcmu" }, voice: "marin" },
    },
  },
};

const send = (socket, message) => socket.send(JSON.stringify(message));

function relay(twilio) {
  const model = new WebSocket(modelUrl, { headers: { Authorization: "Bearer none" } });
  let streamSid = null;
  let heardUntil = 0; // the timestamp of the caller's last frame
  let spokenSince = null; // the same, when the answer began
  let item = null;
  let marks = [];

  const interrupt = () => {
    if (marks.length === 0 || spokenSince === null) return;
    if (item) {
      const audio_end_ms = heardUntil - spokenSince;
      send(model, { type: "conversation.item.truncate", item_id: item, content_index: 0, audio_end_ms });
    }
    send(twilio, { event: "clear", streamSid });
    marks = [];
    item = null;
    spokenSince = null;
  };

  const play = (event) => {
    send(twilio, { event: "media", streamSid, media: { payload: event.delta } });
    spokenSince ??= heardUntil;
    if (event.item_id) item = event.item_id;
    if (streamSid) {
      send(twilio, { event: "mark", streamSid, mark: { name: MARK } });
      marks.push(MARK);
    }
  };

  model.on("open", () => setTimeout(() => send(model, SESSION), SETTLING_MS));
  model.on("message", (data) => {
    const event = JSON.parse(data);
    if (LOGGED.has(event.type)) console.log(event.type, event);
    if (event.type === "response.output_audio.delta" && event.delta) play(event);
    if (event.type === "input_audio_buffer.speech_started") interrupt();
  });
  model.on("error", (error) => console.error("the model's socket failed:", error));

  twilio.on("message", (data) => {
    const message = JSON.parse(data);
    switch (message.event) {
      case "media":
        heardUntil = Number(message.media.timestamp);
        if (model.readyState === WebSocket.OPEN) {
          send(model, { type: "input_audio_buffer.append", audio: message.media.payload });
        }
        break;
      case "start":
        streamSid = message.start.streamSid;
        spokenSince = null;
        heardUntil = 0;
        break;
      case "mark":
        marks.shift();
        break;
      default:
        console.log(message.event);
    }
  });
  twilio.on("close", () => model.close());
}

const server = Fastify();
server.register(websocket);
server.register(async (routes) => {
  routes.get("/media/:ticket", { websocket: true }, relay);
});
await server.listen({ port: Number(port), host: "127.0.0.1" });
