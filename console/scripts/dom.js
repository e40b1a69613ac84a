/**
 * Make an element. `on…` are listeners, `class`, `data-…` and `aria-…` attributes, all else properties.
 * Children become text nodes, never markup: what a user or a file says is shown as it was typed.
 * @param {string} tag
 * @param {Record<string, any>} [properties]
 * @param {...any} children elements, texts, arrays of them; null and false are left out
 * @returns {any}
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) set(element, name, value);
  element.append(...shown(children));
  return element;
}

function shown(children) {
  return children
    .flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false && child !== "");
}

function set(element, name, value) {
  if (value === undefined || value === null) return;
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else if (name in element && !name.includes("-") && name !== "list") element[name] = value;
  else if (value !== false) element.setAttribute(name, value === true ? "" : value);
}

/**
 * Put these in place of what an element holds.
 * @param {Element} element
 * @param {...any} children
 */
export function replace(element, ...children) {
  element.replaceChildren(...shown(children));
}

/**
 * The same as `replace`, but what is there already is not touched: a row that stays keeps its focus.
 * @param {Element} element
 * @param {Element[]} children
 */
export function arrange(element, children) {
  const stay = new Set(children);
  for (const child of [...element.childNodes]) if (!stay.has(child)) child.remove();
  children.forEach((child, place) => {
    if (element.childNodes[place] !== child) element.insertBefore(child, element.childNodes[place] ?? null);
  });
}

let count = 0;

/**
 * An id that no other element has.
 * @param {string} stem
 * @returns {string}
 */
export function fresh(stem) {
  count += 1;
  return `${stem}-${count}`;
}

/**
 * @param {string} label
 * @param {(event: Event) => void} onclick
 * @param {Record<string, any>} [properties]
 * @returns {HTMLButtonElement}
 */
export function button(label, onclick, properties = {}) {
  return h("button", { type: "button", onclick, ...properties }, label);
}

/**
 * A button that shows an icon alone.
 * @param {"random" | "reuse" | "refresh" | "swap"} icon
 * @param {string} label what it does
 * @param {(event: Event) => void} onclick
 * @returns {HTMLButtonElement}
 */
export function iconButton(icon, label, onclick) {
  return button("", onclick, { class: `icon ${icon}`, title: label, "aria-label": label });
}

/**
 * Have a button do something slow. Until that is done, a second press does nothing and the button shows it; it is not
 * disabled, which would take the focus away.
 * @param {HTMLButtonElement} pressed
 * @param {() => Promise<void>} does
 * @param {string} [meanwhile] what it says until then
 * @returns {() => Promise<void>}
 */
export function once(pressed, does, meanwhile = pressed.textContent) {
  const label = pressed.textContent;
  let busy = false;
  return async () => {
    if (busy) return;
    busy = true;
    pressed.textContent = meanwhile;
    pressed.setAttribute("aria-disabled", "true");
    try {
      await does();
    } finally {
      busy = false;
      pressed.textContent = label;
      pressed.removeAttribute("aria-disabled");
    }
  };
}

/**
 * Say something to those who listen instead of looking.
 * @param {string} text
 */
export function announce(text) {
  document.getElementById("announcer").textContent = text;
}
