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
  const decoder = new StringDecoder('utf8'); // several times as fast as a `TextDecoder`, save that it leaves the byte order mark in
  const events = new EventText();
  if (!relay) return await readBody(response, (bytes) => takeAll(events.add(decoder.write(bytes)), take));
  // What is relayed comes event by event: it need not be waited for whether a lone carriage return has a line feed behind it.
  const takeBlock = (block: Uint8Array): void | Promise<void> =>
    takeAll(events.add(decoder.write(block).replace(/\r\n?/g, '\n')), take);
  const relaying = new Relaying(takeBlock, relay);
  await readBody(response, (bytes) => relaying.add(bytes));
}

/** Cuts a text that comes in pieces into the data of its events. */
class EventText {
  readonly #arrived: string[] = [];
  readonly #parser = createParser({ onEvent: ({ data }) => void this.#arrived.push(data) });
  #isFirst = true;
  #rest = '';
  #hasReturns = false;

  /** The data of the events that are whole now. */
  add(written: string): string[] {
    if (written === '') return [];
    const text = this.#isFirst && written.startsWith('\uFEFF') ? written.slice(1) : written;
    this.#isFirst = false;
    this.#hasReturns ||= text.includes('\r');
    if (this.#hasReturns) this.#parse(this.#rest + text);
    else this.#cut(this.#rest + text);
    return this.#arrived.splice(0);
  }

  /** Nearly every event is a line of data, perhaps after one that names it: those need no parser, which takes twice as long. */
  #cut(text: string): void {
    let at = 0;
    for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n', at)) {
      const data = dataOf(text.slice(at, end));
      if (data === undefined) this.#parser.feed(text.slice(at, end + 2));
      else this.#arrived.push(data);
      at = end + 2;
    }
    this.#rest = text.slice(at);
  }

  #parse(text: string): void {
    this.#rest = '';
    this.#parser.feed(text);
  }
}

/** The data of an event of one such line, or `undefined` for what only the parser knows. */
function dataOf(event: string): string | undefined {
  const at = event.startsWith('event:') ? event.indexOf('\n') + 1 : 0;
  if (!event.startsWith('data:', at) || event.includes('\n', at)) return undefined;
  return event.slice(event[at + 5] === ' ' ? at + 6 : at + 5) || undefined;
}

/** Most events need no waiting for: only one that does makes a promise of it. */
function takeAll(arrived: string[], take: EventTaker['take'], from = 0): void | Promise<void> {
  for (let at = from; at < arrived.length; at++) {
    const taking = take(arrived[at] ?? '');
    if (taking) return taking.then(() => takeAll(arrived, take, at + 1));
  }
  return undefined;
}

type Step = (bytes: Uint8Array) => void | Promise<void>;

/** Takes block by block, and passes on together what came together, once it was understood. */
class Relaying {
  readonly #blocks = new EventBlocks();
  readonly #take: Step;
  readonly #relay: Step;

  constructor(take: Step, relay: Step) {
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
