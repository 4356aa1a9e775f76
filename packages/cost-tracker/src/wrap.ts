import type { CallRecord } from './call-record.ts';
import {
  failureFacts,
  type TrackedAttempt,
  type TrackedMetadata,
  type TrackedModel,
  type TrackedRequest,
  type TrackedResponse,
} from './model-call.ts';
import type { LedgerRow } from './row.ts';
import type { SeenAttempts } from './seen-attempts.ts';
import { Stopwatch } from './stopwatch.ts';

/** What wrapped models need of their tracker. */
export interface Book {
  /** Makes the row of one attempt, with the attempt's id. */
  enter(id: string, record: CallRecord): LedgerRow;
  /** The attempts that have a row. */
  readonly seen: SeenAttempts;
  /** A fault of the tracker's own: said once, and kept from the caller. */
  fault(error: unknown): void;
}

/** The same model, each of whose attempts leaves a row. */
export function wrapModel<Request extends TrackedRequest, Response extends TrackedResponse>(
  book: Book,
  next: TrackedModel<Request, Response>,
): TrackedModel<Request, Response> {
  const tracked = async (request: Request): Promise<Response> => {
    const call: Call = { book, by: tracked, request, id: next.id, watch: new Stopwatch(request.signal) };
    const { onDelta } = request;
    let response: Response;
    try {
      response = await next(onDelta ? { ...request, onDelta: call.watch.watch(onDelta) } : request);
    } catch (error) {
      shield(book, () => attach(error, attemptsOfFailure(call, error)));
      throw error;
    }
    return shield(book, () => ({ ...response, attempts: attemptsOfAnswer(call, response) })) ?? response;
  };

  const { id, check } = next;
  return Object.assign(tracked, id === undefined ? {} : { id }, check === undefined ? {} : { check: check.bind(next) });
}

interface Call {
  readonly book: Book;
  /** The wrapped model that was called. */
  readonly by: object;
  readonly request: TrackedRequest;
  readonly id: string | undefined;
  readonly watch: Stopwatch;
}

function attemptsOfAnswer(call: Call, { attempts, model, usage, metadata = {} }: TrackedResponse): readonly TrackedAttempt[] {
  const known = ({ outcome }: TrackedAttempt): TrackedMetadata => (outcome === 'answered' ? metadata : {});
  if (attempts?.length) return attempts.map((attempt) => enter(call, attempt, known(attempt)));

  const { servedModel, simulated, local } = metadata;
  return [enter(call, newAttempt(call, { model, servedModel, outcome: 'answered', usage, simulated, local }))];
}

function attemptsOfFailure(call: Call, error: unknown): readonly TrackedAttempt[] {
  const { request, watch, id, by, book } = call;
  const { attempts, model, code: errorCode, possiblyBilled, ...facts } = failureFacts(error);
  // An error object that is thrown again still carries the attempt of its last time: that one is not from below.
  const below = attempts?.filter((attempt) => book.seen.get(attempt.id)?.by !== by) ?? [];
  if (below.length > 0) return below.map((attempt) => enter(call, attempt));

  const code = watch.callerFailed ? 'aborted' : errorCode;
  const aborted = code === 'aborted' || (code === undefined && watch.aborted);
  const attempt = newAttempt(call, {
    ...facts,
    model: model ?? id ?? request.model ?? 'unknown',
    // Nobody was asked: its key or its SDK is missing.
    outcome: code === 'not_configured' ? 'skipped' : aborted ? 'aborted' : 'failed',
    code,
    possiblyBilled: (possiblyBilled ?? watch.begun) || undefined, // an adapter knows better, and says so in its error
  });
  return [enter(call, attempt)];
}

type AttemptFacts = Omit<TrackedAttempt, 'id' | 'name' | 'startedAt' | 'waitMs' | 'durationMs' | 'firstTokenMs'>;

function newAttempt({ request, watch }: Call, facts: AttemptFacts): TrackedAttempt {
  const { startedAt, firstTokenMs } = watch;
  const attempt = {
    id: crypto.randomUUID(),
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

/** Makes the attempt's row, unless it has one, and returns a copy that knows its cost. */
function enter({ book, by, request }: Call, attempt: TrackedAttempt, metadata: TrackedMetadata = {}): TrackedAttempt {
  const { id, outcome } = attempt;
  if (outcome === 'skipped') return attempt;
  const seen = book.seen.get(id);
  if (seen) return { ...attempt, costUsd: attempt.costUsd ?? seen.costUsd };

  const { costUsd } = book.enter(id, { ...recordOf(request, attempt, metadata), outcome });
  book.seen.add(id, { costUsd, by });
  return { ...attempt, costUsd };
}

function recordOf({ role, model, labels }: TrackedRequest, attempt: TrackedAttempt, metadata: TrackedMetadata): CallRecord {
  const { durationMs, firstTokenMs, startedAt, code, status, possiblyBilled } = attempt;
  return {
    ...attempt.usage,
    agent: role,
    name: attempt.name ?? model,
    model: attempt.model,
    servedModel: attempt.servedModel ?? metadata.servedModel,
    workflow: labels?.workflow,
    task: labels?.task,
    tags: labels?.tags,
    at: startedAt,
    latencyMs: durationMs,
    firstTokenMs,
    code,
    status,
    possiblyBilled,
    simulated: attempt.simulated ?? metadata.simulated,
    local: attempt.local ?? metadata.local,
  };
}

/** Hands the attempts up with the error. A frozen error, or something thrown that is no object, goes up as it is. */
function attach(error: unknown, attempts: readonly TrackedAttempt[]): void {
  if (typeof error === 'object' && error !== null) Reflect.set(error, 'attempts', attempts);
}

function shield<Result>(book: Book, work: () => Result): Result | undefined {
  try {
    return work();
  } catch (error) {
    book.fault(error);
    return undefined;
  }
}
