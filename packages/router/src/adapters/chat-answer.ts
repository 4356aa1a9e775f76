/** The answer of a chat completion, whole or in chunks, as a response. */
import type { ModelResponse, Part, Usage } from '@rolecall/core';
import { type Answer, count, failure, isStream, metadataOf, parseObject, rawOf, untilWhole } from './answer.ts';
import { AlikeChunks } from './alike-chunks.ts';
import { explainInBand } from './chat-errors.ts';
import type { ReasoningOrigin } from './chat-request.ts';
import type { Delivery } from './delivery.ts';
import type { Facts } from './http.ts';
import { readEvents } from './sse.ts';
import { argumentsText } from './tool-arguments.ts';

/** A completion, or a chunk of one: they differ in `message` and `delta` alone. Nothing of it is sure to be there. */
interface Chunk {
  readonly model?: string | null;
  readonly service_tier?: string | null;
  readonly choices?: readonly Choice[] | null;
  readonly usage?: ChatUsage | null;
  readonly error?: unknown;
  /** Groq's own. */
  readonly x_groq?: { readonly usage?: ChatUsage | null; readonly error?: string | null } | null;
}

interface Choice {
  readonly index?: number | null;
  readonly delta?: Said | null;
  readonly message?: Said | null;
  readonly finish_reason?: string | null;
}

interface Said {
  readonly role?: string | null;
  readonly content?: string | readonly { readonly type?: string; readonly text?: string }[] | null;
  readonly refusal?: string | null;
  readonly reasoning?: string | null;
  readonly reasoning_content?: string | null;
  readonly tool_calls?: readonly CallPiece[] | null;
  /** What only a relayed answer can hold: spoken words, and calls as they were before there were tools. */
  readonly audio?: object | null;
  readonly function_call?: object | null;
}

interface CallPiece {
  readonly index?: number | null;
  readonly id?: string | null;
  readonly function?: { readonly name?: string | null; readonly arguments?: unknown } | null;
}

interface ChatUsage {
  readonly prompt_tokens?: number | null;
  readonly completion_tokens?: number | null;
  readonly prompt_tokens_details?: {
    readonly cached_tokens?: number | null;
    readonly cache_write_tokens?: number | null;
    readonly audio_tokens?: number | null;
  } | null;
  readonly completion_tokens_details?: {
    readonly reasoning_tokens?: number | null;
    readonly audio_tokens?: number | null;
  } | null;
}

/** What the chunks so far amount to, beside what the delivery keeps. */
interface Progress {
  finishReason?: string;
  servedModel?: string;
  serviceTier?: string;
  reasoningField?: string;
  /** It said something that only its bytes can tell. */
  hasMore?: true;
  /** Which of our calls a piece with the server's index belongs to. */
  callAt?: Map<number | undefined, number>;
  readonly callIds: string[];
}

/** Reads a response to its end. */
export async function decode(response: Response, delivery: Delivery, answer: Answer): Promise<ModelResponse> {
  const { facts } = answer;
  const progress: Progress = { callIds: [] };
  if (isStream(response, answer.streamAsked)) {
    await readStream(response, progress, delivery, answer);
    const concluded = conclude(response, undefined, progress, delivery, answer);
    await delivery.flush();
    return concluded;
  }
  const text = await response.text();
  const whole = parse(text, facts);
  await fold(whole, progress, delivery, facts);
  if (!whole.choices) throw failure('malformed_answer', facts, 'the answer has no choices');
  return conclude(response, rawOf(text, whole, answer), progress, delivery, answer);
}

async function readStream(response: Response, progress: Progress, delivery: Delivery, { facts, relayed }: Answer): Promise<void> {
  let done = false;
  const alike = new AlikeChunks(saysOnly);
  const reading = readEvents(response, {
    take(data) {
      if (done) return undefined; // read, so that the connection can be used again, though not looked at
      const text = alike.textOf(data);
      if (text !== undefined) return delivery.text(text);
      done = data === '[DONE]';
      if (done) return hasEnded(progress, facts);
      const chunk = parse(data, facts);
      const said = textOf(chunk);
      if (said !== undefined) alike.learn(data, said);
      return fold(chunk, progress, delivery, facts);
    },
    ...(relayed && { relay: (bytes) => delivery.relay(bytes) }),
  });
  await untilWhole(reading, delivery, () => done);
  hasEnded(progress, facts);
}

/** The text of a chunk that says no more than that. */
function textOf({ choices, usage, error, x_groq: groq }: Chunk): string | undefined {
  const [choice, ...others] = choices ?? [];
  const { content, role: _, ...more } = choice?.delta ?? {};
  if (others.length > 0 || choice?.index || choice?.finish_reason || usage || error || groq) return undefined;
  return typeof content === 'string' && Object.values(more).every((value) => value === null) ? content : undefined;
}

function saysOnly(parsed: unknown, text: string): boolean {
  return typeof parsed === 'object' && parsed !== null && textOf(parsed) === text;
}

/** The end mark proves nothing, as proxies send it after a cut too; a reason for stopping does. */
function hasEnded({ finishReason }: Progress, facts: Facts): void {
  if (finishReason === undefined) throw failure('stream_cut', facts, 'the stream ended before the answer did');
}

function parse(text: string, facts: Facts): Chunk {
  const chunk: Chunk = parseObject(text, facts);
  if (!Array.isArray(chunk.choices ?? [])) throw failure('malformed_answer', facts, 'the choices are not a list');
  return chunk;
}

/** Takes in a chunk, and delivers what it says. */
function fold(chunk: Chunk, progress: Progress, delivery: Delivery, facts: Facts): void | Promise<void> {
  const groq = chunk.x_groq;
  const error = chunk.error ?? groq?.error;
  const usage = chunk.usage ?? groq?.usage; // Groq may say it twice: it is the same
  if (usage) facts.usage = toUsage(usage);
  if (error) throw explainInBand(error, facts);
  if (chunk.model) progress.servedModel = chunk.model;
  if (chunk.service_tier) progress.serviceTier = chunk.service_tier;

  const choice = firstOf(chunk.choices);
  if (choice?.finish_reason) progress.finishReason = choice.finish_reason;
  const said = choice?.delta ?? choice?.message;
  return said ? deliver(said, !choice?.delta, progress, delivery) : undefined;
}

/** There is none in the chunk with the usage, and more than one if the request asked for it. */
function firstOf(choices: Chunk['choices']): Choice | undefined {
  for (const choice of choices ?? []) if (!choice?.index) return choice;
  return undefined;
}

function deliver(said: Said, isWhole: boolean, progress: Progress, delivery: Delivery): void | Promise<void> {
  const { content, reasoning, reasoning_content: thought, refusal, tool_calls: calls } = said;
  if (said.audio || said.function_call) {
    progress.hasMore = true;
    delivery.spoken();
  }
  const isOnlyText = typeof content === 'string' && !reasoning && !thought && !refusal && !calls;
  return isOnlyText ? delivery.text(content) : deliverParts(said, isWhole, progress, delivery);
}

async function deliverParts(said: Said, isWhole: boolean, progress: Progress, delivery: Delivery): Promise<void> {
  const field = said.reasoning ? 'reasoning' : 'reasoning_content';
  const reasoning = said[field];
  if (reasoning) {
    progress.reasoningField = field;
    await delivery.reasoning(reasoning);
  }
  const { content, refusal } = said;
  if (typeof content === 'string') await delivery.text(content);
  else for (const part of listOf(content)) await delivery.text(part.text ?? '');
  if (refusal) await delivery.refusal(refusal);
  for (const [position, piece] of listOf(said.tool_calls).entries()) {
    const { name, arguments: given } = piece.function ?? {};
    const index = isWhole ? position : callIndex(piece, position === 0, progress);
    await delivery.toolCall({ index, id: piece.id ?? undefined, name: name ?? undefined, arguments: argumentsText(given) });
  }
}

/** Junk in the place of a list is no list, and in one no member. */
function listOf<T>(value: readonly T[] | null | undefined): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]).filter(Boolean) : [];
}

/** Which of our calls a piece of a stream is of. */
function callIndex(piece: CallPiece, isFirst: boolean, progress: Progress): number {
  const { callAt = new Map<number | undefined, number>(), callIds } = progress;
  progress.callAt = callAt;
  const known = knownCall(piece, isFirst, callAt, callIds);
  const found = known === -1 ? callIds.length : known;
  callAt.set(piece.index ?? undefined, found);
  callIds[found] ||= piece.id ?? '';
  return found;
}

/**
 * Some servers give every call the index 0, or none: then an id tells whose a piece is, and pieces without one that came together are of
 * a call each. A new call is -1.
 */
function knownCall(
  { index, id }: CallPiece,
  isFirst: boolean,
  callAt: NonNullable<Progress['callAt']>,
  callIds: readonly string[],
): number {
  const last = callAt.get(index ?? undefined);
  if (last === undefined) return -1;
  if (!id) return isFirst || typeof index === 'number' ? last : -1;
  return !callIds[last] || callIds[last] === id ? last : callIds.indexOf(id);
}

function conclude(response: Response, raw: unknown, progress: Progress, delivery: Delivery, answer: Answer): ModelResponse {
  const { provider, facts } = answer;
  const text = delivery.fullText();
  const refusal = delivery.refusalText() || undefined;
  const toolCalls = delivery.toolCalls();
  const finishReason = toFinishReason(progress.finishReason, toolCalls.length > 0);
  const nothing = text === '' && refusal === undefined && toolCalls.length === 0 && !progress.hasMore;
  if (nothing && finishReason !== 'length' && finishReason !== 'content_filter') {
    throw failure('empty_answer', facts, 'the answer holds neither text nor a tool call');
  }
  return {
    model: facts.model,
    text,
    content: contentOf(text, delivery.reasoningText(), progress.reasoningField, provider),
    toolCalls,
    refusal,
    finishReason,
    usage: facts.usage ?? {},
    metadata: metadataOf(response, answer, { servedModel: progress.servedModel, serviceTier: progress.serviceTier, raw }),
  };
}

function contentOf(text: string, reasoning: string, field = 'reasoning', provider: string): readonly Part[] | undefined {
  if (reasoning === '') return undefined; // one text part
  const opaque = { field } satisfies ReasoningOrigin;
  return [{ type: 'reasoning', text: reasoning, provider, opaque }, ...(text === '' ? [] : [{ type: 'text' as const, text }])];
}

function toFinishReason(reason: string | undefined, hasToolCalls: boolean): ModelResponse['finishReason'] {
  switch (reason) {
    case 'stop':
      return hasToolCalls ? 'tool_calls' : 'stop'; // some servers say no more than that they stopped
    case 'tool_calls':
    case 'function_call':
      return 'tool_calls';
    case 'length':
    case 'content_filter':
      return reason;
    default:
      return 'other';
  }
}

/** Its totals are inclusive, as ours are: cached input is part of the prompt, reasoning part of the completion. */
function toUsage(payload: ChatUsage): Usage {
  const { prompt_tokens_details: input, completion_tokens_details: output } = payload;
  return {
    inputTokens: count(payload.prompt_tokens),
    outputTokens: count(payload.completion_tokens),
    cacheReadTokens: count(input?.cached_tokens),
    cacheWriteTokens: count(input?.cache_write_tokens),
    reasoningTokens: count(output?.reasoning_tokens),
    audioInputTokens: count(input?.audio_tokens),
    audioOutputTokens: count(output?.audio_tokens),
    source: { api: 'chat.completions', payload },
  };
}
