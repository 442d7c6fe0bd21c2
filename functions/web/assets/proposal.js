// A proposal that waits for the owner's word, written anew before it is given.

import { send, words } from "./api.js";
import { announce, h } from "./dom.js";
import { date, group, lines, number, rows, text } from "./fields.js";

const MAX_TITLE = 120;
const MAX_PRICE = 10_000_000;
const MAX_DAYS = 1000;

/** Fields for all that may be changed; `renewed` is told what waits then. The form has `data-changed` while it says something
 * else than what waits. */
export function rewriting(one, renewed) {
  const { proposal } = one.content;
  const field = group({
    title: text("Title", proposal.title, { maxlength: MAX_TITLE, required: true }),
    problem: lines("What they need", proposal.problem.map(({ text }) => text), { hint: "A line is a paragraph. What stays word for word keeps its numbers of what was said." }),
    approach: lines("What you would do", proposal.approach, { hint: "A line is a paragraph." }),
    services: rows("Services", proposal.services, service, { add: "Add a service", blank, one: "Service" }),
    assumptions: lines("Assumptions", proposal.assumptions),
    validUntil: date("Valid until", proposal.validUntil),
  });
  const written = () => JSON.stringify(field.value());
  const before = written();
  const input = () => form.toggleAttribute("data-changed", written() !== before);
  const problem = h("p", { class: "problem", role: "alert" });
  const button = h("button", { class: "button small" }, "Save the proposal");
  const submit = async (event) => {
    event.preventDefault();
    button.disabled = true;
    problem.textContent = "";
    field.allow();
    try {
      const path = `/api/crm/contacts/${one.person}/follow-ups/${one.id}/proposal`;
      renewed(await send("PATCH", path, { fingerprint: one.fingerprint, proposal: field.value() }));
      announce("Saved. It waits for your word on what it says now");
    } catch (error) {
      button.disabled = false;
      refuse(field, problem, words(error));
    }
  };
  const form = h(
    "form",
    { "aria-label": "Change the proposal", novalidate: true, on: { submit, input } },
    field.element,
    problem,
    button,
    h("p", { class: "fine" }, "Nothing is sent: the document is made anew, and waits for your word."),
  );
  return h("details", { class: "rewriting" }, h("summary", {}, "Change the proposal"), form);
}

/** `services[0].days: why` is told where it stands. */
function refuse(field, problem, told) {
  const [, where, why] = told.match(/^([\w.[\]]+): (.+)$/s) ?? [];
  const path = (where?.match(/\w+/g) ?? []).map((step) => (/^\d+$/.test(step) ? Number(step) : step));
  if (!where || !field.refuse(path, why)) problem.textContent = told;
}

const blank = () => ({ name: "", includes: [], days: { from: 1, to: 1 }, price: { from: 0, to: 0 } });

function service({ name, includes, days, price }) {
  const range = (legend, { from, to }, most) =>
    group({ from: number("From", from, { min: 0, max: most, required: true }), to: number("To", to, { min: 0, max: most, required: true }) }, { legend, kind: "pairs" });
  return group({
    name: text("Name", name, { required: true }),
    includes: lines("What belongs to it", includes),
    days: range("Working days", days, MAX_DAYS),
    price: range("Price", price, MAX_PRICE),
  });
}
