/** Durations, counted in buckets that each reach 5 % further than the one before: a quantile is at most so much too high. */
export interface Durations {
  /** How many are counted. */
  readonly count: number;
  add(ms: number): void;
  /** A duration that this share of them did not exceed. 0 when there are none. */
  quantile(share: number): number;
}

const growth = 1.05;
const bucketCount = 320; // the last one reaches beyond an hour and a half

/** Counts durations in fixed memory. The old count half as much each time that as many as `window` have been counted. */
export function createDurations(window: number): Durations {
  const buckets = new Uint32Array(bucketCount);
  let count = 0;

  const forgetHalf = (): void => {
    for (let index = 0; index < bucketCount; index++) buckets[index] = (buckets[index] ?? 0) >>> 1;
    count = buckets.reduce((sum, held) => sum + held, 0);
  };

  return {
    get count() {
      return count;
    },
    add(ms) {
      const index = Math.min(bucketCount - 1, Math.max(0, Math.ceil(Math.log(ms) / Math.log(growth))));
      buckets[index] = (buckets[index] ?? 0) + 1;
      count += 1;
      if (count >= window) forgetHalf();
    },
    quantile(share) {
      const rank = Math.max(1, Math.ceil(share * count));
      let seen = 0;
      for (let index = 0; index < bucketCount; index++) {
        seen += buckets[index] ?? 0;
        if (seen >= rank) return growth ** index;
      }
      return 0;
    },
  };
}
