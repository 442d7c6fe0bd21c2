// A file of contacts, cut into small ones that are each taken within one request. A piece of a table has its header again.

const [NEWLINE, QUOTE] = [10, 34];
/** Contacts of a piece: they are written within a few seconds. */
const MOST_CONTACTS = 500;
const MOST_BYTES = 3 * 1024 * 1024;
/** So much of a file is looked at to see what it is. */
const FIRST_BYTES = 256 * 1024;
/** Lines that may stand before the header. */
const MOST_LINES = 11;

/** A file's bytes, in an encoding that has ASCII's line ends and quotes. */
export async function bytesOf(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const wide = { "255,254": "utf-16le", "254,255": "utf-16be" }[bytes.slice(0, 2).join()];
  return wide ? new TextEncoder().encode(new TextDecoder(wide).decode(bytes)) : bytes;
}

/** The beginning of a file, in whole lines. */
export function beginning(bytes) {
  if (bytes.length <= FIRST_BYTES) return bytes;
  const end = bytes.lastIndexOf(NEWLINE, FIRST_BYTES);
  return bytes.subarray(0, end < 0 ? FIRST_BYTES : end + 1);
}

/** The line that names these columns: where it begins and ends, and what is between its cells. */
export function headerOf(bytes, columns) {
  for (let at = 0, from = 0; at < MOST_LINES && from < bytes.length; at += 1) {
    const end = bytes.indexOf(NEWLINE, from);
    const to = end < 0 ? bytes.length : end + 1;
    const line = text(bytes.subarray(from, to));
    if (line.trim() && columns.every((name) => line.includes(name) || line.includes(name.replaceAll('"', '""')))) {
      return { from, to, separator: separatorOf(line) };
    }
    from = to;
  }
  return null;
}

/** The first line with anything in it, as cells. */
export function firstLine(bytes) {
  const line = text(beginning(bytes)).split(/\r?\n/).find((line) => line.trim()) ?? "";
  const encoded = new TextEncoder().encode(line);
  return cells(encoded, separatorOf(line));
}

/** What stands in the first rows of a table. */
export function samples(bytes, header, count) {
  const found = [];
  for (const [from, to] of rows(bytes, header)) {
    if (found.length === count) break;
    found.push(cells(bytes.subarray(from, to), header.separator));
  }
  return found;
}

/** `{ file, lineOf }` each: a file of its own, and which line of the whole file one of its lines is. */
export function pieces(bytes, header) {
  const found = [];
  for (const [from, to] of header ? rows(bytes, header) : cards(bytes)) {
    const last = found.at(-1);
    if (last && last.count < MOST_CONTACTS && to - last.from <= MOST_BYTES) Object.assign(last, { to, count: last.count + 1 });
    else found.push({ from, to, count: 1 });
  }
  let [line, counted] = [0, 0];
  return found.map(({ from, to }) => {
    for (; counted < from; counted += 1) line += bytes[counted] === NEWLINE;
    const before = line - (header ? 1 : 0);
    const parts = [header && bytes.subarray(header.from, header.to), bytes.subarray(from, to)].filter(Boolean);
    return { file: new Blob(parts), lineOf: (here) => here + before };
  });
}

function* rows(bytes, { to: first, separator }) {
  const between = separator.charCodeAt(0);
  let [from, isQuoted, begins] = [first, false, true];
  for (let at = first; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (isQuoted) {
      // Two quotes are one within a cell: the second opens it again.
      if (byte === QUOTE) [isQuoted, begins] = [false, true];
      continue;
    }
    if (byte === NEWLINE) {
      yield [from, at + 1];
      from = at + 1;
    }
    isQuoted = byte === QUOTE && begins;
    begins = byte === between || byte === NEWLINE;
  }
  if (from < bytes.length) yield [from, bytes.length];
}

function* cards(bytes) {
  let from = 0;
  for (let line = 0; line < bytes.length; ) {
    const end = bytes.indexOf(NEWLINE, line);
    const to = end < 0 ? bytes.length : end + 1;
    if (/^end:vcard\s*$/i.test(text(bytes.subarray(line, Math.min(to, line + 16))))) {
      yield [from, to];
      from = to;
    }
    line = to;
  }
  if (text(bytes.subarray(from)).trim()) yield [from, bytes.length];
}

function cells(bytes, separator) {
  const found = [""];
  let [isQuoted, begins] = [false, true];
  for (const letter of text(bytes).replace(/\r?\n$/, "")) {
    if (isQuoted && letter === '"') [isQuoted, begins] = [false, true];
    else if (!isQuoted && letter === '"' && begins) {
      if (found.at(-1)) found[found.length - 1] += letter;
      isQuoted = true;
    } else if (!isQuoted && letter === separator) {
      found.push("");
      begins = true;
    } else {
      found[found.length - 1] += letter;
      begins = false;
    }
  }
  return found.map((cell) => cell.trim());
}

/** What a header has most of. */
function separatorOf(line) {
  const count = (letter) => line.split(letter).length;
  return [";", "\t"].reduce((best, other) => (count(other) > count(best) ? other : best), ",");
}

function text(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}
