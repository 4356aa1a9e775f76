/** One cancellation for one attempt: the policy that ends it and the adapter that makes the call share it. */
import type { ModelRequest } from '@rolecall/core';
import type { Cancellation } from './cancellation.ts';

/** Where it hangs on the request that an attempt sends down. */
export const attemptCancellation: unique symbol = Symbol('attempt cancellation');

export interface SignalledRequest extends ModelRequest {
  readonly [attemptCancellation]?: Cancellation | undefined;
}

/** Made when somebody asks for it: a signal takes longer to make than the rest of an attempt, and adapters of ours do without. */
const signalWhenAsked: PropertyDescriptor = {
  get(this: SignalledRequest): AbortSignal | undefined {
    return this[attemptCancellation]?.signal;
  },
  set(this: SignalledRequest, value: AbortSignal | undefined) {
    Object.defineProperty(this, 'signal', { value, writable: true, enumerable: true, configurable: true });
  },
  enumerable: true,
  configurable: true,
};

/** Gives a request of an attempt's own its cancellation, and the signal of that. */
export function endWith<Own extends { -readonly [Key in keyof SignalledRequest]: SignalledRequest[Key] }>(
  request: Own,
  attempt: Cancellation,
): Own {
  request[attemptCancellation] = attempt;
  return Object.defineProperty(request, 'signal', signalWhenAsked);
}

/** The cancellation of the attempt, if its signal is still the request's: it comes when the attempt fails, whatever the reason. */
export function cancellationOf(request: SignalledRequest): Cancellation | undefined {
  const attempt = request[attemptCancellation];
  if (!attempt) return undefined;
  const isUntouched = Object.getOwnPropertyDescriptor(request, 'signal')?.get === signalWhenAsked.get; // to read it would make it
  return isUntouched || attempt.signal === request.signal ? attempt : undefined;
}
