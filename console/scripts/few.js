const AT_ONCE = 3;

/**
 * Do something with each of many, a few at a time. After one has failed no other is begun.
 * @template T, Made
 * @param {T[]} all
 * @param {(each: T) => Promise<Made>} does
 * @returns {Promise<Made[]>} in their order, once none is under way any more
 */
export async function few(all, does) {
  const made = [];
  let next = 0;
  const lane = async () => {
    try {
      while (next < all.length) {
        const place = next++;
        made[place] = await does(all[place]);
      }
    } catch (error) {
      next = all.length;
      throw error;
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: AT_ONCE }, lane));
  const failed = lanes.find(({ status }) => status === "rejected");
  if (failed) throw failed.reason;
  return made;
}
