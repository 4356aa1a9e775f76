import { createParser } from 'eventsource-parser';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readEvents } from './sse.ts';

/** A body that comes in the pieces given, and then ends, fails, or is cancelled. */
function bodyOf(pieces: readonly (string | Uint8Array)[], failure?: Error) {
  const left = [...pieces];
  const seen = { cancelled: false };
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const piece = left.shift();
      if (piece !== undefined) controller.enqueue(typeof piece === 'string' ? new TextEncoder().encode(piece) : piece);
      else if (failure) controller.error(failure);
      else controller.close();
    },
    cancel() {
      seen.cancelled = true;
    },
  });
  return { response: new Response(body), seen };
}

async function collect(response: Response): Promise<readonly string[]> {
  const events: string[] = [];
  await readEvents(response, { take: (data) => void events.push(data) });
  return events;
}

test('reads the data of events, with and without a name, whatever the line ends', async () => {
  const { response } = bodyOf(['data: one\n\nevent: ping\r\ndata: two\r\ndata: lines\r\n\r\n: a comment\n\ndata: three\n\n']);

  expect(await collect(response)).toEqual(['one', 'two\nlines', 'three']);
});

test('leaves out an event without data, and not the last one where lines end in a carriage return', async () => {
  const { response } = bodyOf(['data:\n\nevent: ping\ndata: \n\ndata: one\n\n', 'data: two\r\rdata: three\r\r']);

  expect(await collect(response)).toEqual(['one', 'two', 'three']);
});

test('joins an event, and a character, that came in pieces', async () => {
  const bytes = new TextEncoder().encode('\uFEFFdata: 🌊 ahoy\n\n');
  const { response } = bodyOf([...bytes].map((byte) => Uint8Array.of(byte)));

  expect(await collect(response)).toEqual(['🌊 ahoy']);
});

test('leaves out an event that was not finished', async () => {
  const { response } = bodyOf(['data: whole\n\ndata: {"hal']);

  expect(await collect(response)).toEqual(['whole']);
});

test('waits for whoever takes an event before it gives the next', async () => {
  const { response } = bodyOf(['data: one\n\ndata: two\n\n', 'data: three\n\n']);
  const heard: string[] = [];
  let busy = false;

  await readEvents(response, {
    async take(data) {
      expect(busy).toBe(false);
      busy = true;
      await new Promise((resolve) => setTimeout(resolve, 1));
      heard.push(data);
      busy = false;
    },
  });

  expect(heard).toEqual(['one', 'two', 'three']);
});

test.each([
  [
    'throws',
    () => {
      throw new Error('full');
    },
  ],
  ['rejects', () => Promise.reject(new Error('full'))],
])('cancels the body when whoever takes an event %s', async (_, take) => {
  const { response, seen } = bodyOf(['data: one\n\n', 'data: two\n\n', 'data: three\n\n']);

  await expect(readEvents(response, { take })).rejects.toThrow('full');

  expect(seen.cancelled).toBe(true);
});

test('throws what cut the body', async () => {
  const broken = new TypeError('terminated');
  const { response } = bodyOf(['data: one\n\n'], broken);

  await expect(collect(response)).rejects.toBe(broken);
});

test('a response without a body has no events', async () => {
  expect(await collect(new Response(null))).toEqual([]);
});

function cut(bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const pieces = [];
  for (let at = 0, n = 0; at < bytes.length; n++) {
    const length = lengths[n % lengths.length] ?? 1;
    pieces.push(bytes.slice(at, at + length));
    at += length;
  }
  return pieces;
}

const line = fc.constantFrom(
  'data: plain',
  'data:{"a":"é🌊"}',
  'data',
  'data:',
  'event: ping',
  ': comment',
  'id: 7',
  'data: \u2028 x',
);
const eventsEnding = (...ends: readonly string[]) =>
  fc
    .tuple(fc.array(line, { maxLength: 4 }), fc.constantFrom(...ends))
    .map(([lines, end]) => [...lines, ''].map((one) => one + end).join(''));
const streamEnding = (...ends: readonly string[]) =>
  fc.tuple(
    fc.array(eventsEnding(...ends), { maxLength: 8 }),
    fc.constantFrom('', 'data: unfinished', 'data: unfinished\n', ': '),
  );
const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 });

test('reads what a parser of the whole text would read, however it is cut', async () => {
  await fc.assert(
    fc.asyncProperty(streamEnding('\n', '\r\n', '\r'), sizes, async ([events, rest], lengths) => {
      const text = events.join('') + rest;
      const expected: string[] = [];
      createParser({ onEvent: ({ data }) => void (data && expected.push(data)) }).feed(text.replaceAll(/\r\n?/g, '\n'));

      expect(await collect(bodyOf(cut(new TextEncoder().encode(text), lengths)).response)).toEqual(expected);
    }),
    { numRuns: 200 },
  );
});

describe('passing the bytes on', () => {
  const stream = streamEnding('\n', '\r\n', '\r');

  test('changes neither the events nor the bytes, however they are cut', async () => {
    await fc.assert(
      fc.asyncProperty(stream, sizes, async ([events, rest], lengths) => {
        const whole = new TextEncoder().encode(events.join('') + rest);
        const taken: string[] = [];
        const passed: Uint8Array[] = [];

        await readEvents(bodyOf(cut(whole, lengths)).response, {
          take: (data) => void taken.push(data),
          relay: (bytes) => void passed.push(bytes.slice()),
        });

        const relayed = Buffer.concat(passed).toString();
        const simple = events.join('').replaceAll(/\r\n?/g, '\n');
        expect(taken).toEqual(await collect(bodyOf([simple]).response));
        expect((events.join('') + rest).startsWith(relayed)).toBe(true);
        expect(relayed.trimEnd()).toBe(events.join('').trimEnd());
      }),
      { numRuns: 200 },
    );
  });

  test('happens once its events are taken, together, and is waited for', async () => {
    const { response } = bodyOf(['data: one\n\ndata: two\n\ndata: th', 'ree\n\n']);
    const order: string[] = [];

    await readEvents(response, {
      take: (data) => void order.push(data),
      async relay(bytes) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        order.push(Buffer.from(bytes).toString());
      },
    });

    expect(order).toEqual(['one', 'two', 'data: one\n\ndata: two\n\n', 'three', 'data: three\n\n']);
  });

  test.each([
    ['at once', (): never => fail('bad')],
    ['later', async (): Promise<never> => fail('bad')],
  ])('ends before an event that could not be taken %s', async (_, refuse) => {
    const { response } = bodyOf(['data: one\n\n: ping\n\ndata: bad\n\ndata: two\n\n']);
    const passed: string[] = [];

    const reading = readEvents(response, {
      take: (data) => (data === 'bad' ? refuse() : undefined),
      relay: (bytes) => void passed.push(Buffer.from(bytes).toString()),
    });

    await expect(reading).rejects.toThrow('bad');
    expect(passed).toEqual(['data: one\n\n: ping\n\n']);
  });

  test('is not tried again when whoever gets them throws', async () => {
    const { response } = bodyOf(['data: one\n\ndata: two\n\n']);
    let tries = 0;

    const reading = readEvents(response, {
      take: () => undefined,
      relay() {
        tries += 1;
        fail('full');
      },
    });

    await expect(reading).rejects.toThrow('full');
    expect(tries).toBe(1);
  });
});

function fail(reason: string): never {
  throw new Error(reason);
}
