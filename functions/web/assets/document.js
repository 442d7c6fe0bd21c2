// A document that answers rest on, opened by the end of the page's address: `/chat#0123…`, as hosts link to it.

import { ask } from "./stream.js";
import { dateInWords, rendered } from "./turns.js";

const NAMED = /^#([0-9a-f]{32})$/;
const find = (selector) => document.querySelector(`#document ${selector}`);

/** Shows what the address names, now and whenever that changes. `failed` is told what could not be shown. */
export function documents(failed) {
  const box = document.getElementById("document");
  const look = () => {
    const [, id] = NAMED.exec(location.hash) ?? [];
    if (id) open(box, id).catch(failed);
    else if (box.open) box.close();
  };
  // The address names nothing that is not shown.
  box.addEventListener("close", () => {
    if (NAMED.test(location.hash)) history.replaceState(null, "", location.pathname + location.search);
    // A page that was opened with it had the focus nowhere before; what closes has it a moment longer.
    if (document.activeElement !== document.body && !box.contains(document.activeElement)) return;
    const title = document.querySelector("h1");
    title.tabIndex = -1;
    title.focus({ preventScroll: true });
  });
  addEventListener("hashchange", look);
  look();
}

async function open(box, id) {
  const { title, kind, date, url, html } = await (await ask(`/documents/${id}`)).json();
  // Another one was asked for meanwhile, or none.
  if (location.hash !== `#${id}`) return;
  find("h2").textContent = title;
  find(".quiet").textContent = [kind, date && dateInWords(date)].filter(Boolean).join(", ");
  find(".said").replaceChildren(rendered(html));
  const out = find(".out");
  out.hidden = !/^https?:/.test(url ?? "");
  if (!out.hidden) out.href = url;
  if (!box.open) box.showModal();
  find("h2").focus();
}
