import { usdNumber } from './money.ts';
import { toMicroseconds } from './latency.ts';
import { isLocal, type Pricer } from './pricer.ts';
import { readUsage, type UsageSource } from './recorded-usage.ts';
import type { LedgerRow, Outcome } from './row.ts';
import type { TokenUsage } from './usage.ts';
import type { BillingTerms, ServerTools } from './usage/reading.ts';

/** A call as told to the tracker. Tokens are inclusive totals and subsets of them; leave out what you do not know. */
export interface CallRecord extends TokenUsage, BillingTerms {
  /** `provider/model`, a model alone, or any name that `prices` has. */
  readonly model: string;
  /** What the provider said, in its own words: read by `usageFrom`, in place of the counts. @default the counts are all there is */
  readonly source?: UsageSource | undefined;
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
  /** The call that this is an attempt of. @default a call of its own */
  readonly callId?: string | undefined;
  /** The counts are an estimate; they stand in for what `source` does not know. @default false */
  readonly estimated?: boolean | undefined;
  /** How often each tool ran at the provider's: `{ web_search: 2 }`. @default what `source` says */
  readonly serverTools?: ServerTools | undefined;
  /** What the provider says it charged, in USD. @default what `source` says */
  readonly reportedUsd?: number | undefined;
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
  const source: Partial<CallRecord> = typeof given === 'object' && given !== null ? given : {};
  const read = new Reader();
  const outcome = read.outcome(source.outcome);
  const facts = readUsage(source, outcome);
  const { usage, serverTools } = facts;
  const model = read.model(source.model);
  const subject = {
    name: read.text('name', source.name),
    model,
    servedModel: read.text('servedModel', source.servedModel) ?? facts.servedModel,
    local: read.flag('local', source.local) ?? facts.local,
    simulated: read.flag('simulated', source.simulated) ?? false,
    at: read.number('at', source.at) ?? Date.now(),
    outcome,
    usage,
    possiblyBilled: read.flag('possiblyBilled', source.possiblyBilled) ?? false,
    serviceTier: read.text('serviceTier', source.serviceTier) ?? facts.serviceTier,
    speed: read.text('speed', source.speed) ?? facts.speed,
    inferenceGeo: read.text('inferenceGeo', source.inferenceGeo) ?? facts.inferenceGeo,
    parts: facts.parts,
    serverTools,
    reportedUsd: facts.reportedUsd,
  };
  const { serviceTier, speed, inferenceGeo } = subject;
  const latencyMs = read.duration('latencyMs', source.latencyMs);
  const { picodollars, price, parts, unpriced = null } = pricer.bill(subject, facts.problem);

  // One literal, neither spread nor frozen: with so many fields those take three times as long.
  return {
    id,
    callId: read.text('callId', source.callId) ?? id,
    at: subject.at,
    agent: read.text('agent', source.agent),
    name: subject.name,
    model,
    servedModel: subject.servedModel,
    api: facts.api,
    workflow: read.text('workflow', source.workflow),
    task: read.text('task', source.task),
    tags: read.tags(source.tags),
    usage,
    estimated: read.flag('estimated', source.estimated) ?? false,
    parts,
    serverTools,
    terms: (serviceTier ?? speed ?? inferenceGeo) === undefined ? undefined : { serviceTier, speed, inferenceGeo },
    latencyMs,
    firstTokenMs: read.duration('firstTokenMs', source.firstTokenMs),
    durations: facts.durations,
    networkMs: rest(latencyMs, facts.durations?.totalMs),
    outcome,
    code: read.text('code', source.code),
    status: read.number('status', source.status),
    costPicodollars: picodollars,
    costUsd: picodollars === null ? null : usdNumber(picodollars),
    price,
    unpriced,
    simulated: subject.simulated,
    local: isLocal(subject),
    possiblyBilled: subject.possiblyBilled,
    problem: facts.problem ?? read.problem,
  };
}

/** Two clocks are compared: a provider that counts more than passed here leaves nothing for the network. */
function rest(whole: number | undefined, part: number | undefined): number | undefined {
  return whole === undefined || part === undefined ? undefined : toMicroseconds(Math.max(0, whole - part));
}

/** Looks at fields one by one and remembers the first that is not what it should be. Values are handed in: looking them up by name is slow. */
class Reader {
  problem: string | undefined;

  text(field: keyof CallRecord, value: unknown): string | undefined {
    if (value === undefined || value === '') return undefined;
    return typeof value === 'string' ? value : this.#wrong(field, 'no text');
  }

  number(field: keyof CallRecord, value: unknown): number | undefined {
    if (value === undefined) return undefined;
    return typeof value === 'number' && Number.isFinite(value) && value >= 0
      ? value
      : this.#wrong(field, 'no number of at least 0');
  }

  /** What two readings of a clock lie apart has decimals that mean nothing. */
  duration(field: keyof CallRecord, value: unknown): number | undefined {
    const milliseconds = this.number(field, value);
    return milliseconds === undefined ? undefined : toMicroseconds(milliseconds);
  }

  flag(field: keyof CallRecord, value: unknown): boolean | undefined {
    if (value === undefined) return undefined;
    return typeof value === 'boolean' ? value : this.#wrong(field, 'neither true nor false');
  }

  model(value: unknown): string {
    return this.text('model', value) ?? this.#wrong('model', 'missing') ?? 'unknown';
  }

  outcome(outcome: Outcome = 'answered'): Outcome {
    return outcomes.has(outcome) ? outcome : (this.#wrong('outcome', `none of ${[...outcomes].join(', ')}`) ?? 'answered');
  }

  tags(tags: unknown = none): readonly string[] {
    if (tags === none) return none;
    const valid = Array.isArray(tags) && tags.every((tag) => typeof tag === 'string');
    return valid ? Object.freeze([...tags]) : (this.#wrong('tags', 'no array of texts') ?? none);
  }

  #wrong(field: keyof CallRecord, what: string): undefined {
    this.problem ??= `${field} is ${what}`;
  }
}
