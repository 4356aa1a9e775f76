import { LatencySeries, type LatencyFigures } from './latency.ts';
import { usdNumber } from './money.ts';
import type { LedgerRow } from './row.ts';

/** What a set of calls came to. */
export interface Figures {
  /** Calls made to a backend, failed ones included. */
  readonly requests: number;
  /** Those that failed. */
  readonly errors: number;
  /** Those that the caller ended. */
  readonly aborted: number;
  /** Answers from a cache: free, and not among the requests. */
  readonly cacheHits: number;
  /** Requests whose cost cannot be known; `costUsd` is without them. */
  readonly unpriced: number;
  /** What the priced requests cost; `null` when there are requests and none has a price. */
  readonly costUsd: number | null;
  readonly tokens: { readonly input: number; readonly output: number; readonly total: number };
  /** Of answered requests. */
  readonly latencyMs: LatencyFigures;
  /** The part of these figures that a simulator answered: nobody was paid for it. */
  readonly simulated: SimulatedFigures;
}

export interface SimulatedFigures {
  readonly requests: number;
  readonly unpriced: number;
  readonly costUsd: number | null;
}

/** Adds up rows, exactly, in a few dozen words of memory. */
export class Tally {
  readonly #spend = new Spend();
  readonly #simulated = new Spend();
  readonly #latency = new LatencySeries();
  #errors = 0;
  #aborted = 0;
  #cacheHits = 0;
  #input = 0;
  #output = 0;

  add(row: LedgerRow): void {
    if (row.outcome === 'cache_hit') {
      this.#cacheHits += 1;
      return;
    }
    this.#spend.add(row.costPicodollars);
    if (row.simulated) this.#simulated.add(row.costPicodollars);
    if (row.outcome === 'failed') this.#errors += 1;
    if (row.outcome === 'aborted') this.#aborted += 1;
    if (row.outcome === 'answered' && row.latencyMs !== undefined) this.#latency.add(row.latencyMs);
    this.#input += row.usage.inputTokens ?? 0;
    this.#output += row.usage.outputTokens ?? 0;
  }

  merge(other: Tally): void {
    this.#spend.merge(other.#spend);
    this.#simulated.merge(other.#simulated);
    this.#latency.merge(other.#latency);
    this.#errors += other.#errors;
    this.#aborted += other.#aborted;
    this.#cacheHits += other.#cacheHits;
    this.#input += other.#input;
    this.#output += other.#output;
  }

  /** Exact, of the priced requests; `null` when there are requests and none has a price. */
  get picodollars(): bigint | null {
    return this.#spend.known;
  }

  get unpriced(): number {
    return this.#spend.unpriced;
  }

  figures(): Figures {
    const { requests, unpriced } = this.#spend;
    return {
      requests,
      errors: this.#errors,
      aborted: this.#aborted,
      cacheHits: this.#cacheHits,
      unpriced,
      costUsd: usdOrNull(this.#spend.known),
      tokens: { input: this.#input, output: this.#output, total: this.#input + this.#output },
      latencyMs: this.#latency.figures(),
      simulated: {
        requests: this.#simulated.requests,
        unpriced: this.#simulated.unpriced,
        costUsd: usdOrNull(this.#simulated.known),
      },
    };
  }
}

class Spend {
  requests = 0;
  unpriced = 0;
  #picodollars = 0n;

  add(picodollars: bigint | null): void {
    this.requests += 1;
    if (picodollars === null) this.unpriced += 1;
    else this.#picodollars += picodollars;
  }

  merge(other: Spend): void {
    this.requests += other.requests;
    this.unpriced += other.unpriced;
    this.#picodollars += other.#picodollars;
  }

  get known(): bigint | null {
    return this.requests > 0 && this.unpriced === this.requests ? null : this.#picodollars;
  }
}

export function usdOrNull(picodollars: bigint | null): number | null {
  return picodollars === null ? null : usdNumber(picodollars);
}
