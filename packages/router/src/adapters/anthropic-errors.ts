/** What went wrong, by the API's own words: https://platform.claude.com/docs/en/api/errors */
import type { JsonObject } from '@rolecall/core';
import { ModelError, type ModelErrorCode } from '../errors.ts';
import { entryOf } from './answer.ts';
import { codeForStatus, type Facts, isSimulated, isUnsupported, retryAfterMs } from './http.ts';

/** What the SDK throws for an answer with an error status. */
interface ApiError {
  readonly status: number;
  readonly headers: Headers;
  readonly error: { readonly error?: JsonObject } | undefined;
}

/** @returns undefined for what is no error of the SDK's */
export function explain(error: unknown, facts: Facts): ModelError | undefined {
  if (!isApiError(error)) return undefined;
  const { status, headers, error: body } = error;
  facts.simulated ||= isSimulated(headers);
  facts.requestId ??= headers.get('request-id') ?? undefined;
  const code = codeOf(body?.error, status);
  const reason = textOf(body?.error, 'message');
  return new ModelError(code, {
    model: facts.model,
    status,
    reason,
    unsupported: isUnsupported(code, reason),
    retryAfterMs: retryAfterMs(headers),
    cause: error,
  });
}

/** An answer that began well may still end in an error event. */
export function explainInBand(error: JsonObject | undefined, { model }: Facts): ModelError {
  return new ModelError(codeOf(error, undefined), {
    model,
    reason: textOf(error, 'message'),
    possiblyBilled: true,
    cause: error,
  });
}

const codes: Readonly<Record<string, ModelErrorCode>> = {
  authentication_error: 'auth',
  permission_error: 'auth',
  billing_error: 'quota_exceeded',
  not_found_error: 'not_found',
  request_too_large: 'context_too_long',
  rate_limit_error: 'rate_limited',
  overloaded_error: 'overloaded',
  api_error: 'overloaded',
  timeout_error: 'overloaded',
};

const exhausted = /credit balance is too low|reached your (?:specified )?(?:workspace )?API usage limits/i;
const tooLong = /prompt is too long|input is too long|exceeds? (?:the )?(?:model's )?(?:maximum )?context/i;

function codeOf(error: JsonObject | undefined, status: number | undefined): ModelErrorCode {
  const message = textOf(error, 'message') ?? '';
  const { error_code: detail } = (error?.['details'] ?? {}) as { error_code?: unknown };
  // A spent budget comes as 400, 402 or 429: waiting will not refill it.
  if (exhausted.test(message) || String(detail).endsWith('spend_limit_reached')) return 'quota_exceeded';
  if (status === undefined || status === 400) {
    if (tooLong.test(message)) return 'context_too_long';
    if (/content filtering policy/i.test(message)) return 'content_filtered';
  }
  return entryOf(codes, error?.['type']) ?? codeForStatus(status ?? 500);
}

function textOf(error: JsonObject | undefined, field: string): string | undefined {
  const value = error?.[field];
  return typeof value === 'string' ? value : undefined;
}

function isApiError(error: unknown): error is ApiError {
  const { status, headers } = (error ?? {}) as Partial<ApiError>;
  return typeof status === 'number' && headers instanceof Headers;
}
