import { pause } from "./time.js";

const TRIES = 4;
const PATIENCE = 10; // seconds: a longer wait is reported at once instead

/**
 * Do something until it works, at most four times, with ever longer pauses.
 * @template T
 * @param {() => Promise<T>} call
 * @param {(error: any) => boolean} mayPass whether what failed like this may work next time
 * @param {(error: any) => void} [failed] is told of each try that is not the last
 * @returns {Promise<T>}
 */
export async function again(call, mayPass, failed = () => {}) {
  for (let tried = 1; ; tried += 1) {
    try {
      return await call();
    } catch (error) {
      if (tried === TRIES || !mayPass(error) || error.retryAfter > PATIENCE) throw error;
      failed(error);
      await pause(error.retryAfter ? error.retryAfter * 1000 : 300 * 2 ** tried * (0.5 + Math.random()));
    }
  }
}
