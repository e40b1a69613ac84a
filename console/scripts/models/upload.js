import { few } from "../few.js";
import { bare } from "../names.js";
import { pause } from "../time.js";
import { put } from "./part.js";

const TRIES = 5;
const SMALL_PART = 8 * 2 ** 20;
const LARGE_PART = 64 * 2 ** 20;
const A_MINUTE = 60_000;
const REFUSED = 403; // a link that has expired
const LOOKS = 10;

/** One model's file on its way, in parts that a break does not lose. */
export class Upload extends EventTarget {
  /** @type {"sending" | "paused" | "failed" | "checking" | "done"} */
  state = "paused";
  reason = "";
  #arrived = 0;
  #underWay = new Map();
  #run = new AbortController();

  /**
   * @param {import("../api.js").Api} api
   * @param {File} file
   * @param {{type: string, name: string, replace: boolean}} given
   */
  constructor(api, file, given) {
    super();
    Object.assign(this, { api, file, given });
  }

  /** Bytes that have been sent. */
  get sent() {
    return this.#arrived + [...this.#underWay.values()].reduce((sum, bytes) => sum + bytes, 0);
  }

  /** What its file will be called as a model. */
  get stem() {
    return bare(this.given.name);
  }

  /** Begin, or go on after it was paused or failed. */
  async run() {
    this.#stop();
    this.#run = new AbortController();
    const { signal } = this.#run;
    this.#is("sending");
    try {
      while (await this.#someParts(signal));
      this.#is("checking");
      await this.#checked();
      this.#is("done");
    } catch (error) {
      if (signal.aborted) return; // paused; or another run has begun since, and says how it is
      this.#stop();
      this.#is("failed", error.message, error);
    }
  }

  pause() {
    this.#stop();
    this.#is("paused");
  }

  /** Asked again, the API checks the file anew, if the first check was lost; in the end the table tells. */
  async #checked() {
    const path = `/models/${this.given.type}/${encodeURIComponent(this.stem)}/complete`;
    for (let looks = 1; (await this.api.post(path)).state === "checking" && looks < LOOKS; looks += 1) {
      await pause(A_MINUTE);
    }
  }

  /** Send those that have not arrived, while their links work. @returns {Promise<boolean>} whether any had not */
  async #someParts(signal) {
    const { size } = this.file;
    const partSize = size > 100 * SMALL_PART ? LARGE_PART : SMALL_PART;
    const { upload } = await this.api.post("/models", { ...this.given, size, part_size: partSize });
    signal.throwIfAborted();
    const before = size - upload.parts.reduce((sum, part) => sum + part.size, 0);
    this.#arrived = before;
    const until = Math.max(Date.parse(upload.expires_at), Date.now() + A_MINUTE); // this machine's clock may be wrong
    try {
      await few(upload.parts, async (part) => Date.now() < until && (await this.#part(part, upload.part_size, signal)));
    } catch (error) {
      const expired = Date.now() > until || (error.status === REFUSED && this.#arrived > before);
      if (signal.aborted || !expired) throw error;
    }
    return upload.parts.length > 0;
  }

  async #part(part, partSize, signal) {
    const { number, size } = part;
    const from = (number - 1) * partSize;
    const bytes = this.file.slice(from, from + size);
    const progress = (sent) => {
      this.#underWay.set(number, sent);
      this.dispatchEvent(new Event("change"));
    };
    for (let tried = 1; ; tried += 1) {
      signal.throwIfAborted();
      try {
        await put(part, bytes, signal, progress).finally(() => this.#underWay.delete(number));
        this.#arrived += size;
        return;
      } catch (error) {
        if (signal.aborted || tried === TRIES || error.status === REFUSED) throw error;
        await pause(500 * 2 ** tried);
      }
    }
  }

  #stop() {
    this.#run.abort();
    this.#underWay.clear();
  }

  #is(state, reason = "", error = null) {
    Object.assign(this, { state, reason, error });
    this.dispatchEvent(new Event("change"));
  }
}
