import { pause } from "../time.js";

const AT_ONCE = 3;
const TRIES = 5;
const SMALL_PART = 8 * 2 ** 20;
const LARGE_PART = 64 * 2 ** 20;
const A_MINUTE = 60_000;
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
    return this.given.name.replace(/\.[^.]+$/, "");
  }

  /** Begin, or go on where it was paused or failed. */
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

  /** The same again has the file looked at anew, where the first look was lost; in the end the table tells. */
  async #checked() {
    const path = `/models/${this.given.type}/${encodeURIComponent(this.stem)}/complete`;
    for (let looks = 1; (await this.api.post(path)).state === "checking" && looks < LOOKS; looks += 1) {
      await pause(A_MINUTE);
    }
  }

  /** The API has links for at most 500 parts at a time. @returns {Promise<boolean>} whether there may be more */
  async #someParts(signal) {
    const { size } = this.file;
    const partSize = size > 100 * SMALL_PART ? LARGE_PART : SMALL_PART;
    const { upload } = await this.api.post("/models", { ...this.given, size, part_size: partSize });
    signal.throwIfAborted();
    const missing = upload.parts.reduce((sum, part) => sum + part.size, 0);
    this.#arrived = upload.parts.length < 500 ? size - missing : this.#arrived;
    const parts = [...upload.parts];
    const lane = async () => {
      for (let part = parts.shift(); part; part = parts.shift()) await this.#part(part, upload.part_size, signal);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
    return upload.parts.length > 0;
  }

  async #part({ number, url, size }, partSize, signal) {
    const from = (number - 1) * partSize;
    const bytes = this.file.slice(from, from + size);
    for (let tried = 1; ; tried += 1) {
      signal.throwIfAborted();
      try {
        await this.#put(url, bytes, number, signal);
        this.#arrived += size;
        return;
      } catch (error) {
        if (signal.aborted || tried === TRIES) throw error;
        await pause(500 * 2 ** tried);
      }
    }
  }

  /** `fetch` does not tell how far it is. */
  #put(url, bytes, number, signal) {
    const request = new XMLHttpRequest();
    const stop = () => request.abort();
    signal.addEventListener("abort", stop);
    return new Promise((resolve, reject) => {
      const lost = new Error(
        `Part ${number} could not be sent. What has arrived is kept; resume when the network is back.`,
      );
      request.open("PUT", url);
      request.upload.onprogress = ({ loaded }) => {
        this.#underWay.set(number, loaded);
        this.dispatchEvent(new Event("change"));
      };
      request.onload = () => (request.status < 300 ? resolve() : reject(lost));
      request.onerror = () => reject(lost);
      request.onabort = () => reject(signal.reason);
      request.onloadend = () => {
        signal.removeEventListener("abort", stop);
        this.#underWay.delete(number);
      };
      request.send(bytes);
    });
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
