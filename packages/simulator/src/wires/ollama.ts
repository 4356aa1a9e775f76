/** Ollama's native API and its OpenAI-compatible one. Source: docs/api.md and docs/openai.md of ollama/ollama. */
import type { ChatResponse, GenerateResponse } from 'ollama';
import type { Answer, Ask } from '../ask.ts';
import type { JsonRecord } from '../json.ts';
import { dataEvent } from './chat-deltas.ts';
import { readChat, type ChatDialect } from './chat-request.ts';
import { explainOllama, explainOllamaV1 } from './ollama-errors.ts';
import { ollamaInfo, withTag } from './ollama-models.ts';
import { readOllamaChat, readOllamaGenerate } from './ollama-request.ts';
import { completion, completionFrames, modelsEndpoint, type OpenAIFlavor } from './openai.ts';
import { piecesOf } from './pieces.ts';
import { modelAt, type AnswerEndpoint, type Call, type Catalog, type Endpoint, type Frame, type Wire } from './wire.ts';
import { noCache } from '../prompt-cache.ts';

const flavor: OpenAIFlavor = { fingerprint: 'fp_ollama', ownedBy: 'library', showsReasoning: true };

const v1Dialect: ChatDialect = {
  noModel: 'model is required',
  noMessages: "[] is too short - 'messages'",
  thinks: (body) => typeof body['reasoning_effort'] === 'string' && body['reasoning_effort'] !== 'none',
};

export const ollamaWire: Wire = {
  find(method, path) {
    const endpoint = endpoints[path];
    if (endpoint) return endpoint.method === method ? endpoint.serves : { problem: 'wrong_method', method, path };
    if (path.startsWith('/v1/models/')) {
      return method === 'GET'
        ? modelsEndpoint(modelAt(path, '/v1/models/'), flavor, explainOllamaV1)
        : { problem: 'wrong_method', method, path };
    }
    return ollamaInfo(method, path) ?? { problem: 'unknown_path', method, path };
  },
  refuse: () => undefined,
  headers: () => ({}),
  explain: explainOllama,
};

/** What `/api/chat` and `/api/generate` share. */
const native = {
  kind: 'answer',
  streamType: 'application/x-ndjson',
  cached: () => noCache,
  errorFrame: (problem) => line(explainOllama(problem).body),
  headers: () => ({}),
  explain: explainOllama,
} satisfies Partial<AnswerEndpoint>;

const chat: AnswerEndpoint = {
  ...native,
  read: readOllamaChat,
  aside: (ask, body, catalog) => loading(ask, body, catalog, { message: messageOf({}) }),
  plain: (answer, call) =>
    ({
      ...opening(call.ask.model),
      message: messageOf(answer),
      ...ending(answer, call, call.elapsedMs()),
    }) satisfies Sent<ChatResponse>,
  frames: chatFrames,
};

const generate: AnswerEndpoint = {
  ...native,
  read: readOllamaGenerate,
  aside: (ask, body, catalog) => loading(ask, body, catalog, { response: '' }),
  plain: (answer, call) =>
    ({
      ...opening(call.ask.model),
      response: answer.text || answer.refusal,
      ...(answer.reasoning === '' ? {} : { thinking: answer.reasoning }),
      ...ending(answer, call, call.elapsedMs()),
      context,
    }) satisfies Sent<GenerateResponse>,
  frames: generateFrames,
};

const v1Chat: AnswerEndpoint = {
  kind: 'answer',
  streamType: 'text/event-stream',
  read: (body) => readChat(body, v1Dialect),
  aside: (ask, body, catalog) => loading(ask, body, catalog, {}),
  cached: () => noCache,
  plain: (answer, call) => completion(answer, call, flavor),
  frames: (answer, call) => completionFrames(answer, call, flavor),
  errorFrame: (problem) => dataEvent(explainOllamaV1(problem).body),
  headers: () => ({}),
  explain: explainOllamaV1,
};

const endpoints: Readonly<Record<string, { readonly method: string; readonly serves: Endpoint }>> = {
  '/api/chat': { method: 'POST', serves: chat },
  '/api/generate': { method: 'POST', serves: generate },
  '/v1/chat/completions': { method: 'POST', serves: v1Chat },
  '/v1/models': { method: 'GET', serves: modelsEndpoint('', flavor, explainOllamaV1) },
};

/** Any use loads a model; one without a prompt does no more than load it, or unload it when it is to be kept for no time. */
function loading(ask: Ask, body: JsonRecord, { loaded }: Catalog, said: JsonRecord): JsonRecord | undefined {
  const unload = body['keep_alive'] === 0 || body['keep_alive'] === '0';
  if (unload) loaded.delete(withTag(ask.model));
  else loaded.add(withTag(ask.model));
  if (ask.turns.length > 0) return undefined;
  return { ...opening(ask.model), ...said, done: true, done_reason: unload ? 'unload' : 'load' };
}

/** The SDK types dates as `Date`; on the wire they are texts. */
type Sent<T extends ChatResponse | GenerateResponse> = Omit<T, 'created_at'> & { created_at: string };
type SentPiece<T extends ChatResponse | GenerateResponse> = Partial<Sent<T>> & { model: string; created_at: string; done: false };

/** The deprecated encoding of the conversation: documented, of no use here. */
const context: number[] = [1, 2, 3];

function opening(model: string) {
  return { model, created_at: new Date().toISOString() };
}

function nanoseconds(ms: number): number {
  return Math.max(1, Math.round(ms * 1_000_000));
}

/** Durations are in nanoseconds. */
function ending({ usage, finish }: Answer, call: Call, firstTokenMs: number) {
  return {
    done: true,
    done_reason: finish === 'length' ? 'length' : 'stop', // tool calls end with 'stop', too
    total_duration: nanoseconds(call.elapsedMs()),
    load_duration: nanoseconds(0),
    prompt_eval_count: usage.inputTokens,
    prompt_eval_duration: nanoseconds(firstTokenMs),
    eval_count: usage.outputTokens,
    eval_duration: nanoseconds(call.elapsedMs() - firstTokenMs),
  };
}

function messageOf({ text, refusal, reasoning, toolCalls }: Partial<Answer>): ChatResponse['message'] {
  const calls = (toolCalls ?? []).map((toolCall) => ({
    function: { name: toolCall.name, arguments: argumentsOf(toolCall.arguments) },
  }));
  return {
    role: 'assistant',
    content: text || refusal || '',
    ...(reasoning ? { thinking: reasoning } : {}),
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
  };
}

/** Ollama sends arguments as an object; a scripted text that is none is carried as it is. */
function argumentsOf(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text === '' ? '{}' : text) as Record<string, unknown>;
  } catch {
    return text as unknown as Record<string, unknown>;
  }
}

function* chatFrames(answer: Answer, call: Call): Iterable<Frame> {
  const { reasoning, text, refusal, toolCalls, chunks } = answer;
  const pieces: Partial<Answer>[] = [
    ...piecesOf(reasoning).map((piece) => ({ reasoning: piece })),
    ...piecesOf(text || refusal, chunks).map((piece) => ({ text: piece })),
    ...toolCalls.map((toolCall) => ({ toolCalls: [toolCall] })),
  ];
  const firstTokenMs = firstToken(call);
  for (const piece of pieces) {
    firstTokenMs.mark();
    yield {
      part: 'content',
      data: line({ ...opening(call.ask.model), message: messageOf(piece), done: false } satisfies SentPiece<ChatResponse>),
    };
  }
  const last = {
    ...opening(call.ask.model),
    message: messageOf({}),
    ...ending(answer, call, firstTokenMs.mark()),
  } satisfies Sent<ChatResponse>;
  yield { part: 'terminator', data: line(last) };
}

function* generateFrames(answer: Answer, call: Call): Iterable<Frame> {
  const { reasoning, text, refusal, chunks } = answer;
  const pieces = [
    ...piecesOf(reasoning).map((thinking) => ({ response: '', thinking })),
    ...piecesOf(text || refusal, chunks).map((response) => ({ response })),
  ];
  const firstTokenMs = firstToken(call);
  for (const piece of pieces) {
    firstTokenMs.mark();
    yield {
      part: 'content',
      data: line({ ...opening(call.ask.model), ...piece, done: false } satisfies SentPiece<GenerateResponse>),
    };
  }
  const last = {
    ...opening(call.ask.model),
    response: '',
    ...ending(answer, call, firstTokenMs.mark()),
    context,
  } satisfies Sent<GenerateResponse>;
  yield { part: 'terminator', data: line(last) };
}

/** Remembers when it was first marked. */
function firstToken(call: Call): { mark(): number } {
  let at: number | undefined;
  return { mark: () => (at ??= call.elapsedMs()) };
}

function line(data: unknown): string {
  return `${JSON.stringify(data)}\n`;
}
