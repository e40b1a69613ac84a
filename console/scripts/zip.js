// Pictures are compressed already: a zip that only stores them is a few headers around their bytes.

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

function crc32(bytes) {
  let value = 0xffffffff;
  for (const byte of bytes) value = TABLE[(value ^ byte) & 0xff] ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}

const UTF8 = 0x0800;
const MIDNIGHT_1980 = [0, 0x21]; // the earliest time that a zip can state

/** Little-endian fields, given as [bytes, value]. */
function header(...fields) {
  const view = new DataView(new ArrayBuffer(fields.reduce((sum, [width]) => sum + width, 0)));
  let at = 0;
  for (const [width, value] of fields) {
    if (width === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += width;
  }
  return new Uint8Array(view.buffer);
}

/**
 * @param {{name: string, content: Blob}[]} files
 * @returns {Promise<Blob>}
 */
export async function zip(files) {
  const [parts, directory] = [[], []];
  let offset = 0;
  for (const { name, content } of files) {
    const bytes = new Uint8Array(await content.arrayBuffer());
    const path = new TextEncoder().encode(name);
    const [time, date] = MIDNIGHT_1980;
    const known = [
      [2, UTF8],
      [2, 0],
      [2, time],
      [2, date],
      [4, crc32(bytes)],
      [4, bytes.length],
      [4, bytes.length],
    ];
    const local = header([4, 0x04034b50], [2, 20], ...known, [2, path.length], [2, 0]);
    parts.push(local, path, bytes);
    const rest = [
      [2, 0],
      [2, 0],
      [2, 0],
      [2, 0],
      [4, 0],
      [4, offset],
    ];
    directory.push(header([4, 0x02014b50], [2, 20], [2, 20], ...known, [2, path.length], ...rest), path);
    offset += local.length + path.length + bytes.length;
  }
  const length = directory.reduce((sum, part) => sum + part.length, 0);
  const count = files.length;
  const end = header([4, 0x06054b50], [2, 0], [2, 0], [2, count], [2, count], [4, length], [4, offset], [2, 0]);
  return new Blob([...parts, ...directory, end], { type: "application/zip" });
}
