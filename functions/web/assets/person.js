// The owner's page of a person: what is done is ticked off, connections in common, everything as a file.

import { get, send, words } from "./api.js";
import { announce, find, h, put } from "./dom.js";
import { save, whole } from "./parts.js";

const { person } = find("[data-person]").dataset;

for (const item of document.querySelectorAll("[data-item]")) item.append(" ", done(item));
find("#more").append(everything());
connections();

function done(item) {
  const { item: text } = item.dataset;
  return acting("Done", `Done: ${text}`, async () => {
    await send("POST", `/api/omni-context/${person}/done`, { item: text });
    item.remove();
    announce("Done");
  });
}

function everything() {
  return h("p", {}, acting("Everything as a file", null, async () => save(`${person}.json`, await whole(`/api/people/${person}/export`))));
}

async function connections() {
  try {
    const { contact } = await get(`/api/crm/contacts/${person}`);
    const names = contact.professional.mutualConnections;
    if (names.length === 0) return;
    const at = contact.company ? `Your connections at ${contact.company}` : "Your connections";
    put(find("#connections"), h("h3", {}, "In common"), h("p", { class: "quiet" }, at), h("ul", { class: "plain" }, names.map((name) => h("li", {}, h("bdi", {}, name)))));
  } catch (error) {
    announce(words(error));
  }
}

function acting(text, label, act) {
  const button = h("button", { type: "button", class: "button plainly small", "aria-label": label }, text);
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await act();
    } catch (error) {
      announce(error.status === undefined ? "It did not work. Try again in a moment." : words(error));
    } finally {
      button.disabled = false;
    }
  });
  return button;
}
