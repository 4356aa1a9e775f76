/** OpenAI's responses. Source: platform.openai.com/docs/api-reference/responses and /responses-streaming. */
import { randomUUID } from 'node:crypto';
import type OpenAI from 'openai';
import type { Answer, AnsweredCall, AnswerUsage } from '../ask.ts';
import { explainOpenAI } from './openai-errors.ts';
import { piecesOf } from './pieces.ts';
import { rateLimitHeaders } from './rate-limits.ts';
import { readResponses } from './responses-request.ts';
import type { AnswerEndpoint, Call, Frame } from './wire.ts';

export const responses: AnswerEndpoint = {
  kind: 'answer',
  streamType: 'text/event-stream; charset=utf-8',
  read: readResponses,
  cached: (cache, ask) => cache.automatic(ask),
  plain: (answer, call) => responseOf(answer, call, outputOf(answer)),
  frames,
  errorFrame: (problem) => {
    const { error } = explainOpenAI(problem).body as { error: { message: string; code: string | null } };
    return event({ type: 'error', code: error.code ?? 'server_error', message: error.message, param: null, sequence_number: 0 });
  },
  headers: (answer, call) => ({
    'openai-processing-ms': String(Math.round(call.elapsedMs())),
    ...rateLimitHeaders(answer.usage),
  }),
  explain: explainOpenAI,
};

/** As it is sent: `output_text` is the SDK's own. */
type Sent = Omit<OpenAI.Responses.Response, 'output_text'>;
type Item =
  | OpenAI.Responses.ResponseReasoningItem
  | OpenAI.Responses.ResponseOutputMessage
  | OpenAI.Responses.ResponseFunctionToolCall;

function responseOf({ usage, finish }: Answer, { id, ask, body, startedAt }: Call, output: Item[]): Sent {
  const cutOff = finish === 'length';
  return {
    ...opening(id, ask.model, startedAt),
    instructions: typeof body['instructions'] === 'string' ? body['instructions'] : null,
    status: cutOff ? 'incomplete' : 'completed',
    incomplete_details: cutOff ? { reason: 'max_output_tokens' } : null,
    output,
    usage: usageOf(usage),
  };
}

/** The response before it has said anything. */
function opening(id: string, model: string, startedAt: number): Sent {
  return {
    id: `resp_${id}`,
    object: 'response',
    created_at: Math.floor(startedAt / 1_000),
    model,
    status: 'in_progress',
    access_programs: null,
    error: null,
    incomplete_details: null,
    instructions: null,
    metadata: {},
    output: [],
    parallel_tool_calls: true,
    temperature: 1,
    tool_choice: 'auto',
    tools: [],
    top_p: 1,
    service_tier: 'default',
  };
}

function usageOf({ inputTokens, outputTokens, cacheReadTokens, reasoningTokens }: AnswerUsage): OpenAI.Responses.ResponseUsage {
  return {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: cacheReadTokens, cache_write_tokens: 0 },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: reasoningTokens },
    total_tokens: inputTokens + outputTokens,
  };
}

/** Thinking, what is said, and calls of functions, each an item. */
function outputOf({ reasoning, text, refusal, toolCalls }: Answer): Item[] {
  const content = refusal === '' ? textPart(text) : ({ type: 'refusal', refusal } as const);
  const message: Item = { id: itemId('msg'), type: 'message', role: 'assistant', status: 'completed', content: [content] };
  return [
    ...(reasoning === '' ? [] : [{ id: itemId('rs'), type: 'reasoning', summary: [] } satisfies Item]), // thought, counted, not shown
    ...(text === '' && refusal === '' && toolCalls.length > 0 ? [] : [message]),
    ...toolCalls.map(callItem),
  ];
}

function textPart(text: string): OpenAI.Responses.ResponseOutputText {
  return { type: 'output_text', text, annotations: [], logprobs: [] };
}

function callItem(call: AnsweredCall): OpenAI.Responses.ResponseFunctionToolCall {
  return {
    id: itemId('fc'),
    type: 'function_call',
    status: 'completed',
    call_id: itemId('call'),
    name: call.name,
    arguments: call.arguments,
  };
}

function itemId(kind: string): string {
  return `${kind}_${randomUUID().replaceAll('-', '').slice(0, 24)}`;
}

/** An event before it has its number. */
type Unnumbered<Event> = Event extends { sequence_number: number } ? Omit<Event, 'sequence_number'> : never;
type StreamEvent =
  | Unnumbered<Exclude<OpenAI.Responses.ResponseStreamEvent, { response: unknown }>>
  | { type: string; response: Sent };

interface Said {
  readonly part: Frame['part'];
  readonly event: StreamEvent;
}

function* frames(answer: Answer, call: Call): Iterable<Frame> {
  let sequence_number = 0;
  for (const { part, event: said } of sayings(answer, call)) {
    yield { part, data: event({ ...said, sequence_number: sequence_number++ }) };
  }
}

function* sayings(answer: Answer, call: Call): Iterable<Said> {
  const begun = opening(call.id, call.ask.model, call.startedAt);
  yield bracket({ type: 'response.created', response: begun });
  yield bracket({ type: 'response.in_progress', response: begun });
  const output = outputOf(answer);
  for (const [output_index, item] of output.entries()) {
    yield bracket({ type: 'response.output_item.added', output_index, item: emptied(item) });
    if (item.type === 'message') yield* messageSayings(item, output_index, answer.chunks);
    if (item.type === 'function_call') yield* callSayings(item, output_index);
    yield bracket({ type: 'response.output_item.done', output_index, item });
  }
  const response = responseOf(answer, call, output);
  yield { part: 'tail', event: { type: `response.${response.status ?? 'completed'}`, response } };
}

/** An item as it is announced. */
function emptied(item: Item): Item {
  if (item.type === 'message') return { ...item, status: 'in_progress', content: [] };
  return item.type === 'function_call' ? { ...item, status: 'in_progress', arguments: '' } : item;
}

function* messageSayings(
  { id: item_id, content }: OpenAI.Responses.ResponseOutputMessage,
  output_index: number,
  chunks?: number,
): Iterable<Said> {
  for (const [content_index, part] of content.entries()) {
    const at = { item_id, output_index, content_index };
    const said = part.type === 'refusal' ? part.refusal : part.text;
    const empty = part.type === 'refusal' ? { ...part, refusal: '' } : textPart('');
    yield bracket({ type: 'response.content_part.added', ...at, part: empty });
    for (const delta of piecesOf(said, chunks)) {
      yield piece(
        part.type === 'refusal'
          ? { type: 'response.refusal.delta', ...at, delta }
          : { type: 'response.output_text.delta', ...at, delta, logprobs: [] },
      );
    }
    yield bracket(
      part.type === 'refusal'
        ? { type: 'response.refusal.done', ...at, refusal: said }
        : { type: 'response.output_text.done', ...at, text: said, logprobs: [] },
    );
    yield bracket({ type: 'response.content_part.done', ...at, part });
  }
}

function* callSayings(item: OpenAI.Responses.ResponseFunctionToolCall, output_index: number): Iterable<Said> {
  const at = { item_id: item.id ?? '', output_index };
  for (const delta of piecesOf(item.arguments)) yield piece({ type: 'response.function_call_arguments.delta', ...at, delta });
  yield bracket({ type: 'response.function_call_arguments.done', ...at, arguments: item.arguments });
}

function bracket(said: StreamEvent): Said {
  return { part: 'bracket', event: said };
}

function piece(said: StreamEvent): Said {
  return { part: 'content', event: said };
}

/** One server-sent event, named by its type. */
function event(data: Readonly<Record<string, unknown>> & { readonly type: string }): string {
  return `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
}
