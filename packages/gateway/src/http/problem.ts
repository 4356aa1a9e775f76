/** Why a request got no answer, and the status that says so. */
import { ModelError, type ModelErrorCode, RouteError } from '@rolecall/router';
import { budgetRefusal } from '../access/budget-refusal.ts';
import { Refusal, type RefusalFacts } from './refusal.ts';

export type Problem = RefusalFacts;

interface Meaning {
  readonly status: number;
  readonly type: string;
  readonly code: string;
}

const invalid = 'invalid_request_error';

/** What each code of a `ModelError` is over HTTP, when the provider gave no status of its own. */
const meanings: Readonly<Record<ModelErrorCode, Meaning>> = {
  rate_limited: { status: 429, type: 'rate_limit_error', code: 'rate_limit_exceeded' },
  quota_exceeded: { status: 429, type: 'insufficient_quota', code: 'insufficient_quota' },
  overloaded: { status: 503, type: 'server_error', code: 'overloaded' },
  first_token_timeout: { status: 504, type: 'timeout_error', code: 'first_token_timeout' },
  idle_timeout: { status: 504, type: 'timeout_error', code: 'idle_timeout' },
  attempt_timeout: { status: 504, type: 'timeout_error', code: 'attempt_timeout' },
  deadline_exceeded: { status: 504, type: 'timeout_error', code: 'deadline_exceeded' },
  network: { status: 502, type: 'server_error', code: 'upstream_unreachable' },
  auth: { status: 401, type: 'authentication_error', code: 'upstream_auth' },
  not_found: { status: 404, type: invalid, code: 'model_not_found' },
  context_too_long: { status: 400, type: invalid, code: 'context_length_exceeded' },
  content_filtered: { status: 400, type: invalid, code: 'content_policy_violation' },
  invalid_request: { status: 400, type: invalid, code: 'invalid_request' },
  empty_answer: { status: 502, type: 'server_error', code: 'empty_answer' },
  malformed_answer: { status: 502, type: 'server_error', code: 'malformed_answer' },
  stream_cut: { status: 502, type: 'server_error', code: 'stream_cut' },
  not_configured: { status: 503, type: 'server_error', code: 'not_configured' },
  aborted: { status: 499, type: 'server_error', code: 'aborted' },
};

/** What went wrong, for the caller: no secret, and of a bug not even its words. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Refusal) return withWait(error.facts);
  const budget = budgetRefusal(error);
  if (budget) return withWait(budget.facts);
  if (!ModelError.isInstance(error) && !RouteError.isInstance(error)) {
    return { status: 500, type: 'server_error', code: 'internal_error', message: 'The gateway failed on this request.' };
  }
  const meaning = meanings[error.code];
  const status = statusOf(meaning.status, error.status);
  return withWait({ ...meaning, status, message: error.message, retryAfterMs: error.retryAfterMs });
}

/** The provider's own status where it is an error; a 529 is known to Anthropic's clients alone. */
function statusOf(usual: number, told: number | undefined): number {
  if (told === undefined || told < 400 || told > 599) return usual;
  return told === 529 ? 503 : told;
}

function withWait(problem: Problem): Problem {
  const { status, retryAfterMs } = problem;
  return (status === 429 || status === 503) && retryAfterMs === undefined ? { ...problem, retryAfterMs: 1_000 } : problem;
}

/** The headers that go with it. */
export function headersOf({ retryAfterMs, headers }: Problem): Record<string, string> {
  const wait: Record<string, string> =
    retryAfterMs === undefined
      ? {}
      : {
          'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1_000))),
          'retry-after-ms': String(Math.ceil(retryAfterMs)),
        };
  return { ...wait, ...headers };
}
