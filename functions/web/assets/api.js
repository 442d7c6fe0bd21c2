// The owner's API: JSON in and out, under the session of this browser.

// What takes longer is given up: to be looked at, to be done, and to be sent as a file.
const SEEN_WITHIN_MS = 20_000;
const DONE_WITHIN_MS = 45_000;
const SENT_WITHIN_MS = 5 * 60_000;

/** What the server refused, or that it could not be reached. */
export class Problem extends Error {
  constructor(status, { code, detail } = {}) {
    super(detail ?? code ?? String(status));
    Object.assign(this, { status, code, detail });
  }
}

export const get = async (path) => reached(parsed(await seen(path)));

const parsed = async (text) => JSON.parse(text);

/** A page of ours, as text. */
export const page = (path) => seen(path);

/** A file as it is. */
export const upload = (path, file, method = "PUT") => fetched(path, { method, body: file }, SENT_WITHIN_MS);

/** `version` is the one that was seen, where a write replaces it. */
export function send(method, path, body, version) {
  const headers = {};
  if (body !== undefined) headers["content-type"] = "application/json";
  if (version !== undefined) headers["if-match"] = `"${version}"`;
  // A value a line: what is refused is told by its line.
  return fetched(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body, null, 1) }, DONE_WITHIN_MS);
}

async function fetched(path, request, limit) {
  const answer = await reached(fetch(path, { ...request, signal: AbortSignal.timeout(limit) }));
  await taken(answer);
  return answer.status === 204 ? null : reached(answer.json());
}

/** What was seen last by its address, and its tag: the same is not sent again. */
const known = new Map();
const MOST_KNOWN = 40;

async function seen(path) {
  const before = known.get(path);
  const headers = before ? { "if-none-match": before.tag } : {};
  const answer = await reached(fetch(path, { headers, cache: "no-store", signal: AbortSignal.timeout(SEEN_WITHIN_MS) }));
  if (before && answer.status === 304) return before.text;
  await taken(answer);
  const [text, tag] = [await reached(answer.text()), answer.headers.get("etag")];
  known.delete(path);
  if (tag) known.set(path, { tag, text });
  if (known.size > MOST_KNOWN) known.delete(known.keys().next().value);
  return text;
}

async function taken(answer) {
  if (!answer.ok) throw new Problem(answer.status, await answer.json().catch(() => ({})));
}

/** An answer that does not come, breaks off, or is not ours is none. */
const reached = (coming) =>
  coming.catch((error) => Promise.reject(new Problem(0, { code: error.name === "TimeoutError" ? LATE : undefined })));
const LATE = "late";

/** What went wrong, in words. */
export function words(error) {
  if (!(error instanceof Problem)) throw error;
  if (error.status === 0 && !navigator.onLine) return "You are offline.";
  if (error.status === 0) return error.code === LATE ? "The server takes too long to answer." : "The server cannot be reached.";
  const known = {
    401: "You are signed out: sign in again.",
    404: "It is not there any more.",
    409: error.code === "taken" ? error.detail : "It changed meanwhile: look at it again.",
    429: "That was a lot in a short time: wait a moment.",
  };
  return known[error.status] ?? error.detail ?? "It did not work. Try again in a moment.";
}
