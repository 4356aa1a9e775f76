/** Anthropic's messages and models. Sources: platform.claude.com/docs/en/api/messages and /build-with-claude/streaming. */
import { createHash, randomUUID } from 'node:crypto';
import type Anthropic from '@anthropic-ai/sdk';
import type { Answer, AnsweredCall, AnswerUsage } from '../ask.ts';
import { recordOf } from '../json.ts';
import { explainAnthropic } from './anthropic-errors.ts';
import { anthropicModels } from './anthropic-models.ts';
import { readMessages } from './anthropic-request.ts';
import { piecesOf } from './pieces.ts';
import { anthropicRateLimitHeaders } from './rate-limits.ts';
import { modelAt, type AnswerEndpoint, type Call, type Frame, type Wire } from './wire.ts';

export const anthropicWire: Wire = {
  find(method, path) {
    if (path === '/v1/messages') return method === 'POST' ? messages : { problem: 'wrong_method', method, path };
    if (path === '/v1/models' || path.startsWith('/v1/models/')) {
      return method === 'GET' ? anthropicModels(modelAt(path, '/v1/models/')) : { problem: 'wrong_method', method, path };
    }
    return { problem: 'unknown_path', method, path };
  },
  refuse(headers) {
    const bearer = /^Bearer \S/.test(headers.authorization ?? '');
    if (!bearer && !headers['x-api-key']) return { problem: 'no_key' };
    return headers['anthropic-version'] ? undefined : { problem: 'invalid', message: 'anthropic-version: header is required' };
  },
  headers: (requestId) => ({ 'request-id': requestId, 'anthropic-organization-id': 'rolecall-simulator' }),
  explain: explainAnthropic,
};

const messages: AnswerEndpoint = {
  kind: 'answer',
  streamType: 'text/event-stream; charset=utf-8',
  read: readMessages,
  cached: (cache, ask) => cache.marked(ask),
  plain: message,
  frames,
  errorFrame(problem) {
    const { request_id: _none, ...body } = recordOf(explainAnthropic(problem, '').body); // the header has told it
    return `event: error\ndata: ${JSON.stringify(body)}\n\n`;
  },
  headers: ({ usage }, { startedAt }) => anthropicRateLimitHeaders(usage, startedAt),
  explain: explainAnthropic,
};

type Block = Anthropic.TextBlock | Anthropic.ToolUseBlock | Anthropic.ThinkingBlock;

function message(answer: Answer, call: Call): unknown {
  const { reasoning, toolCalls } = answer;
  const text = answer.text || answer.refusal;
  return {
    ...envelope(answer, call),
    content: [
      ...(reasoning === '' ? [] : [thinkingBlock(reasoning, signatureOf(reasoning))]),
      ...(text === '' ? [] : [textBlock(text)]),
      ...toolCalls.map((toolCall) => toolBlock(toolCall, inputOf(toolCall))),
    ],
    stop_reason: stopReason(answer),
    stop_sequence: answer.stopSequence ?? null,
    stop_details: answer.refusal === '' ? null : refusal,
    usage: usageFor(answer.usage, answer.usage.outputTokens),
  } satisfies Anthropic.Message;
}

/** The message before it has said anything. */
function envelope({ usage }: Answer, { id, ask }: Call) {
  return {
    id: `msg_${id}`,
    type: 'message',
    role: 'assistant',
    model: ask.model,
    content: [] as Block[],
    container: null,
    diagnostics: null,
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    usage: usageFor(usage, 1), // a stream opens before the output is known
  } satisfies Anthropic.Message;
}

function* frames(answer: Answer, call: Call): Iterable<Frame> {
  const { usage, reasoning, toolCalls, chunks } = answer;
  const text = answer.text || answer.refusal;
  yield { part: 'bracket', data: event({ type: 'message_start', message: envelope(answer, call) }) };
  let index = 0;
  if (reasoning !== '') {
    const deltas: Anthropic.RawContentBlockDelta[] = [
      ...piecesOf(reasoning).map((thinking) => ({ type: 'thinking_delta' as const, thinking })),
      { type: 'signature_delta', signature: signatureOf(reasoning) },
    ];
    yield* blockFrames(index++, thinkingBlock('', ''), deltas);
  }
  if (text !== '') {
    const deltas = piecesOf(text, chunks).map((piece) => ({ type: 'text_delta' as const, text: piece }));
    yield* blockFrames(index++, textBlock(''), deltas);
  }
  for (const toolCall of toolCalls) {
    const deltas = ['', ...piecesOf(toolCall.arguments)].map((piece) => ({
      type: 'input_json_delta' as const,
      partial_json: piece,
    }));
    yield* blockFrames(index++, toolBlock(toolCall, {}), deltas);
  }
  const ending: Anthropic.RawMessageDeltaEvent.Delta = {
    container: null,
    stop_reason: stopReason(answer),
    stop_sequence: answer.stopSequence ?? null,
    stop_details: answer.refusal === '' ? null : refusal,
  };
  yield { part: 'tail', data: event({ type: 'message_delta', delta: ending, usage: deltaUsage(usage) }) };
  yield { part: 'terminator', data: event({ type: 'message_stop' }) };
}

function* blockFrames(index: number, content_block: Block, deltas: readonly Anthropic.RawContentBlockDelta[]): Iterable<Frame> {
  yield { part: 'bracket', data: event({ type: 'content_block_start', index, content_block }) };
  if (index === 0) yield { part: 'bracket', data: event({ type: 'ping' }) };
  for (const delta of deltas) yield { part: 'content', data: event({ type: 'content_block_delta', index, delta }) };
  yield { part: 'bracket', data: event({ type: 'content_block_stop', index }) };
}

type StreamEvent = Anthropic.RawMessageStreamEvent | { type: 'ping' };

/** One server-sent event, named by its type. */
function event(data: StreamEvent): string {
  return `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
}

function textBlock(text: string): Anthropic.TextBlock {
  return { type: 'text', text, citations: null };
}

function thinkingBlock(thinking: string, signature: string): Anthropic.ThinkingBlock {
  return { type: 'thinking', thinking, signature };
}

function toolBlock({ name }: AnsweredCall, input: unknown): Anthropic.ToolUseBlock {
  return {
    type: 'tool_use',
    id: `toolu_${randomUUID().replaceAll('-', '').slice(0, 24)}`,
    name,
    input,
    caller: { type: 'direct' },
  };
}

/** A plain answer carries arguments as an object; a scripted text that is none is carried as it is. */
function inputOf({ arguments: text }: AnsweredCall): unknown {
  try {
    return JSON.parse(text === '' ? '{}' : text);
  } catch {
    return text;
  }
}

/** Opaque to clients, and the same for the same thought. */
function signatureOf(reasoning: string): string {
  return createHash('sha256').update('rolecall-simulator').update(reasoning).digest('base64');
}

const refusal: Anthropic.RefusalStopDetails = { type: 'refusal', category: null, explanation: null };

function stopReason({ finish, stopSequence, refusal: refused }: Answer): Anthropic.StopReason {
  if (refused !== '' || finish === 'content_filter') return 'refusal';
  if (finish === 'length') return 'max_tokens';
  if (finish === 'tool_calls') return 'tool_use';
  return stopSequence === undefined ? 'end_turn' : 'stop_sequence';
}

/** Here input is what was neither read from the cache nor written to it. */
function usageFor(usage: AnswerUsage, outputTokens: number): Anthropic.Usage {
  return {
    input_tokens: Math.max(0, usage.inputTokens - usage.cacheReadTokens - usage.cacheWriteTokens),
    cache_creation_input_tokens: usage.cacheWriteTokens,
    cache_read_input_tokens: usage.cacheReadTokens,
    cache_creation: {
      ephemeral_5m_input_tokens: usage.cacheWriteTokens - usage.cacheWrite1hTokens,
      ephemeral_1h_input_tokens: usage.cacheWrite1hTokens,
    },
    output_tokens: outputTokens,
    output_tokens_details: { thinking_tokens: Math.min(usage.reasoningTokens, outputTokens) },
    inference_geo: null,
    server_tool_use: null,
    service_tier: 'standard',
    speed: null,
  };
}

/** Cumulative, as the documentation says: it replaces what `message_start` reported. */
function deltaUsage(usage: AnswerUsage): Anthropic.MessageDeltaUsage {
  const whole = usageFor(usage, usage.outputTokens);
  const { cache_creation: _creation, inference_geo: _geo, service_tier: _tier, speed: _speed, ...counts } = whole;
  return counts;
}
