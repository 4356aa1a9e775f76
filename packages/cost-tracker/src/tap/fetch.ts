import { attributed } from '../attribution.ts';
import { BudgetError } from '../budget-error.ts';
import type { Hold } from '../budgets.ts';
import type { Book } from '../book.ts';
import { Observation, type ObservedRequest } from './observation.ts';
import { readRequest, type TappedBody, type TrackOptions } from './request.ts';
import { tapResponse, type Guard } from './response.ts';
import { SdkRetries } from './sdk-retries.ts';

type Fetch = typeof globalThis.fetch;

export interface TapOptions extends TrackOptions {
  /** The client throws what `fetch` throws. Others take it for a broken connection, and try again. */
  readonly throwsAsIs: boolean;
  /** What the client allows a call that says nothing else. */
  readonly timeoutMs: number | undefined;
  /** Hears of answers that nobody can read any more. It has to outlive the client. */
  readonly forgotten: FinalizationRegistry<Observation>;
}

/** The same `fetch`, which leaves a row for every request to a model. */
export function tapFetch(fetch: Fetch, book: Book, options: TapOptions): Fetch {
  const retries = new SdkRetries(book.ids);
  const { forgotten, timeoutMs } = options;
  const guard: Guard = (work) => {
    try {
      return work();
    } catch (error) {
      book.fault(error);
      return undefined;
    }
  };

  return async (input, init) => {
    const askedAt = performance.now();
    const request = guard(() => readRequest(input, init, options));
    if (!request) return fetch(input, init);
    const asked = admit(book, request);
    const hold = asked instanceof Promise ? await asked.catch(refusal) : asked;
    if (BudgetError.isInstance(hold)) return refuse(hold, options);

    const observation = guard(() =>
      observe({ book, retries, request, hold, signal: init?.signal ?? undefined, askedAt, timeoutMs }),
    );
    if (!observation) guard(() => hold?.settle());
    const failed = (): void => {
      if (observation) retries.failed(request, observation.callId);
    };
    const { askingBody } = request;
    let response: Response;
    try {
      response = await fetch(input, askingBody === undefined ? init : { ...init, body: askingBody });
    } catch (error) {
      guard(() => {
        observation?.reject(error);
        failed();
      });
      throw error;
    }
    const tapped = guard(() => {
      observation?.respond(response);
      if (!observation?.ended) return observation && tapResponse(response, { request, observation, guard, failed, forgotten });
      failed();
      return response;
    });
    if (!tapped) guard(() => observation?.finish('unread'));
    return tapped ?? response;
  };
}

interface Begun extends Pick<ObservedRequest, 'book' | 'request' | 'hold' | 'signal' | 'askedAt' | 'timeoutMs'> {
  readonly retries: SdkRetries;
}

function observe({ retries, ...begun }: Begun): Observation {
  const { call, attribution } = begun.book.scopes;
  const who = attributed(call?.attribution ?? {}, attribution);
  return new Observation({ ...begun, callId: retries.callOf(begun.request), who, call });
}

/** Asks the budgets, if there are any. */
function admit(book: Book, request: TappedBody): Hold | undefined | BudgetError | Promise<Hold | undefined> {
  const { call, attribution } = book.scopes;
  const who = call?.attribution ?? attribution;
  const { api, body, local, provider, vendor, model = 'unknown' } = request;
  try {
    return book.gate?.holdBody({ ...who, model: `${provider ?? `${vendor}-compatible`}/${model}`, local, api, body }, call?.hold);
  } catch (error) {
    return refusal(error);
  }
}

function refusal(error: unknown): BudgetError {
  if (BudgetError.isInstance(error)) return error;
  throw error;
}

/** An SDK that takes every error for the network's gets an answer that says no, and says not to ask again. */
function refuse(error: BudgetError, { throwsAsIs }: TapOptions): Response {
  if (throwsAsIs) throw error;
  const { message, code, action } = error;
  return Response.json(
    { type: 'error', error: { type: 'budget_error', code, action, message } },
    { status: 402, headers: { 'x-should-retry': 'false' } },
  );
}
