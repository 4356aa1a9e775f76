/** The Messages API of Anthropic: https://platform.claude.com/docs/en/api/messages */
import type { Delta, JsonObject, JsonValue, ModelResponse, Usage } from '@rolecall/core';
import type { Problem } from '../http/problem.ts';
import { type Block, Blocks, type BlockTaker, servedBy } from './blocks.ts';
import type { AnswerFacts, Dialect, EventWriter } from './dialect.ts';
import { messagesSettings, readMessages } from './messages-request.ts';
import { readTurns } from './messages-turns.ts';
import { event } from './sse.ts';

export const messages: Dialect = {
  api: 'messages',
  headers: ['anthropic-version', 'anthropic-beta'],
  read: readMessages,
  readMessages: (turns) => readTurns(turns, []),
  settings: messagesSettings,
  answer: (response, facts) => ({
    ...head(facts, servedBy(response)),
    content: contentOf(response),
    stop_reason: reasonOf(response),
    stop_sequence: null,
    usage: usageOf(response.usage),
  }),
  events: (facts) => new MessageWriter(facts),
  problem: anthropicProblem,
  problemEvent: (problem, callId) => event(anthropicProblem(problem, callId), 'error'),
};

/** By status: https://platform.claude.com/docs/en/api/errors */
const types: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  504: 'timeout_error',
};

function anthropicProblem({ status, message }: Problem, callId: string): JsonObject {
  const type = types[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error');
  return { type: 'error', error: { type, message }, request_id: callId };
}

function head({ callId }: AnswerFacts, model: string) {
  return { id: `msg_${callId}`, type: 'message', role: 'assistant', model };
}

/** A thought of Claude's own goes back as it was signed; those of others have no signature that would hold. */
function contentOf({ text, content, toolCalls, refusal }: ModelResponse): readonly JsonValue[] {
  const thoughts = (content ?? []).flatMap((part) =>
    part.type === 'reasoning' && part.provider === 'anthropic' && isBlock(part.opaque) ? [part.opaque] : [],
  );
  const said = text || refusal;
  return [...thoughts, ...(said ? [{ type: 'text', text: said }] : []), ...toolCalls.map(toolUse)];
}

function isBlock(opaque: JsonValue | undefined): opaque is JsonObject {
  return typeof opaque === 'object' && opaque !== null && 'type' in opaque;
}

function toolUse({ id, name, arguments: json }: ModelResponse['toolCalls'][number]): JsonObject {
  return { type: 'tool_use', id, name, input: inputOf(json) };
}

/** Arguments that are no object have no place in the API; they are handed on as text, under a name of their own. */
function inputOf(json: string): JsonObject {
  if (json.trim() === '') return {};
  try {
    const input: unknown = JSON.parse(json);
    if (typeof input === 'object' && input !== null && !Array.isArray(input)) return input as JsonObject;
  } catch {
    // as a model may have written it
  }
  return { arguments: json };
}

const reasons: Readonly<Record<ModelResponse['finishReason'], string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  content_filter: 'refusal',
  other: 'end_turn',
};

function reasonOf({ finishReason }: ModelResponse): string {
  return reasons[finishReason];
}

/** Here cached input is not part of the input. The API has no way to leave a count out. */
function usageOf({ inputTokens = 0, outputTokens = 0, cacheReadTokens = 0, cacheWriteTokens = 0 }: Usage): JsonObject {
  return {
    input_tokens: Math.max(0, inputTokens - cacheReadTokens - cacheWriteTokens),
    output_tokens: outputTokens,
    cache_read_input_tokens: cacheReadTokens,
    cache_creation_input_tokens: cacheWriteTokens,
  };
}

const taker: BlockTaker = {
  open({ kind, index, id, name }) {
    if (kind === 'tool') return start(index, { type: 'tool_use', id, name, input: {} });
    return start(index, kind === 'reasoning' ? { type: 'thinking', thinking: '', signature: '' } : { type: 'text', text: '' });
  },
  grow({ kind, index }, piece) {
    if (kind === 'tool') return grow(index, { type: 'input_json_delta', partial_json: piece });
    return grow(index, kind === 'reasoning' ? { type: 'thinking_delta', thinking: piece } : { type: 'text_delta', text: piece });
  },
  close: ({ index }: Block) => event({ type: 'content_block_stop', index }, 'content_block_stop'),
};

function start(index: number, block: object): string {
  return event({ type: 'content_block_start', index, content_block: block }, 'content_block_start');
}

function grow(index: number, delta: object): string {
  return event({ type: 'content_block_delta', index, delta }, 'content_block_delta');
}

class MessageWriter implements EventWriter {
  readonly #facts: AnswerFacts;
  readonly #blocks = new Blocks(taker);
  #hasBegun = false;

  constructor(facts: AnswerFacts) {
    this.#facts = facts;
  }

  delta(delta: Delta): string {
    return this.#begin() + this.#blocks.delta(delta);
  }

  end(response: ModelResponse): string {
    const rest = this.#begin() + this.#blocks.end(response);
    const delta = { stop_reason: reasonOf(response), stop_sequence: null };
    const ending = event({ type: 'message_delta', delta, usage: usageOf(response.usage) }, 'message_delta');
    return rest + ending + event({ type: 'message_stop' }, 'message_stop');
  }

  #begin(): string {
    if (this.#hasBegun) return '';
    this.#hasBegun = true;
    const message = { ...head(this.#facts, this.#facts.model), content: [], stop_reason: null, stop_sequence: null };
    return event({ type: 'message_start', message: { ...message, usage: usageOf({}) } }, 'message_start');
  }
}
