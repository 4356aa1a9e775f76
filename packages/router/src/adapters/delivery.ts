import type { Delta, ModelRequest, ToolCall } from '@rolecall/core';
import type { Cancellation } from '../cancellation.ts';

/** A piece of a tool call, as it streams in. */
export interface ToolCallPiece {
  readonly index: number;
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  readonly arguments?: string | undefined;
}

/** `undefined` where there is nothing to wait for, which is nearly always: a promise for every piece would cost more than the piece. */
type Reading = void | Promise<void>;

/** One call's answer on its way to the caller: every piece is handed to `onDelta`, awaited, and kept. */
export interface Delivery {
  text(text: string): Reading;
  reasoning(text: string): Reading;
  refusal(text: string): Reading;
  toolCall(piece: ToolCallPiece): Reading;
  /** Something was said that has no delta: only bytes can tell of it. */
  spoken(): void;
  /** Passes on the bytes of an answer that is relayed. Those that come before it says something wait until it does. */
  relay(bytes: Uint8Array): Reading;
  /** Passes on the bytes that still wait, now that the answer is whole. */
  flush(): Reading;
  /** Something reached the caller: from here on a repeat would say things twice. */
  readonly committed: boolean;
  /** The text so far; absent while there is none. */
  readonly partialText: string | undefined;
  /** What the caller's own function threw, if it did. */
  readonly callerError: { readonly thrown: unknown } | undefined;
  /** The tool calls so far, in the order of their index. */
  toolCalls(): ToolCall[];
  fullText(): string;
  reasoningText(): string;
  refusalText(): string;
}

/** Starts the delivery of one call's answer, which ends with the call. */
export function createDelivery({ onDelta, wire }: ModelRequest, call: Cancellation): Delivery {
  return new CallDelivery(onDelta, wire?.onBytes, call);
}

type Kind = 'text' | 'reasoning' | 'refusal';

class CallDelivery implements Delivery {
  committed = false;
  callerError: { readonly thrown: unknown } | undefined;
  readonly #onDelta: ModelRequest['onDelta'];
  readonly #onBytes: ((bytes: Uint8Array) => Reading) | undefined;
  readonly #cancellation: Cancellation;
  readonly #said: Record<Kind, string> = { text: '', reasoning: '', refusal: '' };
  #calls: Map<number, { id: string; name: string; arguments: string }> | undefined; // most answers call nothing
  #held: Uint8Array[] = [];
  #hasSpoken = false;

  constructor(
    onDelta: ModelRequest['onDelta'],
    onBytes: ((bytes: Uint8Array) => Reading) | undefined,
    cancellation: Cancellation,
  ) {
    this.#onDelta = onDelta;
    this.#onBytes = onBytes;
    this.#cancellation = cancellation;
  }

  text(text: string): Reading {
    return this.#say('text', text);
  }

  reasoning(text: string): Reading {
    return this.#say('reasoning', text);
  }

  refusal(text: string): Reading {
    return this.#say('refusal', text);
  }

  toolCall(piece: ToolCallPiece): Reading {
    const { index, id, name, arguments: json } = piece;
    if (!id && !name && !json) return undefined;
    const calls = (this.#calls ??= new Map<number, { id: string; name: string; arguments: string }>());
    const call = calls.get(index) ?? { id: '', name: '', arguments: '' };
    calls.set(index, call);
    call.id ||= id ?? '';
    call.name ||= name ?? ''; // some servers repeat it in every piece
    call.arguments += json ?? '';
    return this.#hand({ type: 'tool_call', ...piece });
  }

  spoken(): void {
    this.#hasSpoken = true;
  }

  relay(bytes: Uint8Array): Reading {
    this.#held.push(bytes);
    return this.#hasSpoken ? this.flush() : undefined;
  }

  flush(): Reading {
    const held = this.#held;
    if (!this.#onBytes || held.length === 0) return undefined;
    this.#held = [];
    return this.#call(this.#onBytes, held.length === 1 && held[0] ? held[0] : Buffer.concat(held));
  }

  get partialText(): string | undefined {
    return this.#said.text === '' ? undefined : this.#said.text;
  }

  toolCalls(): ToolCall[] {
    if (!this.#calls) return [];
    const sorted = [...this.#calls].toSorted(([a], [b]) => a - b);
    return sorted.map(([, call]) => ({ ...call, id: (call.id ||= `call_${crypto.randomUUID()}`) }));
  }

  fullText(): string {
    return this.#said.text;
  }

  reasoningText(): string {
    return this.#said.reasoning;
  }

  refusalText(): string {
    return this.#said.refusal;
  }

  #say(type: Kind, text: string): Reading {
    if (text === '') return undefined; // it commits to nothing
    this.#said[type] += text;
    return this.#hand({ type, text });
  }

  #hand(delta: Delta): Reading {
    this.#hasSpoken = true;
    return this.#onDelta ? this.#call(this.#onDelta, delta) : this.#cancellation.throwIfAborted();
  }

  /** Hands something to the caller. A slow reader holds the provider back. */
  #call<Piece>(take: (piece: Piece) => Reading, piece: Piece): Reading {
    this.#cancellation.throwIfAborted(); // after an abort nothing arrives late
    this.committed = true;
    try {
      const reading = take(piece);
      return reading === undefined ? undefined : this.#wait(reading);
    } catch (thrown) {
      this.callerError = { thrown };
      throw thrown;
    }
  }

  async #wait(reading: Promise<void>): Promise<void> {
    try {
      await reading;
    } catch (thrown) {
      this.callerError = { thrown };
      throw thrown;
    }
  }
}
