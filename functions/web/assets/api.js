// The owner's API: JSON in and out, under the session of this browser.

/** What the server refused, or that it could not be reached. */
export class Problem extends Error {
  constructor(status, { code, detail } = {}) {
    super(detail ?? code ?? String(status));
    Object.assign(this, { status, code, detail });
  }
}

export const get = (path) => asked("GET", path);

/** `version` is the one that was seen, where a write replaces it. */
export const send = (method, path, body, version) => asked(method, path, body, version);

/** A file as it is. */
export const upload = (path, file, method = "PUT") => fetched(path, { method, body: file });

function asked(method, path, body, version) {
  const headers = {};
  if (body !== undefined) headers["content-type"] = "application/json";
  if (version !== undefined) headers["if-match"] = `"${version}"`;
  // A value a line: what is refused is told by its line.
  return fetched(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body, null, 1) });
}

async function fetched(path, request) {
  const answer = await reached(fetch(path, request));
  if (!answer.ok) throw new Problem(answer.status, await answer.json().catch(() => ({})));
  return answer.status === 204 ? null : reached(answer.json());
}

/** An answer that does not come, breaks off, or is not ours is none. */
const reached = (coming) => coming.catch(() => Promise.reject(new Problem(0)));

/** A page of ours, as text. */
export async function page(path) {
  const answer = await reached(fetch(path));
  if (!answer.ok) throw new Problem(answer.status);
  return reached(answer.text());
}

/** What went wrong, in words. */
export function words(error) {
  if (!(error instanceof Problem)) throw error;
  if (error.status === 0) return navigator.onLine ? "The server cannot be reached." : "You are offline.";
  const known = {
    401: "You are signed out. Load this page again to sign in.",
    404: "It is not there any more.",
    409: "It changed meanwhile: look at it again.",
    429: "That was a lot in a short time: wait a moment.",
  };
  return known[error.status] ?? error.detail ?? "It did not work. Try again in a moment.";
}

const EVERY_MS = 5_000;
const MINUTE_MS = 60_000;
const looks = [];

/** Looks again now, because something was done. */
export const looked = () => Promise.all(looks.map((look) => look()));

/** Shows what `read` gives, again whenever it changes: looked at while the page is in sight. What `show` answers with
 * `false` to is shown later. */
export async function live(read, show, complain) {
  let before;
  let looking = Promise.resolve();
  let isLooking = false;
  const once = async () => {
    isLooking = true;
    try {
      const found = await read();
      // What is told of time, such as what is due, goes on each minute.
      const text = JSON.stringify([Math.floor(Date.now() / MINUTE_MS), { ...found, at: undefined }]);
      if (text !== before && (await show(found)) !== false) before = text;
      complain(null);
    } catch (error) {
      complain(words(error));
    } finally {
      isLooking = false;
    }
  };
  // One after the other: what was read first is not shown last.
  const look = () => (looking = looking.then(once, once));
  const again = () => document.visibilityState === "visible" && !isLooking && look();
  await look();
  looks.push(() => {
    before = undefined;
    return look();
  });
  // A page that is left stands still, and goes on if the browser comes back to it.
  setInterval(again, EVERY_MS);
  addEventListener("visibilitychange", again);
}
