import { pause } from "./time.js";

const TRIES = 4;
const PATIENCE = 10; // seconds: who would be kept waiting for longer is told so at once

/**
 * Do something until it works, four times at the most and ever later.
 * @template T
 * @param {() => Promise<T>} call
 * @param {(error: any) => boolean} mayPass whether what failed so may work another time
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
