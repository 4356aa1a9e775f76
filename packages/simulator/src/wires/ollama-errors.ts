/** Ollama's errors, native and OpenAI-compatible. Source: docs/api.md, docs/openai.md and server/routes.go of ollama/ollama. */
import type { Problem } from './problem.ts';
import type { Reply } from './wire.ts';

export function explainOllama(problem: Problem): Reply {
  const { status, message } = wordsFor(problem);
  const bare = problem.problem === 'unknown_path' || problem.problem === 'wrong_method'; // its router answers in plain text
  return { status, body: bare ? message : { error: message } };
}

export function explainOllamaV1(problem: Problem): Reply {
  const { status, message } = wordsFor(problem);
  const type = status === 404 ? 'not_found_error' : status === 400 ? 'invalid_request_error' : 'api_error';
  return { status, body: { error: { message, type, param: null, code: null } } };
}

function wordsFor(problem: Problem): { status: number; message: string } {
  switch (problem.problem) {
    case 'unknown_path':
      return { status: 404, message: '404 page not found' };
    case 'wrong_method':
      return { status: 405, message: '405 method not allowed' };
    case 'no_key':
      return { status: 401, message: 'unauthorized' };
    case 'bad_json':
      return { status: 400, message: 'invalid character looking for beginning of value' };
    case 'too_large':
      return { status: 413, message: 'request body too large' };
    case 'no_model':
      return { status: 404, message: `model "${problem.model}" not found` };
    case 'invalid':
      return { status: 400, message: problem.message };
    case 'context_length': // chats are truncated in silence as a rule; this is what a server says that was told not to
      return { status: 400, message: problem.message ?? 'the input length exceeds the context length' };
    case 'content_filter':
      return { status: 400, message: problem.message ?? 'the request was blocked by the content filter' };
    case 'quota': // only its cloud has one
      return { status: 402, message: problem.message ?? 'you have used up your usage allowance' };
    default:
      return { status: problem.status, message: problem.message ?? usualFor(problem.status, problem.model) };
  }
}

function usualFor(status: number, model: string): string {
  if (status === 404) return `model "${model}" not found`;
  if (status === 429) return 'too many requests';
  if (status === 503) return 'server busy, please try again.  maximum pending requests exceeded';
  return status >= 500 ? 'an error was encountered while running the model' : `the request failed with status ${status}`;
}
