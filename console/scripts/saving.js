import { few } from "./few.js";
import { fetched } from "./pictures.js";
import { zip } from "./zip.js";

/**
 * @param {import("./api.js").Api} api
 * @param {{id: string}} job
 * @returns {(image: {file: string, url: string}) => Promise<Blob>} fetches pictures of the job. If a link has expired,
 *   the job is asked for once, and all others are fetched by its fresh ones.
 */
export function taker(api, { id }) {
  let renewed = null;
  const fresh = async ({ file }) => {
    renewed ??= api.get(`/jobs/${id}`);
    const { images, extra_images: extra } = await renewed;
    return [...images, ...extra].find((image) => image.file === file).url;
  };
  return async (image) => {
    if (renewed) return fetched(await fresh(image));
    return fetched(image.url).catch(async () => fetched(await fresh(image)));
  };
}

/**
 * @param {Blob} content
 * @param {string} name
 */
function save(content, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // a browser may first ask where to
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
  const files = await few(job.images, async (image) => ({ name: image.file, content: await take(image) }));
  save(await zip(files), `${job.id}.zip`);
}
