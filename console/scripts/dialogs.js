import { button, fresh, h } from "./dom.js";

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
 * A question with several answers.
 * @param {string} question
 * @param {Node[]} body
 * @param {[string, any][]} answers labels with what they answer
 * @param {any} none what closing answers
 * @returns {Promise<any>}
 */
export function asked(question, body, answers, none) {
  const id = fresh("question");
  return new Promise((resolve) => {
    let answer = none;
    const close = (value) => () => {
      answer = value;
      dialog.close();
    };
    const dialog = h(
      "dialog",
      { class: "question", "aria-labelledby": id },
      h("h2", { id }, question),
      body,
      h(
        "div",
        { class: "actions" },
        button("Cancel", close(none)),
        answers.map(([label, value]) => button(label, close(value), { class: "primary" })),
      ),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(answer);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
