import { enterAll, enterOwn, newAttempt, type Call } from './attempt-rows.ts';
import { attributed, type Attribution } from './attribution.ts';
import type { Book } from './book.ts';
import { BudgetError } from './budget-error.ts';
import type { Hold } from './budgets.ts';
import { failureFacts, type TrackedAttempt, type TrackedModel, type TrackedRequest, type TrackedResponse } from './model-call.ts';
import { Stopwatch } from './stopwatch.ts';
import { WrappedCall } from './wrapped-call.ts';

/** The same model, each of whose attempts leaves a row. */
export function wrapModel<Request extends TrackedRequest, Response extends TrackedResponse>(
  book: Book,
  next: TrackedModel<Request, Response>,
): TrackedModel<Request, Response> {
  const tracked = async (request: Request): Promise<Response> => {
    const who = accountOf(request, book.scopes.attribution);
    let hold: Hold | undefined;
    try {
      const held = book.gate?.hold(request, who, next.id);
      hold = held instanceof Promise ? await held : held;
    } catch (error) {
      if (next.notConfigured?.() === undefined) throw error; // if nobody can be asked, money is no matter: it says so itself
    }
    const http = book.tracksClients ? new WrappedCall(who, hold) : undefined;
    const call: Call = { book, by: tracked, request, who, id: next.id, hold, http, watch: new Stopwatch(request) };
    try {
      return await observe(call, next, hold && book.gate ? book.gate.passOn(request, hold) : request);
    } finally {
      shield(book, () => http?.settle(0)); // what had no row yet, should the tracker have failed
      if (hold) shield(book, () => hold.settle());
    }
  };

  const { id, check } = next;
  return Object.assign(tracked, id === undefined ? {} : { id }, check === undefined ? {} : { check: check.bind(next) });
}

async function observe<Request extends TrackedRequest, Response extends TrackedResponse>(
  call: Call,
  next: TrackedModel<Request, Response>,
  request: Request,
): Promise<Response> {
  const { book, watch, http } = call;
  const { onDelta } = request;
  const ask = onDelta ? { ...request, onDelta: watch.watch(http ? outside(book, onDelta) : onDelta) } : request;
  let response: Response;
  try {
    response = await (http ? book.scopes.within(http, () => next(ask)) : next(ask));
  } catch (error) {
    shield(book, () => attach(error, attemptsOfFailure(call, error)));
    throw error;
  }
  // Faster than a spread: on Node 20 that takes a microsecond for the key it adds.
  return shield(book, () => Object.assign({}, response, { attempts: attemptsOfAnswer(call, response) })) ?? response;
}

/** What the caller does with a delta is no part of the call. */
function outside(book: Book, onDelta: NonNullable<TrackedRequest['onDelta']>): typeof onDelta {
  return (delta) => book.scopes.within(undefined, () => onDelta(delta));
}

/** Whose call it is: the request says, and what it leaves open is said by the code around it. */
function accountOf({ role, labels }: TrackedRequest, around: Attribution): Attribution {
  return attributed({ agent: role, workflow: labels?.workflow, task: labels?.task, tags: labels?.tags }, around);
}

function attemptsOfAnswer(call: Call, { attempts, model, usage, metadata = {} }: TrackedResponse): readonly TrackedAttempt[] {
  if (attempts?.length) return enterAll(call, attempts, ({ outcome }) => (outcome === 'answered' ? metadata : {}));

  const { servedModel, simulated, local } = metadata;
  return enterOwn(call, { model, servedModel, outcome: 'answered', usage, simulated, local }, metadata);
}

function attemptsOfFailure(call: Call, error: unknown): readonly TrackedAttempt[] {
  const { request, watch, id, by, book } = call;
  const { attempts, model, code: errorCode, possiblyBilled, ...facts } = failureFacts(error);
  // An error object that is thrown again still carries the attempt of its last time: that one is not from below.
  const below = attempts?.filter((attempt) => book.seen.get(attempt.id)?.by !== by) ?? [];
  if (below.length > 0) return enterAll(call, below);

  const code = watch.callerFailed ? 'aborted' : errorCode;
  const aborted = code === 'aborted' || (code === undefined && watch.aborted);
  const attempt = newAttempt(call, {
    ...facts,
    model: model ?? id ?? request.model ?? 'unknown',
    // Nobody was asked: its key or its SDK is missing, or a budget below has no room.
    outcome: code === 'not_configured' || BudgetError.isInstance(error) ? 'skipped' : aborted ? 'aborted' : 'failed',
    code,
    possiblyBilled: (possiblyBilled ?? watch.begun) || undefined, // an adapter knows better, and says so in its error
  });
  return enterAll(call, [attempt]);
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
