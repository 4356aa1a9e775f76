import type { BilledPart, PriceUsed } from './bill.ts';
import type { Unpriced } from './charge.ts';
import type { TokenUsage } from './usage.ts';
import type { BillingTerms, ProviderDurations, ServerTools } from './usage/reading.ts';

/** How a call ended. */
export type Outcome = 'answered' | 'failed' | 'aborted' | 'cache_hit';

/** One call to one backend: what was asked of whom, what it used, and what that cost. */
export interface LedgerRow {
  readonly id: string;
  /** The call that this is an attempt of: the retries of an SDK share it. @default `id` */
  readonly callId?: string | undefined;
  /** When it began, in epoch milliseconds. */
  readonly at: number;
  /** Who asked. */
  readonly agent?: string | undefined;
  /** The named model of a router. */
  readonly name?: string | undefined;
  /** `provider/model`. */
  readonly model: string;
  /** The model id the provider says it served. */
  readonly servedModel?: string | undefined;
  /** `chat.completions`, `responses`, `embeddings`, `messages`, `ollama.chat` or `ollama.generate`, where it is known. */
  readonly api?: string | undefined;
  /** The id of the run it belongs to. */
  readonly workflow?: string | undefined;
  readonly task?: string | undefined;
  readonly tags: readonly string[];
  readonly usage: TokenUsage;
  /** The usage is an estimate: a stream ended before the provider said. @default false */
  readonly estimated?: boolean | undefined;
  /** What was billed one by one, where several passes or models took part. */
  readonly parts?: readonly BilledPart[] | undefined;
  /** How often each tool ran at the provider's. */
  readonly serverTools?: ServerTools | undefined;
  /** How it was served, where that changes the price. */
  readonly terms?: BillingTerms | undefined;
  readonly latencyMs?: number | undefined;
  readonly firstTokenMs?: number | undefined;
  /** What the provider says its own work took. */
  readonly durations?: ProviderDurations | undefined;
  /** The rest of the latency: what the provider did not account for. */
  readonly networkMs?: number | undefined;
  readonly outcome: Outcome;
  /** Why it failed. */
  readonly code?: string | undefined;
  /** The HTTP status, if there was one. */
  readonly status?: number | undefined;
  /** Exact, in 1e-12 USD; `null` if it cannot be known. */
  readonly costPicodollars: bigint | null;
  /** The same for display and JSON. */
  readonly costUsd: number | null;
  /** Where the cost comes from. */
  readonly price: PriceUsed | null;
  /** Why there is no cost. */
  readonly unpriced: Unpriced | null;
  /** A simulator answered: nobody was paid. */
  readonly simulated: boolean;
  /** It ran on the caller's own machines. */
  readonly local: boolean;
  /** It failed, and yet the provider may have charged for it. */
  readonly possiblyBilled: boolean;
  /** What was wrong with the record this row was made from. */
  readonly problem?: string | undefined;
}
