/** A streamed answer as a row of blocks, each of which begins, grows and ends: what two of the three APIs are made of. */
import { randomUUID } from 'node:crypto';
import type { Delta, ModelResponse } from '@rolecall/core';

export interface Block {
  readonly kind: 'text' | 'reasoning' | 'refusal' | 'tool';
  readonly index: number;
  /** Of a tool call. */
  readonly id: string;
  readonly name: string;
  /** What it has grown to. */
  text: string;
}

export interface BlockTaker {
  open(block: Block): string;
  grow(block: Block, piece: string): string;
  close(block: Block): string;
}

type Piece = Extract<Delta, { type: 'tool_call' }>;

/** Turns deltas into blocks. One block is open at a time, so the next one ends it. */
export class Blocks {
  readonly all: Block[] = [];
  readonly #taker: BlockTaker;
  readonly #calls = new Map<number, Block>();
  #open: Block | undefined;

  constructor(taker: BlockTaker) {
    this.#taker = taker;
  }

  /** @throws {Error} when a tool call goes on that another block has ended: no client could be told so. */
  delta(delta: Delta): string {
    if (delta.type === 'tool_call') return this.#call(delta);
    if (this.#open?.kind === delta.type) return this.#grow(this.#open, delta.text);
    const [opened, block] = this.#begin(delta.type, '', '');
    return opened + this.#grow(block, delta.text);
  }

  /** Ends the last block. An answer of which no piece was handed on is told whole. */
  end(response: ModelResponse): string {
    const said =
      this.all.length > 0
        ? ''
        : deltasOf(response)
            .map((delta) => this.delta(delta))
            .join('');
    return said + this.#close();
  }

  #call({ index, id, name = '', arguments: json = '' }: Piece): string {
    const known = this.#calls.get(index);
    if (known) {
      if (json === '') return '';
      if (known !== this.#open) throw new Error('A tool call went on after the next had begun.');
      return this.#grow(known, json);
    }
    const [opened, block] = this.#begin('tool', id || `call_${randomUUID()}`, name);
    this.#calls.set(index, block);
    return json === '' ? opened : opened + this.#grow(block, json);
  }

  #begin(kind: Block['kind'], id: string, name: string): readonly [string, Block] {
    const closed = this.#close();
    const block: Block = { kind, index: this.all.length, id, name, text: '' };
    this.all.push(block);
    this.#open = block;
    return [closed + this.#taker.open(block), block];
  }

  #grow(block: Block, piece: string): string {
    block.text += piece;
    return this.#taker.grow(block, piece);
  }

  #close(): string {
    const block = this.#open;
    this.#open = undefined;
    return block ? this.#taker.close(block) : '';
  }
}

/** A whole answer as the deltas it would have come in. */
export function deltasOf({ text, toolCalls, refusal }: ModelResponse): readonly Delta[] {
  const calls = toolCalls.map((call, index): Delta => ({ type: 'tool_call', index, ...call }));
  return [
    ...(text === '' ? [] : [{ type: 'text', text } as const]),
    ...(refusal === undefined ? [] : [{ type: 'refusal', text: refusal } as const]),
    ...calls,
  ];
}

/** What the provider calls the model that answered. */
export function servedBy({ metadata, model }: ModelResponse): string {
  return metadata?.servedModel ?? model;
}
