import type { Attribution } from './attribution.ts';
import type { Book } from './book.ts';
import type { Hold } from './budgets.ts';
import type { CallRecord } from './call-record.ts';
import type { TrackedAttempt, TrackedMetadata, TrackedRequest, TrackedUsage } from './model-call.ts';
import type { Outcome } from './row.ts';
import type { Stopwatch } from './stopwatch.ts';
import { textBytes, tokensIn } from './text-tokens.ts';
import type { WrappedCall } from './wrapped-call.ts';

/** One call of a wrapped model. */
export interface Call {
  readonly book: Book;
  /** The wrapped model that was called. */
  readonly by: object;
  readonly request: TrackedRequest;
  readonly who: Attribution;
  readonly id: string | undefined;
  /** What tracked clients do for it. */
  readonly http: WrappedCall | undefined;
  /** What budgets hold for it. */
  readonly hold: Hold | undefined;
  readonly watch: Stopwatch;
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** What is not measured here. */
type AttemptFacts = Omit<TrackedAttempt, 'id' | 'name' | 'startedAt' | 'waitMs' | 'durationMs' | 'firstTokenMs' | 'costUsd'>;

/** What is not known is left out: attempts are read by people, in logs. */
export function newAttempt({ book, request, watch }: Call, facts: AttemptFacts): Writable<TrackedAttempt> {
  const { model, outcome, servedModel, code, reason, status, usage, possiblyBilled, simulated, local } = facts;
  const { startedAt, firstTokenMs } = watch;
  const attempt: Writable<TrackedAttempt> = {
    id: book.ids.next(),
    model,
    startedAt,
    waitMs: 0,
    durationMs: watch.elapsedMs(),
    outcome,
  };
  if (request.model !== undefined) attempt.name = request.model;
  if (servedModel !== undefined) attempt.servedModel = servedModel;
  if (firstTokenMs !== undefined) attempt.firstTokenMs = firstTokenMs;
  if (code !== undefined) attempt.code = code;
  if (reason !== undefined) attempt.reason = reason;
  if (status !== undefined) attempt.status = status;
  if (usage !== undefined) attempt.usage = usage;
  if (possiblyBilled !== undefined) attempt.possiblyBilled = possiblyBilled;
  if (simulated !== undefined) attempt.simulated = simulated;
  if (local !== undefined) attempt.local = local;
  return attempt;
}

/** Makes the rows of those that have none. */
export function enterAll(
  call: Call,
  attempts: readonly TrackedAttempt[],
  metadataOf: (attempt: TrackedAttempt) => TrackedMetadata = () => ({}),
): readonly TrackedAttempt[] {
  const { book, http, watch } = call;
  const sent = http ? attempts.filter(({ id, outcome }) => isCall(outcome) && !book.seen.get(id)) : [];
  const requests = http?.settle(sent.length) ?? [];
  const last = attempts.at(-1);
  return attempts.map((attempt) => {
    // What was streamed before a failure came of the last attempt: an answer that has begun is not asked for again.
    const streamedBytes = attempt === last && attempt.outcome !== 'answered' ? watch.streamedBytes : 0;
    const callId = http && requests[sent.indexOf(attempt)]?.callId;
    return enter(call, attempt, metadataOf(attempt), { streamedBytes, callId });
  });
}

function isCall(outcome: TrackedAttempt['outcome']): boolean {
  return outcome !== 'skipped' && outcome !== 'cache_hit';
}

/** What is known of an attempt's request, besides what it says itself. */
interface Sent {
  readonly streamedBytes: number;
  readonly callId: string | undefined;
}

const nothingSent: Sent = { streamedBytes: 0, callId: undefined };

/** Makes the attempt's row, unless it has one, and returns a copy that knows its cost. */
function enter(call: Call, attempt: TrackedAttempt, metadata: TrackedMetadata, sent: Sent): TrackedAttempt {
  const { id, outcome } = attempt;
  if (outcome === 'skipped') return attempt;
  const seen = call.book.seen.get(id);
  const costUsd = seen ? (attempt.costUsd ?? seen.costUsd) : makeRow(call, attempt, outcome, metadata, sent);
  return Object.assign({}, attempt, { costUsd }); // faster than a spread, see wrap.ts
}

/** The row of the answer to a call that has no attempts on record: nobody has seen this one before. */
export function enterOwn(call: Call, facts: AttemptFacts, metadata: TrackedMetadata): readonly TrackedAttempt[] {
  const attempt = newAttempt(call, facts);
  if (call.http) return enterAll(call, [attempt], () => metadata);
  attempt.costUsd = makeRow(call, attempt, 'answered', metadata, nothingSent);
  return [attempt];
}

function makeRow(call: Call, attempt: TrackedAttempt, outcome: Outcome, metadata: TrackedMetadata, sent: Sent): number | null {
  const { book, by, hold } = call;
  const { costUsd } = book.enter(attempt.id, recordOf(call, attempt, outcome, metadata, sent), hold);
  book.seen.add(attempt.id, { costUsd, by });
  return costUsd;
}

/** One literal, not spread: to add keys to a copy of the usage takes fifty times as long. */
function recordOf(
  { request, who }: Call,
  attempt: TrackedAttempt,
  outcome: Outcome,
  metadata: TrackedMetadata,
  { callId, streamedBytes }: Sent,
): CallRecord {
  const { durationMs, firstTokenMs, startedAt, code, status, possiblyBilled, usage = {} } = attempt;
  const guess = streamedBytes > 0 ? estimate(request, usage, streamedBytes) : undefined;
  return {
    inputTokens: guess ? guess.inputTokens : usage.inputTokens,
    outputTokens: guess ? guess.outputTokens : usage.outputTokens,
    cacheReadTokens: usage.cacheReadTokens,
    cacheWriteTokens: usage.cacheWriteTokens,
    cacheWrite1hTokens: usage.cacheWrite1hTokens,
    reasoningTokens: usage.reasoningTokens,
    audioInputTokens: usage.audioInputTokens,
    audioOutputTokens: usage.audioOutputTokens,
    source: usage.source,
    estimated: guess?.estimated,
    callId,
    agent: who.agent,
    name: attempt.name ?? request.model,
    model: attempt.model,
    servedModel: attempt.servedModel ?? metadata.servedModel,
    serviceTier: metadata.serviceTier,
    workflow: who.workflow,
    task: who.task,
    tags: who.tags,
    at: startedAt,
    latencyMs: durationMs,
    firstTokenMs,
    outcome,
    code,
    status,
    possiblyBilled,
    simulated: attempt.simulated ?? metadata.simulated,
    local: attempt.local ?? metadata.local,
  };
}

/** A stream that broke off was charged for, though nobody said how much. */
function estimate(request: TrackedRequest, said: TrackedUsage = {}, streamedBytes: number): TrackedUsage & { estimated: true } {
  const { messages, tools } = request as { messages?: unknown; tools?: unknown };
  return {
    inputTokens: said.inputTokens ?? (messages === undefined ? undefined : tokensIn(textBytes([messages, tools]))),
    outputTokens: Math.max(said.outputTokens ?? 0, tokensIn(streamedBytes)),
    estimated: true,
  };
}
