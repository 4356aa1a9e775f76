/** Ollama's native API. Source: docs/api.md of ollama/ollama. */
import type { ChatResponse, GenerateResponse } from 'ollama';
import type { Answer } from '../ask.ts';
import { explainOllama } from './ollama-errors.ts';
import { load } from './ollama-load.ts';
import { ollamaInfo } from './ollama-models.ts';
import { readOllamaChat, readOllamaGenerate } from './ollama-request.ts';
import { findV1 } from './ollama-v1.ts';
import { piecesOf } from './pieces.ts';
import type { AnswerEndpoint, Call, Endpoint, Frame, Wire } from './wire.ts';
import { noCache } from '../prompt-cache.ts';

export const ollamaWire: Wire = {
  find(method, path) {
    const endpoint = endpoints[path];
    if (endpoint) return endpoint.method === method ? endpoint.serves : { problem: 'wrong_method', method, path };
    return findV1(method, path) ?? ollamaInfo(method, path) ?? { problem: 'unknown_path', method, path };
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
  aside: (ask, body, catalog) => load(ask, body, catalog, { message: messageOf({}) }),
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
  aside: (ask, body, catalog) => load(ask, body, catalog, { response: '' }),
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

const endpoints: Readonly<Record<string, { readonly method: string; readonly serves: Endpoint }>> = {
  '/api/chat': { method: 'POST', serves: chat },
  '/api/generate': { method: 'POST', serves: generate },
};

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
