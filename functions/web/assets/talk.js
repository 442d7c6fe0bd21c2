// A conversation as our server knows it: begun, told what is said, and ended. Each request shows the session's pass.

import { Lost, Refused, request } from "./ask.js";

const PAUSES_MS = [500, 2000, 5000];
// The server takes a browser for gone that it does not hear of for 90 s.
const SIGN_OF_LIFE_MS = 30_000;
const MOST_TURNS = 40;

export class Talk {
  #token;
  #waiting = [];
  #telling = null;
  #alive = null;
  #over = false;

  /** `kind`: conversation, interview, practice or coaching; `job`: a job description, pasted. */
  static async begin({ kind, job }) {
    const body = { kind, ...(job ? { job } : {}) };
    return new Talk(await (await request("/api/voice/token", { body })).json());
  }

  constructor(token) {
    this.#token = token;
    this.#alive = setInterval(() => this.tell([], true), SIGN_OF_LIFE_MS);
  }

  /** `client_secret`, `calls_url`, `greeting`, and `longest` in seconds. */
  get token() {
    return this.#token;
  }

  #path(rest) {
    return `/api/voice/sessions/${this.#token.session}/${rest}`;
  }

  async #post(rest, fields) {
    return request(this.#path(rest), { body: { pass: this.#token.pass, ...fields } });
  }

  /** What a tool answers: `{output, ends_call}`. The same call may be made again. */
  async tool(name, callId, args) {
    const fields = { call_id: callId, arguments: args };
    const answer = await trying(() => this.#post(`tools/${encodeURIComponent(name)}`, fields));
    return answer.json();
  }

  /** Tells turns, in order and each at least once. With none: that we are still here. */
  tell(turns, alive = false) {
    this.#waiting.push(...turns);
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
        if (error instanceof Lost || error instanceof Refused) return;
        throw error;
      }
      this.#waiting.splice(0, turns.length);
    } while (this.#waiting.length > 0 && !alive);
  }

  /** Ends it, with what was not told yet: `{lasted, noted}`. */
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
    const told = JSON.stringify({ pass: this.#token.pass, turns: this.#last(), reason: "hung_up" });
    navigator.sendBeacon(this.#path("close"), new Blob([told], { type: "application/json" }));
  }

  #last() {
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
