/** Failures that whoever has the master key orders, to see what comes after them: LiteLLM's `mock_testing_*`. */
import type { Attempt } from '@rolecall/core';
import { ModelError, type ModelErrorCode } from '@rolecall/router';
import type { Place } from '../http/route.ts';

/** What the first named model fails with, by the field that orders it. */
export const mockFields: ReadonlyMap<string, ModelErrorCode> = new Map([
  ['mock_testing_fallbacks', 'overloaded'],
  ['mock_testing_context_fallbacks', 'context_too_long'],
  ['mock_testing_content_policy_fallbacks', 'content_filtered'],
  ['mock_testing_rate_limit_error', 'rate_limited'],
  ['mock_timeout', 'attempt_timeout'],
]);

const ordered = 'the request ordered this failure';

/** One of them at least failed to order: they say nothing of the backends. */
export function wasOrdered(attempts: readonly Attempt[]): boolean {
  return attempts.some(({ reason }) => reason === ordered);
}

/** Fails every call to the first named model that is asked; a rate limit is over with its first. No backend is held to account for it. */
export class MockFailure {
  readonly #code: ModelErrorCode;
  #first: string | undefined;

  constructor(code: ModelErrorCode) {
    this.#code = code;
  }

  /** @throws {ModelError} when this is the one that is to fail. */
  at({ name, model }: Place): void {
    if (this.#first !== undefined && (this.#first !== name || this.#code === 'rate_limited')) return;
    this.#first = name;
    throw new ModelError(this.#code, { model, reason: ordered, unasked: true });
  }
}
