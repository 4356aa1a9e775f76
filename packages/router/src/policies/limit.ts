import type { Model, ModelRequest, ModelResponse } from '@rolecall/core';
import { carry } from '../compose.ts';
import { abortedUnasked, ModelError, RouteError } from '../errors.ts';
import { atLeastZero, checkOptions, countFromOne, countFromZero } from '../options-check.ts';
import type { PlannedRequest } from '../plan.ts';
import { Gate, type GateLimits, type Load, type Ticket } from './gate.ts';

export interface LimitOptions {
  /** Requests a minute. @default no limit */
  readonly rpm?: number | undefined;
  /** Tokens a minute, in and out: estimated before the call (a quarter of the bytes), corrected after it. @default no limit */
  readonly tpm?: number | undefined;
  /** Calls under way at the same time. @default no limit */
  readonly maxConcurrent?: number | undefined;
  /** Requests that may wait at the same time, 0 for none. @default 1_000 */
  readonly maxQueue?: number | undefined;
  /**
   * Longest wait, in milliseconds. While another link of the chain could be asked it is 8 s at most.
   * @default 60_000 where the provider says how long, otherwise as long as the deadline allows
   */
  readonly maxQueueMs?: number | undefined;
  /** Wait as well when the provider's rate-limit headers, or its `Retry-After`, say that nothing is left. @default true */
  readonly obeyProvider?: boolean | undefined;
}

/** A model with a limit. */
export interface LimitedModel extends Model {
  readonly load: Load;
}

/**
 * Holds calls back until they fit: a minute's requests and tokens, on sliding windows, and how many run at once. Who waits goes in turn.
 *
 * @example
 * const model = limit({ rpm: 30, tpm: 6_000, maxConcurrent: 4 })(groq('openai/gpt-oss-120b'));
 *
 * @throws {TypeError} when an option is not valid.
 * @throws {ModelError} (the model it returns) `rate_limited`, with the time to wait, when that is too long or too many wait already.
 */
export function limit(options: LimitOptions = {}): (next: Model) => LimitedModel {
  const limits = checked(options);

  return (next) => {
    const gate = new Gate(limits);
    const model: Model = async (request: PlannedRequest) => {
      const name = next.id ?? request.model ?? 'model';
      const entry = gate.enter(request, name);
      if (!(entry instanceof Promise)) return await call(next, request, gate, entry);
      const ticket = await entry;
      const { signal, waitedMs = 0 } = request;
      if (signal?.aborted) {
        gate.giveBack(ticket);
        throw abortedUnasked(signal, name);
      }
      const waited: PlannedRequest = { ...request, waitedMs: waitedMs + ticket.waitedMs };
      return await call(next, waited, gate, ticket);
    };
    return Object.assign(carry(next, model), { load: gate });
  };
}

async function call(next: Model, request: ModelRequest, gate: Gate, ticket: Ticket): Promise<ModelResponse> {
  try {
    const response = await next(request);
    gate.heed(response.metadata?.rateLimit, undefined);
    gate.leave(ticket, response.usage, true);
    return response;
  } catch (error) {
    const known = ModelError.isInstance(error) || RouteError.isInstance(error);
    gate.heed(undefined, known ? error.retryAfterMs : undefined);
    gate.leave(
      ticket,
      ModelError.isInstance(error) ? error.usage : undefined,
      ModelError.isInstance(error) && error.possiblyBilled,
    );
    throw error;
  }
}

const rules = {
  rpm: countFromOne,
  tpm: countFromOne,
  maxConcurrent: countFromOne,
  maxQueue: countFromZero,
  maxQueueMs: atLeastZero,
  obeyProvider: { valid: 'true or false', holds: (value: unknown) => typeof value === 'boolean' },
};

function checked(options: LimitOptions): GateLimits {
  checkOptions('limit', options, rules);
  const { rpm = Infinity, tpm = Infinity, maxConcurrent = Infinity, maxQueue = 1_000, maxQueueMs, obeyProvider = true } = options;
  return { rpm, tpm, maxConcurrent, maxQueue, maxQueueMs, obeyProvider };
}
