import type { Attempt, ModelRequest } from '@rolecall/core';
import { warnOnce } from './policies/warn-once.ts';

/** Who asked, and for which named model. */
export type AttemptRequest = Pick<ModelRequest, 'role' | 'model' | 'labels'>;

/** Hears of every attempt as soon as it is over. */
export type AttemptListener = (attempt: Attempt, request: AttemptRequest) => void;

/** A listener whose failure changes no answer: the first is reported as a process warning, and it goes on being called. */
export function guarded<Facts extends readonly unknown[]>(
  listener: (...facts: Facts) => unknown,
  name = 'onAttempt',
): (...facts: Facts) => void {
  const warn = warnOnce(name);
  return (...facts) => {
    try {
      // An async listener fits the type as well, and its rejection would end the process.
      const promise = listener(...facts);
      if (promise instanceof Promise) promise.catch(warn);
    } catch (error) {
      warn(error);
    }
  };
}
