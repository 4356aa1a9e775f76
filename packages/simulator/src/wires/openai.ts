/** OpenAI's chat completions and models; responses and embeddings have files of their own. Source: platform.openai.com/docs/api-reference/chat. */
import type OpenAI from 'openai';
import type { Answer, AnswerUsage } from '../ask.ts';
import { listOf, recordOf, textOf, type JsonRecord } from '../json.ts';
import { chatCalls, chatDeltas, dataEvent } from './chat-deltas.ts';
import { readChat, type ChatDialect } from './chat-request.ts';
import { embeddings } from './openai-embeddings.ts';
import { explainOpenAI } from './openai-errors.ts';
import { responses } from './openai-responses.ts';
import { invalid } from './problem.ts';
import { rateLimitHeaders } from './rate-limits.ts';
import { strictSchemaFault } from './strict-schema.ts';
import { modelAt, type AnswerEndpoint, type Call, type Frame, type InfoEndpoint, type Wire } from './wire.ts';

/** What a server that speaks OpenAI's protocol under its own name changes. */
export interface OpenAIFlavor {
  readonly fingerprint: string;
  readonly ownedBy: string;
  /** Thinking is shown in `reasoning`, as servers other than OpenAI's do. */
  readonly showsReasoning: boolean;
}

const openaiItself: OpenAIFlavor = { fingerprint: 'fp_rolecall_simulator', ownedBy: 'rolecall-simulator', showsReasoning: false };

const dialect: ChatDialect = {
  noModel: 'you must provide a model parameter',
  noMessages: "Missing required parameter: 'messages'.",
  check: checkOpenAI,
  thinks: (body) => typeof body['reasoning_effort'] === 'string' && body['reasoning_effort'] !== 'none',
};

export const openaiWire: Wire = {
  find(method, path) {
    const answering = Object.hasOwn(endpoints, path) ? endpoints[path] : undefined;
    if (answering) return method === 'POST' ? answering : { problem: 'wrong_method', method, path };
    if (path === '/v1/models' || path.startsWith('/v1/models/')) {
      return method === 'GET'
        ? modelsEndpoint(modelAt(path, '/v1/models/'), openaiItself, explainOpenAI)
        : { problem: 'wrong_method', method, path };
    }
    return { problem: 'unknown_path', method, path };
  },
  refuse: ({ authorization = '' }) => (/^Bearer \S/.test(authorization) ? undefined : { problem: 'no_key' }),
  headers: (requestId) => ({
    'x-request-id': requestId,
    'openai-version': '2020-10-01',
    'openai-organization': 'rolecall-simulator',
  }),
  explain: explainOpenAI,
};

const chat: AnswerEndpoint = {
  kind: 'answer',
  streamType: 'text/event-stream; charset=utf-8',
  read: (body) => readChat(body, dialect),
  cached: (cache, ask) => cache.automatic(ask),
  plain: (answer, call) => completion(answer, call, openaiItself),
  frames: (answer, call) => completionFrames(answer, call, openaiItself),
  errorFrame: (problem) => dataEvent(explainOpenAI(problem).body),
  headers: (answer, call) => ({
    'openai-processing-ms': String(Math.round(call.elapsedMs())),
    ...rateLimitHeaders(answer.usage),
  }),
  explain: explainOpenAI,
};

const endpoints: Readonly<Record<string, AnswerEndpoint>> = {
  '/v1/chat/completions': chat,
  '/v1/responses': responses,
  '/v1/embeddings': embeddings,
};

/** Rules that OpenAI's own server adds to the protocol. */
function checkOpenAI(body: JsonRecord, model: string): void {
  if (body['stream_options'] !== undefined && body['stream_options'] !== null && body['stream'] !== true) {
    invalid("The 'stream_options' parameter is only allowed when 'stream' is enabled.", 'stream_options');
  }
  if (/^(?:o\d|gpt-[5-9])/.test(model) && typeof body['max_tokens'] === 'number') {
    invalid(
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
      'max_tokens',
      'unsupported_parameter',
    );
  }
  const format = recordOf(recordOf(body['response_format'])['json_schema']);
  checkStrict(format, format['schema'], 'response_format', 'response_format');
  for (const [index, tool] of listOf(body['tools']).entries()) {
    const definition = recordOf(recordOf(tool)['function']);
    checkStrict(definition, definition['parameters'], 'function', `tools[${index}].function.parameters`);
  }
}

function checkStrict({ strict, name }: JsonRecord, schema: unknown, kind: string, param: string): void {
  const fault = strict === true ? strictSchemaFault(schema) : undefined;
  if (fault !== undefined) invalid(`Invalid schema for ${kind} '${textOf(name)}': ${fault}`, param);
}

export function completion(answer: Answer, { id, ask, body, startedAt }: Call, flavor: OpenAIFlavor): unknown {
  const { text, refusal, reasoning, toolCalls, finish, usage } = answer;
  const choices = Array.from({ length: choiceCount(body) }, (_, index) => ({
    index,
    message: {
      role: 'assistant' as const,
      content: toolCalls.length > 0 || refusal !== '' ? text || null : text,
      refusal: refusal || null,
      ...(flavor.showsReasoning && reasoning !== '' ? { reasoning } : {}),
      annotations: [],
      ...(toolCalls.length > 0 ? { tool_calls: chatCalls(answer) } : {}),
    },
    logprobs: null,
    finish_reason: finish,
  }));
  return {
    id: `chatcmpl-${id}`,
    object: 'chat.completion',
    created: Math.floor(startedAt / 1_000),
    model: ask.model,
    choices,
    usage: openaiUsage(usage, choices.length),
    service_tier: 'default',
    system_fingerprint: flavor.fingerprint,
  } satisfies OpenAI.ChatCompletion;
}

export function* completionFrames(answer: Answer, { id, ask, body, startedAt }: Call, flavor: OpenAIFlavor): Iterable<Frame> {
  const includeUsage = recordOf(body['stream_options'])['include_usage'] === true;
  const count = choiceCount(body);
  const envelope = {
    id: `chatcmpl-${id}`,
    object: 'chat.completion.chunk' as const,
    created: Math.floor(startedAt / 1_000),
    model: ask.model,
    service_tier: 'default' as const,
    system_fingerprint: flavor.fingerprint,
    ...(includeUsage ? { usage: null } : {}),
  };
  for (let index = 0; index < count; index++) {
    for (const { part, delta, finish } of chatDeltas(answer)) {
      if (delta.reasoning !== undefined && !flavor.showsReasoning) continue; // thought, counted, not shown
      const choice = { index, delta, logprobs: null, finish_reason: finish };
      yield { part, data: dataEvent({ ...envelope, choices: [choice] } satisfies OpenAI.ChatCompletionChunk) };
    }
  }
  if (includeUsage) {
    yield {
      part: 'tail',
      data: dataEvent({ ...envelope, choices: [], usage: openaiUsage(answer.usage, count) } satisfies OpenAI.ChatCompletionChunk),
    };
  }
  yield { part: 'terminator', data: dataEvent('[DONE]') };
}

function choiceCount(body: JsonRecord): number {
  const count = body['n'];
  return typeof count === 'number' && Number.isInteger(count) && count >= 1 && count <= 128 ? count : 1;
}

function openaiUsage(usage: AnswerUsage, choices: number) {
  const completionTokens = usage.outputTokens * choices;
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: completionTokens,
    total_tokens: usage.inputTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: usage.cacheReadTokens, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: usage.reasoningTokens * choices,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  } satisfies OpenAI.CompletionUsage;
}

/** The list of models, or one of them. */
export function modelsEndpoint(model: string, flavor: OpenAIFlavor, explain: InfoEndpoint['explain']): InfoEndpoint {
  const describe = (id: string) =>
    ({ id, object: 'model', created: 1_700_000_000, owned_by: flavor.ownedBy }) satisfies OpenAI.Model;
  return {
    kind: 'info',
    reply({ models, has }) {
      if (model === '') return { object: 'list', data: models.map(describe) };
      return has(model) ? describe(model) : { problem: 'no_model', model };
    },
    explain,
  };
}
