import { expect, test } from 'vitest';
import { UsageFilter } from './hide-usage.ts';

const said = 'data: {"choices":[{"index":0,"delta":{"content":"\\"choices\\":[] é"}}]}\n\n';
const usage = 'data: {"choices":[],"usage":{"prompt_tokens":1}}\n\n';
const filtered = 'data: {"choices":[],"prompt_filter_results":[]}\n\n';
const end = 'data: [DONE]\n\n';

/** What comes out when the stream comes in such pieces. */
function through(text: string, size: number): string {
  const bytes = Buffer.from(text);
  const filter = new UsageFilter();
  const out: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) out.push(filter.take(bytes.subarray(at, at + size)));
  return Buffer.concat([...out, filter.rest()]).toString();
}

test.each([1, 7, 50, 10_000])('the usage is taken out, and nothing else, in pieces of %i bytes', (size) => {
  expect(through(`: hi\n\n${said}${filtered}${usage}${end}`, size)).toBe(`: hi\n\n${said}${filtered}${end}`);
  expect(through(said + usage.replace('\n\n', '\r\n\r\n') + end, size)).toBe(said + end);
  expect(through('data: {"choices":[]', size)).toBe('data: {"choices":[]');
});

test('a whole event is passed on at once, and of one that has not come as a whole only what was whole', () => {
  const filter = new UsageFilter();

  const first = filter.take(Buffer.from(said));
  const second = filter.take(Buffer.from(said + usage.slice(0, 20)));
  const third = filter.take(Buffer.from(usage.slice(20) + end));

  expect([first, second, third].map(String)).toEqual([Buffer.from(said), Buffer.from(said), Buffer.from(end)].map(String));
});

test('an event without an end is not kept for ever', () => {
  const filter = new UsageFilter();
  const piece = Buffer.alloc(700_000, 'x');

  expect(filter.take(piece).length + filter.take(piece).length).toBe(1_400_000);
});
