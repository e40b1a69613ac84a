const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/**
 * The infotext inside a PNG.
 * @param {Blob} file
 * @returns {Promise<string | null>} null where it is no PNG, or has none
 */
export async function infotextOf(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (!SIGNATURE.every((byte, place) => bytes[place] === byte)) return null;
  for (const { type, data } of chunks(bytes)) {
    const text = await textOf(type, data);
    if (text?.keyword === "parameters") return text.value;
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

async function textOf(type, data) {
  const end = data.indexOf(0);
  if (!["tEXt", "iTXt", "zTXt"].includes(type) || end < 0) return null;
  const keyword = latin1(data.subarray(0, end));
  const rest = data.subarray(end + 1);
  if (type === "tEXt") return { keyword, value: latin1(rest) };
  if (type === "zTXt") return { keyword, value: latin1(await inflated(rest.subarray(1))) };
  const compressed = rest[0] === 1;
  const language = rest.indexOf(0, 2);
  const value = rest.subarray(rest.indexOf(0, language + 1) + 1);
  return { keyword, value: new TextDecoder().decode(compressed ? await inflated(value) : value) };
}

function latin1(bytes) {
  return new TextDecoder("latin1").decode(bytes);
}

async function inflated(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
