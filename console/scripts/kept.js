// What a reload must not lose is kept for the tab alone, so that two tabs can be at two things.

const DAY = 86_400_000;

/**
 * @param {string} name
 * @param {any} otherwise
 * @returns {any}
 */
export function recall(name, otherwise) {
  try {
    return JSON.parse(sessionStorage.getItem(name)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

/**
 * @param {string} name
 * @param {any} value null forgets it
 */
export function keep(name, value) {
  if (value === null) sessionStorage.removeItem(name);
  else sessionStorage.setItem(name, JSON.stringify(value));
}

/** Forget all that is kept for this tab. */
export async function forget() {
  const [first, last] = [`${tab()}/`, `${tab()}0`]; // whose names lie between: a 0 comes next to a slash
  sessionStorage.clear();
  await pictures("readwrite")
    .then((store) => done(store.delete(IDBKeyRange.bound(first, last))))
    .catch(() => {});
}

function tab() {
  if (!recall("tab", null)) keep("tab", crypto.randomUUID());
  return recall("tab", "");
}

/** Pictures are too large for the session's storage. @returns {Promise<IDBObjectStore>} */
function pictures(mode) {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open("generate-on-cloud", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("pictures");
    opening.onsuccess = () => resolve(opening.result.transaction("pictures", mode).objectStore("pictures"));
    opening.onerror = () => reject(opening.error);
  });
}

function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/**
 * @param {string} name
 * @returns {Promise<Blob | null>}
 */
export async function recallPicture(name) {
  const kept = await pictures("readonly")
    .then((store) => done(store.get(`${tab()}/${name}`)))
    .catch(() => null);
  return kept?.picture ?? null;
}

/**
 * Where the browser keeps nothing, as in a private window or on a full disk, a picture is lost on reload and good until.
 * @param {string} name
 * @param {Blob | null} picture
 */
export async function keepPicture(name, picture) {
  const change = (store) => (picture ? store.put({ picture, at: Date.now() }, path) : store.delete(path));
  const path = `${tab()}/${name}`;
  await pictures("readwrite")
    .then((store) => done(change(store)))
    .catch(() => {});
}

/** Pictures of tabs that were closed without a word. */
export async function forgetOldPictures() {
  const own = `${tab()}/`;
  const cursor = (await pictures("readwrite")).openCursor();
  cursor.onsuccess = () => {
    const each = cursor.result;
    if (!each) return;
    if (Date.now() - each.value.at > DAY && !each.key.startsWith(own)) each.delete();
    each.continue();
  };
}
