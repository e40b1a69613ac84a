// Jobs that only draw a map are deleted afterwards, even if the tab that ordered them is closed before.

import { device } from "./storage.js";
import { openTabs, tab } from "./tab.js";

const KEPT = "maps";

/** @type {Set<string>} the ids of those that this page has ordered */
export const own = new Set();

/** @returns {{id: string, tab: string}[]} those of all tabs */
function all() {
  try {
    return JSON.parse(device.get(KEPT)) ?? [];
  } catch {
    return [];
  }
}

/** @param {string} id */
export function remember(id) {
  own.add(id);
  device.set(KEPT, JSON.stringify([...all(), { id, tab: tab() }]));
}

/** @param {string} id of one that is gone */
export function forget(id) {
  own.delete(id);
  device.set(KEPT, JSON.stringify(all().filter((each) => each.id !== id)));
}

/** @returns {Promise<string[]>} the ids of those whose tab was closed or reloaded */
export async function left() {
  const isOpen = await openTabs().catch(() => () => false);
  return all()
    .filter((each) => !own.has(each.id) && (each.tab === tab() || !isOpen(each.tab)))
    .map(({ id }) => id);
}
