/** Anthropic's errors. Source: platform.claude.com/docs/en/api/errors. */
import type { Problem } from './problem.ts';
import type { Reply } from './wire.ts';

const contextTokens = 200_000;

export function explainAnthropic(problem: Problem, requestId: string): Reply {
  const fail = (status: number, type: string, message: string): Reply => ({
    status,
    body: { type: 'error', error: { type, message }, request_id: requestId },
  });
  switch (problem.problem) {
    case 'unknown_path':
      return fail(404, 'not_found_error', 'Not Found');
    case 'wrong_method':
      return fail(405, 'invalid_request_error', 'Method Not Allowed');
    case 'no_key':
      return fail(401, 'authentication_error', 'x-api-key header is required');
    case 'bad_json':
      return fail(400, 'invalid_request_error', 'The request body is not valid JSON.');
    case 'too_large':
      return fail(413, 'request_too_large', 'Request exceeds the maximum size');
    case 'no_model':
      return fail(404, 'not_found_error', `model: ${problem.model}`);
    case 'invalid':
      return fail(400, 'invalid_request_error', problem.message);
    case 'context_length': {
      const usual = `prompt is too long: ${Math.max(problem.tokens, contextTokens + 1)} tokens > ${contextTokens} maximum`;
      return fail(400, 'invalid_request_error', problem.message ?? usual);
    }
    case 'content_filter':
      return fail(400, 'invalid_request_error', problem.message ?? 'Output blocked by content filtering policy');
    case 'quota':
      return fail(400, 'invalid_request_error', problem.message ?? creditTooLow);
    default: {
      const [type, message] = usualFor(problem.status, problem.model);
      return fail(problem.status, problem.code ?? type, problem.message ?? message);
    }
  }
}

const creditTooLow =
  'Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.';

function usualFor(status: number, model: string): readonly [type: string, message: string] {
  switch (status) {
    case 401:
      return ['authentication_error', 'invalid x-api-key'];
    case 402:
      return ['billing_error', creditTooLow];
    case 403:
      return ['permission_error', 'Your API key does not have permission to use the specified resource.'];
    case 404:
      return ['not_found_error', `model: ${model}`];
    case 409:
      return ['conflict_error', 'The request conflicts with the current state of the resource.'];
    case 413:
      return ['request_too_large', 'Request exceeds the maximum size'];
    case 429:
      return ['rate_limit_error', 'This request would exceed your rate limit. Please try again later.'];
    case 504:
      return ['timeout_error', 'The request timed out while processing.'];
    case 529:
      return ['overloaded_error', 'Overloaded'];
    default:
      return status >= 500
        ? ['api_error', 'Internal server error']
        : ['invalid_request_error', `The request failed with status ${status}.`];
  }
}
