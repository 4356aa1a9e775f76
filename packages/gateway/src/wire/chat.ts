/** The chat completions API: https://platform.openai.com/docs/api-reference/chat */
import { randomUUID } from 'node:crypto';
import type { Delta, JsonObject, ModelResponse, Usage } from '@rolecall/core';
import type { Problem } from '../http/problem.ts';
import { deltasOf, servedBy } from './blocks.ts';
import { readChatMessages } from './chat-messages.ts';
import { chatSettings, readChat } from './chat-request.ts';
import type { AnswerFacts, Dialect, EventWriter } from './dialect.ts';
import { compact, fieldsOf } from './reader.ts';
import { event } from './sse.ts';

export const chat: Dialect = {
  api: 'chat.completions',
  read: readChat,
  readMessages: (messages) => readChatMessages(messages, []),
  settings: chatSettings,
  answer: (response, facts) => ({
    ...head(facts, 'chat.completion', servedBy(response)),
    choices: [{ index: 0, message: messageOf(response), logprobs: null, finish_reason: reasonOf(response) }],
    ...usageOf(response.usage),
  }),
  events: (facts) => new ChatWriter(facts),
  problem: openaiProblem,
  problemEvent: (problem) => event(openaiProblem(problem), 'error'),
};

/** `{ "error": { message, type, param, code } }`, as all of OpenAI's APIs say it. */
export function openaiProblem({ message, type, param, code }: Problem): JsonObject {
  return { error: { message, type, param: param ?? null, code } };
}

function head({ callId }: AnswerFacts, object: string, model: string) {
  return { id: `chatcmpl-${callId}`, object, created: Math.floor(Date.now() / 1_000), model };
}

function messageOf({ text, toolCalls, refusal, content }: ModelResponse): JsonObject {
  const calls = toolCalls.map(({ id, name, arguments: json }) => ({
    id,
    type: 'function',
    function: { name, arguments: json || '{}' },
  }));
  const thought = (content ?? []).flatMap((part) => (part.type === 'reasoning' && part.text !== '' ? [part.text] : [])).join('');
  const silent = text === '' && (calls.length > 0 || refusal !== undefined);
  return {
    role: 'assistant',
    content: silent ? null : text,
    refusal: refusal ?? null,
    ...(thought !== '' && { reasoning_content: thought }),
    ...(calls.length > 0 && { tool_calls: calls }),
  };
}

function reasonOf({ finishReason }: ModelResponse): string {
  return finishReason === 'other' ? 'stop' : finishReason;
}

/** Nothing, where nothing was reported. */
function usageOf(usage: Usage): { readonly usage?: JsonObject } {
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, reasoningTokens } = usage;
  if (inputTokens === undefined && outputTokens === undefined) return {};
  const input = inputTokens ?? 0;
  const output = outputTokens ?? 0;
  const cached = compact({ cached_tokens: cacheReadTokens, cache_write_tokens: cacheWriteTokens }) as JsonObject;
  return {
    usage: {
      prompt_tokens: input,
      completion_tokens: output,
      total_tokens: input + output,
      ...(Object.keys(cached).length > 0 && { prompt_tokens_details: cached }),
      ...(reasoningTokens !== undefined && { completion_tokens_details: { reasoning_tokens: reasoningTokens } }),
    },
  };
}

const fields = { text: 'content', reasoning: 'reasoning_content', refusal: 'refusal' } as const;

/** One chunk for each delta, the reason for stopping, the usage if it was asked for, and the end mark. */
class ChatWriter implements EventWriter {
  readonly #facts: AnswerFacts;
  readonly #head: object;
  readonly #calls = new Set<number>();
  #hasBegun = false;

  constructor(facts: AnswerFacts) {
    this.#facts = facts;
    this.#head = head(facts, 'chat.completion.chunk', facts.model);
  }

  delta(delta: Delta): string {
    const first = this.#hasBegun ? {} : { role: 'assistant' };
    this.#hasBegun = true;
    return this.#chunk({ ...first, ...this.#said(delta) });
  }

  end(response: ModelResponse): string {
    const said = this.#hasBegun
      ? ''
      : deltasOf(response)
          .map((delta) => this.delta(delta))
          .join('');
    const options = fieldsOf(this.#facts.body['stream_options'], 'stream_options');
    const wanted = options?.['include_usage'] === true ? usageOf(response.usage) : {};
    const usage = wanted.usage ? event({ ...this.#head, choices: [], ...wanted }) : '';
    return `${said}${this.#chunk({}, reasonOf(response))}${usage}data: [DONE]\n\n`;
  }

  #said(delta: Delta): object {
    if (delta.type !== 'tool_call') return { [fields[delta.type]]: delta.text };
    const { index, id, name, arguments: json = '' } = delta;
    if (this.#calls.has(index)) return { tool_calls: [{ index, function: { arguments: json } }] };
    this.#calls.add(index);
    return {
      tool_calls: [
        { index, id: id || `call_${randomUUID()}`, type: 'function', function: { name: name ?? '', arguments: json } },
      ],
    };
  }

  #chunk(delta: object, reason: string | null = null): string {
    return event({ ...this.#head, choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }] });
  }
}
