import { CacheTally, type CacheFigures } from './cache-tally.ts';
import type { Entry } from './entry.ts';
import { LatencySeries, type LatencyFigures } from './latency.ts';
import { usdNumber } from './money.ts';
import { Spend } from './spend.ts';

/**
 * Shorter than this, what was timed is not the model: an answer that lay ready in a buffer comes in one piece, and TCP alone may hold
 * the last of it back for 40 ms. A simulator, too, says how long it took, which is next to nothing.
 */
const shortestGeneratingMs = 50;

/** What a set of calls came to. */
export interface Figures {
  /** Calls made to a backend, failed ones included. */
  readonly requests: number;
  /** Those that failed. */
  readonly errors: number;
  /** Those that the caller ended. */
  readonly aborted: number;
  /** The part of the requests that failed; `null` without any. */
  readonly errorRate: number | null;
  /** Answers from a cache: free, and not among the requests. */
  readonly cacheHits: number;
  /** Requests whose cost cannot be known; `costUsd` is without them. */
  readonly unpriced: number;
  /** What the priced requests cost; `null` when there are requests and none has a price. */
  readonly costUsd: number | null;
  readonly tokens: { readonly input: number; readonly output: number; readonly total: number };
  readonly cache: CacheFigures;
  /** The part of the cost that brought no answer. */
  readonly wasted: WastedFigures;
  /** Of answered requests. */
  readonly latencyMs: LatencyFigures;
  /** Until the first token, of answered requests that were streamed. */
  readonly firstTokenMs: LatencyFigures;
  /**
   * Of answered requests, over the time that the provider says it took, else from the first token, else from the start. Requests of
   * less than 50 ms are left out: that says nothing about a model. `null` without any.
   */
  readonly outputTokensPerSecond: number | null;
  /** The part of these figures that a simulator answered: nobody was paid for it. */
  readonly simulated: PartFigures;
  /** The part whose tokens are an estimate: the provider did not say how many there were. */
  readonly estimated: PartFigures;
  /** The part whose price may be off a little, for a reason that stands in each row. */
  readonly approximate: PartFigures;
}

/** `null` when there are such requests and none has a price. */
export interface WastedFigures {
  /** What failed requests cost. */
  readonly failedUsd: number | null;
  /** What requests cost that the caller ended. */
  readonly abortedUsd: number | null;
}

/** Requests among others, and what they come to. */
export interface PartFigures {
  readonly requests: number;
  readonly unpriced: number;
  readonly costUsd: number | null;
}

/** Adds up rows, exactly, in a few dozen words of memory. */
export class Tally {
  // What most calls change comes first: of thousands of groups, few are in the processor's cache, which takes them in by 64 bytes.
  readonly #spend = new Spend();
  readonly #latency: LatencySeries;
  #firstToken: LatencySeries | undefined;
  #endedWell = false;
  #input = 0;
  #output = 0;
  #generated = 0;
  #generatingMs = 0;
  // Most groups have none of these, and there is a group for every workflow.
  #cache: CacheTally | undefined;
  #failed: Spend | undefined;
  #aborted: Spend | undefined;
  #simulated: Spend | undefined;
  #estimated: Spend | undefined;
  #approximate: Spend | undefined;
  #cacheHits = 0;
  readonly #exact: number | undefined;

  /** `exact`: up to how many values its percentiles are exact. @default 1_000 */
  constructor(exact?: number) {
    this.#exact = exact;
    this.#latency = new LatencySeries(exact);
  }

  add(entry: Entry): void {
    const { row, amount } = entry;
    const { costPicodollars } = row;
    this.#endedWell = row.outcome === 'answered' || row.outcome === 'cache_hit';
    if (row.outcome === 'cache_hit') {
      this.#cacheHits += 1;
      return;
    }
    this.#spend.add(costPicodollars, amount);
    if (row.simulated) (this.#simulated ??= new Spend()).add(costPicodollars, amount);
    if (row.estimated) (this.#estimated ??= new Spend()).add(costPicodollars, amount);
    if (entry.approximate) (this.#approximate ??= new Spend()).add(costPicodollars, amount);
    if (entry.cacheUse) (this.#cache ??= new CacheTally()).add(entry.cacheUse);
    if (row.outcome === 'failed') (this.#failed ??= new Spend()).add(costPicodollars, amount);
    if (row.outcome === 'aborted') (this.#aborted ??= new Spend()).add(costPicodollars, amount);
    if (row.outcome === 'answered') this.#time(entry);
    this.#input += row.usage.inputTokens ?? 0;
    this.#output += row.usage.outputTokens ?? 0;
  }

  #time({ row, latencyBucket, firstTokenBucket }: Entry): void {
    const { latencyMs, firstTokenMs, durations, usage } = row;
    const { outputTokens } = usage;
    if (latencyMs !== undefined) this.#latency.add(latencyMs, latencyBucket);
    if (firstTokenMs !== undefined) (this.#firstToken ??= new LatencySeries(this.#exact)).add(firstTokenMs, firstTokenBucket);
    const generatingMs = durations?.outputMs ?? (latencyMs ?? 0) - (firstTokenMs ?? 0);
    if (outputTokens === undefined || generatingMs < shortestGeneratingMs) return;
    this.#generated += outputTokens;
    this.#generatingMs += generatingMs;
  }

  merge(other: Tally): void {
    this.#spend.merge(other.#spend);
    if (other.#simulated) (this.#simulated ??= new Spend()).merge(other.#simulated);
    if (other.#estimated) (this.#estimated ??= new Spend()).merge(other.#estimated);
    if (other.#approximate) (this.#approximate ??= new Spend()).merge(other.#approximate);
    this.#latency.merge(other.#latency);
    if (other.#cache) (this.#cache ??= new CacheTally()).merge(other.#cache);
    if (other.#firstToken) (this.#firstToken ??= new LatencySeries(this.#exact)).merge(other.#firstToken);
    if (other.#failed) (this.#failed ??= new Spend()).merge(other.#failed);
    if (other.#aborted) (this.#aborted ??= new Spend()).merge(other.#aborted);
    this.#generated += other.#generated;
    this.#generatingMs += other.#generatingMs;
    this.#cacheHits += other.#cacheHits;
    this.#input += other.#input;
    this.#output += other.#output;
  }

  /** Exact, of the priced requests; `null` when there are requests and none has a price. */
  get picodollars(): bigint | null {
    return this.#spend.known;
  }

  /** The last of its calls was answered, by a model or from a cache. */
  get endedWell(): boolean {
    return this.#endedWell;
  }

  get unpriced(): number {
    return this.#spend.unpriced;
  }

  figures(): Figures {
    const { requests, unpriced } = this.#spend;
    const failed = this.#failed ?? nothing;
    const aborted = this.#aborted ?? nothing;
    return {
      requests,
      errors: failed.requests,
      aborted: aborted.requests,
      errorRate: requests === 0 ? null : failed.requests / requests,
      cacheHits: this.#cacheHits,
      unpriced,
      costUsd: usdOrNull(this.#spend.known),
      tokens: { input: this.#input, output: this.#output, total: this.#input + this.#output },
      cache: (this.#cache ?? noCache).figures(this.#input),
      wasted: { failedUsd: usdOrNull(failed.known), abortedUsd: usdOrNull(aborted.known) },
      latencyMs: this.#latency.figures(),
      firstTokenMs: (this.#firstToken ?? noTimes).figures(),
      outputTokensPerSecond: this.#generatingMs === 0 ? null : this.#generated / (this.#generatingMs / 1_000),
      simulated: partOf(this.#simulated),
      estimated: partOf(this.#estimated),
      approximate: partOf(this.#approximate),
    };
  }
}

function partOf({ requests, unpriced, known }: Spend = nothing): PartFigures {
  return { requests, unpriced, costUsd: usdOrNull(known) };
}

export function usdOrNull(picodollars: bigint | null): number | null {
  return picodollars === null ? null : usdNumber(picodollars);
}

// What groups show that have none of it; never added to.
const nothing = new Spend();
const noCache = new CacheTally();
const noTimes = new LatencySeries();
