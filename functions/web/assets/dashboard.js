// The owner's dashboard: one page a view, each with its module.

import { live, words } from "./api.js";
import { find, h } from "./dom.js";
import { ago } from "./format.js";
import * as analytics from "./analytics.js";
import * as calendar from "./calendar.js";
import * as followUps from "./follow-ups.js";
import * as health from "./health.js";
import * as knowledge from "./knowledge.js";
import * as opportunities from "./opportunities.js";
import * as people from "./people.js";
import * as persona from "./persona.js";
import * as settings from "./settings.js";
import * as tasks from "./tasks.js";
import * as today from "./today.js";

const VIEWS = {
  today,
  people,
  tasks,
  opportunities,
  "follow-ups": followUps,
  calendar,
  knowledge,
  persona,
  analytics,
  settings,
  health,
};

// On a phone the row of views is longer than the screen.
find("nav [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });

const place = find("#view");
const view = VIEWS[place.dataset.view];

/** Said once, however often it is found. */
function complain(text) {
  const problem = find("#problem");
  if (problem.textContent !== (text ?? "")) problem.replaceChildren(...(text ? [h("p", {}, text)] : []));
}

/** How long ago something was goes on with the clock, also where nothing else changed. */
function aged() {
  for (const time of place.querySelectorAll("time[title]")) {
    const [before] = /^(due |done )?/.exec(time.textContent);
    const text = before + ago(time.dateTime);
    if (time.textContent !== text) time.textContent = text;
  }
}

/** Each view follows what happens, and keeps what is being done in it. */
await live(
  view.read,
  async (found) => {
    const isShown = await view.show(place, found);
    aged();
    place.removeAttribute("aria-busy");
    return isShown;
  },
  complain,
);
place.removeAttribute("aria-busy");
