import { pause } from "../time.js";

const AT_ONCE = 3;
const TRIES = 5;
const SMALL_PART = 8 * 2 ** 20;
const LARGE_PART = 64 * 2 ** 20;

/** Was stopped by its user. */
export class Paused extends Error {}

/** One model's file on its way, in parts that a break does not lose. */
export class Upload extends EventTarget {
  /** @type {"sending" | "paused" | "failed" | "done"} */
  state = "paused";
  reason = "";
  #arrived = 0;
  #underWay = new Map();
  #requests = new Set();

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

  /** Begin, or go on where it was paused or failed. */
  async run() {
    this.#is("sending");
    try {
      while (await this.#someParts());
      await this.api.post(`/models/${this.given.type}/${encodeURIComponent(this.#stem)}/complete`);
      this.#is("done");
    } catch (error) {
      this.#stop();
      this.#is(error instanceof Paused ? "paused" : "failed", error instanceof Paused ? "" : error.message, error);
    }
  }

  pause() {
    this.#is("paused");
    this.#stop();
  }

  get #stem() {
    return this.given.name.replace(/\.[^.]+$/, "");
  }

  /** The API has links for at most 500 parts at a time. @returns {Promise<boolean>} whether there may be more */
  async #someParts() {
    const { size } = this.file;
    const partSize = size > 100 * SMALL_PART ? LARGE_PART : SMALL_PART;
    const { upload } = await this.api.post("/models", { ...this.given, size, part_size: partSize });
    const missing = upload.parts.reduce((sum, part) => sum + part.size, 0);
    this.#arrived = upload.parts.length < 500 ? size - missing : this.#arrived;
    const parts = [...upload.parts];
    const lane = async () => {
      for (let part = parts.shift(); part; part = parts.shift()) await this.#part(part, upload.part_size);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
    return upload.parts.length > 0;
  }

  async #part({ number, url, size }, partSize) {
    const from = (number - 1) * partSize;
    const bytes = this.file.slice(from, from + size);
    for (let tried = 1; ; tried += 1) {
      if (this.state !== "sending") throw new Paused();
      try {
        await this.#put(url, bytes, number);
        this.#underWay.delete(number);
        this.#arrived += size;
        return;
      } catch (error) {
        this.#underWay.delete(number);
        if (error instanceof Paused || tried === TRIES) throw error;
        await pause(500 * 2 ** tried);
      }
    }
  }

  /** `fetch` does not tell how far it is. */
  #put(url, bytes, number) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      const end = (settle, ...answer) => {
        this.#requests.delete(request);
        settle(...answer);
      };
      request.open("PUT", url);
      request.upload.onprogress = ({ loaded }) => {
        this.#underWay.set(number, loaded);
        this.dispatchEvent(new Event("change"));
      };
      const lost = new Error(
        `Part ${number} could not be sent. What has arrived is kept; resume when the network is back.`,
      );
      request.onload = () => (request.status < 300 ? end(resolve) : end(reject, lost));
      request.onerror = () => end(reject, lost);
      request.onabort = () => end(reject, new Paused());
      this.#requests.add(request);
      request.send(bytes);
    });
  }

  #stop() {
    for (const request of [...this.#requests]) request.abort();
    this.#underWay.clear();
  }

  #is(state, reason = "", error = null) {
    Object.assign(this, { state, reason, error });
    this.dispatchEvent(new Event("change"));
  }
}
