import { expect, test } from 'vitest';
import { readEvents, type ServerSentEvent } from './sse.ts';

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

async function collect(response: Response): Promise<readonly ServerSentEvent[]> {
  const events: ServerSentEvent[] = [];
  for await (const event of readEvents(response)) events.push(event);
  return events;
}

test('reads events, with and without a name, whatever the line ends', async () => {
  const { response } = bodyOf(['data: one\n\nevent: ping\r\ndata: two\r\ndata: lines\r\n\r\n: a comment\n\ndata: three\n\n']);

  const events = await collect(response);

  expect(events.map(({ event, data }) => [event, data])).toEqual([
    [undefined, 'one'],
    ['ping', 'two\nlines'],
    [undefined, 'three'],
  ]);
});

test('joins an event, and a character, that came in pieces', async () => {
  const bytes = new TextEncoder().encode('data: 🌊 ahoy\n\n');
  const { response } = bodyOf([...bytes].map((byte) => Uint8Array.of(byte)));

  const events = await collect(response);

  expect(events.map(({ data }) => data)).toEqual(['🌊 ahoy']);
});

test('leaves out an event that was not finished', async () => {
  const { response } = bodyOf(['data: whole\n\ndata: {"hal']);

  const events = await collect(response);

  expect(events.map(({ data }) => data)).toEqual(['whole']);
});

test('cancels the body when it is left early', async () => {
  const { response, seen } = bodyOf(['data: one\n\n', 'data: two\n\n', 'data: three\n\n']);

  for await (const { data } of readEvents(response)) if (data === 'one') break;

  expect(seen.cancelled).toBe(true);
});

test('throws what cut the body', async () => {
  const cut = new TypeError('terminated');
  const { response } = bodyOf(['data: one\n\n'], cut);

  await expect(collect(response)).rejects.toBe(cut);
});

test('a response without a body has no events', async () => {
  expect(await collect(new Response(null))).toEqual([]);
});
