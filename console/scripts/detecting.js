import { fetched } from "./pictures.js";
import { pause } from "./time.js";
import { final } from "./jobs/jobs.js";

const SECONDS = 600;

/**
 * What a ControlNet unit makes of its picture. Only an endpoint can tell: it draws one step with it, and the job goes.
 * @param {import("./form/unit.js").Unit} unit
 * @param {object} given
 * @param {import("./api.js").Api} given.api
 * @param {import("./cloud/panel.js").Panel} given.panel
 * @param {import("./pictures.js").Uploads} given.uploads
 * @param {{width: number, height: number}} given.size of what is to be drawn
 * @returns {Promise<Blob>}
 */
export async function detected(unit, { api, panel, uploads, size }) {
  if (panel.missing) throw new Error(panel.missing);
  if (unit.lacking) throw new Error(unit.lacking);
  const args = [{ ...(await unit.whole(uploads)), enabled: true }];
  const { endpoint, checkpoint } = panel.values;
  const parameters = { ...size, steps: 1, alwayson_scripts: { controlnet: { args } } };
  let job = await api.post(
    "/jobs",
    { task: "txt2img", endpoint, checkpoint, parameters, deadline_seconds: SECONDS },
    crypto.randomUUID(),
  );
  for (let wait = 800; !final(job); wait = Math.min(wait * 1.3, 8_000)) {
    await pause(wait);
    if (!document.hidden) job = await api.get(`/jobs/${job.id}`);
  }
  const map = job.extra_images.find(({ kind }) => kind === "control_map");
  if (!map) throw new Error(job.error ?? "The endpoint made no map.");
  const picture = await fetched(map.url);
  await api.delete(`/jobs/${job.id}`);
  return picture;
}
