/** An answer of `POST /api/chat`, whole or line by line: https://docs.ollama.com/api/streaming */
import { StringDecoder } from 'node:string_decoder';
import type { Message, ModelResponse, Usage } from '@rolecall/core';
import { ModelError, type ModelErrorCode } from '../errors.ts';
import { count, entryOf, untilWhole } from './answer.ts';
import { readBody } from './body.ts';
import type { Delivery } from './delivery.ts';
import type { Facts } from './http.ts';
import { explainMessage, wordsOf } from './ollama-errors.ts';
import { argumentsText } from './tool-arguments.ts';

/** A line of a stream, or a whole answer: they have the same fields. Nothing of it is sure to be there. */
export interface OllamaChunk {
  readonly model?: string;
  /** Where a cloud model really ran. */
  readonly remote_host?: string;
  readonly message?: Said | null;
  readonly done?: boolean;
  readonly done_reason?: string;
  readonly error?: unknown;
  readonly prompt_eval_count?: number;
  readonly prompt_eval_cached_count?: number;
  readonly eval_count?: number;
}

interface Said {
  readonly content?: string | null;
  readonly thinking?: string | null;
  readonly tool_calls?:
    | readonly {
        readonly id?: string | null;
        readonly function?: { readonly name?: string; readonly arguments?: unknown } | null;
      }[]
    | null;
}

/** What to do with each piece of an answer; a promise holds the server back. */
export type TakeChunk = (chunk: OllamaChunk) => void | Promise<void>;

/** Reads the lines of a stream as they come. The SDK's own reader skips a broken one, and prints it. */
export async function readLines(response: Response, facts: Facts, take: TakeChunk): Promise<void> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  await readBody(response, (bytes) => {
    const lines = decoder.write(bytes).split('\n');
    lines[0] = rest + (lines[0] ?? '');
    rest = lines.pop() ?? '';
    return takeAll(lines, facts, take);
  });
  await takeAll([rest], facts, take);
}

function takeAll(lines: readonly string[], facts: Facts, take: TakeChunk, from = 0): void | Promise<void> {
  for (let at = from; at < lines.length; at++) {
    const line = lines[at] ?? '';
    const taking = line.trim() === '' ? undefined : take(parse(line, facts));
    if (taking) return taking.then(() => takeAll(lines, facts, take, at + 1));
  }
  return undefined;
}

function parse(line: string, facts: Facts): OllamaChunk {
  try {
    const parsed: unknown = JSON.parse(line);
    if (typeof parsed === 'object' && parsed !== null) return parsed;
  } catch (cause) {
    throw failure('malformed_answer', facts, 'a line of the answer is no JSON', cause);
  }
  throw failure('malformed_answer', facts, 'a line of the answer is no JSON object');
}

/** Hands on each piece as it comes, and adds them up. */
export async function collect(
  read: (take: TakeChunk) => Promise<void>,
  messages: readonly Message[],
  delivery: Delivery,
  facts: Facts,
): Promise<{ readonly last: OllamaChunk; readonly response: Omit<ModelResponse, 'metadata'> }> {
  const nextId = newCallIds(messages);
  let last: OllamaChunk | undefined;
  let calls = 0;
  const deliver = async ({ thinking, content, tool_calls: toolCalls }: Said): Promise<void> => {
    await delivery.reasoning(thinking ?? '');
    await delivery.text(content ?? '');
    for (const { id, function: called } of (toolCalls ?? []).filter(Boolean)) {
      const json = argumentsText(called?.arguments) ?? '{}';
      await delivery.toolCall({ index: calls++, id: id || nextId(), name: called?.name, arguments: json });
    }
  };
  // Read to the end, `done` or not, so that the connection can be used again.
  const reading = read((chunk) => {
    if (chunk.error) throw explainMessage(wordsOf(chunk.error), facts);
    if (chunk.done) {
      last = last ? { ...last, ...chunk } : chunk; // said twice, it may count once
      facts.usage = toUsage(last);
    }
    const { message: said } = chunk;
    if (!said) return undefined;
    return said.thinking || said.tool_calls ? deliver(said) : delivery.text(said.content ?? '');
  });
  await untilWhole(reading, delivery, () => last !== undefined);
  if (!last) throw failure('stream_cut', facts, 'the answer ended early');
  return { last, response: conclude(last, delivery, facts) };
}

/** Ollama need not name its calls, yet results must: names that this conversation has not used. */
function newCallIds(messages: readonly Message[]): () => string {
  const taken = new Set(
    messages.flatMap((message) => (message.role === 'assistant' ? (message.toolCalls ?? []).map(({ id }) => id) : [])),
  );
  let next = taken.size;
  return () => {
    while (taken.has(`call_${next}`)) next++;
    return `call_${next++}`;
  };
}

function conclude({ done_reason: reason }: OllamaChunk, delivery: Delivery, facts: Facts): Omit<ModelResponse, 'metadata'> {
  const text = delivery.fullText();
  const reasoning = delivery.reasoningText();
  const toolCalls = delivery.toolCalls();
  const finishReason = toolCalls.length > 0 ? 'tool_calls' : (entryOf(finishReasons, reason) ?? 'other');
  if (text === '' && toolCalls.length === 0 && finishReason !== 'length') {
    throw failure('empty_answer', facts, 'the answer holds neither text nor a tool call');
  }
  const thought = { type: 'reasoning' as const, text: reasoning, provider: 'ollama' };
  const content = reasoning === '' ? undefined : [thought, ...(text === '' ? [] : [{ type: 'text' as const, text }])];
  return { model: facts.model, text, content, toolCalls, finishReason, usage: facts.usage ?? {} };
}

const finishReasons: Readonly<Record<string, ModelResponse['finishReason']>> = { stop: 'stop', length: 'length' };

/** A count that is missing is unknown: some servers leave the prompt's out when it was in the cache. */
function toUsage(chunk: OllamaChunk): Usage {
  const payload: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(chunk)) {
    if (field.endsWith('_count') || field.endsWith('_duration')) payload[field] = value;
  }
  return {
    inputTokens: count(chunk.prompt_eval_count),
    outputTokens: count(chunk.eval_count),
    cacheReadTokens: count(chunk.prompt_eval_cached_count),
    source: { api: 'ollama.chat', payload },
  };
}

function failure(code: ModelErrorCode, { model }: Facts, reason: string, cause?: unknown): ModelError {
  return new ModelError(code, { model, reason, cause, possiblyBilled: true });
}
