// A conversation as our server knows it: begun, told what is said, and ended. Each request shows the session's pass.

import { Lost, Refused, request, within } from "./ask.js";

const PAUSES_MS = [500, 2000, 5000];
// The server takes a browser for gone that it does not hear of for 90 s.
const SIGN_OF_LIFE_MS = 15_000;
const MOST_TURNS = 40;
// Of a beacon; browsers take 64 KiB at once.
const MOST_BYTES = 60 * 1024;
// How long the first words may wait for the relay, and how long it may be asked later.
const ATTEND_MS = 5000;

export class Talk {
  #token;
  #waiting = [];
  #telling = null;
  #alive = null;
  #over = false;
  #attended = false;
  #call = null;

  /** `kind`: conversation, interview, practice or coaching; `job`: a job description, pasted; `after`: the session whose
   * connection broke off. */
  static async begin({ kind, job, after }, offer) {
    const body = { kind, offer, ...(job ? { job } : {}), ...(after ? { after } : {}) };
    return new Talk(await (await request("/api/voice/token", { body })).json());
  }

  constructor(token) {
    this.#token = token;
    // One that the server has connected it also attends.
    this.#attended = "answer" in token;
    this.#call = token.call_id ?? null;
    this.#alive = setInterval(() => this.#live(), SIGN_OF_LIFE_MS);
  }

  /** `client_secret` and `calls_url`, or the `answer` to our offer; `greeting`; in seconds how `longest` it may
   * last, and what was `talked` before its connection broke off. */
  get token() {
    return this.#token;
  }

  #path(rest) {
    return `/api/voice/sessions/${this.#token.session}/${rest}`;
  }

  async #post(rest, fields) {
    return request(this.#path(rest), { body: { pass: this.#token.pass, ...fields } });
  }

  /** That we are still here. A relay that attends may be gone by now: then another does, or nobody. */
  #live() {
    if (this.#attended) this.attend(this.#call);
    else this.tell([], true);
  }

  /** Tells which call it is. The relay may attend it: then it runs tools and tells turns, and nobody else. */
  async attend(callId) {
    if (!callId) return;
    this.#call = callId;
    try {
      const answer = await within(ATTEND_MS, this.#post("call", { call_id: callId }));
      this.#attended = (await answer.json()).control === "relay";
    } catch (error) {
      if (!(error instanceof Lost || error instanceof Refused)) throw error;
    }
  }

  /** Whether the server takes tools and turns from its own line. */
  get attended() {
    return this.#attended;
  }

  /** What a tool answers: `{output, ends_call}`. The same call may be made again. */
  async tool(name, callId, args) {
    const fields = { call_id: callId, arguments: args };
    const answer = await trying(() => this.#post(`tools/${encodeURIComponent(name)}`, fields));
    return answer.json();
  }

  /** Tells turns, in order and each at least once. With none: that we are still here. */
  tell(turns, alive = false) {
    if (!this.#attended) this.#waiting.push(...turns);
    if (this.#over || (this.#waiting.length === 0 && !alive)) return;
    this.#telling ??= this.#tellAll(alive).finally(() => (this.#telling = null));
  }

  async #tellAll(alive) {
    do {
      const turns = this.#waiting.slice(0, MOST_TURNS);
      try {
        await trying(() => this.#post("events", { turns }));
      } catch (error) {
        // What is not told now is told with the next turn, or at the end.
        if (error.status === 409) this.#taken();
        if (error instanceof Lost || error instanceof Refused) return;
        throw error;
      }
      this.#waiting.splice(0, turns.length);
    } while (this.#waiting.length > 0 && !alive);
  }

  /** Ends it, with what was not told yet: `{lasted, noted}`, with `outcome` and `feedback` where there are any. */
  async close(turns, reason) {
    this.#end();
    await this.#telling;
    this.#waiting.push(...turns);
    const answer = await trying(() => this.#post("close", { turns: this.#last(), reason }));
    return answer.json();
  }

  /** The page goes away: what can still be told is told, and nobody waits for an answer. */
  leave(turns) {
    if (this.#over) return;
    this.#end();
    this.#waiting.push(...turns);
    const last = this.#last();
    const told = () => new Blob([JSON.stringify({ pass: this.#token.pass, turns: last, reason: "hung_up" })], { type: "application/json" });
    // What is too large for a beacon is not sent at all: then the newest alone are told.
    while (last.length > 0 && told().size > MOST_BYTES) last.shift();
    navigator.sendBeacon(this.#path("close"), told());
  }

  /** Somebody else tells them. */
  #taken() {
    this.#attended = true;
    this.#waiting = [];
  }

  #last() {
    if (this.#attended) return [];
    return this.#waiting.slice(-MOST_TURNS);
  }

  #end() {
    this.#over = true;
    clearInterval(this.#alive);
  }
}

/** Again while the connection or the server fails, and never after a refusal. */
async function trying(ask) {
  for (let tries = 0; ; tries += 1) {
    try {
      return await ask();
    } catch (error) {
      const passing = error instanceof Lost || error.status >= 500;
      if (!passing || tries === PAUSES_MS.length) throw error;
      await new Promise((resume) => setTimeout(resume, PAUSES_MS[tries]));
    }
  }
}
