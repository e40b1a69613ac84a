import { arrange } from "./dom.js";

/**
 * A list whose items are drawn anew only where they differ. Where the one with the focus goes, the next one gets it.
 * @param {Element} place what holds nothing else
 * @param {(item: any) => string} key tells items apart
 * @param {(item: any) => HTMLElement} draw
 * @returns {(items: any[], none?: HTMLElement) => void} shows these, or what stands there where there are none
 */
export function keyed(place, key, draw) {
  /** @type {Map<string, {seen: string, element: HTMLElement}>} */
  let drawn = new Map();
  return (items, none) => {
    const held = [...place.children].findIndex((child) => child.contains(document.activeElement));
    const known = drawn;
    drawn = new Map(items.map((item) => [key(item), same(known.get(key(item)), JSON.stringify(item), item)]));
    arrange(place, drawn.size || !none ? [...drawn.values()].map(({ element }) => element) : [none]);
    if (held >= 0 && !place.contains(document.activeElement)) focus(place, held);
  };

  function same(before, seen, item) {
    return before?.seen === seen ? before : { seen, element: draw(item) };
  }
}

function focus(place, held) {
  const next = place.children[Math.min(held, place.children.length - 1)];
  (next?.querySelector("button") ?? place.closest("[tabindex]"))?.focus();
}
