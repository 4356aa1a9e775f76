import { picodollarsFor, tokenRate, usdNumber } from './money.ts';
import type { Rates } from './price-source.ts';
import type { LedgerRow } from './row.ts';
import type { TokenUsage } from './usage.ts';

/** What the prompt caches of the providers did. */
export interface CacheFigures {
  /** Input tokens read from a cache. */
  readonly readTokens: number;
  /** Input tokens written to one. */
  readonly writtenTokens: number;
  /** The part of all input that was read from a cache; `null` without input. */
  readonly hitRate: number | null;
  /**
   * What that saved, each call at its own rates: cheaper reads, less what writing cost on top.
   * Negative where more was written than read; `null` where tokens were cached and no rates are known.
   */
  readonly savedUsd: number | null;
}

/** What a prompt cache did for one request. */
export interface CacheUse {
  readonly readTokens: number;
  readonly writtenTokens: number;
  /** `null` where no rates are known. */
  readonly saved: bigint | null;
}

/** `undefined` where no cache had part in it. Of several passes, those with rates count. */
export function cacheUseOf({ usage, price, parts }: LedgerRow): CacheUse | undefined {
  const { cacheReadTokens: readTokens = 0, cacheWriteTokens: writtenTokens = 0 } = usage;
  if (readTokens === 0 && writtenTokens === 0) return undefined;
  const bills = parts?.map((part) => ({ usage: part.usage, rates: part.price?.rates })) ?? [{ usage, rates: price?.rates }];
  const savings = bills.flatMap((bill) => (bill.rates ? [savingOf(bill.usage, bill.rates)] : []));
  const saved = savings.length === 0 ? null : savings.reduce((sum, saving) => sum + saving);
  return { readTokens, writtenTokens, saved };
}

/** Adds up what caching saved, of the requests that it had part in. */
export class CacheTally {
  #read = 0;
  #written = 0;
  #saved = 0n;
  #known = 0;
  #unknown = 0;

  add({ readTokens, writtenTokens, saved }: CacheUse): void {
    this.#read += readTokens;
    this.#written += writtenTokens;
    this.#saved += saved ?? 0n;
    if (saved === null) this.#unknown += 1;
    else this.#known += 1;
  }

  merge(other: CacheTally): void {
    this.#read += other.#read;
    this.#written += other.#written;
    this.#saved += other.#saved;
    this.#known += other.#known;
    this.#unknown += other.#unknown;
  }

  /** `input` is that of all requests, also of those that no cache had part in. */
  figures(input: number): CacheFigures {
    return {
      readTokens: this.#read,
      writtenTokens: this.#written,
      hitRate: input === 0 ? null : this.#read / input,
      savedUsd: this.#unknown > 0 && this.#known === 0 ? null : usdNumber(this.#saved),
    };
  }
}

/** The cached tokens at the plain rate of input, less what they cost. */
function savingOf(usage: TokenUsage, rates: Rates): bigint {
  const { cacheReadTokens = 0, cacheWriteTokens = 0, cacheWrite1hTokens = 0 } = usage;
  const difference = (tokens: number, rate: number | undefined): bigint =>
    rate === undefined ? 0n : picodollarsFor(tokens, tokenRate(rates.input)) - picodollarsFor(tokens, tokenRate(rate));
  return (
    difference(cacheReadTokens, rates.cacheRead) +
    difference(cacheWriteTokens - cacheWrite1hTokens, rates.cacheWrite) +
    difference(cacheWrite1hTokens, rates.cacheWrite1h ?? rates.cacheWrite)
  );
}
