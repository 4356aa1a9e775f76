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
  if (relay) {
    const relaying = new Relaying(take, relay);
    return await readBody(response, (bytes) => relaying.add(bytes));
  }
  const decoder = new StringDecoder('utf8'); // several times as fast as a `TextDecoder`, save that it leaves the byte order mark in
  const events = new EventText();
  await readBody(response, (bytes) => takeAll(events.add(decoder.write(bytes)), take));
}

/** Cuts a text that comes in pieces into the data of its events. */
class EventText {
  readonly #arrived: string[] = [];
  readonly #parser = createParser({ onEvent: ({ data }) => void (data && this.#arrived.push(data)) }); // one without says it is alive
  #isFirst = true;
  #rest = '';
  #endsInReturn = false;

  /** The data of the events that are whole now. */
  add(written: string): string[] {
    if (written === '') return [];
    const text = this.#withLineFeeds(this.#isFirst && written.startsWith('\uFEFF') ? written.slice(1) : written);
    this.#isFirst = false;
    if (text.includes('\n')) this.#cut(this.#rest + text);
    else this.#rest += text; // a long line is not looked through again with each of its pieces
    return this.#arrived.splice(0);
  }

  /** A carriage return ends its line at once: a line feed that comes in the next piece is the other half of it. */
  #withLineFeeds(written: string): string {
    const text = this.#endsInReturn && written.startsWith('\n') ? written.slice(1) : written;
    this.#endsInReturn = text.endsWith('\r');
    return text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
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

/** Takes the events that have come as a whole, and passes their bytes on together once they were understood. */
class Relaying {
  readonly #blocks = new EventBlocks();
  readonly #decoder = new StringDecoder('utf8');
  readonly #events = new EventText();
  readonly #take: EventTaker['take'];
  readonly #relay: NonNullable<EventTaker['relay']>;

  constructor(take: EventTaker['take'], relay: NonNullable<EventTaker['relay']>) {
    this.#take = take;
    this.#relay = relay;
  }

  add(added: Uint8Array): void | Promise<void> {
    this.#blocks.add(added);
    const bytes = this.#blocks.allWhole();
    if (bytes.length === 0) return undefined;
    const arrived = this.#events.add(this.#decoder.write(bytes));
    let begun = 0;
    const take: EventTaker['take'] = (data) => {
      begun += 1;
      return this.#take(data);
    };
    let taking: void | Promise<void>;
    try {
      taking = takeAll(arrived, take);
    } catch (error) {
      return this.#passBefore(error, bytes, begun - 1);
    }
    if (!taking) return this.#relay(bytes);
    return taking.then(
      () => this.#relay(bytes),
      (error: unknown) => this.#passBefore(error, bytes, begun - 1),
    );
  }

  /** Up to the event that failed. */
  async #passBefore(error: unknown, bytes: Uint8Array, count: number): Promise<never> {
    const end = endOf(bytes, count);
    if (end > 0) await this.#relay(bytes.subarray(0, end));
    throw error;
  }
}

/** Where so many events end. */
function endOf(bytes: Uint8Array, count: number): number {
  const [blocks, events] = [new EventBlocks(), new EventText()];
  blocks.add(bytes);
  let [end, left] = [0, count];
  for (let block = blocks.next(); block; block = blocks.next()) {
    left -= events.add(block.toString('utf8')).length;
    if (left < 0) break;
    end = blocks.position;
  }
  return end;
}
