/** The Responses API of OpenAI: https://platform.openai.com/docs/api-reference/responses */
import { randomUUID } from 'node:crypto';
import type { Delta, JsonObject, JsonValue, ModelResponse, Usage } from '@rolecall/core';
import { type Block, Blocks, servedBy } from './blocks.ts';
import { openaiProblem } from './chat.ts';
import type { AnswerFacts, Dialect, EventWriter } from './dialect.ts';
import { responsesSettings, readInput, readResponses } from './responses-request.ts';
import { event } from './sse.ts';

export const responses: Dialect = {
  api: 'responses',
  read: readResponses,
  readMessages: (input) => readInput(input, []),
  settings: responsesSettings,
  answer: (response, facts) => finished(response, facts, itemsOf(response), servedBy(response)),
  events: (facts) => new ResponseWriter(facts),
  problem: openaiProblem,
  problemEvent: ({ message, code, param }) => event({ type: 'error', code, message, param: param ?? null }, 'error'),
};

function head({ callId, body }: AnswerFacts, status: string, model: string): JsonObject {
  return {
    id: `resp_${callId}`,
    object: 'response',
    created_at: Math.floor(Date.now() / 1_000),
    status,
    model,
    error: null,
    incomplete_details: null,
    instructions: orNull(body['instructions']),
    max_output_tokens: orNull(body['max_output_tokens']),
    metadata: (body['metadata'] ?? {}) as JsonValue,
    parallel_tool_calls: (body['parallel_tool_calls'] ?? true) as JsonValue,
    temperature: orNull(body['temperature']),
    tool_choice: (body['tool_choice'] ?? 'auto') as JsonValue,
    tools: (body['tools'] ?? []) as JsonValue,
    top_p: orNull(body['top_p']),
    store: false,
  };
}

function orNull(value: unknown): JsonValue {
  return (value ?? null) as JsonValue;
}

const incomplete: Partial<Record<ModelResponse['finishReason'], string>> = {
  length: 'max_output_tokens',
  content_filter: 'content_filter',
};

function finished(response: ModelResponse, facts: AnswerFacts, output: readonly JsonValue[], model: string): JsonObject {
  const reason = incomplete[response.finishReason];
  return {
    ...head(facts, reason === undefined ? 'completed' : 'incomplete', model),
    ...(reason !== undefined && { incomplete_details: { reason } }),
    output,
    ...usageOf(response.usage),
  };
}

function usageOf({ inputTokens, outputTokens, cacheReadTokens, reasoningTokens }: Usage): { readonly usage?: JsonObject } {
  if (inputTokens === undefined && outputTokens === undefined) return {};
  const input = inputTokens ?? 0;
  const output = outputTokens ?? 0;
  return {
    usage: {
      input_tokens: input,
      input_tokens_details: { cached_tokens: cacheReadTokens ?? 0 },
      output_tokens: output,
      output_tokens_details: { reasoning_tokens: reasoningTokens ?? 0 },
      total_tokens: input + output,
    },
  };
}

function itemsOf({ text, refusal, toolCalls }: ModelResponse): readonly JsonValue[] {
  const parts = [...(text === '' ? [] : [partOf('text', text)]), ...(refusal === undefined ? [] : [partOf('refusal', refusal)])];
  const message = { id: `msg_${randomUUID()}`, type: 'message', status: 'completed', role: 'assistant', content: parts };
  const calls = toolCalls.map(({ id, name, arguments: json }) =>
    callItem(`fc_${randomUUID()}`, id, name, json || '{}', 'completed'),
  );
  return parts.length === 0 ? calls : [message, ...calls];
}

function partOf(kind: Block['kind'], text: string): JsonObject {
  return kind === 'refusal' ? { type: 'refusal', refusal: text } : { type: 'output_text', text, annotations: [], logprobs: [] };
}

function callItem(id: string, callId: string, name: string, json: string, status: string): JsonObject {
  return { id, type: 'function_call', status, call_id: callId, name, arguments: json };
}

/** Every block is an item of its own; thoughts of other providers have no place in the API, and are left out. */
class ResponseWriter implements EventWriter {
  readonly #facts: AnswerFacts;
  readonly #blocks: Blocks;
  readonly #items: JsonObject[] = [];
  #itemId = '';
  #sequence = 0;

  constructor(facts: AnswerFacts) {
    this.#facts = facts;
    this.#blocks = new Blocks({
      open: (block) => this.#open(block),
      grow: (block, piece) => this.#grow(block, piece),
      close: (block) => this.#close(block),
    });
  }

  delta(delta: Delta): string {
    return delta.type === 'reasoning' ? '' : this.#begin() + this.#blocks.delta(delta);
  }

  end(response: ModelResponse): string {
    const rest = this.#begin() + this.#blocks.end(response);
    const whole = finished(response, this.#facts, this.#items, this.#facts.model);
    return (
      rest + this.#event(whole['status'] === 'completed' ? 'response.completed' : 'response.incomplete', { response: whole })
    );
  }

  #begin(): string {
    if (this.#sequence > 0) return '';
    const response = { ...head(this.#facts, 'in_progress', this.#facts.model), output: [] };
    return this.#event('response.created', { response }) + this.#event('response.in_progress', { response });
  }

  #open({ kind, id, name }: Block): string {
    this.#itemId = `${kind === 'tool' ? 'fc' : 'msg'}_${randomUUID()}`;
    const index = this.#items.length;
    if (kind === 'tool') {
      return this.#event('response.output_item.added', {
        output_index: index,
        item: callItem(this.#itemId, id, name, '', 'in_progress'),
      });
    }
    const item = { id: this.#itemId, type: 'message', status: 'in_progress', role: 'assistant', content: [] };
    const added = this.#event('response.output_item.added', { output_index: index, item });
    return added + this.#event('response.content_part.added', { ...this.#place(), content_index: 0, part: partOf(kind, '') });
  }

  #grow({ kind }: Block, piece: string): string {
    if (kind === 'tool') return this.#event('response.function_call_arguments.delta', { ...this.#place(), delta: piece });
    const said = { ...this.#place(), content_index: 0, delta: piece };
    return kind === 'refusal'
      ? this.#event('response.refusal.delta', said)
      : this.#event('response.output_text.delta', { ...said, logprobs: [] });
  }

  #close({ kind, id, name, text }: Block): string {
    const place = this.#place();
    if (kind === 'tool') {
      const item = callItem(this.#itemId, id, name, text || '{}', 'completed');
      const done = this.#event('response.function_call_arguments.done', { ...place, name, arguments: text || '{}' });
      return done + this.#finish(item);
    }
    const part = partOf(kind, text);
    const said = { ...place, content_index: 0 };
    const done =
      kind === 'refusal'
        ? this.#event('response.refusal.done', { ...said, refusal: text })
        : this.#event('response.output_text.done', { ...said, text, logprobs: [] });
    const item = { id: this.#itemId, type: 'message', status: 'completed', role: 'assistant', content: [part] };
    return done + this.#event('response.content_part.done', { ...said, part }) + this.#finish(item);
  }

  #finish(item: JsonObject): string {
    const index = this.#items.push(item) - 1;
    return this.#event('response.output_item.done', { output_index: index, item });
  }

  #place() {
    return { item_id: this.#itemId, output_index: this.#items.length };
  }

  #event(type: string, fields: object): string {
    return event({ type, sequence_number: this.#sequence++, ...fields }, type);
  }
}
