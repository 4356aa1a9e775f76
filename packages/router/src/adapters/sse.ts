/** Server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation */
import { StringDecoder } from 'node:string_decoder';
import { createParser } from 'eventsource-parser';
import { readBody } from './body.ts';
import { EventBlocks } from './event-blocks.ts';

export interface EventTaker {
  /** Gets the data of each event; names and ids say nothing that the data of our APIs does not. */
  readonly take: (data: string) => void | Promise<void>;
  /** Gets the bytes of the events once they are taken, up to one that failed. @default nobody does */
  readonly relay?: ((bytes: Uint8Array) => void | Promise<void>) | undefined;
}

/** Reads the events of a response as they come. One that was not finished is left out. */
export async function readEvents(response: Response, { take, relay }: EventTaker): Promise<void> {
  const arrived: string[] = [];
  const parser = createParser({ onEvent: ({ data }) => void arrived.push(data) });
  const decoder = new StringDecoder('utf8'); // several times as fast as a `TextDecoder`, save that it leaves the byte order mark in
  let isFirst = true;
  const feed = (bytes: Uint8Array): void | Promise<void> => {
    const written = decoder.write(bytes);
    // A parser that sees a lone carriage return waits for what may follow it. What is relayed is cut where nothing can.
    const text = relay && written.includes('\r') ? written.replace(/\r\n?/g, '\n') : written;
    parser.feed(isFirst && text.startsWith('\uFEFF') ? text.slice(1) : text);
    if (text !== '') isFirst = false;
    return takeAll(arrived, take);
  };
  if (!relay) return await readBody(response, feed);
  const takeBlock = (block: Buffer): void | Promise<void> => {
    const data = onlyData(block);
    if (data === undefined) return feed(block);
    isFirst = false;
    return take(data);
  };
  const relaying = new Relaying(takeBlock, relay);
  await readBody(response, (bytes) => relaying.add(bytes));
}

/** Most events need no waiting for: only one that does makes a promise of it. */
function takeAll(arrived: string[], take: EventTaker['take'], from = 0): void | Promise<void> {
  for (let at = from; at < arrived.length; at++) {
    const taking = take(arrived[at] ?? '');
    if (taking) return taking.then(() => takeAll(arrived, take, at + 1));
  }
  arrived.length = 0;
  return undefined;
}

type Step = (bytes: Uint8Array) => void | Promise<void>;

/** Takes block by block, and passes on together what came together, once it was understood. */
class Relaying {
  readonly #blocks = new EventBlocks();
  readonly #take: (block: Buffer) => void | Promise<void>;
  readonly #relay: Step;

  constructor(take: (block: Buffer) => void | Promise<void>, relay: Step) {
    this.#take = take;
    this.#relay = relay;
  }

  add(bytes: Uint8Array): void | Promise<void> {
    this.#blocks.add(bytes);
    return this.#pass(this.#blocks.position);
  }

  #pass(start: number): void | Promise<void> {
    let end = this.#blocks.position;
    try {
      for (let block = this.#blocks.next(); block; block = this.#blocks.next()) {
        const taking = this.#take(block);
        if (taking) return this.#passAfter(taking, start, end);
        end = this.#blocks.position;
      }
    } catch (error) {
      return this.#passBefore(error, start, end);
    }
    return end > start ? this.#relay(this.#blocks.slice(start, end)) : undefined;
  }

  async #passAfter(taking: Promise<void>, start: number, end: number): Promise<void> {
    try {
      await taking;
    } catch (error) {
      return await this.#passBefore(error, start, end);
    }
    await this.#pass(start);
  }

  async #passBefore(error: unknown, start: number, end: number): Promise<never> {
    if (end > start) await this.#relay(this.#blocks.slice(start, end));
    throw error;
  }
}

const dataMark = Buffer.from('data:');
const lineFeed = 10;
const space = 32;

/** The data of a block that is one line of it, as nearly all are; any other is for the parser. */
function onlyData(block: Buffer): string | undefined {
  const end = block.length - 2;
  const isMarked = end > dataMark.length && dataMark.compare(block, 0, dataMark.length) === 0;
  if (!isMarked || block.indexOf(lineFeed) !== end) return undefined;
  const data = block.toString('utf8', block[dataMark.length] === space ? dataMark.length + 1 : dataMark.length, end);
  return data === '' || data.includes('\r') ? undefined : data;
}
