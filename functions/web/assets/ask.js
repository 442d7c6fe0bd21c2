// Requests to our own server, and what a refusal says. Nothing here knows a page.

// A connection that says nothing for so long is taken for broken.
export const SILENCE_MS = 45_000;

/** The server answered, and the answer is no. */
export class Refused extends Error {
  constructor({ status = 0, code = "", title = "", detail = "", retryAfter = null }) {
    super(detail || title || code);
    Object.assign(this, { status, code, title, detail, retryAfter });
  }
}

/** The connection broke, or there was none. */
export class Lost extends Error {}

async function refusal(response) {
  const problem = await response.json().catch(() => ({}));
  const seconds = Number.parseInt(response.headers.get("Retry-After"), 10);
  return new Refused({
    status: response.status,
    code: problem.code,
    title: problem.title,
    detail: problem.detail,
    retryAfter: Number.isNaN(seconds) ? null : seconds,
  });
}

/** Without a body it is a GET; with one, even an empty one, a POST. */
export async function request(path, { body, headers = {} } = {}) {
  const sent = { headers: { ...headers }, cache: "no-store" };
  if (body !== undefined) {
    sent.method = "POST";
    sent.headers["Content-Type"] = "application/json";
    sent.body = JSON.stringify(body);
  }
  let response;
  try {
    response = await within(SILENCE_MS, fetch(path, sent));
  } catch (cause) {
    throw new Lost("no connection", { cause });
  }
  if (!response.ok) throw await refusal(response);
  return response;
}

/** The promise, or `Lost` after so many milliseconds. */
export function within(limit, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Lost("silence")), limit);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Seconds, minutes or hours: no more exact than anybody waits. */
export function span(seconds) {
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return [`${Math.floor(minutes / 60)} h`, minutes % 60 > 0 && `${minutes % 60} min`].filter(Boolean).join(" ");
}

/** What is sent again is known by it. A UUID; `crypto.randomUUID` is missing where a laptop's stack is reached without TLS. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
