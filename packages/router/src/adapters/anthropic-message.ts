/** A message of the Messages API, and what it says in our words: https://platform.claude.com/docs/en/api/messages */
import type { JsonObject, ModelResponse, Part, ToolCall, Usage } from '@rolecall/core';
import { type Answer, count, entryOf, failure } from './answer.ts';

export interface AnthropicMessage {
  readonly model: string;
  readonly content: readonly ContentBlock[];
  readonly stop_reason: string | null;
  readonly stop_details?: { readonly explanation?: string | null } | null;
  readonly usage?: AnthropicUsage | null;
}

export interface ContentBlock {
  readonly type: string;
  readonly text?: string;
  readonly thinking?: string;
  readonly signature?: string;
  readonly id?: string;
  readonly name?: string;
  readonly input?: unknown;
}

export interface AnthropicUsage {
  readonly input_tokens?: number | null;
  readonly output_tokens?: number | null;
  readonly cache_read_input_tokens?: number | null;
  readonly cache_creation_input_tokens?: number | null;
  readonly cache_creation?: { readonly ephemeral_1h_input_tokens?: number | null } | null;
  readonly output_tokens_details?: { readonly thinking_tokens?: number | null } | null;
  readonly service_tier?: string | null;
}

export function toUsage(usage: AnthropicUsage | null | undefined): Usage {
  if (!usage) return {};
  const read = count(usage.cache_read_input_tokens);
  const written = count(usage.cache_creation_input_tokens);
  const uncached = count(usage.input_tokens);
  return {
    inputTokens: uncached === undefined ? undefined : uncached + (read ?? 0) + (written ?? 0), // the API leaves the cached ones out
    outputTokens: count(usage.output_tokens),
    cacheReadTokens: read,
    cacheWriteTokens: written,
    cacheWrite1hTokens: count(usage.cache_creation?.ephemeral_1h_input_tokens),
    reasoningTokens: count(usage.output_tokens_details?.thinking_tokens),
    source: { api: 'messages', payload: usage },
  };
}

/** @throws {ModelError} `empty_answer` when the message says nothing, and no limit or refusal tells why. */
export function decode(message: AnthropicMessage, { facts, provider }: Answer): Omit<ModelResponse, 'metadata'> {
  const { content, stop_reason: stopReason, stop_details: details } = message;
  const toolCalls = content.flatMap((block) => (block.type === 'tool_use' ? [toToolCall(block)] : []));
  const parts = toParts(content, provider);
  const text = parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
  const finishReason = entryOf(finishReasons, stopReason) ?? 'other';
  if (text === '' && toolCalls.length === 0 && (finishReason === 'stop' || finishReason === 'tool_calls')) {
    throw failure('empty_answer', facts, 'the answer holds neither text nor a tool call');
  }
  return {
    model: facts.model,
    text,
    content: parts.some((part) => part.type !== 'text') ? parts : undefined,
    toolCalls,
    refusal: stopReason === 'refusal' ? (details?.explanation ?? undefined) : undefined,
    finishReason,
    usage: facts.usage ?? {},
  };
}

const finishReasons: Readonly<Record<string, ModelResponse['finishReason']>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  refusal: 'content_filter',
};

function toToolCall({ id = '', name = '', input }: ContentBlock): ToolCall {
  return { id, name, arguments: typeof input === 'string' ? input : JSON.stringify(input ?? {}) };
}

/** A thought keeps its block as it came, and how many tool calls came before it, should there be any. */
function toParts(content: readonly ContentBlock[], provider: string): readonly Part[] {
  let calls = 0;
  return content.flatMap((block): readonly Part[] => {
    if (block.type === 'tool_use') calls++;
    if (block.type === 'text' && block.text) return [{ type: 'text', text: block.text }];
    if (block.type !== 'thinking' && block.type !== 'redacted_thinking') return [];
    const opaque = { ...(block as unknown as JsonObject), ...(calls > 0 && { after_tool_calls: calls }) };
    return [{ type: 'reasoning', text: block.thinking ?? '', provider, opaque }];
  });
}
