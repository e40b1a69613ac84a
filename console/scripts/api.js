import { again } from "./again.js";

const TIMEOUT = 30_000;

/** What the API has refused, in its own words (RFC 9457). */
class Refused extends Error {
  constructor(status, problem) {
    super(problem.detail ?? `The API answered ${status}.`);
    this.status = status;
    /** @type {{field: string, detail: string}[]} */
    this.errors = problem.errors ?? [];
  }
}

/** No answer came. */
class Unreachable extends Error {
  constructor() {
    super("The API does not answer.");
  }
}

/** Speaks to the API with a key. What is safe to ask twice is asked again if the network or the API fails. */
export class Api {
  /**
   * @param {string} address
   * @param {string} key
   * @param {(trouble: Error | null) => void} notice is told of each try that failed, and null of each call that did not
   */
  constructor(address, key, notice) {
    this.address = address.replace(/\/+$/, "");
    this.key = key;
    this.notice = notice;
  }

  /** @param {string} path @param {Record<string, any>} [query] */
  get(path, query = {}) {
    const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
    const search = given.length ? `?${new URLSearchParams(given)}` : "";
    return this.#repeated("GET", path + search);
  }

  /**
   * For what may come twice: an upload, the end of one, a cancel; an order by its idempotency key.
   * @param {string} path
   * @param {any} [body]
   * @param {string} [idempotencyKey]
   */
  post(path, body, idempotencyKey) {
    return this.#repeated("POST", path, body, idempotencyKey ? { "idempotency-key": idempotencyKey } : {});
  }

  /** For what must not come twice. */
  postOnce(path, body) {
    return this.#told(() => this.#call("POST", path, body));
  }

  /** For what is said while the page is being left, when no answer can be waited for. */
  postLeaving(path) {
    const request = { method: "POST", headers: { "x-api-key": this.key }, keepalive: true };
    fetch(this.address + path, request).catch(() => {});
  }

  patch(path, body) {
    return this.#repeated("PATCH", path, body);
  }

  /** What is gone at a second try was deleted by the first one, whose answer was lost. */
  delete(path) {
    let tried = false;
    const remove = async () => {
      try {
        return await this.#call("DELETE", path);
      } catch (error) {
        if (tried && error.status === 404) return null;
        tried = true;
        throw error;
      }
    };
    return this.#told(() => again(remove, mayPass, this.notice));
  }

  #repeated(method, path, body, headers) {
    return this.#told(() => again(() => this.#call(method, path, body, headers), mayPass, this.notice));
  }

  async #told(call) {
    try {
      const answer = await call();
      this.notice(null);
      return answer;
    } catch (error) {
      this.notice(error);
      throw error;
    }
  }

  async #call(method, path, body, headers = {}) {
    const request = { method, headers: { "x-api-key": this.key, ...headers }, signal: AbortSignal.timeout(TIMEOUT) };
    if (body !== undefined) {
      request.body = JSON.stringify(body);
      request.headers["content-type"] = "application/json";
    }
    const response = await fetch(this.address + path, request).catch(() => {
      throw new Unreachable();
    });
    const text = await response.text().catch(() => {
      throw new Unreachable();
    });
    if (!response.ok) throw refusal(response, text);
    return text ? JSON.parse(text) : null;
  }
}

function mayPass(error) {
  return error instanceof Unreachable || error.status === 429 || error.status >= 500;
}

function refusal(response, text) {
  const error = new Refused(response.status, asProblem(text));
  error.retryAfter = Number(response.headers.get("retry-after")) || 0;
  return error;
}

function asProblem(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
