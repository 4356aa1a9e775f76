import type { Attribution } from './attribution.ts';
import type { Book } from './book.ts';
import type { Hold } from './budgets.ts';
import type { CallRecord } from './call-record.ts';
import type { TrackedAttempt, TrackedMetadata, TrackedRequest, TrackedUsage } from './model-call.ts';
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

/** What is not measured here. */
type AttemptFacts = Omit<TrackedAttempt, 'id' | 'name' | 'startedAt' | 'waitMs' | 'durationMs' | 'firstTokenMs'>;

export function newAttempt({ book, request, watch }: Call, facts: AttemptFacts): TrackedAttempt {
  const { startedAt, firstTokenMs } = watch;
  const attempt = {
    id: book.ids.next(),
    name: request.model,
    ...facts,
    startedAt,
    waitMs: 0,
    durationMs: watch.elapsedMs(),
    firstTokenMs,
  };
  // What is not known is left out: attempts are read by people, in logs.
  return Object.fromEntries(Object.entries(attempt).filter(([, value]) => value !== undefined)) as unknown as TrackedAttempt;
}

/** Makes the rows of those that have none. */
export function enterAll(
  call: Call,
  attempts: readonly TrackedAttempt[],
  known: (attempt: TrackedAttempt) => TrackedMetadata = () => ({}),
): readonly TrackedAttempt[] {
  const { book, http, watch } = call;
  const sent = attempts.filter(({ id, outcome }) => outcome !== 'skipped' && outcome !== 'cache_hit' && !book.seen.get(id));
  const requests = http?.settle(sent.length) ?? [];
  return attempts.map((attempt) => {
    // What was streamed before a failure came of the last attempt: an answer that has begun is not asked for again.
    const streamedBytes = attempt === attempts.at(-1) && attempt.outcome !== 'answered' ? watch.streamedBytes : 0;
    const callId = requests[sent.indexOf(attempt)]?.callId;
    return enter(call, attempt, { ...known(attempt), streamedBytes, callId });
  });
}

/** What is known of an attempt, besides what it says itself. */
interface Known extends TrackedMetadata {
  readonly streamedBytes: number;
  readonly callId: string | undefined;
}

/** Makes the attempt's row, unless it has one, and returns a copy that knows its cost. */
function enter(call: Call, attempt: TrackedAttempt, known: Known): TrackedAttempt {
  const { book, by, hold } = call;
  const { id, outcome } = attempt;
  if (outcome === 'skipped') return attempt;
  const seen = book.seen.get(id);
  if (seen) return { ...attempt, costUsd: attempt.costUsd ?? seen.costUsd };

  const { costUsd } = book.enter(id, { ...recordOf(call, attempt, known), outcome }, hold);
  book.seen.add(id, { costUsd, by });
  return { ...attempt, costUsd };
}

function recordOf({ request, who }: Call, attempt: TrackedAttempt, known: Known): CallRecord {
  const { durationMs, firstTokenMs, startedAt, code, status, possiblyBilled, usage } = attempt;
  return {
    ...usage,
    ...(known.streamedBytes > 0 && estimate(request, usage, known.streamedBytes)),
    callId: known.callId,
    agent: who.agent,
    name: attempt.name ?? request.model,
    model: attempt.model,
    servedModel: attempt.servedModel ?? known.servedModel,
    serviceTier: known.serviceTier,
    workflow: who.workflow,
    task: who.task,
    tags: who.tags,
    at: startedAt,
    latencyMs: durationMs,
    firstTokenMs,
    code,
    status,
    possiblyBilled,
    simulated: attempt.simulated ?? known.simulated,
    local: attempt.local ?? known.local,
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
