// How models are called. A file's ending and hash are no part of a name, and neither is its case, as in the WebUI.

const HASH = / \[[0-9a-f]{8,10}\]$/;
const ENDING = /\.(safetensors|ckpt|pt|pth|bin)$/i;

/**
 * @param {string} name
 * @returns {string} such as `Foo`, for `Foo.safetensors` and for `Foo [1a2b3c4d]`
 */
export function bare(name) {
  return name.trim().replace(HASH, "").replace(ENDING, "");
}

/**
 * @param {string} name
 * @returns {string} the same for all names of one model
 */
export function stem(name) {
  return bare(name).toLowerCase();
}

/**
 * @param {string} name
 * @param {string[]} names
 * @returns {string} which of the names is meant; itself if none is
 */
export function meant(name, names) {
  if (names.includes(name)) return name;
  const wanted = stem(name);
  return names.find((each) => stem(each) === wanted) ?? name;
}
