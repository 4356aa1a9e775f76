import type { ScriptedAnswer } from './answers.ts';
import type { Exchange } from './exchange.ts';
import type { Fault } from './faults.ts';
import type { OrderBook } from './orders.ts';
import type { PromptCache } from './prompt-cache.ts';
import type { ProviderName } from './provider.ts';
import type { Catalog, Wire } from './wires/wire.ts';

/** What a provider's server needs to know to answer. */
export interface House {
  readonly provider: ProviderName;
  readonly wire: Wire;
  readonly catalog: Catalog;
  readonly cache: PromptCache;
  readonly faults: OrderBook<Fault>;
  readonly answers: OrderBook<ScriptedAnswer>;
  readonly latencyMs: (model: string) => number;
  readonly chunkIntervalMs: (model: string) => number;
}

/** One request on its way through the house. */
export interface Visit {
  readonly exchange: Exchange;
  readonly house: House;
  readonly id: string;
  readonly requestId: string;
  /** What every answer carries. */
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds since the request came. */
  readonly elapsedMs: () => number;
}
