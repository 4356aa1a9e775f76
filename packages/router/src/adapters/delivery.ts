import { randomUUID } from 'node:crypto';
import type { Delta, ModelRequest, ToolCall } from '@rolecall/core';

/** A piece of a tool call, as it streams in. */
export interface ToolCallPiece {
  readonly index: number;
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  readonly arguments?: string | undefined;
}

/** One call's answer on its way to the caller: every piece is handed to `onDelta`, awaited, and kept. */
export interface Delivery {
  text(text: string): Promise<void>;
  reasoning(text: string): Promise<void>;
  refusal(text: string): Promise<void>;
  toolCall(piece: ToolCallPiece): Promise<void>;
  /** Something reached `onDelta`: from here on a repeat would say things twice. */
  readonly committed: boolean;
  /** The text so far; absent while there is none. */
  readonly partialText: string | undefined;
  /** What the caller's `onDelta` threw, if it did. */
  readonly callerError: { readonly thrown: unknown } | undefined;
  /** The tool calls so far, in the order of their index. */
  toolCalls(): ToolCall[];
  fullText(): string;
  reasoningText(): string;
  refusalText(): string;
}

/** Starts the delivery of one call's answer. */
export function createDelivery({ onDelta, signal }: ModelRequest): Delivery {
  const said = { text: '', reasoning: '', refusal: '' };
  const calls = new Map<number, { id: string; name: string; arguments: string }>();
  const nothing = Promise.resolve();
  let committed = false;
  let callerError: { readonly thrown: unknown } | undefined;

  const hand = async (delta: Delta): Promise<void> => {
    signal?.throwIfAborted(); // after an abort nothing arrives late
    if (!onDelta) return;
    committed = true;
    try {
      await onDelta(delta); // a slow reader holds the provider back
    } catch (thrown) {
      callerError = { thrown };
      throw thrown;
    }
  };
  const say = (type: 'text' | 'reasoning' | 'refusal', text: string): Promise<void> => {
    if (text === '') return nothing; // it commits to nothing
    said[type] += text;
    return hand({ type, text });
  };

  return {
    text: (text) => say('text', text),
    reasoning: (text) => say('reasoning', text),
    refusal: (text) => say('refusal', text),
    async toolCall(piece) {
      const { index, id, name, arguments: json } = piece;
      if (!id && !name && !json) return;
      const call = calls.get(index) ?? { id: '', name: '', arguments: '' };
      calls.set(index, call);
      call.id ||= id ?? '';
      call.name ||= name ?? ''; // some servers repeat it in every piece
      call.arguments += json ?? '';
      await hand({ type: 'tool_call', ...piece });
    },
    get committed() {
      return committed;
    },
    get partialText() {
      return said.text === '' ? undefined : said.text;
    },
    get callerError() {
      return callerError;
    },
    toolCalls: () =>
      [...calls].toSorted(([a], [b]) => a - b).map(([, call]) => ({ ...call, id: (call.id ||= `call_${randomUUID()}`) })),
    fullText: () => said.text,
    reasoningText: () => said.reasoning,
    refusalText: () => said.refusal,
  };
}
