// The page on which one talks: what kind of conversation, the microphone, the call with its captions, and its end.

import { Lost, Refused, span } from "./ask.js";
import { Call, NoMicrophone, NotTaken, microphone, microphones, speakers } from "./call.js";
import { Live } from "./live.js";
import { meter } from "./meter.js";
import { Said } from "./said.js";
import { Talk } from "./talk.js";

const TELL_EVERY_MS = 500;
// The microphone opens once it was said that an AI speaks, and after this in any case.
const GREETED_WITHIN_MS = 20_000;
const WARN_BEFORE_S = 60;
const STATES = {
  connecting: "Connecting",
  again: "The connection broke off. Connecting again",
  greeting: "The assistant says hello. Your microphone opens right after.",
  listening: "Listening",
  hearing: "Hearing you",
  thinking: "Thinking",
  speaking: "Speaking. Talk to interrupt.",
  muted: "You are muted",
  faltering: "The connection is weak",
};

const find = (selector) => document.querySelector(selector);
const [start, stage, ended, notice] = ["#start", "#stage", "#ended", "#notice"].map(find);
const [captions, device, speaker, mute, clock] = ["#captions", "#device", "#speaker", "#mute", "#clock"].map(find);

// The conversation that is held; null between two.
let current = null;

// -- one conversation

/** Everything of one conversation; `before` is the one that broke off. */
class Conversation {
  said = new Said();
  muted = false;
  greeted = false;
  speaking = false;
  answering = false;
  owesAnswer = false;
  closing = false;
  tools = Promise.resolve();
  ends = [];

  constructor(wanted, sound, before = null) {
    Object.assign(this, { wanted, sound, before });
    this.muted = before?.muted ?? false;
    this.context = before?.context ?? new AudioContext();
  }

  get now() {
    return this.began ? (this.stopped ?? performance.now()) - this.began : 0;
  }

  /** Rejects when it cannot begin. */
  async begin() {
    this.listens(this.sound, false);
    this.call = new Call(this.sound, this);
    // One that is gone by now is no reason not to be heard from another.
    await this.call.soundsFrom(speaker.value);
    const after = this.before?.talk.token.session;
    this.talk = await Talk.begin({ ...this.wanted, after }, await this.call.offer());
    if (current !== this) return this.talk.leave([]);
    const { answer, calls_url: url, client_secret: secret } = this.talk.token;
    if (answer) {
      this.live = new Live((event) => this.#takes(event));
      this.ends.push(() => this.live.close());
      await this.call.answered(answer);
    } else {
      await this.call.connect(url, secret);
      if (current === this) await this.talk.attend(this.call.id);
    }
    if (current !== this) return;
    this.began = performance.now();
    const every = setInterval(() => this.tick(), TELL_EVERY_MS);
    const late = setTimeout(() => this.greetedNow(), GREETED_WITHIN_MS);
    this.ends.push(() => clearInterval(every), () => clearTimeout(late));
    this.greet();
  }

  greet() {
    if (this.live) return state("greeting");
    const words = this.talk.token.greeting.replaceAll('"', "'");
    const instructions = `Say exactly this and nothing else: "${words}"`;
    this.call.send({ type: "response.create", response: { instructions, tool_choice: "none" } });
    state("greeting");
  }

  /** Seconds, those of before the connection broke off, too. */
  get lasted() {
    return (this.talk?.token.talked ?? 0) + this.now / 1000;
  }

  tick() {
    this.talk.tell(this.said.turns(this.now));
    const left = this.talk.token.longest - this.now / 1000;
    clock.textContent = time(this.lasted);
    if (left < WARN_BEFORE_S && !this.warned) {
      this.warned = true;
      complain("One minute is left. What matters can also be written.");
    }
    if (left <= 0) finish("duration_limit");
  }

  rest() {
    return this.said.rest(this.now);
  }

  /** What the server says of its end. */
  end(turns, reason) {
    this.ending ??= this.talk.close(turns, reason);
    return this.ending;
  }

  /** From now on to this microphone. */
  listens(sound, open) {
    this.sound = sound;
    this.opens(open);
    this.unmeter?.();
    this.unmeter = meter(this.context, sound, find(".person .avatar"));
    watch(sound);
  }

  /** Whether the microphone is open. */
  opens(open) {
    for (const track of this.sound.getAudioTracks()) track.enabled = open;
  }

  greetedNow() {
    if (this.greeted) return;
    this.greeted = true;
    this.opens(!this.muted);
    this.rests();
  }

  rests() {
    if (this.greeted) state(this.muted ? "muted" : "listening");
  }

  /** Lets go of the line, the microphone and the meters. */
  close({ keep = false } = {}) {
    this.stopped ??= performance.now();
    if (this.live) this.call.send({ type: "session.close" });
    this.call?.close();
    this.unmeter?.();
    for (const end of this.ends.splice(0)) end();
    if (keep) return;
    for (const track of this.sound.getTracks()) track.stop();
    this.context.close();
  }

  // -- what the call tells

  event(event) {
    if (this.live) this.live.take(event);
    else this.#takes(event);
  }

  #takes(event) {
    const line = this.said.take(event, this.now);
    if (line) caption(this, line);
    this.#does[event.type]?.(event);
  }

  voice(stream) {
    this.ends.push(meter(this.context, stream, find(".twin .avatar")));
  }

  faltering(weak) {
    if (weak) state("faltering");
    else if (this.began) this.rests();
  }

  lost() {
    reconnect(this);
  }

  hungUp() {
    finish("hung_up");
  }

  #does = {
    "input_audio_buffer.speech_started": () => state("hearing"),
    "input_audio_buffer.speech_stopped": () => state("thinking"),
    "output_audio_buffer.started": () => {
      this.speaking = true;
      state(this.greeted ? "speaking" : "greeting");
    },
    "output_audio_buffer.stopped": () => this.#silent(),
    "output_audio_buffer.cleared": () => {
      this.speaking = false;
    },
    "response.created": () => {
      this.answering = true;
    },
    "response.done": ({ response }) => {
      this.answering = false;
      const calls = response.output.filter(({ type, status }) => type === "function_call" && status === "completed");
      if (calls.length > 0) {
        // Where the relay attends, it runs them.
        if (!this.talk.attended) this.tools = this.tools.then(() => this.#run(calls));
      } else if (!this.speaking && response.status !== "cancelled") this.#silent();
      this.#answer();
    },
    error: ({ error }) => {
      if (error.code === "session_expired") finish("duration_limit");
    },
  };

  #silent() {
    this.speaking = false;
    this.greetedNow();
    this.rests();
    if (this.closing) finish("completed");
  }

  async #run(calls) {
    for (const { name, call_id: callId, arguments: args } of calls) {
      const { output, ends_call: ends } = await this.talk.tool(name, callId, args).catch(failed);
      if (current !== this) return;
      const item = { type: "function_call_output", call_id: callId, output: JSON.stringify(output) };
      this.call.send({ type: "conversation.item.create", item });
      this.closing ||= ends;
    }
    if (this.closing) {
      if (!this.speaking) finish("completed");
      return;
    }
    this.owesAnswer = true;
    this.#answer();
  }

  /** The model says what came of its calls, once it says nothing else. */
  #answer() {
    if (!this.owesAnswer || this.answering) return;
    this.owesAnswer = false;
    this.call.send({ type: "response.create" });
  }
}

/** A tool that could not be asked: the model is told, so that it can say so. */
function failed(error) {
  if (!(error instanceof Lost || error instanceof Refused)) throw error;
  const told = "This is not possible right now. Apologise, and offer to take a message.";
  return { output: { error: told }, ends_call: false };
}

// -- beginning and ending

start.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (current) return;
  const wanted = { kind: start.elements.kind.value, job: start.elements.job.value.trim() };
  await hold(() => microphone(device.value), (sound) => new Conversation(wanted, sound));
});

/** From a microphone to a conversation; what goes wrong is said, and leads back to the start. */
async function hold(listen, make) {
  clear();
  captions.replaceChildren();
  clock.textContent = time(0);
  show(stage);
  stage.focus();
  state("connecting");
  const begun = (current = { close() {}, rest: () => [] });
  try {
    const sound = await listen();
    if (current !== begun) return sound.getTracks().forEach((track) => track.stop());
    current = make(sound);
    await devices();
    muted(current.muted);
    await current.begin();
  } catch (error) {
    give(error, () => start.requestSubmit());
  }
}

/** It could not begin, or not go on. */
function give(error, retry) {
  const broken = current;
  current = null;
  broken?.close();
  broken?.talk?.close(broken.rest(), "model_unavailable").catch(() => {});
  show(start);
  complain(words(error), { retry, seconds: error.retryAfter });
  (notice.querySelector("button") ?? notice).focus();
  if (![NoMicrophone, NotTaken, Lost, Refused].some((kind) => error instanceof kind)) throw error;
}

async function reconnect(broken) {
  if (current !== broken) return;
  broken.close({ keep: true });
  const again = (current = new Conversation(broken.wanted, broken.sound, broken));
  state("again");
  try {
    await broken.end(broken.rest(), "hung_up");
    await again.begin();
  } catch (error) {
    give(error, () => start.requestSubmit());
  }
}

async function finish(reason) {
  const over = current;
  if (!over) return;
  current = null;
  const turns = over.rest();
  over.close();
  // While it connects again, what broke off is what there was.
  const last = over.talk ? over : over.before;
  if (!last) return restart();
  ended.querySelector("h2").textContent = last.lasted >= 1 ? `You talked for ${inWords(last.lasted)}.` : "You hung up.";
  ended.querySelector("ul").replaceChildren();
  ended.querySelector("#saving").hidden = false;
  ended.querySelector("#kept").hidden = true;
  find("#feedback").hidden = true;
  ended.querySelector("#limit").hidden = reason !== "duration_limit";
  clear();
  show(ended);
  ended.focus();
  try {
    const { noted, feedback, outcome } = await last.end(turns, reason);
    if (feedback) tell(feedback);
    if (outcome === "duration_limit") ended.querySelector("#limit").hidden = false;
    ended.querySelector("ul").replaceChildren(...noted.map(item));
    ended.querySelector("#kept").hidden = false;
  } catch (error) {
    complain(`The end of the conversation could not be stored. ${words(error)}`);
  } finally {
    ended.querySelector("#saving").hidden = true;
  }
}

find("#end").addEventListener("click", () => finish("hung_up"));
function restart() {
  show(start);
  find("#start [type=submit]").focus();
}

find("#again").addEventListener("click", restart);
addEventListener("pagehide", () => {
  current?.talk?.leave(current.rest());
  current?.close();
  current = null;
});
addEventListener("pageshow", ({ persisted }) => persisted && show(start));
addEventListener("offline", () => complain("You are offline."));
addEventListener("online", () => notice.textContent.startsWith("You are offline.") && clear());

// -- the microphone and the loudspeaker

function muted(on) {
  mute.setAttribute("aria-pressed", String(on));
  mute.querySelector("span").textContent = on ? "Unmute" : "Mute";
  stage.classList.toggle("muted", on);
}

mute.addEventListener("click", () => {
  if (!(current instanceof Conversation)) return;
  current.muted = !current.muted;
  muted(current.muted);
  if (!current.greeted) return;
  current.opens(!current.muted);
  if (!current.speaking) current.rests();
});

async function devices() {
  const used = current?.sound?.getAudioTracks()[0]?.getSettings().deviceId ?? device.value;
  offer(device, "Microphone", await microphones(), used);
  offer(speaker, "Loudspeaker", await speakers(), speaker.value);
}

function offer(select, name, found, used) {
  select.replaceChildren(...found.map(({ deviceId, label }, index) => {
    return new Option(label || `${name} ${index + 1}`, deviceId, false, deviceId === used);
  }));
  select.closest("label").hidden = found.length < 2;
}

device.addEventListener("change", async () => {
  const mine = current;
  if (!(mine instanceof Conversation)) return;
  try {
    const sound = await microphone(device.value);
    if (current !== mine) return sound.getTracks().forEach((track) => track.stop());
    const old = mine.sound;
    mine.listens(sound, mine.greeted && !mine.muted);
    await mine.call?.replace(sound);
    old.getTracks().forEach((track) => track.stop());
    clear();
  } catch (error) {
    if (!(error instanceof NoMicrophone)) throw error;
    complain(words(error));
  }
});

speaker.addEventListener("change", async () => {
  if (await current?.call?.soundsFrom(speaker.value)) clear();
  else complain("It cannot sound from there. Choose another loudspeaker.");
});

navigator.mediaDevices?.addEventListener("devicechange", () => current && devices());

/** One that is unplugged says nothing more. */
function watch(sound) {
  for (const track of sound.getAudioTracks()) {
    track.addEventListener("ended", async () => {
      if (current?.sound !== sound) return;
      await devices();
      complain("Your microphone went away. Choose another one, or plug it in again.");
    });
  }
}

// -- what is seen

function show(panel) {
  for (const one of [start, stage, ended]) one.hidden = one !== panel;
  document.body.classList.toggle("in-call", panel === stage);
}

function state(name) {
  const line = find("#state");
  if (line.textContent !== STATES[name]) line.textContent = STATES[name];
  stage.dataset.state = name;
}

const shown = new WeakMap();

/** Shows a line as it is now: in its place, which is after those that began before. */
function caption(conversation, line) {
  let element = shown.get(line);
  if (line.dropped || line.text === "") return element?.remove();
  const atEnd = captions.scrollHeight - captions.scrollTop - captions.clientHeight < 80;
  if (!element) {
    element = find("#caption").content.firstElementChild.cloneNode(true);
    element.classList.add(line.speaker);
    element.querySelector("b").textContent = line.speaker === "twin" ? "AI assistant" : "You";
    shown.set(line, element);
    element.dataset.at = conversation.began + line.offsetMs;
  }
  element.querySelector("span").textContent = line.text;
  element.querySelector("em").hidden = !line.interrupted;
  if (!element.isConnected) place(element);
  if (atEnd) captions.scrollTop = captions.scrollHeight;
}

function place(element) {
  // What a person said is written down when the answer to it has often begun.
  const later = [...captions.children].find((one) => Number(one.dataset.at) > Number(element.dataset.at));
  captions.insertBefore(element, later ?? null);
}

/** How an interview or a rehearsal went. */
function tell({ answers, pace, fillers, structured, made, points, advice }) {
  const figures = [
    ["Answers", answers],
    ["Words a minute", pace ?? "not known"],
    ["Fillers in 100 words", fillers],
    ["Complete answers", `${structured} of ${answers}`],
    ["Strong points made", `${made} of ${points}`],
  ];
  find("#feedback dl").replaceChildren(...figures.map(([name, value]) => {
    const [pair, term, figure] = ["div", "dt", "dd"].map((kind) => document.createElement(kind));
    term.textContent = name;
    figure.textContent = value;
    pair.append(term, figure);
    return pair;
  }));
  find("#feedback .advice").replaceChildren(...advice.map(item));
  find("#feedback").hidden = false;
}

function item(text) {
  const line = document.createElement("li");
  line.textContent = text;
  return line;
}

/** 75 → `1:15`. */
function time(seconds) {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

function inWords(seconds) {
  const [minutes, rest] = [Math.floor(seconds / 60), Math.round(seconds % 60)];
  if (minutes === 0) return `${rest} s`;
  return `${minutes} min ${rest} s`;
}

// -- what went wrong

function words(error) {
  if (error instanceof NoMicrophone) {
    return {
      blocked: "Your browser blocks the microphone. Allow it for this site, in the address bar or in the site's settings, and try again.",
      missing: "No microphone was found. Plug one in or switch it on, and try again.",
      busy: "The microphone could not be opened. Perhaps another program uses it.",
      unsupported: "This browser cannot talk from here. It needs WebRTC and a secure address (https). You can write instead.",
    }[error.why];
  }
  if (!navigator.onLine) return "You are offline.";
  if (error instanceof Lost) return "The connection was lost.";
  if (error.status === 429) return "The assistant has talked as much as it may for now. You can write to it meanwhile.";
  return "The assistant cannot talk right now. You can write to it instead.";
}

function complain(text, { retry = null, seconds = null } = {}) {
  const line = document.createElement("p");
  line.textContent = seconds ? `${text} Talking is possible again in ${span(seconds)}.` : text;
  notice.replaceChildren(line);
  if (!retry || seconds) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button plain";
  button.textContent = "Try again";
  button.addEventListener("click", () => {
    clear();
    retry();
  });
  notice.append(button);
}

function clear() {
  notice.replaceChildren();
}

if (!navigator.mediaDevices?.getUserMedia || !globalThis.RTCPeerConnection) complain(words(new NoMicrophone("unsupported")));
else start.hidden = false;
// Writing needs a script, too: without one it is not offered.
find(".elsewhere").hidden = false;
