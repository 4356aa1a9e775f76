import type { PriceUsed } from '../bill.ts';
import { BoundedMap } from '../bounded-map.ts';
import { usdNumber } from '../money.ts';
import type { Rates } from '../price-source.ts';
import type { LedgerRow } from '../row.ts';
import type { TokenUsage } from '../usage.ts';
import type { ProviderDurations } from '../usage/reading.ts';

/** Raised when a field changes its meaning; new fields alone do not raise it. */
const schemaVersion = 1;

/** A row that cannot be read: half of it is missing, or a later edition wrote it. */
export type Unreadable = 'broken' | 'newer';

/** Who asked whom: fields that stand together in a line. */
type Asked = Pick<LedgerRow, 'agent' | 'name' | 'model' | 'servedModel' | 'api'>;

/** Writes rows as lines of JSON. Built by hand, which takes a third of the time of `JSON.stringify`: this runs with every call. */
export class RowLines {
  /** A price is written often, and always the same. */
  readonly #prices = new WeakMap<Rates, { readonly price: PriceUsed; readonly text: string }>();
  /** An agent mostly asks what it asked before. */
  readonly #asked = new BoundedMap<{ asked: Asked; text: string }>(1_000);

  /** One line, with its end. What has its usual value is left out. */
  of(row: LedgerRow): string {
    const { id, callId, usage, costPicodollars, price, unpriced } = row;
    let line = `{"v":${schemaVersion},"id":${quoted(id)},"at":${row.at}`;
    if (callId !== undefined && callId !== id) line += `,"callId":${quoted(callId)}`;
    line += this.#askedText(row);
    if (row.workflow !== undefined) line += `,"workflow":${quoted(row.workflow)}`;
    if (row.task !== undefined) line += `,"task":${quoted(row.task)}`;
    if (row.tags.length > 0) line += `,"tags":${JSON.stringify(row.tags)}`;
    line += `,"usage":${usageText(usage)}`;
    if (row.estimated) line += ',"estimated":true';
    if (row.parts !== undefined) line += `,"parts":${JSON.stringify(row.parts)}`;
    if (row.serverTools !== undefined) line += `,"serverTools":${JSON.stringify(row.serverTools)}`;
    if (row.terms !== undefined) line += `,"terms":${JSON.stringify(row.terms)}`;
    if (row.latencyMs !== undefined) line += `,"latencyMs":${row.latencyMs}`;
    if (row.firstTokenMs !== undefined) line += `,"firstTokenMs":${row.firstTokenMs}`;
    if (row.durations !== undefined) line += `,"durations":${countsText(row.durations)}`;
    if (row.networkMs !== undefined) line += `,"networkMs":${row.networkMs}`;
    line += `,"outcome":"${row.outcome}"`;
    if (row.code !== undefined) line += `,"code":${quoted(row.code)}`;
    if (row.status !== undefined) line += `,"status":${row.status}`;
    // JSON has no whole numbers of that size.
    const picodollars = costPicodollars === null ? 'null' : `"${costPicodollars}"`;
    line += `,"costPicodollars":${picodollars},"costUsd":${row.costUsd}`;
    if (price !== null) line += this.#priceText(price);
    if (unpriced !== null) line += `,"unpriced":${JSON.stringify(unpriced)}`;
    if (row.simulated) line += ',"simulated":true';
    if (row.local) line += ',"local":true';
    if (row.possiblyBilled) line += ',"possiblyBilled":true';
    if (row.problem !== undefined) line += `,"problem":${quoted(row.problem)}`;
    return `${line}}\n`;
  }

  #askedText(row: LedgerRow): string {
    const { agent, name, model, servedModel, api } = row;
    const known = this.#asked.get(agent ?? '');
    if (known && sameAsked(known.asked, row)) return known.text;
    const asked = { agent, name, model, servedModel, api };
    const text = `,${JSON.stringify(asked).slice(1, -1)}`;
    if (known) Object.assign(known, { asked, text });
    else this.#asked.add(agent ?? '', { asked, text });
    return text;
  }

  #priceText(price: PriceUsed): string {
    const { rates } = price;
    const known = rates === null ? undefined : this.#prices.get(rates);
    if (known && same(known.price, price)) return known.text;
    const text = `,"price":${JSON.stringify(price)}`;
    if (rates !== null) this.#prices.set(rates, { price, text });
    return text;
  }
}

function sameAsked(a: Asked, b: Asked): boolean {
  return a.agent === b.agent && a.name === b.name && a.model === b.model && a.servedModel === b.servedModel && a.api === b.api;
}

function same(a: PriceUsed, b: PriceUsed): boolean {
  return (
    a.source === b.source &&
    a.match === b.match &&
    a.version === b.version &&
    a.multiplier === b.multiplier &&
    a.feesUsd === b.feesUsd &&
    a.approximate === b.approximate
  );
}

/** Letters, digits and signs that JSON writes as they are. */
const plain = /^[\w \-.:/@+#]*$/;

function quoted(text: string): string {
  return plain.test(text) ? `"${text}"` : JSON.stringify(text);
}

/** Most usage has these two counts and no other. */
function usageText(usage: TokenUsage): string {
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, cacheWrite1hTokens } = usage;
  const { reasoningTokens, audioInputTokens, audioOutputTokens } = usage;
  const cached = cacheReadTokens ?? cacheWriteTokens ?? cacheWrite1hTokens;
  const others = cached ?? reasoningTokens ?? audioInputTokens ?? audioOutputTokens;
  if (others !== undefined || inputTokens === undefined || outputTokens === undefined) return countsText(usage);
  return `{"inputTokens":${inputTokens},"outputTokens":${outputTokens}}`;
}

function countsText(counts: TokenUsage | ProviderDurations): string {
  let text = '{';
  for (const name in counts) {
    const count = (counts as Readonly<Record<string, number | undefined>>)[name];
    if (count !== undefined) text += text === '{' ? `"${name}":${count}` : `,"${name}":${count}`;
  }
  return `${text}}`;
}

/** Reads a line back. The row is equal to the one that was written. */
export function rowOf(line: string): LedgerRow | Unreadable {
  let fields: Partial<LedgerRow> & { readonly v?: unknown };
  try {
    fields = JSON.parse(line) as typeof fields;
  } catch {
    return 'broken';
  }
  if (typeof fields !== 'object' || fields === null) return 'broken';
  const { v, ...row } = fields;
  if (typeof v === 'number' && v > schemaVersion) return 'newer';
  const cost = costOf(row.costPicodollars);
  if (v !== schemaVersion || cost === undefined || !isRow(row)) return 'broken';
  return {
    callId: row.id,
    tags: [],
    estimated: false,
    price: null,
    unpriced: null,
    simulated: false,
    local: false,
    possiblyBilled: false,
    ...row,
    costPicodollars: cost,
    costUsd: cost === null ? null : usdNumber(cost),
  };
}

/** `undefined` for what is no cost. */
function costOf(text: unknown): bigint | null | undefined {
  if (text === null) return null;
  return typeof text === 'string' && /^\d+$/.test(text) ? BigInt(text) : undefined;
}

type Essential = Pick<LedgerRow, 'id' | 'at' | 'model' | 'usage' | 'outcome'>;

function isRow(row: Partial<LedgerRow>): row is Partial<LedgerRow> & Essential {
  const { id, at, model, usage, outcome } = row;
  const complete = typeof id === 'string' && typeof at === 'number' && typeof model === 'string' && typeof outcome === 'string';
  return complete && typeof usage === 'object' && usage !== null;
}
