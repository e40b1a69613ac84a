import { button, fresh, h, once } from "./dom.js";
import { clearRefusals, sayRefusal } from "./form/refusals.js";

/**
 * Ask before something that can't be taken back.
 * @param {string} question
 * @param {string} consequence
 * @param {string} yes the button that does it
 * @returns {Promise<boolean>}
 */
export function confirmed(question, consequence, yes) {
  return asked(question, [h("p", {}, consequence)], [[yes, true]], false);
}

/**
 * Delete something once that is confirmed; if it is in use, ask once more.
 * @param {import("./api.js").Api} api
 * @param {string} path
 * @param {string} what
 * @param {string} consequence
 */
export async function removed(api, path, what, consequence) {
  if (!(await confirmed(`Delete ${what}?`, consequence, "Delete"))) return;
  try {
    await api.delete(path);
  } catch (error) {
    if (error.status !== 409) throw error;
    if (!(await confirmed(`Delete ${what} all the same?`, error.message, "Delete all the same"))) return;
    await api.delete(`${path}?force=true`);
  }
}

/**
 * Something to know, which asks for nothing.
 * @param {string} title
 * @param {string} sentence
 */
export function told(title, sentence) {
  const close = button("Close", () => dialog.close(), { class: "primary" });
  const dialog = opened(title, [h("p", {}, sentence), h("div", { class: "actions" }, close)], () => {});
}

/**
 * A question with several answers.
 * @param {string} question
 * @param {Node[]} body
 * @param {[string, any][]} answers labels, each with its answer
 * @param {any} none the answer that closing gives
 * @returns {Promise<any>}
 */
export function asked(question, body, answers, none) {
  return new Promise((resolve) => {
    let answer = none;
    const close = (value) => () => {
      answer = value;
      dialog.close();
    };
    const buttons = answers.map(([label, value]) => button(label, close(value), { class: "primary" }));
    const dialog = opened(question, [body, actions(close(none), buttons)], () => resolve(answer));
  });
}

/**
 * A form that stays open until what it sends has been accepted; what is refused is shown beside its field.
 * @param {string} title
 * @param {Node[]} body
 * @param {string} yes the button that sends it
 * @param {(form: HTMLFormElement) => Promise<void>} send
 * @returns {Promise<void>} once it is closed
 */
export function filled(title, body, yes, send) {
  const note = h("p", { class: "refusal", role: "alert", hidden: true });
  const pressed = h("button", { type: "submit", class: "primary" }, yes);
  const form = h("form", {}, body, note, actions(() => dialog.close(), pressed));
  const submit = once(pressed, async () => {
    clearRefusals(form);
    note.hidden = true;
    try {
      await send(form);
      dialog.close();
    } catch (error) {
      sayRefusal(form, note, error);
    }
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  let dialog;
  return new Promise((resolve) => (dialog = opened(title, [form], resolve)));
}

function actions(cancel, buttons) {
  return h("div", { class: "actions" }, button("Cancel", cancel), buttons);
}

function opened(title, children, closed) {
  const id = fresh("question");
  const dialog = h("dialog", { class: "question", "aria-labelledby": id }, h("h2", { id }, title), children);
  dialog.addEventListener("close", () => {
    dialog.remove();
    closed();
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}
