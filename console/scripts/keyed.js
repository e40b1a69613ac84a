import { arrange } from "./dom.js";

/**
 * A list whose items are drawn anew only if they differ. If the one with the focus goes, the next one gets it.
 * @param {Element} place that holds nothing else
 * @param {(item: any) => string} key tells items apart
 * @param {(item: any) => HTMLElement} draw
 * @returns {(items: any[], none?: HTMLElement) => void} shows the items, or `none` if there are none
 */
export function keyed(place, key, draw) {
  /** @type {Map<string, {seen: string, element: HTMLElement}>} */
  let drawn = new Map();
  return (items, none) => {
    const known = drawn;
    const held = [...known.values()].findIndex(({ element }) => element.contains(document.activeElement));
    const heldKey = [...known.keys()][held];
    drawn = new Map(items.map((item) => [key(item), same(known.get(key(item)), JSON.stringify(item), item)]));
    const shown = [...drawn.values()].map(({ element }) => element);
    arrange(place, shown.length || !none ? shown : [none]);
    if (held < 0 || place.contains(document.activeElement)) return;
    const next = drawn.get(heldKey)?.element ?? shown[Math.min(held, shown.length - 1)];
    (next?.querySelector("button") ?? place.closest("[tabindex]"))?.focus();
  };

  function same(before, seen, item) {
    return before?.seen === seen ? before : { seen, element: draw(item) };
  }
}
