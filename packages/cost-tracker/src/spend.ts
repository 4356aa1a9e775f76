/** Below this, whole numbers of picodollars are added as numbers, which is exact and makes no garbage. */
const mostSmall = 2 ** 52;

/** Exact as far as it is used: from 4,500 USD on it is not. */
export function amountOf(picodollars: bigint | null): number {
  return picodollars === null ? 0 : Number(picodollars);
}

/** What requests cost, exactly, and how many of them have no cost that is known. */
export class Spend {
  requests = 0;
  unpriced = 0;
  #small = 0;
  #large = 0n;

  /** `amount`: the same as a number, for those who add it to several. */
  add(picodollars: bigint | null, amount: number = amountOf(picodollars)): void {
    this.requests += 1;
    if (picodollars === null) this.unpriced += 1;
    else if (amount < mostSmall) this.#addSmall(amount);
    else this.#large += picodollars;
  }

  merge(other: Spend): void {
    this.requests += other.requests;
    this.unpriced += other.unpriced;
    this.#addSmall(other.#small);
    if (other.#large !== 0n) this.#large += other.#large;
  }

  /** The sum of those that have a cost; `null` when there are requests and none has. */
  get known(): bigint | null {
    return this.requests > 0 && this.unpriced === this.requests ? null : this.#picodollars;
  }

  #addSmall(amount: number): void {
    this.#small += amount;
    if (this.#small < mostSmall) return;
    this.#large += BigInt(this.#small);
    this.#small = 0;
  }

  get #picodollars(): bigint {
    return this.#large + BigInt(this.#small);
  }
}
