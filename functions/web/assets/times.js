// Free times to choose from, day by day, on the visitor's clock.

const DAYS_SHOWN = 5;
/** An answer that takes longer is none. */
const ANSWER_MS = 45_000;

export const zoneHere = () => Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

const format = (zone, options) => new Intl.DateTimeFormat("en-GB", { timeZone: zone, ...options });

const dayOf = (zone) => format(zone, { weekday: "long", day: "numeric", month: "long" });
// In English, as all of the page is, but on the clock that the visitor reads: of twelve hours or of twenty-four.
const isOfTwelve = new Intl.DateTimeFormat(undefined, { hour: "numeric" }).resolvedOptions().hour12;
const clockOf = (zone) => format(zone, { hour: isOfTwelve ? "numeric" : "2-digit", minute: "2-digit", hourCycle: isOfTwelve ? "h12" : "h23" });

/** "Tuesday 8 December, 15:00 to 15:30" */
export function spoken(start, end, zone) {
  const clock = clockOf(zone);
  return `${dayOf(zone).format(new Date(start))}, ${clock.format(new Date(start))} to ${clock.format(new Date(end))}`;
}

/** An answer of the calendar; an error has the words of the problem. */
export async function ask(path, body) {
  const request = body === undefined
    ? {}
    : { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  let answer;
  try {
    answer = await fetch(path, { ...request, signal: AbortSignal.timeout(ANSWER_MS) });
  } catch {
    throw Object.assign(new Error("There is no connection. Please try again."), { status: 0 });
  }
  const given = await answer.json().catch(() => ({}));
  if (!answer.ok) throw Object.assign(new Error(inWords(answer.status, given.detail)), { status: answer.status });
  return given;
}

function inWords(status, detail) {
  if (status === 409) return "This time was taken meanwhile. Please choose another.";
  if (status === 429) return "This is too much for now. Please try again later.";
  if (status === 404) return "This is no longer there.";
  if (status === 422 && detail) {
    const said = detail.replace(/ at line \d+ column \d+$/, "");
    return `${said[0].toUpperCase()}${said.slice(1)}.`;
  }
  return "Something went wrong. Please try again.";
}

/** Shows times as radio buttons in `list`; `more` shows later days. */
export class Picker {
  #days = [];
  #shown = DAYS_SHOWN;

  constructor(list, more, onChosen) {
    this.list = list;
    this.more = more;
    list.addEventListener("change", () => onChosen(this.chosen));
    more.addEventListener("click", () => {
      const first = this.#shown;
      this.#shown += DAYS_SHOWN;
      this.#draw();
      this.list.children[first]?.querySelector("input")?.focus();
    });
  }

  get chosen() {
    const input = this.list.querySelector("input:checked");
    return input && { start: input.value, end: input.dataset.end };
  }

  show(slots, zone) {
    const day = dayOf(zone);
    const byDay = new Map();
    for (const slot of slots) {
      const name = day.format(new Date(slot.start));
      byDay.set(name, [...(byDay.get(name) ?? []), slot]);
    }
    this.#days = [...byDay];
    this.#shown = DAYS_SHOWN;
    this.zone = zone;
    this.list.replaceChildren();
    this.#draw();
  }

  #draw() {
    const clock = clockOf(this.zone);
    for (const [name, slots] of this.#days.slice(this.list.children.length, this.#shown)) {
      const group = document.createElement("fieldset");
      const legend = document.createElement("legend");
      legend.textContent = name;
      group.append(legend);
      const times = document.createElement("div");
      times.className = "times";
      for (const slot of slots) {
        const label = document.createElement("label");
        const input = Object.assign(document.createElement("input"), { type: "radio", name: "time", value: slot.start });
        input.dataset.end = slot.end;
        const shown = document.createElement("span");
        shown.textContent = clock.format(new Date(slot.start));
        label.append(input, shown);
        times.append(label);
      }
      group.append(times);
      this.list.append(group);
    }
    this.more.hidden = this.#days.length <= this.#shown;
  }
}

/** Fills a list of zones, with the visitor's own chosen. */
export function zones(select, chosen) {
  const known = new Set(Intl.supportedValuesOf?.("timeZone") ?? []);
  known.add("UTC");
  known.add(chosen);
  for (const name of [...known].sort()) {
    select.append(new Option(name.replaceAll("_", " "), name, name === chosen, name === chosen));
  }
}
