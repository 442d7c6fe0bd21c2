// Other ways to go on than writing: by phone, with a call back; and to forget the conversation here.

import { Lost } from "./ask.js";
import { ask } from "./stream.js";

const find = (selector) => document.querySelector(selector);
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** What went wrong, in words. */
export function words(error) {
  if (error instanceof Lost) return navigator.onLine ? "Connection lost." : "You are offline.";
  const known = {
    rate_limited: "That was a lot in a short time.",
    budget: "The assistant has answered as much as it may for now.",
    too_large: "This message is too long for the assistant.",
    unavailable: "The assistant is not available right now.",
    not_found: "The answer was lost.",
    not_set_up: "This assistant has not been set up yet.",
  };
  const codes = { 413: "too_large", 429: "rate_limited", 502: "unavailable", 503: "unavailable", 504: "unavailable" };
  const mine = known[error.code] ?? known[codes[error.status]];
  const theirs = error.detail?.replace(/^./, (first) => first.toUpperCase()).replace(/[^.]$/, "$&.");
  return mine || (error.status < 500 && theirs) || "Something went wrong.";
}

/** Which ways there are. `talk` is what the page offers them to do. */
export function ways(talk) {
  const does = {
    phone: (event) => talk.begun() && byPhone(event),
    call_me: () => open("#call-back"),
    forget: () => open("#forget"),
  };
  document.addEventListener("click", (event) => {
    const way = event.target.closest("[data-do]");
    if (way) does[way.dataset.do]?.(event);
    event.target.closest("[data-close]")?.closest("dialog").close();
  });
  find("#zone").textContent = `Your time zone, ${zone}, is told with it.`;
  form("#call-back", async (fields) => {
    const phone = fields.phone.value.replace(/[\s().-]/g, "");
    const response = await ask("/callback", { body: { phone, when: `${fields.when.value.trim()} (${zone})` } });
    talk.note((await response.json()).label);
    fields.when.value = "";
  });
  form("#forget", async () => {
    await ask("/forget", { body: {} });
    talk.forgotten();
  });
}

export function offer(kind, there) {
  const way = find(`.ways [data-do=${kind}]`);
  if (way) way.parentElement.hidden = !there;
}

/** Buttons below an answer for the ways that it offers. */
export function offered(kinds = []) {
  const found = kinds.map((kind) => find(`.ways li:not([hidden]) > [data-do=${kind}]`)).filter(Boolean);
  const line = document.createElement("p");
  line.className = "offers";
  line.hidden = found.length === 0;
  line.append(...found.map((way) => way.cloneNode(true)));
  return line;
}

function open(dialog) {
  find(`${dialog} .problem`)?.replaceChildren();
  find(dialog).showModal();
}

/** A dialog that does something, once at a time, and stays open where that fails. */
function form(dialog, act) {
  const [box, fields] = [find(dialog), find(`${dialog} form`)];
  const [button, problem] = [fields.querySelector("[type=submit]"), fields.querySelector(".problem")];
  fields.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true");
    problem.textContent = "";
    try {
      await act(fields.elements);
      box.close();
    } catch (error) {
      problem.textContent = words(error);
    } finally {
      button.removeAttribute("aria-disabled");
    }
  });
}

/** The number as a link, and the code with which the assistant on the phone knows what was written here. */
async function byPhone(event) {
  event.preventDefault();
  const part = (selector) => find(`#phone-call ${selector}`);
  part(".label").textContent = "";
  part(".spoken").hidden = true;
  open("#phone-call");
  const { label, code } = await handoff("phone").catch(() => ({}));
  part(".label").textContent = label ?? "The same assistant answers the phone.";
  part(".spoken strong").textContent = code ?? "";
  part(".spoken").hidden = !code;
}

async function handoff(to) {
  const told = await (await ask("/handoff", { body: { to } })).json();
  if (told.url && !/^https?:$/.test(new URL(told.url, location.href).protocol)) throw new Lost("no address");
  return told;
}
