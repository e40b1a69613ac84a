import { asked, told } from "./dialogs.js";
import { h } from "./dom.js";
import { fields } from "./infotext.js";
import { firstPicture, NoPicture, readable, sizeOf } from "./pictures.js";
import { infotextOf } from "./png.js";

const OTHER = "This is no picture. Drop a PNG, JPEG or WebP here; a model is uploaded on the tab Models.";

/**
 * Sends what a picture was drawn with back to a form: a job's picture, or any that is dropped on the page.
 * @param {object} given
 * @param {Record<"txt2img" | "img2img", import("./form/workspace.js").Workspace>} given.workspaces
 * @param {import("./cloud/panel.js").Panel} given.panel
 * @param {(tab: string) => void} given.open
 */
export function sender({ workspaces, panel, open }) {
  const fill = (task, infotext, networks = {}) => {
    const { checkpoint, vae, ...values } = fields(infotext);
    workspaces[task].fill(values);
    if (checkpoint) panel.fill({ checkpoint });
    panel.networks.set(vae ? { ...networks, vae: [vae] } : networks);
    open(task);
  };
  const toImg2img = async (infotext, networks, picture) => {
    const { img2img } = workspaces;
    if (infotext) fill("img2img", infotext, networks);
    else open("img2img");
    img2img.units.fill([]); // what guided the picture is not in it
    img2img.set(await sizeOf(picture)); // a hires fix has made it larger than its infotext says
    await img2img.beginning.box.set(picture);
  };
  const ask = async (file) => {
    const picture = await readable(file);
    const infotext = await infotextOf(file);
    const said = infotext ? h("pre", {}, infotext) : h("p", {}, "It does not say what it was drawn with.");
    const answers = [...(infotext ? [["Send to txt2img", "txt2img"]] : []), ["Send to img2img", "img2img"]];
    const answer = await asked(file.name, [said], answers, null);
    if (answer === "txt2img") fill("txt2img", infotext);
    if (answer === "img2img") await toImg2img(infotext, {}, picture);
  };
  return {
    toTxt2img: (job, image) => fill("txt2img", image.infotext, job.extra_networks),
    toImg2img: async (job, image, take) =>
      toImg2img(image.infotext, job.extra_networks, await readable(await take(image))),
    /** @param {FileList} files dropped on the page, not on a field */
    dropped: (files) => {
      const picture = firstPicture(files);
      if (!picture) return told(files[0]?.name ?? "What was dropped", OTHER);
      return ask(picture).catch((error) => {
        if (!(error instanceof NoPicture)) throw error;
        told(picture.name, error.message);
      });
    },
  };
}
