// What is configured is in the page; this tells what is spent.

import { get } from "./api.js";
import { h, put } from "./dom.js";
import { money } from "./format.js";

export const read = () => get("/api/analytics/today");
export const isLive = true;

export function show(place, { modelSpend: { taken, most } }) {
  const text = most == null ? "No model is asked for answers: the twin quotes your material, which costs nothing." : `${money(taken)} of ${money(most)} today. Then the twin quotes.`;
  const meter = most != null && h("meter", { min: 0, max: most, high: most * 0.8, value: taken, "aria-label": "Spent on models today" });
  put(place, h("section", { class: "part" }, h("h2", {}, "Spent on models"), h("div", { class: "card spend" }, meter, h("p", {}, text))));
}
