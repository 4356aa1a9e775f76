import type { Baseline } from './baseline.ts';
import { toRow, type CallRecord } from './call-record.ts';
import { writeLedger } from './export-json.ts';
import { genaiPrices, loadGenaiPrices } from './genai-prices.ts';
import { Ledger } from './ledger.ts';
import type { TrackedModel, TrackedRequest, TrackedResponse } from './model-call.ts';
import { readPrices, type Price } from './own-prices.ts';
import type { PriceSource } from './price-source.ts';
import { Pricer } from './pricer.ts';
import { reportText, type ReportOptions } from './report.ts';
import type { LedgerRow } from './row.ts';
import { SeenAttempts } from './seen-attempts.ts';
import type { Summary } from './summary.ts';
import { Warnings } from './warnings.ts';
import { wrapModel, type Book } from './wrap.ts';

export interface CostTrackerOptions {
  /**
   * Own prices, asked first, by named model, `provider/model`, model alone, or served model.
   * USD per million tokens, `perThousand(usd)` or `free`. @default {}
   */
  readonly prices?: Readonly<Record<string, Price>> | undefined;
  /** Asked for what own prices do not answer. @default genaiPrices() */
  readonly priceSource?: PriceSource | undefined;
  /** What savings are measured against: a model, on the same tokens, or a stated cost per workflow. @default none */
  readonly baseline?: Baseline | undefined;
  /** How many rows stay whole; sums cover all there ever were. @default 10_000 */
  readonly keepRows?: number | undefined;
  /** How many agents, models and workflows are kept apart; the rest is under `__other__`. @default 2_000 */
  readonly maxGroups?: number | undefined;
}

const optionNames: ReadonlySet<string> = new Set<keyof CostTrackerOptions>([
  'prices',
  'priceSource',
  'baseline',
  'keepRows',
  'maxGroups',
]);

/**
 * A ledger of model calls: tokens, latency and exact cost, by agent, model and workflow.
 *
 * @example
 * const tracker = new CostTracker({ prices: { 'gpt-4': perThousand(0.03) }, baseline: 'gpt-4' });
 * tracker.record({ agent: 'researcher', model: 'gpt-4', inputTokens: 800, outputTokens: 700, latencyMs: 1200 });
 * console.log(tracker.report());
 *
 * @throws {TypeError} when an option is not what it should be.
 */
export class CostTracker {
  /** The same model, with a ledger row per attempt; bound, so that it can be passed on: `wrap: [tracker.wrap]`. */
  readonly wrap: <Request extends TrackedRequest, Response extends TrackedResponse>(
    next: TrackedModel<Request, Response>,
  ) => TrackedModel<Request, Response>;
  readonly #pricer: Pricer;
  readonly #ledger: Ledger;
  readonly #warnings = new Warnings();

  constructor(options: CostTrackerOptions = {}) {
    checkOptions(options);
    const { prices = {}, priceSource = genaiPrices(), baseline, keepRows = 10_000, maxGroups = 2_000 } = options;
    this.#pricer = new Pricer(readPrices(prices), priceSource);
    this.#ledger = new Ledger({ pricer: this.#pricer, keepRows, maxGroups, baseline });

    const book: Book = {
      enter: (id, record) => this.#enter(id, record),
      seen: new SeenAttempts(),
      fault: (error) => this.#warnings.once('fault', `The cost tracker failed, and a call has no row: ${String(error)}`),
    };
    this.wrap = (next) => wrapModel(book, next);
  }

  /** Reads the price table now (about 50 ms) instead of at the first look-up. */
  static warm(): void {
    loadGenaiPrices();
  }

  /** Enters one call by hand. A wrong record is no error: the row that is returned says what is wrong with it. */
  record(call: CallRecord): LedgerRow {
    return this.#enter(crypto.randomUUID(), call);
  }

  /** The latest rows, oldest first. */
  rows(): LedgerRow[] {
    return this.#ledger.rows();
  }

  /** What it all came to. */
  summary(): Summary {
    return this.#ledger.summary();
  }

  /** The summary as tables for a terminal. */
  report(options: ReportOptions = {}): string {
    return reportText(this.summary(), options);
  }

  /** Writes summary and rows to a JSON file, in one step: a reader sees the old file or the new one. */
  async exportJson(path: string): Promise<void> {
    await writeLedger(path, this.summary(), this.rows());
  }

  #enter(id: string, record: CallRecord): LedgerRow {
    const row = toRow(id, record, this.#pricer);
    if (row.problem !== undefined) {
      this.#warnings.once('bad_record', `A call of ${row.model} was recorded wrongly: ${row.problem}`, row.problem);
    }
    if (row.unpriced && hints[row.unpriced.code] !== undefined) {
      this.#warnings.once(
        row.unpriced.code,
        `A call has no price, and is counted as unpriced: ${row.unpriced.reason}. ${hints[row.unpriced.code]}`,
      );
    }
    this.#ledger.add(row);
    return row;
  }
}

/** What a user can do about it. The other reasons are the provider's, and only counted. */
const hints: Readonly<Record<string, string | undefined>> = {
  no_price: 'Add it to `prices`, or mark the call `local: true` if nobody sends a bill.',
  no_rate: 'Add the model to `prices`, with that rate.',
  price_source_failed: 'Own prices still work.',
};

function checkOptions(options: CostTrackerOptions): void {
  const { keepRows, maxGroups, baseline, priceSource } = options;
  const unknown = Object.keys(options).find((name) => !optionNames.has(name));
  if (unknown !== undefined) throw new TypeError(`${unknown}: no such option; there are ${[...optionNames].join(', ')}`);
  if (keepRows !== undefined && !(Number.isSafeInteger(keepRows) && keepRows >= 0)) {
    throw new TypeError(`keepRows: ${String(keepRows)} is not a whole number of at least 0`);
  }
  if (maxGroups !== undefined && !(Number.isSafeInteger(maxGroups) && maxGroups >= 1)) {
    throw new TypeError(`maxGroups: ${String(maxGroups)} is not a whole number of at least 1`);
  }
  if (priceSource !== undefined && typeof priceSource?.resolve !== 'function') {
    throw new TypeError('priceSource: not an object with resolve(provider, model, at)');
  }
  if (baseline !== undefined && !isBaseline(baseline)) {
    throw new TypeError(`baseline: ${JSON.stringify(baseline)} is neither a model nor { costPerWorkflowUsd } of at least 0`);
  }
}

function isBaseline(baseline: unknown): boolean {
  if (typeof baseline === 'string') return baseline !== '';
  const usd = (baseline as { costPerWorkflowUsd?: unknown } | null)?.costPerWorkflowUsd;
  return typeof usd === 'number' && Number.isFinite(usd) && usd >= 0;
}
