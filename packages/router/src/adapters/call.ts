/** The frame of every call: cancel what is left of it when it fails, and say in one error why it failed. */
import type { ModelRequest, ModelResponse } from '@rolecall/core';
import { ModelError } from '../errors.ts';
import { createDelivery, type Delivery } from './delivery.ts';
import { type Facts, networkError } from './http.ts';
import { linkSignal } from './link-signal.ts';

/**
 * Runs one call. What it throws comes out as a `ModelError` that knows how much had arrived, save for two things that are rethrown
 * as they are: what the caller's `onDelta` threw, and a bug.
 * `explain` reads the errors of the adapter's SDK, and returns `undefined` for what it does not know.
 */
export async function attempt(
  request: ModelRequest,
  facts: Facts,
  run: (delivery: Delivery, signal: AbortSignal) => Promise<ModelResponse>,
  explain: (error: unknown) => ModelError | undefined,
): Promise<ModelResponse> {
  const delivery = createDelivery(request);
  const link = linkSignal(request.signal);
  try {
    link.signal.throwIfAborted();
    // An abort does not wait for whoever holds the call up, a slow `onDelta` for one.
    return await Promise.race([run(delivery, link.signal), rejectionOf(link.signal)]);
  } catch (error) {
    if (delivery.callerError) throw delivery.callerError.thrown;
    const failure = request.signal?.aborted ? abortion(request.signal, facts) : failureOf(error, facts, explain);
    throw failure === undefined ? error : withProgress(failure, facts, delivery);
  } finally {
    link.release();
    link.abort(); // a call that failed leaves no socket behind; one that answered has nothing left to cancel
  }
}

function rejectionOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/** A policy that ends an attempt (a time limit, say) aborts it with the error it means. */
function abortion(signal: AbortSignal, { model, sent = false }: Facts): ModelError {
  if (ModelError.isInstance(signal.reason)) return signal.reason;
  return new ModelError('aborted', { model, cause: signal.reason, possiblyBilled: sent });
}

function failureOf(
  error: unknown,
  { model }: Facts,
  explain: (error: unknown) => ModelError | undefined,
): ModelError | undefined {
  if (ModelError.isInstance(error)) return error;
  const explained = explain(error);
  if (explained) return explained;
  const network = networkError(error);
  return network && new ModelError(network.code, { model, possiblyBilled: network.possiblyBilled, reason: deepest(error), cause: error });
}

/** The first cause says most: `fetch failed` tells nobody anything, `connect ECONNREFUSED 127.0.0.1:11434` does. */
function deepest(error: unknown): string | undefined {
  let found = error;
  for (let depth = 0; depth < 10 && found instanceof Error && found.cause !== undefined; depth++) found = found.cause;
  return found instanceof Error ? found.message : undefined;
}

/** The same failure, with all that is known about the attempt. */
function withProgress(error: ModelError, facts: Facts, delivery: Delivery): ModelError {
  const { committed, partialText } = delivery;
  return new ModelError(error.code, {
    ...error,
    committed: error.committed || committed,
    partialText: error.partialText ?? partialText,
    usage: error.usage ?? facts.usage,
    possiblyBilled: error.possiblyBilled || committed,
    simulated: error.simulated || facts.simulated,
    local: error.local || facts.local,
    requestId: error.requestId ?? facts.requestId,
    cause: error.cause,
  });
}
