/** OpenAI's errors. Source: platform.openai.com/docs/guides/error-codes and the error schema of its API reference. */
import type { Problem } from './problem.ts';
import type { Reply } from './wire.ts';

interface OpenAIError {
  message: string;
  type: string;
  param?: string | undefined;
  code?: string | undefined;
}

export function explainOpenAI(problem: Problem): Reply {
  switch (problem.problem) {
    case 'unknown_path':
      return fail(404, { message: `Invalid URL (${problem.method} ${problem.path})`, type: 'invalid_request_error' });
    case 'wrong_method':
      return fail(405, {
        message: `Not allowed to ${problem.method} on ${problem.path}.`,
        type: 'invalid_request_error',
        code: 'method_not_supported',
      });
    case 'no_key':
      return fail(401, {
        message: "You didn't provide an API key. Send it in an Authorization header, as a Bearer token.",
        type: 'invalid_request_error',
      });
    case 'bad_json':
      return fail(400, { message: 'We could not parse the JSON body of your request.', type: 'invalid_request_error' });
    case 'too_large':
      return fail(413, { message: 'The request is too large.', type: 'invalid_request_error' });
    case 'no_model':
      return fail(404, modelNotFound(problem.model));
    case 'invalid':
      return fail(400, { message: problem.message, type: 'invalid_request_error', param: problem.param, code: problem.code });
    case 'context_length':
      return fail(400, {
        message:
          problem.message ??
          `This model's maximum context length is 128000 tokens. However, your messages resulted in ${Math.max(problem.tokens, 128_001)} tokens. Please reduce the length of the messages.`,
        type: 'invalid_request_error',
        param: 'messages',
        code: 'context_length_exceeded',
      });
    case 'content_filter':
      return fail(400, {
        message:
          problem.message ??
          'The response was filtered because the prompt triggered the content management policy. Please modify your prompt and retry.',
        type: 'invalid_request_error',
        param: 'prompt',
        code: 'content_filter',
      });
    case 'quota':
      return fail(429, { ...quota, message: problem.message ?? quota.message });
    default: {
      const usual = problem.code === 'insufficient_quota' ? quota : usualFor(problem.status, problem.model);
      return fail(problem.status, { ...usual, message: problem.message ?? usual.message, code: problem.code ?? usual.code });
    }
  }
}

const quota: OpenAIError = {
  message: 'You exceeded your current quota, please check your plan and billing details.',
  type: 'insufficient_quota',
  code: 'insufficient_quota',
};

function modelNotFound(model: string): OpenAIError {
  return {
    message: `The model \`${model}\` does not exist or you do not have access to it.`,
    type: 'invalid_request_error',
    code: 'model_not_found',
  };
}

function usualFor(status: number, model: string): OpenAIError {
  switch (status) {
    case 401:
      return { message: 'Incorrect API key provided.', type: 'invalid_request_error', code: 'invalid_api_key' };
    case 403:
      return {
        message: 'Country, region, or territory not supported',
        type: 'request_forbidden',
        code: 'unsupported_country_region_territory',
      };
    case 404:
      return modelNotFound(model);
    case 429:
      return {
        message: `Rate limit reached for ${model} on requests per min (RPM). Please try again later.`,
        type: 'requests',
        code: 'rate_limit_exceeded',
      };
    case 503:
      return { message: 'The engine is currently overloaded, please try again later', type: 'service_unavailable_error' };
    default:
      return status >= 500
        ? { message: 'The server had an error while processing your request. Sorry about that!', type: 'server_error' }
        : { message: `The request failed with status ${status}.`, type: 'invalid_request_error' };
  }
}

/** The fields a problem does not have are sent as null. */
function fail(status: number, { message, type, param, code }: OpenAIError): Reply {
  return { status, body: { error: { message, type, param: param ?? null, code: code ?? null } } };
}
