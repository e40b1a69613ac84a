/**
 * @param {number} milliseconds
 * @returns {Promise<void>}
 */
export function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/**
 * The moment in the reader's own time zone: 2026-11-23 07:49:08.
 * @param {string} moment RFC 3339
 * @returns {string}
 */
export function local(moment) {
  const date = new Date(moment);
  const two = (number) => String(number).padStart(2, "0");
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":")}`;
}

/**
 * @param {number} seconds
 * @returns {string} such as "1 min 5 s"
 */
export function duration(seconds) {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  return minutes < 60 ? `${minutes} min ${whole % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/**
 * @param {number} bytes
 * @returns {string}
 */
export function size(bytes) {
  const units = ["B", "KB", "MB", "GB"];
  let place = 0;
  while (bytes >= 1000 && place < 3) {
    bytes /= 1000;
    place += 1;
  }
  return `${bytes < 10 && place ? bytes.toFixed(1) : Math.round(bytes)} ${units[place]}`;
}
