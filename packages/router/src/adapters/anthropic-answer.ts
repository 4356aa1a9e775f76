/** Reads an answer of the Messages API, whole or streamed: https://platform.claude.com/docs/en/build-with-claude/streaming */
import type { JsonObject } from '@rolecall/core';
import { type Answer, failure, isStream, parseObject, rawOf, untilWhole } from './answer.ts';
import { explainInBand } from './anthropic-errors.ts';
import { type AnthropicMessage, type AnthropicUsage, type ContentBlock, toUsage } from './anthropic-message.ts';
import type { Delivery } from './delivery.ts';
import type { Facts } from './http.ts';
import { readEvents } from './sse.ts';
import { argumentsText } from './tool-arguments.ts';

interface StreamEvent {
  readonly type: string;
  readonly index?: number;
  readonly message?: AnthropicMessage;
  readonly content_block?: ContentBlock;
  readonly delta?: Delta | null;
  readonly usage?: AnthropicUsage | null;
  readonly error?: JsonObject;
}

/** A piece of a block, or at the end of the message itself. */
interface Delta {
  readonly text?: string;
  readonly thinking?: string;
  readonly signature?: string;
  readonly partial_json?: string | null;
  readonly stop_reason?: string | null;
  readonly stop_details?: AnthropicMessage['stop_details'];
}

export interface ReadMessage {
  readonly message: AnthropicMessage;
  /** As it came; nothing where its bytes were passed on. */
  readonly raw: string | object | undefined;
}

/** Reads an answer to its end and hands on what it says. A compatible server may answer with JSON where a stream was asked for. */
export async function readMessage(response: Response, delivery: Delivery, answer: Answer): Promise<ReadMessage> {
  const { facts, relayed } = answer;
  const fold = createFold(delivery, facts);
  if (isStream(response, answer.streamAsked)) {
    const reading = readEvents(response, {
      // Some compatible servers end it as they do the streams of their other APIs.
      take: (data) => (data === '[DONE]' ? undefined : fold.take(parseObject(data, facts) as StreamEvent)),
      ...(relayed && { relay: (bytes) => delivery.relay(bytes) }),
    });
    await untilWhole(reading, delivery, fold.hasStopped);
    const message = fold.message();
    await delivery.flush();
    return { message, raw: relayed ? undefined : message };
  }
  const text = await response.text();
  const whole = parseObject(text, facts) as AnthropicMessage & Pick<StreamEvent, 'error'>;
  facts.usage = toUsage(whole.usage);
  if (whole.error) throw explainInBand(whole.error, facts); // a proxy may say so with a status of 200
  if (!Array.isArray(whole.content)) throw failure('malformed_answer', facts, 'the answer is no message');
  const message = { ...whole, content: whole.content.filter(Boolean) };
  for (const [index, block] of message.content.entries()) await fold.begin(index, block);
  return { message, raw: rawOf(text, whole, answer) };
}

/** A block that is still growing. */
interface GrowingBlock {
  readonly type: string;
  text?: string;
  thinking?: string;
  signature?: string;
  /** A tool's input, as JSON text; only its stream comes so. */
  input?: unknown;
}

const ownTypes = new Set(['text', 'thinking', 'redacted_thinking', 'tool_use']);

/** Folds a stream into the message that would have come without one. */
function createFold(delivery: Delivery, facts: Facts) {
  let message: AnthropicMessage | undefined;
  let hasStopped = false;
  const blocks: GrowingBlock[] = [];
  const calls: number[] = []; // at which index the block of each tool call is

  const begin = (index: number, block: ContentBlock): void | Promise<void> => {
    const given = argumentsText(block.input) ?? '';
    const json = given === '{}' ? '' : given; // of a stream's, the beginning
    blocks[index] = { ...block, ...(block.type === 'tool_use' && { input: json }) };
    if (block.type === 'text') return delivery.text(block.text ?? '');
    if (block.type === 'thinking') return delivery.reasoning(block.thinking ?? '');
    if (!ownTypes.has(block.type)) delivery.spoken(); // the provider's own tools
    if (block.type !== 'tool_use') return undefined;
    const call = calls.push(index) - 1;
    return delivery.toolCall({ index: call, id: block.id, name: block.name, arguments: json });
  };
  const grow = (index: number, delta: Delta): void | Promise<void> => {
    const block = blocks[index];
    if (!block) throw failure('malformed_answer', facts, 'a piece came of a block that had not begun');
    const { text = '', thinking = '', signature = '', partial_json } = delta;
    const json = partial_json ?? '';
    if (text) block.text = (block.text ?? '') + text;
    if (thinking) block.thinking = (block.thinking ?? '') + thinking;
    if (signature) block.signature = (block.signature ?? '') + signature;
    if (text) return delivery.text(text);
    if (thinking) return delivery.reasoning(thinking);
    if (block.type !== 'tool_use') return undefined; // the tools of the provider's own run there
    block.input = `${String(block.input)}${json}`;
    return delivery.toolCall({ index: calls.indexOf(index), arguments: json });
  };
  const take = (event: StreamEvent): void | Promise<void> => {
    const { type, index = 0, content_block: block, delta } = event;
    if (type === 'error') throw explainInBand(event.error, facts);
    if (type === 'content_block_start' && block) return begin(index, block);
    if (type === 'content_block_delta' && delta) return grow(index, delta);
    if (type === 'message_start') message = event.message;
    if (type === 'message_stop') hasStopped = message?.stop_reason !== null;
    if (type === 'message_delta' && message) message = conclude(message, event);
    if (type === 'message_start' || type === 'message_delta') facts.usage = toUsage(message?.usage);
    return undefined;
  };
  return {
    begin,
    take,
    hasStopped: () => hasStopped,
    message(): AnthropicMessage {
      // A stream that named its stop reason has said all it had to say, `message_stop` or not.
      if (!message?.stop_reason) throw failure('stream_cut', facts, 'the stream ended before the answer did');
      return { ...message, content: blocks.filter(Boolean) };
    },
  };
}

/** Each count is the total so far, so a later one replaces an earlier one; `null` says nothing new. */
function conclude(message: AnthropicMessage, { delta, usage }: StreamEvent): AnthropicMessage {
  const counted = Object.fromEntries(Object.entries(usage ?? {}).filter(([, value]) => value !== null));
  return {
    ...message,
    stop_reason: delta?.stop_reason ?? message.stop_reason,
    stop_details: delta?.stop_details ?? message.stop_details ?? null,
    usage: { ...message.usage, ...counted },
  };
}
