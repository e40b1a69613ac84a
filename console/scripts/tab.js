// Each tab has a name of its own, under which it keeps its pictures, and holds a lock of that name while it is open.

import { session } from "./storage.js";

const NAME = "tab";
const A_MOMENT = 500; // in which a page that is reloaded has released its lock
const LOCK = "tab/";

let name = session.get(NAME) ?? crypto.randomUUID();
session.set(NAME, name);

/** @returns {string} this tab's name */
export function tab() {
  return name;
}

/**
 * Make sure that no other tab has this one's name: a tab that is duplicated begins with all that the first one keeps.
 * @returns {Promise<string | null>} the name that it had before, if another tab has that
 */
export async function claimTab() {
  if (await held(name, AbortSignal.timeout(A_MOMENT))) return null;
  const before = name;
  name = crypto.randomUUID();
  session.set(NAME, name);
  await held(name);
  return before;
}

/** @returns {Promise<boolean>} whether the lock is this tab's now, for as long as it is open */
function held(tab, signal) {
  if (!navigator.locks) return Promise.resolve(true);
  return new Promise((resolve) => {
    const forEver = () => {
      resolve(true);
      return new Promise(() => {});
    };
    navigator.locks
      .request(LOCK + tab, { signal }, forEver)
      .catch((error) => resolve(error.name !== "AbortError" && error.name !== "TimeoutError"));
  });
}

/** @returns {Promise<(tab: string) => boolean>} tells which tabs are open */
export async function openTabs() {
  const { held: locks } = await navigator.locks.query();
  const names = new Set(locks.map((lock) => lock.name));
  return (each) => each === name || names.has(LOCK + each);
}
