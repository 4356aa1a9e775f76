/** Ollama's OpenAI-compatible API. Source: docs/openai.md of ollama/ollama. */
import { noCache } from '../prompt-cache.ts';
import { dataEvent } from './chat-deltas.ts';
import { readChat, type ChatDialect } from './chat-request.ts';
import { explainOllamaV1 } from './ollama-errors.ts';
import { load } from './ollama-load.ts';
import { completion, completionFrames, modelsEndpoint, type OpenAIFlavor } from './openai.ts';
import type { Problem } from './problem.ts';
import { modelAt, type AnswerEndpoint, type Endpoint } from './wire.ts';

const flavor: OpenAIFlavor = { fingerprint: 'fp_ollama', ownedBy: 'library', showsReasoning: true };

const dialect: ChatDialect = {
  noModel: 'model is required',
  noMessages: "[] is too short - 'messages'",
  thinks: (body) => typeof body['reasoning_effort'] === 'string' && body['reasoning_effort'] !== 'none',
};

const chat: AnswerEndpoint = {
  kind: 'answer',
  streamType: 'text/event-stream',
  read: (body) => readChat(body, dialect),
  aside: (ask, body, catalog) => load(ask, body, catalog, {}),
  cached: () => noCache,
  plain: (answer, call) => completion(answer, call, flavor),
  frames: (answer, call) => completionFrames(answer, call, flavor),
  errorFrame: (problem) => dataEvent(explainOllamaV1(problem).body),
  headers: () => ({}),
  explain: explainOllamaV1,
};

/** What serves a path under `/v1`; undefined for any other path. */
export function findV1(method: string, path: string): Endpoint | Problem | undefined {
  const wrongMethod: Problem = { problem: 'wrong_method', method, path };
  if (path === '/v1/chat/completions') return method === 'POST' ? chat : wrongMethod;
  if (path !== '/v1/models' && !path.startsWith('/v1/models/')) return undefined;
  return method === 'GET' ? modelsEndpoint(modelAt(path, '/v1/models/'), flavor, explainOllamaV1) : wrongMethod;
}
