import { zip } from "./zip.js";

/**
 * @param {Blob} content
 * @param {string} name
 */
function save(content, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // a browser may ask where to, first
}

/**
 * @param {{id: string, images: {file: string, url: string}[]}} job
 * @param {{file: string, url: string}} image
 * @param {(image: any) => Promise<Blob>} take
 */
export async function saveOne(job, image, take) {
  save(await take(image), `${job.id}-${image.file}`);
}

/**
 * @param {{id: string, images: {file: string, url: string}[]}} job
 * @param {(image: any) => Promise<Blob>} take
 */
export async function saveAll(job, take) {
  const files = await Promise.all(job.images.map(async (image) => ({ name: image.file, content: await take(image) })));
  save(await zip(files), `${job.id}.zip`);
}
