import { again } from "./again.js";

const TYPES = ["image/png", "image/jpeg", "image/webp"];
const MOST_SIDE = 4096;
const [LEAST_ORDERED, MOST_ORDERED] = [64, 2048];
const MOST_BYTES = 25_000_000;

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
  const most = Math.max(bitmap.width, bitmap.height);
  if (TYPES.includes(file.type) && most <= MOST_SIDE && file.size <= MOST_BYTES) return file;
  const scale = Math.min(1, MOST_SIDE / most);
  return drawn(bitmap, Math.round(bitmap.width * scale), Math.round(bitmap.height * scale));
}

/**
 * @param {Blob} picture
 * @returns {Promise<{width: number, height: number}>} its size, as near as an order can ask for it
 */
export async function sizeOf(picture) {
  const { width, height } = await createImageBitmap(picture);
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

/**
 * @param {string} url
 * @returns {Promise<Blob>} what it shows
 */
export async function fetched(url) {
  const response = await again(() => fetch(url), lost);
  if (!response.ok) throw new NoPicture("The link has expired.");
  return response.blob();
}

/** What `fetch` throws where no answer came. */
const lost = (error) => error instanceof TypeError;

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
    const answer = await again(() => fetch(url, { method: "POST", body: form }), lost).catch(() => null);
    if (!answer?.ok) throw new NoPicture("The picture could not be uploaded; try again.");
    this.#sent.set(picture, { name: `upload://${id}`, until: Date.now() + 20 * 3_600_000 });
    return `upload://${id}`;
  }
}
