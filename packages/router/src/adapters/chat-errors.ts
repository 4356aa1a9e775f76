/** What a chat completions API says when it fails, by status and by body. */
import { ModelError, type ModelErrorCode } from '../errors.ts';
import { entryOf } from './answer.ts';
import { codeForStatus, type Facts, isSimulated, isUnsupported, retryAfterMs } from './http.ts';

/** The error in a body. Compatible servers leave out what they please. */
export interface ErrorBody {
  readonly message?: unknown;
  readonly code?: unknown;
  readonly type?: unknown;
}

const codes: Readonly<Record<string, ModelErrorCode>> = {
  insufficient_quota: 'quota_exceeded',
  billing_hard_limit_reached: 'quota_exceeded',
  billing_not_active: 'quota_exceeded',
  rate_limit_exceeded: 'rate_limited',
  rate_limit_error: 'rate_limited',
  context_length_exceeded: 'context_too_long',
  exceed_context_size_error: 'context_too_long', // llama.cpp
  content_filter: 'content_filtered',
  content_policy_violation: 'content_filtered',
  model_not_found: 'not_found',
  model_decommissioned: 'not_found', // Groq says 400 with it
  model_terms_required: 'auth',
  invalid_api_key: 'auth',
  server_error: 'overloaded',
  service_unavailable: 'overloaded',
  engine_overloaded: 'overloaded',
  overloaded_error: 'overloaded',
  internal_server_error: 'overloaded',
  // The model wrote what the provider could not read, so the next try may do better.
  tool_use_failed: 'malformed_answer',
  json_validate_failed: 'malformed_answer',
  output_parse_failed: 'malformed_answer',
};

/** How compatible servers say it: vLLM, SGLang, llama.cpp, LM Studio, text-generation-inference, Mistral, xAI, OpenRouter. */
const tooLong =
  /maximum (?:context|prompt|model) length|context (?:length|window|size)|(?:prompt|input) is too long|reduce the length|max_new_tokens\W+must be/i;
const badKey = /(?:incorrect|invalid) api key/i;

/** Explains what an SDK threw for a status; `undefined` if it threw something else. */
export function explainStatus(error: unknown, facts: Facts): ModelError | undefined {
  const { status, headers, error: body } = (error ?? {}) as { status?: unknown; headers?: Headers; error?: unknown };
  if (!(error instanceof Error) || typeof status !== 'number') return undefined;
  const said = errorIn(body);
  const code = codeOf(said, status);
  const reason = textOf(said) ?? reasonOf(error.message);
  return new ModelError(code, {
    model: facts.model,
    status,
    reason,
    unsupported: isUnsupported(code, reason),
    retryAfterMs: retryAfterMs(headers),
    possiblyBilled: code === 'malformed_answer', // the model did write
    simulated: facts.simulated || isSimulated(headers),
    requestId: headers?.get('x-request-id') ?? undefined,
    cause: error,
  });
}

/** Explains an error that came in a body or an event after a status of 200. */
export function explainInBand(body: unknown, { model }: Facts): ModelError {
  const said = errorIn(body);
  const status = typeof said.code === 'number' && said.code >= 400 ? said.code : undefined;
  return new ModelError(codeOf(said, status ?? 500), { model, status, reason: textOf(said), possiblyBilled: true });
}

/** `{ error: { message } }`, `{ message }`, or a plain text: the SDKs and servers differ in how much they unwrap. */
function errorIn(body: unknown): ErrorBody {
  const inner = (body as { error?: unknown } | null | undefined)?.error ?? body;
  if (typeof inner === 'string') return { message: inner };
  return typeof inner === 'object' && inner !== null ? inner : {};
}

function codeOf(body: ErrorBody, status: number): ModelErrorCode {
  const named = entryOf(codes, body.code) ?? entryOf(codes, body.type);
  if (named) return named;
  const code = codeForStatus(status);
  if (code !== 'invalid_request' && code !== 'overloaded') return code;
  const message = textOf(body) ?? '';
  if (tooLong.test(message)) return 'context_too_long';
  return badKey.test(message) ? 'auth' : code;
}

function textOf({ message }: ErrorBody): string | undefined {
  return typeof message === 'string' && message !== '' ? message : undefined;
}

/** The SDKs put the status, and a page of HTML if that was the answer, into their message. */
function reasonOf(message: string): string {
  const text = message.replace(/^\d{3}\s+/, '');
  return text.startsWith('<') ? 'the answer is a page of HTML' : text;
}
