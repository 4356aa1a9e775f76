/** Groq's chat completions and models. Source: console.groq.com/docs/api-reference. */
import type Groq from 'groq-sdk';
import type { Answer, AnswerUsage } from '../ask.ts';
import { recordOf, type JsonRecord } from '../json.ts';
import { chatCalls, chatDeltas, dataEvent } from './chat-deltas.ts';
import { readChat, type ChatDialect } from './chat-request.ts';
import { explainGroq } from './groq-errors.ts';
import { modelsEndpoint } from './openai.ts';
import { invalid } from './problem.ts';
import { rateLimitHeaders } from './rate-limits.ts';
import { modelAt, type AnswerEndpoint, type Call, type Frame, type Wire } from './wire.ts';

const root = '/openai/v1';
const flavor = { fingerprint: 'fp_rolecall_simulator', ownedBy: 'rolecall-simulator', showsReasoning: true };

const dialect: ChatDialect = {
  noModel: "'model' : property 'model' is missing",
  noMessages: "'messages' : property 'messages' is missing",
  check: checkGroq,
  thinks: ({ reasoning_format: format, include_reasoning: include, reasoning_effort: effort }) =>
    typeof format === 'string' || include === true || (typeof effort === 'string' && effort !== 'none'),
};

export const groqWire: Wire = {
  find(method, path) {
    if (path === `${root}/chat/completions`) return method === 'POST' ? chat : { problem: 'wrong_method', method, path };
    if (path === `${root}/models` || path.startsWith(`${root}/models/`)) {
      return method === 'GET'
        ? modelsEndpoint(modelAt(path, `${root}/models/`), flavor, explainGroq)
        : { problem: 'wrong_method', method, path };
    }
    return { problem: 'unknown_path', method, path };
  },
  refuse: ({ authorization = '' }) => (/^Bearer \S/.test(authorization) ? undefined : { problem: 'no_key' }),
  headers: (requestId) => ({ 'x-request-id': requestId, 'x-groq-region': 'simulator' }),
  explain: explainGroq,
};

const chat: AnswerEndpoint = {
  kind: 'answer',
  streamType: 'text/event-stream',
  read: (body) => readChat(body, dialect),
  cached: (cache, ask) => cache.automatic(ask),
  plain: completion,
  frames: completionFrames,
  errorFrame: (problem) => dataEvent(explainGroq(problem).body),
  headers: (answer) => rateLimitHeaders(answer.usage),
  explain: explainGroq,
};

function checkGroq(body: JsonRecord): void {
  if (typeof body['n'] === 'number' && body['n'] !== 1) invalid("'n' : number must be at most 1", 'n');
  if (body['reasoning_format'] !== undefined && body['include_reasoning'] !== undefined) {
    invalid('reasoning_format and include_reasoning are mutually exclusive', 'include_reasoning');
  }
}

/** Thinking goes into `reasoning`, into the text between tags, or nowhere. */
function shown(answer: Answer, { reasoning_format: format, include_reasoning: include }: JsonRecord): Answer {
  const { reasoning, text } = answer;
  if (format === 'hidden' || include === false) return { ...answer, reasoning: '' };
  return format === 'raw' && reasoning !== ''
    ? { ...answer, reasoning: '', text: `<think>\n${reasoning}\n</think>\n${text}` }
    : answer;
}

function completion(given: Answer, call: Call): unknown {
  const answer = shown(given, call.body);
  const { text, reasoning, toolCalls } = answer;
  return {
    id: `chatcmpl-${call.id}`,
    object: 'chat.completion',
    created: Math.floor(call.startedAt / 1_000),
    model: call.ask.model,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: toolCalls.length > 0 ? text || null : text || answer.refusal,
          ...(reasoning === '' ? {} : { reasoning }),
          ...(toolCalls.length > 0 ? { tool_calls: chatCalls(answer) } : {}),
        },
        logprobs: null,
        finish_reason: finishFor(answer),
      },
    ],
    usage: groqUsage(answer.usage, call, call.elapsedMs()),
    system_fingerprint: flavor.fingerprint,
    service_tier: 'on_demand',
    x_groq: { id: call.requestId },
  } satisfies Groq.Chat.ChatCompletion;
}

function* completionFrames(given: Answer, call: Call): Iterable<Frame> {
  const answer = shown(given, call.body);
  const envelope = {
    id: `chatcmpl-${call.id}`,
    object: 'chat.completion.chunk' as const,
    created: Math.floor(call.startedAt / 1_000),
    model: call.ask.model,
    system_fingerprint: flavor.fingerprint,
  };
  const includeUsage = recordOf(call.body['stream_options'])['include_usage'] === true;
  let firstTokenMs: number | undefined;
  for (const { part, delta, finish } of chatDeltas(answer)) {
    if (part === 'content') firstTokenMs ??= call.elapsedMs();
    const { refusal, ...rest } = delta;
    const choice = {
      index: 0,
      delta: refusal === undefined ? rest : { content: refusal },
      logprobs: null,
      finish_reason: finish === null ? null : finishFor(answer),
    };
    const usage = groqUsage(answer.usage, call, firstTokenMs ?? call.elapsedMs());
    const extra =
      part === 'bracket' ? { x_groq: { id: call.requestId } } : part === 'tail' ? { x_groq: { id: call.requestId, usage } } : {};
    yield { part, data: dataEvent({ ...envelope, choices: [choice], ...extra } satisfies Groq.Chat.ChatCompletionChunk) };
  }
  if (includeUsage) {
    const usage = groqUsage(answer.usage, call, firstTokenMs ?? call.elapsedMs());
    yield {
      part: 'tail',
      data: dataEvent({ ...envelope, choices: [], usage } satisfies Groq.Chat.ChatCompletionChunk & { usage: unknown }),
    };
  }
  yield { part: 'terminator', data: dataEvent('[DONE]') };
}

/** Groq's API knows no filtered answer. */
function finishFor({ finish }: Answer): 'stop' | 'length' | 'tool_calls' {
  return finish === 'content_filter' ? 'stop' : finish;
}

/** Times are in seconds; the total is without the queue. */
function groqUsage(usage: AnswerUsage, call: Call, firstTokenMs: number) {
  const promptTime = firstTokenMs / 1_000;
  const completionTime = Math.max(0.000_001, (call.elapsedMs() - firstTokenMs) / 1_000);
  return {
    queue_time: 0,
    prompt_tokens: usage.inputTokens,
    prompt_time: promptTime,
    completion_tokens: usage.outputTokens,
    completion_time: completionTime,
    total_tokens: usage.inputTokens + usage.outputTokens,
    total_time: promptTime + completionTime,
    ...(usage.cacheReadTokens > 0 ? { prompt_tokens_details: { cached_tokens: usage.cacheReadTokens } } : {}),
    ...(usage.reasoningTokens > 0 ? { completion_tokens_details: { reasoning_tokens: usage.reasoningTokens } } : {}),
  } satisfies Groq.CompletionUsage;
}
