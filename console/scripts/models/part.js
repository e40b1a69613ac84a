/** A part that did not arrive. `status` is what the bucket answered, 0 if it did not. */
export class Lost extends Error {
  constructor(number, status) {
    super(`Part ${number} could not be sent. What has arrived is kept; resume when the network is back.`);
    this.status = status;
  }
}

/**
 * Send a part of a file; not by `fetch`, which does not report progress.
 * @param {{number: number, url: string}} part
 * @param {Blob} bytes
 * @param {AbortSignal} signal
 * @param {(bytes: number) => void} progress
 * @returns {Promise<void>}
 * @throws {Lost}
 */
export function put({ number, url }, bytes, signal, progress) {
  const request = new XMLHttpRequest();
  const stop = () => request.abort();
  signal.addEventListener("abort", stop);
  return new Promise((resolve, reject) => {
    const lost = () => reject(new Lost(number, request.status));
    request.open("PUT", url);
    request.upload.onprogress = ({ loaded }) => progress(loaded);
    request.onload = () => (request.status < 300 ? resolve() : lost());
    request.onerror = lost;
    request.onabort = () => reject(signal.reason);
    request.onloadend = () => signal.removeEventListener("abort", stop);
    request.send(bytes);
  });
}
