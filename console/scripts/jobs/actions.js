import { button, once } from "../dom.js";
import { saveAll, saveOne, taker } from "../saving.js";
import { confirmed } from "../dialogs.js";
import { final } from "./jobs.js";

/**
 * What can be done with the job that is shown, and with its picture.
 * @param {import("./output.js").Output} output
 * @returns {HTMLButtonElement[]}
 */
export function actions(output) {
  const { job, gallery, does } = output;
  if (!final(job)) return [guarded("Cancel", output, () => cancel(output))];
  const pictures = job.images.length > 0;
  const take = () => taker(output.jobs.api, output.job);
  const own = () => (gallery.current?.kind ? job.images[0] : gallery.current);
  return [
    pictures && guarded("Save", output, () => saveOne(output.job, gallery.current, take())),
    job.images.length > 1 && guarded(`Save all ${job.images.length} (zip)`, output, () => saveAll(output.job, take())),
    own()?.infotext && guarded("Send to txt2img", output, () => does.toTxt2img(output.job, own())),
    pictures && guarded("Send to img2img", output, () => does.toImg2img(output.job, own(), take())),
    guarded("Delete", output, () => remove(output)),
  ].filter(Boolean);
}

/** Failures are shown below the pictures. */
function guarded(label, output, does) {
  const pressed = button(label, () => act());
  const act = once(pressed, async () => {
    output.note.hidden = true;
    try {
      await does();
    } catch (error) {
      Object.assign(output.note, { textContent: error.message, hidden: false });
    }
  });
  return pressed;
}

async function cancel({ jobs, job, poll }) {
  await jobs.api.post(`/jobs/${job.id}/cancel`);
  await poll.now();
}

async function remove(output) {
  const { id } = output.job;
  if (!(await confirmed("Delete this job and its pictures?", "They are gone for good.", "Delete"))) return;
  await output.jobs.api.delete(`/jobs/${id}`);
  output.jobs.drop(id);
  if (output.job?.id === id) output.close();
}
