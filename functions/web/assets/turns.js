// Turns of a conversation as elements: the page's templates, filled in. What people and models wrote is put in as
// text; only what the server has made into HTML is HTML.

import { save, whole } from "./parts.js";

const COPIED_FOR_MS = 2000;
const MY_DATA = "/api/chat/my-data";
const CHANNELS = { phone: "On the phone", voice: "By voice", chat: "In this chat" };
let sources = 0;

export function announce(text) {
  document.getElementById("announced").textContent = text;
}

export function clone(template) {
  return document.getElementById(template).content.firstElementChild.cloneNode(true);
}

/** A turn as the server tells it. */
export function turn({ speaker, channel = "chat", text = "", html = null, at, ...rest }) {
  const article = clone("turn");
  article.classList.add(speaker, channel);
  article.querySelector(".speaker b").textContent = speaker === "twin" ? "AI assistant" : "You";
  const said = new Date(at ?? Date.now());
  const time = article.querySelector("time");
  time.dateTime = said.toISOString();
  time.textContent = said.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  const tools = article.querySelector(".tools");
  if (navigator.clipboard) copies(tools.querySelector(".copy"), () => article.dataset.text);
  else tools.remove();
  fill(article, { text, html, ...rest });
  return article;
}

/** What was said, in its last form. */
export function fill(article, { text, html = null, citations = [], actions = [], ...ended }) {
  const said = article.querySelector(".said");
  article.dataset.text = text;
  said.classList.toggle("plain", html === null);
  if (html === null) said.textContent = text;
  else said.replaceChildren(rendered(html));
  if (ended.interrupted || ended.stopped) said.append(" ", badge(ended.stopped ? "stopped" : "interrupted"));
  const done = article.querySelector(".done-for-you");
  done.replaceChildren(...actions.map((action) => item(action.label)));
  done.hidden = actions.length === 0;
  cite(article, said, citations);
}

/** The line between channels and between days; null where the turn goes on with what was before. */
export function divider(turn, previous) {
  const day = new Date(turn.at ?? Date.now());
  const last = previous && new Date(previous.at);
  const same = previous && previous.channel === turn.channel && last.toDateString() === day.toDateString();
  const today = day.toDateString() === new Date().toDateString();
  if (same || (!previous && today && turn.channel === "chat")) return null;
  const line = document.createElement("h2");
  line.className = `divider ${turn.channel}`;
  line.textContent = `${CHANNELS[turn.channel]}, ${today ? "today" : dayInWords(day)}`;
  return line;
}

function dayInWords(day) {
  const year = day.getFullYear() === new Date().getFullYear() ? undefined : "numeric";
  return day.toLocaleDateString("en-GB", { day: "numeric", month: "long", year });
}

function item(text) {
  const line = document.createElement("li");
  line.textContent = text;
  return line;
}

function badge(text) {
  const mark = document.createElement("em");
  mark.className = "badge waiting";
  mark.textContent = text;
  return mark;
}

/** The server's HTML with links that open elsewhere, and code and tables that scroll by themselves. */
export function rendered(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  for (const link of template.content.querySelectorAll("a[href]")) {
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    if (link.getAttribute("href") === MY_DATA) link.addEventListener("click", saved);
  }
  for (const wide of template.content.querySelectorAll("pre, table")) {
    const frame = document.createElement("div");
    wide.replaceWith(frame);
    frame.append(wide);
    if (wide.localName === "pre") framed(frame, wide);
    else frame.className = "wide";
    // What scrolls is reached with the keyboard.
    (wide.localName === "pre" ? wide : frame).tabIndex = 0;
  }
  return template.content;
}

/** In one file, though it comes in parts; if that fails, the browser shows the first. */
async function saved(event) {
  event.preventDefault();
  try {
    save("my-data.json", await whole(MY_DATA));
  } catch {
    location.assign(MY_DATA);
  }
}

function framed(frame, code) {
  frame.className = "code";
  frame.dataset.language = /language-([\w+#-]+)/.exec(code.firstElementChild?.className)?.[1] ?? "";
  if (!navigator.clipboard) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  const what = document.createElement("span");
  what.className = "unseen";
  what.textContent = " the code";
  button.append("Copy", what);
  copies(button, () => code.textContent);
  frame.append(button);
}

function copies(button, text) {
  const offered = [...button.childNodes];
  button.addEventListener("click", async () => {
    const done = await navigator.clipboard.writeText(text()).then(
      () => "Copied",
      () => "Not copied",
    );
    button.textContent = done;
    announce(done);
    setTimeout(() => button.replaceChildren(...offered), COPIED_FOR_MS);
  });
}

/** Numbers in the text, and the list below it, open the source that they stand for. */
function cite(article, said, citations) {
  const list = article.querySelector(".sources ol");
  const panel = article.querySelector(".source");
  article.querySelector(".sources").hidden = citations.length === 0;
  list.replaceChildren();
  if (citations.length === 0) return;
  sources += 1;
  panel.id = `source-${sources}`;
  const byNumber = new Map(citations.map((citation) => [citation.number, citation]));
  replaceNumbers(said, byNumber, (citation) => chip(citation, panel, ""));
  for (const citation of citations) {
    const line = document.createElement("li");
    line.append(chip(citation, panel, citation.title));
    list.append(line);
  }
  const close = (event) => {
    event.stopPropagation();
    shut(panel)?.focus();
  };
  panel.querySelector(".close").addEventListener("click", close);
  article.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !panel.hidden) close(event);
  });
}

function replaceNumbers(said, byNumber, make) {
  const walker = document.createTreeWalker(said, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) {
    if (!walker.currentNode.parentElement.closest("pre, code, a, em.badge")) texts.push(walker.currentNode);
  }
  for (const text of texts) {
    const parts = text.data.split(/\[(\d+)\]/);
    const known = (part, index) => index % 2 === 1 && byNumber.has(Number(part));
    if (!parts.some(known)) continue;
    const nodes = parts.map((part, index) => {
      if (known(part, index)) return make(byNumber.get(Number(part)));
      return document.createTextNode(index % 2 === 1 ? `[${part}]` : part);
    });
    text.replaceWith(...nodes);
  }
}

function chip(citation, panel, title) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "cite";
  const number = document.createElement("span");
  number.className = "number";
  number.textContent = citation.number;
  button.append(number, title && ` ${title}`);
  button.setAttribute("aria-label", `Source ${citation.number} ${citation.title}`);
  button.setAttribute("aria-expanded", "false");
  button.setAttribute("aria-controls", panel.id);
  button.addEventListener("click", () => {
    const opened = shut(panel);
    if (opened !== button) show(panel, button, citation);
  });
  return button;
}

/** Closes the panel and gives the button that had opened it. */
function shut(panel) {
  const opener = panel.closest(".turn").querySelector(".cite[aria-expanded=true]");
  opener?.setAttribute("aria-expanded", "false");
  panel.hidden = true;
  return opener;
}

function show(panel, opener, { number, kind, title, place, date, quote, url }) {
  panel.setAttribute("aria-label", `Source ${number}`);
  panel.querySelector(".number").textContent = number;
  panel.querySelector(".title b").textContent = title;
  const where = panel.querySelector(".quiet");
  where.textContent = [place, date && dateInWords(date)].filter(Boolean).join(" · ");
  where.hidden = where.textContent === "";
  const words = panel.querySelector("blockquote");
  words.textContent = quote ?? "";
  words.classList.toggle("verbatim", kind === "code");
  words.hidden = !quote;
  const out = panel.querySelector(".out");
  out.hidden = !/^https?:\/\//.test(url ?? "");
  if (!out.hidden) out.querySelector("a").href = url;
  // Next to what it is the source of.
  const near = opener.closest(".said > :not(button)") ?? opener.closest(".turn").querySelector(".sources");
  near.after(panel);
  panel.hidden = false;
  opener.setAttribute("aria-expanded", "true");
  panel.focus({ preventScroll: true });
  panel.scrollIntoView({ block: "nearest" });
}

/** `2024-05` and `2024-05-03` in words; anything else as it is. */
export function dateInWords(date) {
  const [, year, month, day] = /^(\d{4})-(\d{2})(?:-(\d{2}))?$/.exec(date) ?? [];
  if (!year) return date;
  const at = new Date(Number(year), Number(month) - 1, Number(day ?? 1));
  return at.toLocaleDateString("en-GB", { day: day && "numeric", month: "long", year: "numeric" });
}
