/** Lets something happen for at most a share of all requests, at any time: never more often than share × requests so far. */
export interface Allowance {
  /** Counts a request. */
  earn(): void;
  /** Takes one, if there is one to take. */
  take(): boolean;
}

/** Keeps what is not used, up to `most`: after a long quiet time there is no burst. */
export function createAllowance(share: number, most: number): Allowance {
  let requests = 0;
  let taken = 0; // or forgone

  return {
    earn() {
      requests += 1;
      taken = Math.max(taken, Math.floor(requests * share) - most);
    },
    take() {
      if (taken + 1 > requests * share) return false;
      taken += 1;
      return true;
    },
  };
}
