/** Limits of time, cooldowns, and policies by kind of error, in our options. LiteLLM counts time in seconds. */
import type { ModelErrorCode } from '../errors.ts';
import { overlay } from '../overlay.ts';
import type { CooldownOptions } from '../policies/cooldown.ts';
import type { TimeoutOptions } from '../policies/timeout.ts';
import type { ErrorKind, FailsPolicy, LiteLlmSettings, ModelInfo, ModelParams, RouterSettings } from './file.ts';

interface Times {
  readonly timeout?: number | undefined;
  readonly stream_timeout?: number | undefined;
}

/** Our codes for the kinds of errors that a policy names. */
const codes: Readonly<Record<ErrorKind, readonly ModelErrorCode[]>> = {
  BadRequestError: ['invalid_request'],
  AuthenticationError: ['auth'],
  TimeoutError: ['attempt_timeout', 'first_token_timeout', 'idle_timeout'],
  RateLimitError: ['rate_limited'],
  ContentPolicyViolationError: ['content_filtered'],
  InternalServerError: ['overloaded'],
};

const usualMaxMs = 300_000;

/** `base`, where this file says nothing else. */
export function timeoutOf(
  { timeout, stream_timeout: streamTimeout }: Times,
  base: TimeoutOptions = {},
): TimeoutOptions | undefined {
  if (timeout === undefined && streamTimeout === undefined) return undefined;
  const attemptMs = ms(timeout);
  return overlay(base, { attemptMs, firstTokenMs: ms(streamTimeout), idleMs: ms(streamTimeout) });
}

/** What holds for all. */
export function routerTimeout(router: RouterSettings, litellm: LiteLlmSettings): TimeoutOptions | undefined {
  return timeoutOf({ timeout: router.timeout ?? litellm.request_timeout, stream_timeout: router.stream_timeout });
}

/** What one deployment has of its own, over `base`. */
export function cooldownOf(params: ModelParams, info: ModelInfo, base: CooldownOptions | false): CooldownOptions | undefined {
  const seconds = params.cooldown_time ?? info.cooldown_time;
  const own = failsOf(info.allowed_fails, info.allowed_fails_policy);
  if (base === false || (seconds === undefined && Object.keys(own).length === 0)) return undefined;
  return overlay(base, { ...own, cooldownMs: ms(seconds) });
}

/** What holds for all. The router's `cooldown_time` gives way to `Retry-After`, a deployment's own does not. */
export function routerCooldown(router: RouterSettings, litellm: LiteLlmSettings): CooldownOptions | false {
  if (router.disable_cooldowns) return false;
  const baseMs = ms(router.cooldown_time ?? litellm.cooldown_time);
  // The doubling may begin where it usually ends.
  const maxMs = baseMs !== undefined && baseMs > usualMaxMs ? baseMs : undefined;
  return overlay(failsOf(router.allowed_fails ?? litellm.allowed_fails, router.allowed_fails_policy), { baseMs, maxMs });
}

function failsOf(allowedFails: number | undefined, policy: FailsPolicy | undefined): CooldownOptions {
  const allowedFailsPerCode = policy && perCode(policy, 'AllowedFails');
  return overlay<CooldownOptions>({}, { allowedFails, allowedFailsPerCode });
}

/** `{ RateLimitErrorRetries: 3 }` becomes `{ rate_limited: 3 }`. */
export function perCode<Suffix extends 'AllowedFails' | 'Retries'>(
  policy: { readonly [Kind in ErrorKind as `${Kind}${Suffix}`]?: number | undefined },
  suffix: Suffix,
): { [Code in ModelErrorCode]?: number } {
  const numbers: Readonly<Record<string, number | undefined>> = policy;
  const entries = Object.entries(codes).flatMap(([kind, names]) => {
    const number = numbers[`${kind}${suffix}`];
    return number === undefined ? [] : names.map((code) => [code, number] as const);
  });
  return Object.fromEntries(entries);
}

function ms(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1_000;
}
