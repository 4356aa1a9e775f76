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
  await readBody(response, relay ? relaying(feed, relay) : feed);
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

/** Feeds event by event, and passes on together what came together, once it was understood. */
function relaying(feed: Step, relay: Step): (bytes: Uint8Array) => Promise<void> {
  const blocks = new EventBlocks();
  return async (bytes) => {
    blocks.add(bytes);
    const start = blocks.position;
    let taken = start;
    try {
      for (let block = blocks.next(); block; block = blocks.next()) {
        const feeding = feed(block);
        if (feeding) await feeding;
        taken = blocks.position;
      }
    } finally {
      if (taken > start) await relay(blocks.slice(start, taken));
    }
  };
}
