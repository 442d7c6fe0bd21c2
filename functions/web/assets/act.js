// A button that does something and a dialog that asks something: what is refused is told where it was asked.

import { words } from "./api.js";
import { announce, find, h } from "./dom.js";

const told = (error) => {
  if (error.status === undefined) console.error(error);
  return error.status === undefined ? "It did not work. Try again in a moment." : words(error);
};

/** What had the focus may be gone: then it goes to the title of its part, or of the page. */
export function near(part) {
  const within = part?.isConnected ? part : find("main");
  const title = document.activeElement === document.body && (find("h1, h2", within) ?? find("h1"));
  if (!title) return;
  title.tabIndex = -1;
  title.focus({ preventScroll: true });
}

/** Does `act` when it is pressed, once at a time. Meanwhile it keeps the focus. */
export function acting(text, act, { label, kind = "button plainly small" } = {}) {
  const button = h("button", { type: "button", class: kind, "aria-label": label }, text);
  const refused = h("span", { class: "problem", role: "alert" });
  button.addEventListener("click", async () => {
    if (button.ariaDisabled) return;
    const part = button.closest("section, dialog, main");
    button.ariaDisabled = "true";
    refused.remove();
    try {
      await act(button);
    } catch (error) {
      refused.textContent = told(error);
      if (button.isConnected) button.after(refused);
      else announce(refused.textContent);
    } finally {
      button.ariaDisabled = null;
      if (!button.isConnected) near(part);
    }
  });
  return button;
}

/** The same, for what cannot be taken back: it asks once more, and forgets the question when the focus goes elsewhere. */
export function twice(text, again, act, { label, kind = "link" } = {}) {
  let isSure = false;
  const asked = (sure) => {
    isSure = sure;
    button.toggleAttribute("data-sure", sure);
    button.textContent = sure ? again : text;
    if (label) button.setAttribute("aria-label", sure ? `${again} ${label}` : label);
    // Not every browser gives the focus to what is pressed.
    if (sure) button.focus();
  };
  const button = acting(text, async () => (isSure ? act() : asked(true)), { label, kind });
  button.addEventListener("blur", () => !button.ariaDisabled && asked(false));
  return button;
}

/** A form of `field`s that is sent by one button; `act` is given the form. What is refused stands in it. */
export function asking(name, content, button, act, { more = [], kind = "asking" } = {}) {
  const problem = h("p", { class: "problem", role: "alert" });
  const press = h("button", { class: "button small" }, button);
  const submit = async (event) => {
    event.preventDefault();
    const part = press.closest("section, dialog, main");
    press.disabled = true;
    problem.textContent = "";
    try {
      await act(form);
    } catch (error) {
      problem.textContent = told(error);
    } finally {
      press.disabled = false;
      if (!form.isConnected) near(part);
    }
  };
  const form = h("form", { class: kind, "aria-label": name, novalidate: true, on: { submit } }, content, problem, h("p", { class: "actions" }, press, more));
  return form;
}

let opened = 0;

/** A dialog over the page; `make` is given what closes it, and gives what is in it. */
export function sheet(title, make) {
  const id = `sheet-${++opened}`;
  const close = h("button", { type: "button", class: "button small plainly" }, "Close");
  const dialog = h("dialog", { class: "card sheet", "aria-labelledby": id }, h("header", {}, h("h2", { id }, title), close));
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    dialog.remove();
    near();
  });
  dialog.append(...[make(() => dialog.close())].flat());
  find("main").append(dialog);
  dialog.showModal();
  return dialog;
}
