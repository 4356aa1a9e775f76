import { checkNames } from './check-options.ts';
import { genaiPrices } from './genai-prices.ts';
import { usdNumber, usdText } from './money.ts';
import { readPrices, type Price } from './own-prices.ts';
import type { PriceSource } from './price-source.ts';
import { Pricer } from './pricer.ts';
import type { LedgerRow } from './row.ts';

export interface RepriceOptions {
  /** Rows to price again. @default the latest of the tracker */
  readonly rows?: readonly LedgerRow[] | undefined;
  /** @default those of the tracker, or none where `priceSource` is given */
  readonly prices?: Readonly<Record<string, Price>> | undefined;
  /** @default that of the tracker, or `genaiPrices()` where `prices` are given */
  readonly priceSource?: PriceSource | undefined;
}

/** The same rows at other prices. */
export interface Repricing {
  /** Copies, in the same order. */
  readonly rows: readonly LedgerRow[];
  /** What the priced ones among the rows had cost, exactly. */
  readonly beforeUsd: string;
  /** What the priced ones among the copies cost, exactly. */
  readonly afterUsd: string;
  /** How many rows cost something else now, or have a price that had none, or the other way round. */
  readonly changed: number;
  /** How many have no price now. */
  readonly unpriced: number;
}

/** Prices rows again by what they used, at the time they were made. What a provider reported as its charge stays. */
export function reprice(latest: readonly LedgerRow[], options: RepriceOptions, tracker: Pricer): Repricing {
  checkNames(options, ['rows', 'prices', 'priceSource']);
  const { rows: given = latest, prices, priceSource } = options;
  const other = prices !== undefined || priceSource !== undefined;
  const pricer = other ? new Pricer(readPrices(prices ?? {}), priceSource ?? genaiPrices()) : tracker;
  const rows = given.map((row) => repriced(row, pricer));
  return {
    rows,
    beforeUsd: total(given),
    afterUsd: total(rows),
    changed: rows.filter(({ costPicodollars }, index) => costPicodollars !== given[index]?.costPicodollars).length,
    unpriced: rows.filter(({ costPicodollars }) => costPicodollars === null).length,
  };
}

function repriced(row: LedgerRow, pricer: Pricer): LedgerRow {
  if (row.price?.source === 'reported') return row;
  const { picodollars, price, parts, unpriced = null } = pricer.bill({ ...row, ...row.terms }, badUsage(row));
  return {
    ...row,
    costPicodollars: picodollars,
    costUsd: picodollars === null ? null : usdNumber(picodollars),
    price,
    parts,
    unpriced,
  };
}

/** What was wrong with the usage stays wrong. */
function badUsage({ unpriced }: LedgerRow): string | undefined {
  return unpriced?.code === 'bad_usage' ? unpriced.reason : undefined;
}

function total(rows: readonly LedgerRow[]): string {
  return usdText(rows.reduce((sum, { costPicodollars }) => sum + (costPicodollars ?? 0n), 0n));
}
