import { again } from "./again.js";

const TYPES = ["image/png", "image/jpeg", "image/webp"];
const MOST_SIDE = 4096;
const [LEAST_ORDERED, MOST_ORDERED] = [64, 2048];
const MOST_BYTES = 25_000_000;
const FETCHED_IN = 120_000; // milliseconds, on a slow line
const SENT_IN = 600_000;

/** A file that can't be used, with the reason. */
export class NoPicture extends Error {}

/**
 * A picture as the API takes it: another format becomes PNG, a larger one is made smaller.
 * @param {Blob | undefined} file
 * @returns {Promise<Blob>}
 * @throws {NoPicture}
 */
export async function readable(file) {
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new NoPicture("This is no picture that the browser can read; choose a PNG, JPEG or WebP.");
  });
  try {
    const most = Math.max(bitmap.width, bitmap.height);
    if (TYPES.includes(file.type) && most <= MOST_SIDE && file.size <= MOST_BYTES) return file;
    const scale = Math.min(1, MOST_SIDE / most);
    return await drawn(bitmap, Math.round(bitmap.width * scale), Math.round(bitmap.height * scale));
  } finally {
    bitmap.close(); // tens of megabytes, which would wait long to be collected
  }
}

/**
 * @param {Blob} picture
 * @returns {Promise<{width: number, height: number}>} in pixels
 */
export async function measured(picture) {
  const bitmap = await createImageBitmap(picture);
  const { width, height } = bitmap;
  bitmap.close();
  return { width, height };
}

/**
 * @param {Blob} picture
 * @returns {Promise<{width: number, height: number}>} its size, as near as an order can ask for it
 */
export async function sizeOf(picture) {
  const { width, height } = await measured(picture);
  const scale = Math.min(1, MOST_ORDERED / Math.max(width, height));
  const side = (pixels) => Math.max(LEAST_ORDERED, Math.round((pixels * scale) / 8) * 8);
  return { width: side(width), height: side(height) };
}

/** @returns {Promise<Blob>} */
async function drawn(bitmap, width, height) {
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext("2d").drawImage(bitmap, 0, 0, width, height);
  const png = await canvas.convertToBlob({ type: "image/png" });
  return png.size <= MOST_BYTES ? png : canvas.convertToBlob({ type: "image/jpeg", quality: 0.95 });
}

/** What a bucket answers instead of doing what it was asked. */
class Unanswered extends Error {
  constructor(status, text) {
    super(/expired/i.test(text) ? "The link has expired." : `The bucket answered ${status}; try again.`);
    this.status = status;
  }
}

/** Ask a bucket, again if no answer came or it failed; not after it has kept silent for all of its time. */
function bucket(url, request, milliseconds, read) {
  const ask = async () => {
    const response = await fetch(url, { ...request, signal: AbortSignal.timeout(milliseconds) });
    if (!response.ok) throw new Unanswered(response.status, await response.text());
    return read(response);
  };
  return again(ask, (error) => error instanceof TypeError || error.status >= 500);
}

/**
 * @param {string} url
 * @returns {Promise<Blob>} the picture there
 * @throws {NoPicture}
 */
export async function fetched(url) {
  try {
    return await bucket(url, {}, FETCHED_IN, (response) => response.blob());
  } catch (error) {
    throw new NoPicture(error instanceof Unanswered ? error.message : "The picture does not arrive; try again.");
  }
}

/**
 * The first picture among what is dropped, pasted or chosen.
 * @param {FileList | undefined | null} files
 * @returns {File | undefined}
 */
export function firstPicture(files) {
  return [...(files ?? [])].find((file) => file.type.startsWith("image/"));
}

/** Sends pictures ahead of the orders that name them, each once. */
export class Uploads {
  #sent = new WeakMap();

  /** @param {import("./api.js").Api} api */
  constructor(api) {
    this.api = api;
  }

  /**
   * @param {Blob} picture
   * @returns {Promise<string>} what an order calls it; good for a day
   */
  async name(picture) {
    const sent = this.#sent.get(picture);
    if (sent && Date.now() < sent.until) return sent.name;
    const { id, url, fields } = await this.api.post("/uploads", { content_type: picture.type, size: picture.size });
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append("file", picture);
    await bucket(url, { method: "POST", body: form }, SENT_IN, () => {}).catch(() => {
      throw new NoPicture("The picture could not be uploaded; try again.");
    });
    this.#sent.set(picture, { name: `upload://${id}`, until: Date.now() + 20 * 3_600_000 });
    return `upload://${id}`;
  }
}
