import { final } from "./jobs/jobs.js";
import { forget, left, own, remember } from "./maps.js";
import { fetched } from "./pictures.js";
import { pause } from "./time.js";

const SECONDS = 600;
const TRIES = 10;
const PAUSE = 5_000; // milliseconds
const PATIENCE = 4_000; // milliseconds that somebody leaving is kept

/** @type {Map<import("./form/unit.js").Unit, {guide: Blob | null, map: Promise<Blob>}>} */
const underWay = new Map();

/**
 * What a ControlNet unit makes of its picture. Only an endpoint can tell: it draws one step, and the job is deleted.
 * A second press while the same picture's map is under way gets that one.
 * @param {import("./form/unit.js").Unit} unit
 * @param {object} given
 * @param {import("./api.js").Api} given.api
 * @param {import("./cloud/panel.js").Panel} given.panel
 * @param {import("./pictures.js").Uploads} given.uploads
 * @param {{width: number, height: number}} given.size of what is to be drawn
 * @returns {Promise<Blob>}
 */
export function detected(unit, given) {
  const known = underWay.get(unit);
  if (known && known.guide === unit.guide) return known.map;
  const begun = { guide: unit.guide, map: drawn(unit, given) };
  underWay.set(unit, begun);
  const button = unit.element.querySelector("button.preview");
  button.setAttribute("aria-disabled", "true"); // "disabled" would take the focus away
  const over = () => {
    if (underWay.get(unit) !== begun) return; // another picture's has begun
    underWay.delete(unit);
    button.removeAttribute("aria-disabled");
  };
  begun.map.then(over, over);
  return begun.map;
}

async function drawn(unit, { api, panel, uploads, size }) {
  if (panel.missing) throw new Error(panel.missing);
  if (unit.lacking) throw new Error(unit.lacking);
  const args = [await unit.alone(uploads)];
  const { endpoint, checkpoint } = panel.values;
  const parameters = { ...size, steps: 1, alwayson_scripts: { controlnet: { args } } };
  const order = { task: "txt2img", endpoint, checkpoint, parameters, deadline_seconds: SECONDS };
  let job = await api.post("/jobs", order, crypto.randomUUID());
  remember(job.id);
  try {
    for (let wait = 800; !final(job); wait = Math.min(wait * 1.3, 8_000)) {
      await pause(wait);
      if (!document.hidden) job = await api.get(`/jobs/${job.id}`);
    }
    const map = job.extra_images.find(({ kind }) => kind === "control_map");
    if (!map) throw new Error(job.error ?? "The endpoint made no map.");
    return await fetched(map.url);
  } finally {
    remove(api, job.id, final(job)).catch(() => {}); // then it is deleted at the next visit
  }
}

/** Leaving in the middle leaves a job behind: it is stopped on the way out, and deleted at the next visit. */
export async function clearAway(api) {
  window.addEventListener("pagehide", () => {
    for (const id of own) api.postLeaving(`/jobs/${id}/cancel`);
  });
  for (const id of await left()) remove(api, id, false).catch(() => {});
}

/** The same before the key is forgotten: without it, no later visit could. */
export function clearNow(api) {
  const gone = Promise.allSettled([...own].map((id) => remove(api, id, false)));
  return Promise.race([gone, pause(PATIENCE)]);
}

/** Half a minute may pass before a job can be deleted whose drawing was cancelled. */
async function remove(api, id, done) {
  if (!done) await api.post(`/jobs/${id}/cancel`).catch(() => {}); // it may have been done meanwhile
  for (let tried = 1; !(await isDeleted(api, id, tried < TRIES)); tried += 1) await pause(PAUSE);
  forget(id);
}

async function isDeleted(api, id, mayBeRefused) {
  try {
    await api.delete(`/jobs/${id}`);
    return true;
  } catch (error) {
    if (error.status === 409 && mayBeRefused) return false;
    if (error.status !== 404) throw error;
    return true;
  }
}
