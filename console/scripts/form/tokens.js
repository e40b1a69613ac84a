// CLIP's byte-pair encoding, to count how many of the text encoder's 75 tokens per chunk a prompt takes.

const CHUNK = 75;
const WORDS = /'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+/gu;

let ranks = null;
const counted = new Map();

/** Until somebody is at a prompt, so that the first load is small: just looking at pictures needs no tokens. */
const wanted = new Promise((resolve) => {
  document.addEventListener("focusin", ({ target }) => target instanceof HTMLTextAreaElement && resolve());
});

/** Fetch the vocabulary: half a megabyte, which nobody waits for. */
function load() {
  ranks ??= wanted.then(fetched).catch((error) => {
    ranks = null; // tried again with the next letter
    throw error;
  });
  return ranks;
}

/** @returns {Promise<Map<string, number>>} each pair with its rank */
async function fetched() {
  const response = await fetch("clip-merges.txt");
  if (!response.ok) throw new Error(response.statusText);
  const pairs = (await response.text()).trimEnd().split("\n");
  return new Map(pairs.map((pair, rank) => [pair, rank]));
}

/**
 * @param {string} prompt
 * @returns {Promise<{tokens: number, room: number}>} how many it takes, and how many its chunks hold
 */
export async function count(prompt) {
  const merges = await load();
  let tokens = 0;
  const chunks = withoutSyntax(prompt).split(/\bBREAK\b/);
  for (const [place, chunk] of chunks.entries()) {
    for (const [word] of chunk.toLowerCase().matchAll(WORDS)) tokens += pieces(word, merges);
    if (place < chunks.length - 1) tokens = Math.ceil(tokens / CHUNK) * CHUNK;
  }
  return { tokens, room: Math.max(1, Math.ceil(tokens / CHUNK)) * CHUNK };
}

/** Brackets and weights shape the prompt, but are not encoded. */
function withoutSyntax(prompt) {
  const text = prompt.replace(/(^|\n)#[^\n]*/g, "$1").replace(/<(?:lora|hypernet|lyco):[^>]*>/g, "");
  return text.replace(/\\([()[\]\\])|:\s*[+-]?[\d.]+\s*\)|[()[\]]/g, (_, escaped) => escaped ?? " ");
}

function pieces(word, merges) {
  if (!counted.has(word)) counted.set(word, merged(letters(word), merges).length);
  return counted.get(word);
}

/** A word's bytes, each as the letter that the vocabulary has for it. */
function letters(word) {
  const bytes = [...new TextEncoder().encode(word)].map((byte) => ALPHABET[byte]);
  bytes[bytes.length - 1] += "</w>";
  return bytes;
}

function merged(parts, merges) {
  for (;;) {
    let best = Infinity;
    for (let place = 0; place + 1 < parts.length; place += 1) {
      best = Math.min(best, merges.get(`${parts[place]} ${parts[place + 1]}`) ?? Infinity);
    }
    if (best === Infinity) return parts;
    parts = joined(parts, best, merges);
  }
}

function joined(parts, rank, merges) {
  const out = [];
  for (let place = 0; place < parts.length; place += 1) {
    const pair = place + 1 < parts.length && merges.get(`${parts[place]} ${parts[place + 1]}`) === rank;
    out.push(pair ? parts[place] + parts[place + 1] : parts[place]);
    if (pair) place += 1;
  }
  return out;
}

/** Printable bytes stand for themselves; the others become the letters from 256 on. */
const ALPHABET = (() => {
  const printable = (byte) => (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : next++));
})();
