// The owner's dashboard: one page a view, each with its module.

import { find } from "./dom.js";
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
import { live } from "./watch.js";

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
  find("#problem"),
);
place.removeAttribute("aria-busy");
