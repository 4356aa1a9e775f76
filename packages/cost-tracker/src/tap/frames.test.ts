import { expect, test } from 'vitest';
import { Frames, type Framing } from './frames.ts';
import { JsonPicker } from './json-picker.ts';
import { UsageHider, type EventEnd } from './usage-hider.ts';

/** The models named in a body that comes in pieces of such a length, and where its events end. */
function read(framing: Framing, body: string, length = Infinity): { models: unknown[]; events: number; broken: number } {
  const models: unknown[] = [];
  let [events, broken] = [0, 0];
  const picker = new JsonPicker({ keep: ['model'], measure: [] }, (picked) => models.push(picked.last('model')));
  const frames = new Frames(framing, picker, (_end, isBroken) => {
    events += 1;
    if (isBroken) broken += 1;
  });
  const bytes = new TextEncoder().encode(body);
  for (let at = 0; at < bytes.length; at += length) frames.push(bytes.slice(at, at + length));
  return { models, events, broken };
}

const sse =
  ': hello\r\nevent: x\r\nid: 1\r\ndata: {"model":"a"}\r\n\r\ndata:{"mod\ndata: {"never":1}\n\ndata: {"model":\ndata: "b"}\n\ndata: [DONE]\n\n';

test.each([[Infinity], [1], [3], [11]])(
  'server-sent events are read in pieces of %s bytes, and a broken one does not spoil the next',
  (length) => {
    expect(read('sse', sse, length)).toEqual({ models: ['a', 'b', undefined], events: 4, broken: 1 });
  },
);

test.each([[Infinity], [1], [5]])('lines are read in pieces of %s bytes, and a broken one does not spoil the next', (length) => {
  expect(read('ndjson', '{"model":"a"}\n{"model":"brok\n{"model":"c"}\n', length).models).toEqual(['a', 'c']);
});

test.each(['oops', '{"model":"x"', '"a text that never ends', '{"model":"x"}}', 'oops {"model":"x"}', '[1,'])(
  'the event %s is broken, and does not spoil the next',
  (data) => {
    const { models, broken } = read('sse', `data: {"model":"a"}\n\ndata: ${data}\n\ndata: {"model":"b"}\n\n`, 5);

    expect(broken).toBe(1);
    expect([models[0], models.at(-1)]).toEqual(['a', 'b']);
  },
);

test('a whole document may have many lines', () => {
  expect(read('json', '{\n  "model":\n  "a"\n}\n').models).toEqual(['a']);
});

const events = [
  'data: {"choices":[{"delta":{"content":"a \\"usage\\":null"}}],"usage":null}\n\n',
  'data: {"usage":null,"choices":[{"delta":{}}]}\n\n',
  'data: {"choices":[],"usage":{"prompt_tokens":1}}\n\n',
  'data: [DONE]\n\n',
];
const shown =
  'data: {"choices":[{"delta":{"content":"a \\"usage\\":null"}}]}\n\ndata: {"choices":[{"delta":{}}]}\n\ndata: [DONE]\n\n';

test.each([[Infinity], [1], [13]])('what was asked for in the caller’s name is not shown, in pieces of %s bytes', (length) => {
  const hider = new UsageHider();
  const bytes = new TextEncoder().encode(events.join(''));
  const ends = events.map((_, index) => new TextEncoder().encode(events.slice(0, index + 1).join('')).length);
  let seen = '';

  for (let at = 0; at < bytes.length; at += length) {
    const chunk = bytes.slice(at, at + length);
    const inChunk = ends.flatMap((end, index): EventEnd[] =>
      end > at && end <= at + chunk.length ? [{ end: end - at, aboutUsage: index === 2 }] : [],
    );
    seen += new TextDecoder().decode(hider.pass(chunk, inChunk));
  }

  expect(seen).toBe(shown);
});

test('what is left of a stream that is cut in the middle of an event is shown as it is', () => {
  const hider = new UsageHider();

  const seen = hider.pass(new TextEncoder().encode('data: {"cho'), []);

  expect([seen.length, new TextDecoder().decode(hider.rest())]).toEqual([0, 'data: {"cho']);
});
