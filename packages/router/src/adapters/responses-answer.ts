/** An answer of the Responses API, whole or in events: https://platform.openai.com/docs/api-reference/responses-streaming */
import type { ModelResponse, Usage } from '@rolecall/core';
import { type Answer, count, failure, isStream, metadataOf, parseObject, rawOf, untilWhole } from './answer.ts';
import { explainInBand } from './chat-errors.ts';
import type { Delivery } from './delivery.ts';
import type { Facts } from './http.ts';
import { readEvents } from './sse.ts';
import { argumentsText } from './tool-arguments.ts';

/** What one answer amounts to. Nothing of it is sure to be there. */
interface Outcome {
  readonly model?: string | null;
  readonly status?: string | null;
  readonly service_tier?: string | null;
  readonly error?: object | null;
  readonly incomplete_details?: { readonly reason?: string | null } | null;
  readonly output?: readonly Item[] | null;
  readonly usage?: ResponsesUsage | null;
}

interface Item {
  readonly type?: string;
  readonly call_id?: string;
  readonly name?: string;
  readonly arguments?: unknown;
  readonly content?: readonly Content[] | null;
  readonly summary?: readonly Content[] | null;
}

interface Content {
  readonly type?: string;
  readonly text?: string;
  readonly refusal?: string;
}

interface ResponsesUsage {
  readonly input_tokens?: number | null;
  readonly output_tokens?: number | null;
  readonly input_tokens_details?: { readonly cached_tokens?: number | null } | null;
  readonly output_tokens_details?: { readonly reasoning_tokens?: number | null } | null;
}

interface StreamEvent {
  readonly type?: string;
  readonly output_index?: number;
  readonly delta?: string;
  readonly item?: Item;
  readonly response?: Outcome;
}

/** Reads a response to its end. It is always relayed, so what has no word of ours is not lost. */
export async function decodeResponses(response: Response, delivery: Delivery, answer: Answer): Promise<ModelResponse> {
  const { facts } = answer;
  if (!isStream(response, answer.streamAsked)) {
    const text = await response.text();
    const whole: Outcome = parseObject(text, facts);
    throwIfFailed(whole, facts);
    if (!whole.output) throw failure('malformed_answer', facts, 'the answer has no output');
    for (const [index, item] of whole.output.filter(Boolean).entries()) await deliver(item, index, delivery);
    return conclude(response, whole, delivery, answer, rawOf(text, whole, answer));
  }
  const outcome = await readStream(response, delivery, facts);
  const concluded = conclude(response, outcome, delivery, answer, undefined);
  await delivery.flush();
  return concluded;
}

async function readStream(response: Response, delivery: Delivery, facts: Facts): Promise<Outcome> {
  let outcome: Outcome | undefined;
  const reading = readEvents(response, {
    take(data) {
      if (data === '[DONE]') return undefined; // some compatible servers send it here too
      const event: StreamEvent = parseObject(data, facts);
      const { type = '' } = event;
      if (type === 'error') throw explainInBand(event, facts);
      if (event.response?.usage) facts.usage = toUsage(event.response.usage);
      if (type === 'response.completed' || type === 'response.incomplete' || type === 'response.failed') {
        outcome = event.response ?? {};
        throwIfFailed(outcome, facts);
      }
      return follow(event, delivery);
    },
    relay: (bytes) => delivery.relay(bytes),
  });
  await untilWhole(reading, delivery, () => outcome !== undefined);
  return outcome ?? fail('stream_cut', facts);
}

function fail(code: 'stream_cut', facts: Facts): never {
  throw failure(code, facts, 'the stream ended before the answer did');
}

function throwIfFailed({ error, status, usage }: Outcome, facts: Facts): void {
  if (usage) facts.usage = toUsage(usage);
  if (error || status === 'failed') throw explainInBand(error ?? { message: 'the answer failed' }, facts);
}

const spokenItems = new Set(['message', 'reasoning', 'function_call']);

/** Delivers what an event says. */
function follow({ type, delta = '', item, output_index: index = 0 }: StreamEvent, delivery: Delivery): void | Promise<void> {
  switch (type) {
    case 'response.output_text.delta':
      return delivery.text(delta);
    case 'response.refusal.delta':
      return delivery.refusal(delta);
    case 'response.reasoning_text.delta':
    case 'response.reasoning_summary_text.delta':
      return delivery.reasoning(delta);
    case 'response.function_call_arguments.delta':
      return delivery.toolCall({ index, arguments: delta });
    case 'response.output_item.added':
      if (item?.type === 'function_call') return delivery.toolCall({ index, id: item.call_id, name: item.name });
      if (!spokenItems.has(item?.type ?? 'message')) delivery.spoken(); // the provider's own tools, pictures
      return undefined;
    default:
      return undefined;
  }
}

async function deliver(item: Item, index: number, delivery: Delivery): Promise<void> {
  if (item.type === 'function_call') {
    await delivery.toolCall({ index, id: item.call_id, name: item.name, arguments: argumentsText(item.arguments) });
  }
  const thoughts = item.type === 'reasoning' ? [...(item.summary ?? []), ...(item.content ?? [])] : [];
  for (const part of thoughts) await delivery.reasoning(part.text ?? '');
  for (const part of item.type === 'message' ? (item.content ?? []) : []) {
    await delivery.text(part.type === 'output_text' ? (part.text ?? '') : '');
    await delivery.refusal(part.refusal ?? '');
  }
}

function conclude(response: Response, outcome: Outcome, delivery: Delivery, answer: Answer, raw: unknown): ModelResponse {
  const { facts } = answer;
  const text = delivery.fullText();
  const refusal = delivery.refusalText() || undefined;
  const toolCalls = delivery.toolCalls();
  const isSilent = (outcome.output ?? []).every((item) => !item || item.type === 'message' || item.type === 'reasoning');
  if (outcome.status === 'completed' && isSilent && text === '' && refusal === undefined) {
    throw failure('empty_answer', facts, 'the answer holds neither text nor a tool call');
  }
  const reasoning = delivery.reasoningText();
  const thought = { type: 'reasoning' as const, text: reasoning, provider: answer.provider };
  return {
    model: facts.model,
    text,
    content: reasoning === '' ? undefined : [thought, ...(text === '' ? [] : [{ type: 'text' as const, text }])],
    toolCalls,
    refusal,
    finishReason: toFinishReason(outcome, toolCalls.length > 0),
    usage: facts.usage ?? {},
    metadata: metadataOf(response, answer, {
      servedModel: outcome.model ?? undefined,
      serviceTier: outcome.service_tier ?? undefined,
      raw,
    }),
  };
}

function toFinishReason(outcome: Outcome, hasToolCalls: boolean): ModelResponse['finishReason'] {
  const { status, incomplete_details: details } = outcome;
  if (status === 'completed') return hasToolCalls ? 'tool_calls' : 'stop';
  if (details?.reason === 'max_output_tokens') return 'length';
  return details?.reason === 'content_filter' ? 'content_filter' : 'other';
}

function toUsage(payload: ResponsesUsage): Usage {
  return {
    inputTokens: count(payload.input_tokens),
    outputTokens: count(payload.output_tokens),
    cacheReadTokens: count(payload.input_tokens_details?.cached_tokens),
    reasoningTokens: count(payload.output_tokens_details?.reasoning_tokens),
    source: { api: 'responses', payload },
  };
}
