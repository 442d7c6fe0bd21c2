// A document that comes in parts, as one file.

const PART_WITHIN_MS = 45_000;

const asked = (path) => fetch(path, { signal: AbortSignal.timeout(PART_WITHIN_MS) });

/** All parts of the document at `path`, joined. */
export async function whole(path) {
  const all = {};
  for (let next = path; next; ) {
    const answer = await asked(next);
    if (!answer.ok) throw new Error(`part refused with ${answer.status}`);
    const { next: more, ...part } = await answer.json();
    join(all, part);
    next = more;
  }
  return all;
}

/** Hands a document to the browser as a file. */
export function save(name, document_) {
  handed(name, new Blob([JSON.stringify(document_, null, 1)], { type: "application/json" }));
}

const NEXT = /<([^>]+)>; *rel="?next"?/;

/** A file that comes in pages, each naming the next in `Link` (RFC 8288), handed to the browser as one. */
export async function saved(path, name) {
  const pages = [];
  for (let next = path; next; ) {
    const answer = await asked(next);
    if (!answer.ok) throw new Error(`page refused with ${answer.status}`);
    pages.push(answer);
    next = NEXT.exec(answer.headers.get("link") ?? "")?.[1];
  }
  if (!name.endsWith(".json")) return handed(name, new Blob(await Promise.all(pages.map((page) => page.blob()))));
  const all = {};
  for (const page of pages) join(all, await page.json());
  save(name, all);
}

function handed(name, blob) {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  Object.assign(link, { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

function join(all, part) {
  for (const [name, value] of Object.entries(part)) {
    const known = all[name];
    if (name === "interactions" && known) all[name] = conversations([...known, ...value]);
    else if (Array.isArray(known)) known.push(...value);
    else if (name === "others" && known) join(known, value);
    else all[name] = value;
  }
}

// What was said in a conversation may come in a later part than it.
function conversations(list) {
  const all = new Map();
  for (const one of list) {
    if (all.has(one.id)) join(all.get(one.id), one);
    else all.set(one.id, one);
  }
  return [...all.values()];
}
