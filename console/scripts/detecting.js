import { final } from "./jobs/jobs.js";
import { keep, recall } from "./kept.js";
import { fetched } from "./pictures.js";
import { pause } from "./time.js";

const SECONDS = 600;
const KEPT = "maps"; // the jobs of maps, as long as they are there

/** @type {Map<import("./form/unit.js").Unit, Promise<Blob>>} */
const underWay = new Map();

/**
 * What a ControlNet unit makes of its picture. Only an endpoint can tell: it draws one step with it, and the job goes.
 * A second press while one is under way gets the same.
 * @param {import("./form/unit.js").Unit} unit
 * @param {object} given
 * @param {import("./api.js").Api} given.api
 * @param {import("./cloud/panel.js").Panel} given.panel
 * @param {import("./pictures.js").Uploads} given.uploads
 * @param {{width: number, height: number}} given.size of what is to be drawn
 * @returns {Promise<Blob>}
 */
export function detected(unit, given) {
  if (!underWay.has(unit)) underWay.set(unit, once(unit, given));
  return underWay.get(unit);
}

async function once(unit, given) {
  const button = unit.element.querySelector("button.preview");
  button.setAttribute("aria-disabled", "true"); // "disabled" would take the focus away
  try {
    return await drawn(unit, given);
  } finally {
    button.removeAttribute("aria-disabled");
    underWay.delete(unit);
  }
}

async function drawn(unit, { api, panel, uploads, size }) {
  if (panel.missing) throw new Error(panel.missing);
  if (unit.lacking) throw new Error(unit.lacking);
  const args = [{ ...(await unit.whole(uploads)), enabled: true }];
  const { endpoint, checkpoint } = panel.values;
  const parameters = { ...size, steps: 1, alwayson_scripts: { controlnet: { args } } };
  const order = { task: "txt2img", endpoint, checkpoint, parameters, deadline_seconds: SECONDS };
  let job = await api.post("/jobs", order, crypto.randomUUID());
  keep(KEPT, [...recall(KEPT, []), job.id]);
  try {
    for (let wait = 800; !final(job); wait = Math.min(wait * 1.3, 8_000)) {
      await pause(wait);
      if (!document.hidden) job = await api.get(`/jobs/${job.id}`);
    }
    const map = job.extra_images.find(({ kind }) => kind === "control_map");
    if (!map) throw new Error(job.error ?? "The endpoint made no map.");
    return await fetched(map.url);
  } finally {
    remove(api, job.id, final(job)).catch(() => {}); // it stays among those that go with the next visit
  }
}

/** Whoever leaves in the middle leaves a job: it is stopped on the way out, and deleted when the tab is back. */
export function clearAway(api) {
  for (const id of recall(KEPT, [])) remove(api, id, false).catch(() => {});
  window.addEventListener("pagehide", () => {
    for (const id of recall(KEPT, [])) api.postLeaving(`/jobs/${id}/cancel`);
  });
}

async function remove(api, id, done) {
  if (!done) await api.post(`/jobs/${id}/cancel`).catch(() => {}); // it may have been done meanwhile
  await api.delete(`/jobs/${id}`).catch((error) => {
    if (error.status !== 404) throw error;
  });
  keep(
    KEPT,
    recall(KEPT, []).filter((each) => each !== id),
  );
}
