// What a reload must not lose is kept for the tab alone, so that two tabs can do different things.

import { session } from "./storage.js";
import { claimTab, openTabs, tab } from "./tab.js";

const DAY = 86_400_000; // a tab that was closed may be opened again

/**
 * @param {string} name
 * @param {any} otherwise
 * @returns {any}
 */
export function recall(name, otherwise) {
  try {
    return JSON.parse(session.get(name)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

/**
 * @param {string} name
 * @param {any} value null forgets it
 */
export function keep(name, value) {
  if (value === null) session.remove(name);
  else session.set(name, JSON.stringify(value));
}

/** Forget all that is kept for this tab. */
export async function forget() {
  session.clear();
  await change((store) => store.delete(of(tab())));
}

/** A tab that duplicates another begins with its pictures, too; those of tabs closed long ago are deleted. */
export async function begin() {
  const before = await claimTab();
  if (before) await change((store) => each(store, of(before), ({ key, value }) => store.put(value, renamed(key))));
  forgetOldPictures().catch(() => {}); // tried again at the next visit
}

function renamed(key) {
  return tab() + key.slice(key.indexOf("/"));
}

async function forgetOldPictures() {
  const isOpen = await openTabs();
  const old = ({ key, value }) => Date.now() - value.at > DAY && !isOpen(key.split("/")[0]);
  await change((store) => each(store, null, (cursor) => old(cursor) && cursor.delete()));
}

/** All names of a tab's pictures: a 0 comes right after a slash. */
function of(tab) {
  return IDBKeyRange.bound(`${tab}/`, `${tab}0`);
}

/** Pictures are too large for the session's storage. @returns {Promise<IDBDatabase>} */
function pictures() {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open("generate-on-cloud", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("pictures");
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
}

function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function each(store, range, does) {
  return new Promise((resolve, reject) => {
    const request = store.openCursor(range);
    request.onsuccess = () => {
      if (!request.result) return resolve();
      does(request.result);
      request.result.continue();
    };
    request.onerror = () => reject(request.error);
  });
}

/** If the browser keeps nothing, as in a private window or on a full disk, a picture lasts until a reload. */
async function change(does) {
  try {
    const store = (await pictures()).transaction("pictures", "readwrite").objectStore("pictures");
    const result = does(store);
    await (result instanceof Promise ? result : done(result));
  } catch {
    // as if it had been kept
  }
}

/**
 * @param {string} name
 * @returns {Promise<Blob | null>}
 */
export async function recallPicture(name) {
  try {
    const store = (await pictures()).transaction("pictures").objectStore("pictures");
    return (await done(store.get(`${tab()}/${name}`)))?.picture ?? null;
  } catch {
    return null;
  }
}

/**
 * @param {string} name
 * @param {Blob | null} picture
 */
export async function keepPicture(name, picture) {
  const path = `${tab()}/${name}`;
  await change((store) => (picture ? store.put({ picture, at: Date.now() }, path) : store.delete(path)));
}
