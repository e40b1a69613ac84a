import { h, iconButton } from "../dom.js";
import { choice } from "../form/controls.js";
import { read, remember } from "../form/values.js";
import { local } from "../time.js";
import { Rows } from "./rows.js";

const STATES = ["queued", "running", "succeeded", "failed", "cancelled"];

/**
 * "Inference Job": all jobs, newest first, each to be chosen.
 * @param {import("./jobs.js").Jobs} jobs
 * @param {(id: string) => void} choose
 * @returns {{element: HTMLElement, mark: (id: string) => void}}
 */
export function jobList(jobs, choose) {
  const rows = new Rows({
    label: "Inference jobs, newest first",
    draw,
    choose: ({ id }) => choose(id),
    end: () => jobs.loadMore().catch(() => {}),
  });
  const count = h("p", { class: "hint", role: "status" });
  const filter = h(
    "form",
    { class: "columns filter", "aria-label": "Filter the jobs", onsubmit: (event) => event.preventDefault() },
    choice({ name: "status", label: "State", options: [["", "All states"], ...STATES] }),
    choice({ name: "task", label: "Kind", options: [["", "All kinds"], "txt2img", "img2img"] }),
  );
  remember(filter, "filter");
  jobs.filter = read(filter);
  filter.addEventListener("change", () => jobs.show(read(filter)));
  jobs.addEventListener("change", () => {
    const { looked, listed } = jobs;
    rows.element.hidden = looked && !listed.length;
    rows.set(listed);
    count.textContent = counted(jobs);
  });
  const refresh = iconButton("refresh", "Refresh the jobs", () => jobs.poll.now());
  const head = h("div", { class: "panel-head" }, h("h2", { id: "jobs-title" }, "Inference Job"), count, refresh);
  return {
    element: h("section", { class: "panel jobs", "aria-labelledby": "jobs-title" }, head, filter, rows.element),
    mark: (id) => rows.mark(id),
  };
}

function counted({ listed, more, filter, looked }) {
  if (listed.length) return `${listed.length.toLocaleString("en")}${more ? " and more" : ""}`;
  if (!looked) return "";
  if (more) return "Looking further…";
  return filter.status || filter.task ? "None like this" : "None yet";
}

function draw(job) {
  const percent = job.status === "running" ? ` ${Math.round(job.progress * 100)} %` : "";
  return [
    h("span", { class: "row-name" }, `${local(job.created_at)} -> ${job.id}`),
    h("span", { class: "row-more" }, `${job.task} · ${job.checkpoint} · ${job.endpoint}`),
    h("span", { class: `state ${job.status}` }, job.status + percent),
  ];
}
