import { Panel } from "./cloud/panel.js";
import { tagged } from "./cloud/tags.js";
import { clearAway, detected } from "./detecting.js";
import { h } from "./dom.js";
import { takeDrops } from "./dropping.js";
import { Workspace } from "./form/workspace.js";
import { generator } from "./generate.js";
import { Jobs } from "./jobs/jobs.js";
import { jobList } from "./jobs/list.js";
import { Output } from "./jobs/output.js";
import { Uploads } from "./pictures.js";
import { sender } from "./sending.js";

/**
 * Where pictures are ordered and looked at: both tasks' forms, the cloud's panel, the output and the jobs.
 * @param {object} given
 * @param {import("./api.js").Api} given.api
 * @param {import("./cloud/catalogue.js").Catalogue} given.catalogue
 * @param {Record<string, any>} given.example
 * @param {(tab: string) => void} given.open
 * @returns {{element: HTMLElement, show: (task: string) => void, start: () => void}}
 */
export function studio({ api, catalogue, example, open }) {
  const uploads = new Uploads(api);
  const jobs = new Jobs(api);
  const panel = new Panel(catalogue);
  const lastSeed = () => output.gallery.current?.seed;
  const detect = (unit, task) => {
    const { width, height } = workspaces[task].values;
    return detected(unit, { api, panel, uploads, size: { width, height } });
  };
  const workspaces = Object.fromEntries(
    /** @type {const} */ (["txt2img", "img2img"]).map((task) => [
      task,
      new Workspace(task, { catalogue, detect, lastSeed, example }),
    ]),
  );
  const send = sender({ workspaces, panel, open });
  const output = new Output(jobs, send);
  const list = jobList(jobs, (id) => output.show(id));
  let shown = "txt2img";
  const generate = generator({
    workspace: () => workspaces[shown],
    panel,
    jobs,
    uploads,
    show: (id) => output.show(id),
    toJob: () => output.element.scrollIntoView(),
  });
  const order = h(
    "div",
    { class: "order" },
    Object.values(workspaces).map(({ element }) => element),
    panel.form,
    generate.element,
  );

  const refresh = () => {
    panel.networks.follow(workspaces[shown].values);
    generate.refresh();
  };
  for (const change of ["input", "filled", "change"]) order.addEventListener(change, refresh);
  for (const change of ["input", "filled"]) order.addEventListener(change, generate.mended);
  catalogue.addEventListener("change", generate.refresh);
  jobs.addEventListener("chosen", (event) => list.mark(event.detail));
  panel.networks.addEventListener("chosen", (event) => {
    const { type, name, chosen } = event.detail;
    workspaces[shown].set(tagged(workspaces[shown].values, type, name, chosen));
  });
  order.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.repeat) generate.press();
  });
  takeDrops(send.dropped);

  return {
    element: h("div", { class: "studio" }, order, output.element, list.element),
    show: (task) => {
      shown = task;
      for (const [name, { element }] of Object.entries(workspaces)) element.hidden = name !== task;
      refresh();
    },
    start: () => {
      jobs.start();
      output.start();
      clearAway(api);
      for (const workspace of Object.values(workspaces)) workspace.recall();
    },
  };
}
