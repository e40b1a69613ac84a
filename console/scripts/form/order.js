/** @type {Record<string, string>} which fields are settings of the WebUI, and its names for them */
const SETTINGS = {
  clip_skip: "CLIP_stop_at_last_layers",
  randn_source: "randn_source",
  eta_noise_seed_delta: "eta_noise_seed_delta",
};
const OWN = [...Object.keys(SETTINGS), "inpaint_full_res", "inpainting_fill", "inpainting_mask_invert", "resize_mode"];
const OF_A_MASK = ["mask_blur", "inpaint_full_res_padding"];

/**
 * What POST /jobs takes.
 * @param {import("./workspace.js").Workspace} workspace
 * @param {{endpoint: string, checkpoint: string, extra_networks: Record<string, string[]>}} cloud
 * @param {import("../pictures.js").Uploads} uploads sends the pictures ahead
 * @returns {Promise<Record<string, any>>}
 */
export async function order(workspace, cloud, uploads) {
  const { task, beginning } = workspace;
  const values = given(workspace.values);
  const [scripts, pictures] = await Promise.all([
    workspace.units.ordered(uploads),
    beginning ? begun(beginning, values, uploads) : secondPass(values),
  ]);
  const plain = Object.entries(values).filter(
    ([name]) => !OWN.includes(name) && !OF_A_MASK.includes(name) && !ofASecondPass(name),
  );
  const parameters = {
    ...Object.fromEntries(plain),
    ...pictures,
    override_settings: settings(values),
  };
  if (scripts) parameters.alwayson_scripts = scripts;
  return { task, ...cloud, preview: true, parameters };
}

/** What is empty is left to the API. */
function given(values) {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
}

function settings(values) {
  const named = Object.entries(SETTINGS).filter(([field]) => field in values);
  return Object.fromEntries(named.map(([field, name]) => [name, values[field]]));
}

const ofASecondPass = (name) => name.startsWith("hr_") || name === "enable_hr" || name === "denoising_strength";

function secondPass(values) {
  return values.enable_hr ? Object.fromEntries(Object.entries(values).filter(([name]) => ofASecondPass(name))) : {};
}

async function begun({ box, mask }, values, uploads) {
  const painted = await mask.picture();
  return {
    init_images: [await uploads.name(box.picture)],
    denoising_strength: values.denoising_strength,
    resize_mode: Number(values.resize_mode),
    ...(painted ? await masked(painted, values, uploads) : {}),
  };
}

async function masked(painted, values, uploads) {
  return {
    mask: await uploads.name(painted),
    mask_blur: values.mask_blur,
    inpainting_fill: Number(values.inpainting_fill),
    inpainting_mask_invert: Number(values.inpainting_mask_invert),
    inpaint_full_res: Boolean(values.inpaint_full_res),
    inpaint_full_res_padding: values.inpaint_full_res_padding,
  };
}
