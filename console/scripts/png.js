const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const INFOTEXT = "parameters"; // the keyword of its chunk

/**
 * The infotext inside a PNG.
 * @param {Blob} file
 * @returns {Promise<string | null>} null if it is no PNG, or has none that can be read
 */
export async function infotextOf(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (!SIGNATURE.every((byte, place) => bytes[place] === byte)) return null;
  for (const { type, data } of chunks(bytes)) {
    const end = data.indexOf(0);
    if (!(type in TEXTS) || end < 0 || latin1(data.subarray(0, end)) !== INFOTEXT) continue;
    const text = await TEXTS[type](data.subarray(end + 1)).catch(() => null); // corrupt
    if (text !== null) return text;
  }
  return null;
}

function* chunks(bytes) {
  const view = new DataView(bytes.buffer);
  for (let at = 8; at + 12 <= bytes.length;) {
    const length = view.getUint32(at);
    const type = latin1(bytes.subarray(at + 4, at + 8));
    if (type === "IEND") return;
    yield { type, data: bytes.subarray(at + 8, at + 8 + length) };
    at += 12 + length;
  }
}

/** @type {Record<string, (bytes: Uint8Array) => Promise<string>>} what the chunks of text hold after their keyword */
const TEXTS = {
  tEXt: async (bytes) => latin1(bytes),
  zTXt: async (bytes) => latin1(await inflated(bytes.subarray(1))),
  iTXt: async (bytes) => {
    const compressed = bytes[0] === 1;
    const language = bytes.indexOf(0, 2);
    const value = bytes.subarray(bytes.indexOf(0, language + 1) + 1);
    return new TextDecoder().decode(compressed ? await inflated(value) : value);
  },
};

function latin1(bytes) {
  return new TextDecoder("latin1").decode(bytes);
}

async function inflated(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
