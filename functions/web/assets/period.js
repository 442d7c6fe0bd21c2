// Which time a report is of: the last so many days, or a month, as the address says.

import { day } from "./format.js";

const MONTHS = 24;
const MOST_DAYS = 731;
const DAYS = 28;

const query = new URLSearchParams(location.search);
const asked = Number(query.get("days"));

export const days = Number.isInteger(asked) && asked >= 1 && asked <= MOST_DAYS ? asked : DAYS;
export const month = monthsBack().find((one) => one === query.get("month"));
/** As a part of a request. */
export const period = month ? `from=${month}-01&to=${lastOf(month)}` : `days=${days}`;
/** As a part of a file's name. */
export const named = month ?? `${days}d`;

/** The months of UTC that a report can be of, this one first. */
export function monthsBack() {
  const now = new Date();
  return Array.from({ length: MONTHS }, (_, back) => new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - back, 1)).toISOString().slice(0, 7));
}

export const monthNamed = (month) => day(`${month}-01`, { month: "long", year: "numeric" });

export function today() {
  return new Date().toISOString().slice(0, 10);
}

/** The last day of a month, or today. */
function lastOf(month) {
  const [year, number] = month.split("-").map(Number);
  const last = new Date(Date.UTC(year, number, 0)).toISOString().slice(0, 10);
  return last < today() ? last : today();
}

/** A day, a month, or the days until another one, of a report, as a part of a request. */
export function within({ span, until = span }, { from, to }) {
  if (span.length > 7) return `from=${span}&to=${until}`;
  const [first, last] = [`${span}-01`, lastOf(span)];
  return `from=${first > from ? first : from}&to=${last < to ? last : to}`;
}

const range = new Intl.DateTimeFormat(undefined, { timeZone: "UTC", dateStyle: "medium" });
export const dates = (from, to) => range.formatRange(new Date(from), new Date(to));
