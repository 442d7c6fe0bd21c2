// The chat page: the conversation, the line to write in, and what is said when something goes wrong. What is written
// stays on the server; this browser keeps only a draft, until the tab is closed.

import { Lost, Refused, span } from "./ask.js";
import { documents } from "./document.js";
import { Answer, ask } from "./stream.js";
import { announce, clone, divider, fill, turn } from "./turns.js";
import { offer, offered, ways, words } from "./ways.js";

const DRAFT = "omnitwin-draft";
// The message whose answer was being written: a page that is loaded again goes on with it.
const UNFINISHED = "omnitwin-unfinished";
// So far from the end, somebody still reads at the end.
const NEAR_PX = 120;
const OFFLINE = "You are offline. What you write stays here; send it when you are back.";

const find = (selector) => document.querySelector(selector);
const [log, pending, suggestions, notice] = ["#log", "#pending", "#suggestions", "#notice"].map(find);
const [composer, message, newest] = [".composer", "#message", ".newest"].map(find);
const [send, stop] = [".composer [type=submit]", ".composer .stop"].map(find);

// The answer that is being written, its elements, and what of it is there.
let talking = null;
// An answer to a message that perhaps never arrived.
let unsent = null;
// The last turn that is shown.
let latest = null;
let waitUntil = 0;
// Until what was said before is shown, or cannot be.
let loading = null;

// -- what was said

const load = () => (loading = earlier());

async function earlier() {
  clearNotice();
  try {
    show(await (await ask()).json());
  } catch (error) {
    complain("The conversation could not be loaded.", { retry: load });
    if (!(error instanceof Lost || error instanceof Refused)) throw error;
  }
}

function show({ greeting, suggestions: questions, person, resume, turns }) {
  log.setAttribute("aria-live", "off");
  log.replaceChildren();
  latest = null;
  const here = turns.findIndex((one) => one.channel === "chat");
  const before = here === -1 ? turns.length : here;
  const at = turns[before]?.at;
  const hello = { speaker: "twin", channel: "chat", text: greeting, at };
  turns.slice(0, before).forEach(add);
  add(hello).querySelector(".tools")?.remove();
  turns.slice(before).forEach(add);
  find("#person").hidden = !person.name;
  find("#person bdi").textContent = person.name ?? "";
  suggest(here === -1 ? questions : []);
  offer("call_me", true);
  offer("resume", Boolean(resume));
  offer("forget", turns.length > 0);
  toEnd();
  // What is there already is not read out; what comes is.
  requestAnimationFrame(() => log.setAttribute("aria-live", "polite"));
  goOn(turns.at(-1));
}

function goOn(last) {
  const unfinished = sessionStorage.getItem(UNFINISHED);
  if (unfinished && last?.speaker === "person") hear(begin(new Answer({ message: unfinished }), null));
  else sessionStorage.removeItem(UNFINISHED);
}

function add(one) {
  const said = { ...one, at: one.at ?? new Date().toISOString() };
  const element = turn(said);
  const line = divider(said, latest);
  latest = said;
  log.append(...(line ? [line] : []), element);
  return element;
}

function note(text) {
  const line = document.createElement("p");
  line.className = "note";
  line.textContent = text;
  log.append(line);
  toEnd();
}

function suggest(questions) {
  const items = questions.map((question) => {
    const [item, button] = [document.createElement("li"), document.createElement("button")];
    button.type = "button";
    button.textContent = question;
    button.addEventListener("click", () => blocked() || say(question));
    item.append(button);
    return item;
  });
  suggestions.replaceChildren(...items);
  suggestions.hidden = items.length === 0;
}

// -- asking and answering

/** Whether nothing can be sent now. */
function blocked() {
  if (!navigator.onLine) complain(OFFLINE);
  return talking?.reading || Date.now() < waitUntil || !navigator.onLine;
}

function say(text) {
  clearNotice();
  setAside();
  suggest([]);
  for (const old of log.querySelectorAll(".offers")) old.remove();
  const mine = add({ speaker: "person", channel: "chat", text });
  if (matchMedia("(pointer: fine)").matches) message.focus();
  const answer = unsent?.text === text ? unsent : new Answer({ text });
  unsent = null;
  hear(begin(answer, mine));
}

function begin(answer, mine) {
  const article = turn({ speaker: "twin" });
  const text = document.createTextNode("");
  article.querySelector(".said").replaceChildren(text, clone("writing"));
  pending.replaceChildren(article);
  return { answer, mine, article, text };
}

async function hear(current) {
  talking = current;
  current.article.classList.remove("broken");
  busy(true);
  toEnd();
  announce("The assistant is answering.");
  try {
    // What was forgotten meanwhile is not heard any more.
    await current.answer.read((name, data) => talking === current && heard[name]?.(current, data));
  } catch (error) {
    if (talking === current) failed(current, error);
    if (!(error instanceof Lost || error instanceof Refused)) throw error;
  } finally {
    if (!talking || talking === current) busy(false);
  }
}

const heard = {
  started(current) {
    sessionStorage.setItem(UNFINISHED, current.answer.message);
    offer("forget", true);
    if (current.stopping) current.answer.stop().catch(notStopped);
  },
  activity(current, { label, state }) {
    status(current, state === "running" ? label : "Thinking");
  },
  delta(current, { text }) {
    status(current, "");
    following(() => current.text.appendData(text));
  },
  broken(current) {
    status(current, "Connecting again");
  },
  done(current, answer) {
    sessionStorage.removeItem(UNFINISHED);
    talking = null;
    following(() => {
      fill(current.article, answer);
      current.article.append(offered(answer.offer));
      // Only now it enters the log: it is read out once, and whole.
      log.append(current.article);
    });
    announce("");
  },
  error(_, { code, title, retry_after: retryAfter }) {
    throw new Refused({ code, title, retryAfter });
  },
};

function status(current, label) {
  const line = current.article.querySelector(".writing");
  line.querySelector(".label").textContent = label;
  line.classList.toggle("quietly", label === "");
}

function failed(current, error) {
  if (error instanceof Lost && current.answer.message) {
    status(current, "Not finished");
    current.article.classList.add("broken");
    complain("Connection lost. What was answered so far is kept.", { retry: () => hear(current) });
    return;
  }
  sessionStorage.removeItem(UNFINISHED);
  const answered = current.text.length > 0;
  setAside();
  if (!current.mine) return;
  if (error instanceof Lost) unsent = current.answer;
  if (!answered) takeBack(current.mine);
  draft([current.answer.text, message.value].filter(Boolean).join("\n\n"));
  const again = !["too_large", "budget"].includes(error.code) && ![413, 422].includes(error.status);
  const retry = again ? () => composer.requestSubmit() : null;
  complain(`${words(error)} Your message is kept.`, { retry, seconds: error.retryAfter });
}

/** An answer that broke off stays as far as it came. */
function setAside() {
  if (!talking) return;
  const { article, text } = talking;
  talking = null;
  if (text.length === 0) article.remove();
  else {
    fill(article, { text: text.data, interrupted: true });
    log.append(article);
  }
}

function takeBack(mine) {
  if (mine.previousElementSibling?.matches(".divider")) {
    mine.previousElementSibling.remove();
    latest = null;
  }
  mine.remove();
}

function notStopped(error) {
  complain(`The answer could not be stopped. ${words(error)}`);
}

stop.addEventListener("click", () => {
  if (!talking || talking.stopping) return;
  talking.stopping = true;
  status(talking, "Stopping");
  if (talking.answer.message) talking.answer.stop().catch(notStopped);
});

function busy(reading) {
  const focused = document.activeElement === stop;
  if (talking) talking.reading = reading;
  send.hidden = reading;
  stop.hidden = !reading;
  pending.setAttribute("aria-busy", String(reading));
  if (focused) message.focus();
}

// -- writing

composer.addEventListener("submit", async (event) => {
  event.preventDefault();
  // It would be shown in place of what is said now.
  await Promise.allSettled([loading]);
  const text = message.value.trim();
  if (text === "" || blocked()) return;
  draft("");
  say(text);
});

message.addEventListener("keydown", (event) => {
  // While an input method composes a character, Enter belongs to it.
  if (event.isComposing || event.keyCode === 229) return;
  if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    composer.requestSubmit();
  }
  if (event.key === "Escape" && talking?.reading) stop.click();
});

message.addEventListener("input", () => draft(message.value));

function draft(text) {
  if (message.value !== text) message.value = text;
  if (text) sessionStorage.setItem(DRAFT, text);
  else sessionStorage.removeItem(DRAFT);
  following(() => {
    message.style.height = "auto";
    message.style.height = `${message.scrollHeight}px`;
  });
}

// -- what went wrong

function complain(text, { retry = null, seconds = null } = {}) {
  clearNotice();
  const line = document.createElement("p");
  line.textContent = text;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button plain";
  button.textContent = "Try again";
  button.addEventListener("click", () => {
    clearNotice();
    message.focus();
    retry();
  });
  following(() => {
    notice.append(line, ...(retry ? [button] : []));
    if (seconds) countDown(seconds, line, button);
  });
}

function countDown(seconds, line, button) {
  const left = document.createElement("span");
  // It is read out once, with the rest, and not each second.
  left.setAttribute("aria-live", "off");
  line.append(" ", left);
  waitUntil = Date.now() + seconds * 1000;
  button.disabled = send.disabled = true;
  const tick = () => {
    const rest = Math.ceil((waitUntil - Date.now()) / 1000);
    left.textContent = rest > 0 ? `You can send again in ${span(rest)}.` : "You can send again now.";
    if (rest > 0) return;
    clearInterval(timer);
    button.disabled = send.disabled = false;
  };
  const timer = setInterval(tick, 1000);
  tick();
}

function clearNotice() {
  notice.replaceChildren();
}

addEventListener("offline", () => complain(OFFLINE));
addEventListener("online", () => notice.textContent === OFFLINE && clearNotice());

// -- where somebody reads

function atEnd() {
  return innerHeight + scrollY >= document.documentElement.scrollHeight - NEAR_PX;
}

function following(change) {
  const follow = atEnd();
  change();
  if (follow) toEnd();
  else newest.hidden = false;
}

function toEnd() {
  scrollTo(0, document.documentElement.scrollHeight);
  newest.hidden = true;
}

addEventListener("scroll", () => (newest.hidden = atEnd()), { passive: true });
newest.addEventListener("click", () => {
  toEnd();
  message.focus({ preventScroll: true });
});

ways({
  begun: () => log.querySelector(".person") !== null,
  note,
  forgotten() {
    setAside();
    busy(false);
    pending.replaceChildren();
    draft("");
    sessionStorage.removeItem(UNFINISHED);
    announce("The conversation is forgotten on this device.");
    message.focus();
    load();
  },
});
documents(() => complain("This source is not here any more."));
find(".foot").hidden = false;
draft(sessionStorage.getItem(DRAFT) ?? "");
if (!navigator.onLine) complain(OFFLINE);
load();
