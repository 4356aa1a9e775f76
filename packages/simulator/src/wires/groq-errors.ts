/** Groq's errors. Source: console.groq.com/docs/errors. */
import type { Problem } from './problem.ts';
import type { Reply } from './wire.ts';

interface GroqError {
  message: string;
  type: string;
  param?: string | undefined;
  code?: string | undefined;
}

export function explainGroq(problem: Problem): Reply {
  switch (problem.problem) {
    case 'unknown_path':
    case 'wrong_method':
      return fail(problem.problem === 'unknown_path' ? 404 : 405, {
        message: `Unknown request URL: ${problem.method} ${problem.path}. Please check the URL for typos.`,
        type: 'invalid_request_error',
        code: 'unknown_url',
      });
    case 'no_key':
      return fail(401, usualFor(401, ''));
    case 'bad_json':
      return fail(400, { message: 'The request body is not valid JSON.', type: 'invalid_request_error' });
    case 'too_large':
      return fail(413, usualFor(413, ''));
    case 'no_model':
      return fail(404, usualFor(404, problem.model));
    case 'invalid':
      return fail(400, { message: problem.message, type: 'invalid_request_error', param: problem.param });
    case 'context_length':
      return fail(400, {
        message: problem.message ?? 'Please reduce the length of the messages or completion.',
        type: 'invalid_request_error',
        param: 'messages',
        code: 'context_length_exceeded',
      });
    case 'content_filter':
      return fail(400, {
        message: problem.message ?? 'The request was blocked by the content filter.',
        type: 'invalid_request_error',
        code: 'content_filter',
      });
    case 'quota':
      return fail(429, { ...quota, message: problem.message ?? quota.message });
    default: {
      const usual = problem.code === quota.code ? quota : usualFor(problem.status, problem.model);
      return fail(problem.status, { ...usual, message: problem.message ?? usual.message, code: problem.code ?? usual.code });
    }
  }
}

const quota: GroqError = {
  message: 'You have used up your spend limit for this billing period.',
  type: 'insufficient_quota',
  code: 'insufficient_quota',
};

function usualFor(status: number, model: string): GroqError {
  switch (status) {
    case 401:
      return { message: 'Invalid API Key', type: 'invalid_request_error', code: 'invalid_api_key' };
    case 404:
      return {
        message: `The model \`${model}\` does not exist or you do not have access to it.`,
        type: 'invalid_request_error',
        code: 'model_not_found',
      };
    case 413:
      return { message: 'Request Entity Too Large', type: 'invalid_request_error', code: 'request_too_large' };
    case 429:
      return {
        message: `Rate limit reached for model \`${model}\` on tokens per minute (TPM). Please try again later.`,
        type: 'tokens',
        code: 'rate_limit_exceeded',
      };
    case 498:
      return {
        message: 'Flex tier capacity exceeded. Please try again later.',
        type: 'capacity_exceeded',
        code: 'capacity_exceeded',
      };
    case 503:
      return { message: 'Service Unavailable', type: 'internal_server_error', code: 'service_unavailable' };
    default:
      return status >= 500
        ? { message: 'Internal Server Error', type: 'internal_server_error' }
        : { message: `The request failed with status ${status}.`, type: 'invalid_request_error' };
  }
}

/** Groq leaves out what it has no value for. */
function fail(status: number, error: GroqError): Reply {
  return { status, body: { error } };
}
