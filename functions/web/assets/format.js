// Values in words and figures, as the owner's browser writes them.

const count = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const percent = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 1 });
const dollars = new Intl.NumberFormat(undefined, { style: "currency", currency: "USD" });
const whole = new Intl.NumberFormat(undefined, { style: "currency", currency: "USD", maximumFractionDigits: 0 });
const cents = new Intl.NumberFormat(undefined, { style: "currency", currency: "USD", maximumFractionDigits: 3 });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "always" });
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const hour = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const MICRO = 1_000_000;

export const clock = (time) => hour.format(time);
export const number = (value) => count.format(value);
export const share = (value) => percent.format(value);

export function money(micro) {
  const value = micro / MICRO;
  return (Math.abs(value) < 1 ? cents : Math.abs(value) < 1000 ? dollars : whole).format(value);
}

/** Dollars at an axis: all of them with as many digits. */
export const rounded = (dollars, digits) =>
  new Intl.NumberFormat(undefined, { style: "currency", currency: "USD", minimumFractionDigits: digits, maximumFractionDigits: digits }).format(dollars);

/** An amount in whole units of a currency. */
export const amount = (value, currency) =>
  new Intl.NumberFormat(undefined, { style: "currency", currency, maximumFractionDigits: 0 }).format(value);

export function seconds(value) {
  if (value < 90) return `${count.format(value)} s`;
  if (value < 5400) return `${count.format(value / 60)} min`;
  return value < 172_800 ? `${count.format(value / 3600)} h` : `${count.format(value / 86_400)} d`;
}

/** A figure of a report in its unit; `null` where there is too little to tell. */
export function figure(value, unit) {
  if (value == null) return null;
  const written = {
    count: number,
    share,
    seconds: (value) => (value >= 90 && value < 600 ? `${(value / 60).toFixed(1)} min` : seconds(value)),
    milliseconds: (ms) => (ms < 1000 ? `${number(ms)} ms` : `${(ms / 1000).toFixed(1)} s`),
    hours: (hours) => seconds(hours * 3600),
    days: (days) => `${number(days)} d`,
    micro_dollars: money,
  };
  return written[unit](value);
}

/** The interval of a figure at 95 %; an end is missing where there are too few to tell it. */
export function between({ low, high }, unit) {
  if (low == null && high == null) return null;
  if (high == null) return `${figure(low, unit)} or more`;
  return low == null ? `${figure(high, unit)} or less` : `${figure(low, unit)} to ${figure(high, unit)}`;
}

const STEPS = [["minute", 60], ["hour", 3600], ["day", 86400], ["week", 604800], ["month", 2629800], ["year", 31557600]];

/** What has passed in full, by the steps that the server has. */
export function ago(iso) {
  const passed = (Date.parse(iso) - Date.now()) / 1000;
  const step = STEPS.findLast(([, length]) => Math.abs(passed) >= length);
  return step ? relative.format(Math.trunc(passed / step[1]), step[0]) : "just now";
}

export const at = (iso) => moment.format(new Date(iso));

/** What the clock shows at a time in a zone, where that is not what it shows in the other, which is the browser's if none is
 * named: "Tue 15:05 in New York". `undefined`: the browser does not know the zone, which anybody may have named. */
export function there(iso, zone, here) {
  if (!zone) return null;
  try {
    new Intl.DateTimeFormat(undefined, { timeZone: zone });
  } catch {
    return undefined;
  }
  const write = (timeZone) => new Intl.DateTimeFormat(undefined, { timeZone, weekday: "short", hour: "numeric", minute: "2-digit" }).format(new Date(iso));
  const shown = write(zone);
  return shown === write(here) ? null : `${shown} in ${zone.split("/").at(-1).replaceAll("_", " ")}`;
}

export function day(text, style = { day: "numeric", month: "short" }) {
  const date = text.length === 7 ? `${text}-01` : text;
  const month = { month: "short", year: "2-digit" };
  return new Intl.DateTimeFormat(undefined, { timeZone: "UTC", ...(text.length === 7 ? month : style) })
    .format(new Date(`${date}T00:00:00Z`));
}

export const CHANNELS = { phone: "Phone", voice: "Voice", chat: "Chat", owner: "Entered by you" };
export const RELATIONSHIPS = {
  recruiter: "Recruiters",
  colleague: "Colleagues",
  client: "Clients",
  potential_client: "Potential clients",
  mentor: "Mentors",
  unknown: "Not known",
};
export const KINDS = {
  recruiter: "Recruiter",
  colleague: "Colleague",
  client: "Client",
  potential_client: "Potential client",
  mentor: "Mentor",
};
export const OUTCOMES = {
  completed: "completed",
  hung_up: "they hung up",
  silence: "ended after silence",
  duration_limit: "time was up",
  idle: "ended",
  model_unavailable: "assistant not available",
  voicemail: "voicemail",
  transferred: "put through to you",
  screened: "not answered",
  no_answer: "nobody answered",
  busy: "busy",
  not_reached: "not reached",
  out_of_service: "number not in use",
  message_left: "left a message",
  abuse: "ended: abusive",
  lost: "connection lost",
};
