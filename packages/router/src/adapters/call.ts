/** The frame of every call: cancel what is left of it when it fails, and say in one error why it failed. */
import type { ModelRequest, ModelResponse } from '@rolecall/core';
import type { Cancellation } from '../cancellation.ts';
import { checkRequest } from '../check-request.ts';
import { copyOf, ModelError } from '../errors.ts';
import { createDelivery, type Delivery } from './delivery.ts';
import { type Facts, networkError, sdkErrorCode } from './http.ts';
import { linkCall } from './link-signal.ts';

/**
 * Runs one call. What it throws comes out as a `ModelError` that knows how much had arrived, save for two things that are rethrown
 * as they are: what the caller's `onDelta` threw, and a bug.
 * `explain` reads the errors of the adapter's SDK, and returns `undefined` for what it does not know.
 */
export async function attempt<Answer = ModelResponse>(
  request: ModelRequest,
  facts: Facts,
  run: (delivery: Delivery, call: Cancellation) => Promise<Answer>,
  explain: (error: unknown) => ModelError | undefined,
): Promise<Answer> {
  checkRequest(facts.model, request);
  const { cancellation, isOwn } = linkCall(request);
  const delivery = createDelivery(request, cancellation);
  try {
    cancellation.throwIfAborted();
    return await unlessAborted(cancellation, run(delivery, cancellation));
  } catch (error) {
    if (isOwn) cancellation.abort(); // a failed call leaves no socket behind
    if (delivery.callerError) throw delivery.callerError.thrown;
    const aborted = request.signal?.aborted ?? false;
    const failure = aborted ? abortion(facts.model, request.signal?.reason) : failureOf(error, facts.model, explain);
    throw failure === undefined ? error : withProgress(failure, facts, delivery, aborted);
  } finally {
    if (isOwn) cancellation.release();
  }
}

/** An abort does not wait for whoever holds the call up, a slow `onDelta` for one. */
function unlessAborted<Answer>(call: Cancellation, answer: Promise<Answer>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    call.follow(() => reject(call.reason));
    answer.then(resolve, reject);
  });
}

/** A policy that ends an attempt, a time limit for one, aborts it with the error that it means, and may know the model by another name. */
function abortion(model: string, reason: unknown): ModelError {
  return ModelError.isInstance(reason) ? copyOf(reason, { model }) : new ModelError('aborted', { model, cause: reason });
}

function failureOf(error: unknown, model: string, explain: (error: unknown) => ModelError | undefined): ModelError | undefined {
  if (ModelError.isInstance(error)) return error;
  const objection = sdkErrorCode(error);
  if (objection) return new ModelError(objection, { model, reason: deepest(error), cause: error });
  const explained = explain(error);
  if (explained) return explained;
  const network = networkError(error);
  if (!network) return undefined;
  const { code, possiblyBilled } = network;
  return new ModelError(code, { model, possiblyBilled, reason: deepest(error), cause: error });
}

/** The first cause says most: `fetch failed` tells nobody anything, `connect ECONNREFUSED 127.0.0.1:11434` does. */
function deepest(error: unknown): string | undefined {
  let found = error;
  for (let depth = 0; depth < 10 && found instanceof Error && found.cause !== undefined; depth++) found = found.cause;
  return found instanceof Error ? found.message : undefined;
}

/** The same failure, with all that is known about the attempt. */
function withProgress(error: ModelError, facts: Facts, delivery: Delivery, aborted: boolean): ModelError {
  const { committed, partialText } = delivery;
  const local = error.local || (facts.local ?? false);
  return copyOf(error, {
    committed: error.committed || committed,
    partialText: error.partialText ?? partialText,
    usage: error.usage ?? facts.usage,
    possiblyBilled: !local && (error.possiblyBilled || committed || (aborted && facts.sent === true)), // nobody bills what runs here
    simulated: error.simulated || facts.simulated,
    local,
    requestId: error.requestId ?? facts.requestId,
  });
}
