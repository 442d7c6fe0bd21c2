// The protocol of the chat: answers that stream and survive a broken connection. Nothing here knows the page.

import { Lost, SILENCE_MS, newId, request, within } from "./ask.js";

const CHAT = "/api/chat";
// Times are told on the clock of whoever writes.
const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;
// Before each new try to go on with an answer. After these the person decides.
const PAUSES_MS = [500, 1500, 4000];

/** A request below `/api/chat`. */
export function ask(path = "", options = {}) {
  return request(CHAT + path, options);
}

/** A message and its answer: `read` may be called again after `Lost`, and goes on where it was. */
export class Answer {
  /** With `message`, the answer to a message that was sent before. */
  constructor({ text = "", message = null } = {}) {
    this.id = newId();
    this.text = text;
    this.message = message;
    // How many bytes of the answer are there.
    this.offset = 0;
  }

  /** Tells `heard` each event, to the last: `done` or `error`. */
  async read(heard) {
    for (let tries = 0; ; tries += 1) {
      const before = this.offset;
      try {
        if (await this.#follow(heard)) return;
      } catch (error) {
        const passing = error instanceof Lost || (this.message !== null && error.status >= 500);
        if (!passing) throw error;
      }
      if (this.offset !== before) tries = 0;
      if (tries === PAUSES_MS.length) throw new Lost("the answer broke off");
      heard("broken", {});
      await new Promise((resume) => setTimeout(resume, PAUSES_MS[tries]));
      await online();
    }
  }

  /** Whether the answer came to its end. */
  async #follow(heard) {
    const response = this.message
      ? await ask(`/${encodeURIComponent(this.message)}`, { headers: { "Last-Event-ID": String(this.offset) } })
      : await ask("", { body: { id: this.id, message: this.text, timeZone: ZONE } });
    for await (const { name, id, data } of events(response.body)) {
      this.offset = Math.max(this.offset, Number(id) || 0);
      if (name === "started") this.message = data.message;
      heard(name, data);
      if (name === "done" || name === "error") return true;
    }
    return false;
  }

  stop() {
    return ask(`/${encodeURIComponent(this.message)}/stop`, { body: {} });
  }
}

function online() {
  if (navigator.onLine) return Promise.resolve();
  return new Promise((resume) => addEventListener("online", resume, { once: true }));
}

/** Server-sent events. Comments only keep the connection open. */
async function* events(body) {
  let rest = "";
  for await (const text of texts(body)) {
    const blocks = (rest + text).split(/\r?\n\r?\n/);
    rest = blocks.pop();
    for (const block of blocks) {
      const event = parse(block);
      if (event) yield event;
    }
  }
}

function parse(block) {
  let [name, id] = ["message", null];
  const lines = [];
  for (const line of block.split(/\r?\n/)) {
    const [, field, value] = /^([^:]*):? ?(.*)$/s.exec(line);
    if (field === "event") name = value;
    if (field === "id") id = value;
    if (field === "data") lines.push(value);
  }
  return lines.length === 0 ? null : { name, id, data: JSON.parse(lines.join("\n")) };
}

async function* texts(body) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  try {
    for (;;) {
      const { value, done } = await within(SILENCE_MS, reader.read());
      if (done) return;
      yield decoder.decode(value, { stream: true });
    }
  } catch (cause) {
    throw new Lost("the stream broke", { cause });
  } finally {
    reader.cancel().catch(() => {});
  }
}
