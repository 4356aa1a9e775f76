import { usdNumber } from './money.ts';
import { isLocal, type Pricer } from './pricer.ts';
import type { LedgerRow, Outcome } from './row.ts';
import { checkUsage, type TokenUsage } from './usage.ts';

/** A call as told to the tracker. Tokens are inclusive totals and subsets of them; leave out what you do not know. */
export interface CallRecord extends TokenUsage {
  /** `provider/model`, a model alone, or any name that `prices` has. */
  readonly model: string;
  readonly agent?: string | undefined;
  /** The named model of a router. */
  readonly name?: string | undefined;
  /** The model id the provider says it served. */
  readonly servedModel?: string | undefined;
  /** The id of the run it belongs to: costs per workflow are counted by it. */
  readonly workflow?: string | undefined;
  readonly task?: string | undefined;
  /** @default [] */
  readonly tags?: readonly string[] | undefined;
  readonly latencyMs?: number | undefined;
  /** Milliseconds until the first token. */
  readonly firstTokenMs?: number | undefined;
  /** When it began, in epoch milliseconds. @default now */
  readonly at?: number | undefined;
  /** @default 'answered' */
  readonly outcome?: Outcome | undefined;
  /** Why it failed. */
  readonly code?: string | undefined;
  /** The HTTP status, if there was one. */
  readonly status?: number | undefined;
  /** It failed, and yet the provider may have charged for it. @default false */
  readonly possiblyBilled?: boolean | undefined;
  /** A simulator answered: nobody was paid. @default false */
  readonly simulated?: boolean | undefined;
  /** It ran on the caller's own machines. @default true for Ollama's models, except those in its cloud */
  readonly local?: boolean | undefined;
}

const outcomes: ReadonlySet<unknown> = new Set<Outcome>(['answered', 'failed', 'aborted', 'cache_hit']);

const none: readonly string[] = Object.freeze([]);

/** Makes a row of a record. Never throws: what is wrong in the record is left out of the row, and the row says so. */
export function toRow(id: string, given: CallRecord, pricer: Pricer): LedgerRow {
  // A caller without a compiler may hand over anything.
  const read = new Reader(typeof given === 'object' && given !== null ? given : {});
  const outcome = read.outcome();
  // What a cache hit repeats was paid for when it was first used.
  const { usage, problem: usageProblem } = outcome === 'cache_hit' ? { usage: {} } : checkUsage(read.source);
  const subject = {
    name: read.text('name'),
    model: read.model(),
    servedModel: read.text('servedModel'),
    local: read.flag('local'),
    at: read.number('at') ?? Date.now(),
    outcome,
    usage,
    possiblyBilled: read.flag('possiblyBilled') ?? false,
  };
  const { picodollars, price, unpriced = null } = pricer.bill(subject, usageProblem);

  // One literal, neither spread nor frozen: with so many fields those take three times as long.
  return {
    id,
    at: subject.at,
    agent: read.text('agent'),
    name: subject.name,
    model: subject.model,
    servedModel: subject.servedModel,
    workflow: read.text('workflow'),
    task: read.text('task'),
    tags: read.tags(),
    usage,
    latencyMs: read.number('latencyMs'),
    firstTokenMs: read.number('firstTokenMs'),
    outcome,
    code: read.text('code'),
    status: read.number('status'),
    costPicodollars: picodollars,
    costUsd: picodollars === null ? null : usdNumber(picodollars),
    price,
    unpriced,
    simulated: read.flag('simulated') ?? false,
    local: isLocal(subject),
    possiblyBilled: subject.possiblyBilled,
    problem: usageProblem ?? read.problem,
  };
}

/** Reads fields one by one and remembers the first that is not what it should be. */
class Reader {
  readonly source: Partial<CallRecord>;
  problem: string | undefined;

  constructor(source: Partial<CallRecord>) {
    this.source = source;
  }

  text(field: keyof CallRecord): string | undefined {
    const value: unknown = this.source[field];
    if (value === undefined || value === '') return undefined;
    return typeof value === 'string' ? value : this.#wrong(field, 'no text');
  }

  number(field: keyof CallRecord): number | undefined {
    const value: unknown = this.source[field];
    if (value === undefined) return undefined;
    return typeof value === 'number' && Number.isFinite(value) && value >= 0
      ? value
      : this.#wrong(field, 'no number of at least 0');
  }

  flag(field: keyof CallRecord): boolean | undefined {
    const value: unknown = this.source[field];
    if (value === undefined) return undefined;
    return typeof value === 'boolean' ? value : this.#wrong(field, 'neither true nor false');
  }

  model(): string {
    return this.text('model') ?? this.#wrong('model', 'missing') ?? 'unknown';
  }

  outcome(): Outcome {
    const { outcome = 'answered' } = this.source;
    return outcomes.has(outcome) ? outcome : (this.#wrong('outcome', `none of ${[...outcomes].join(', ')}`) ?? 'answered');
  }

  tags(): readonly string[] {
    const tags: unknown = this.source.tags ?? none;
    if (tags === none) return none;
    const valid = Array.isArray(tags) && tags.every((tag) => typeof tag === 'string');
    return valid ? Object.freeze([...tags]) : (this.#wrong('tags', 'no array of texts') ?? none);
  }

  #wrong(field: keyof CallRecord, what: string): undefined {
    this.problem ??= `${field} is ${what}`;
  }
}
