import { inspect } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { AnswerHeaders } from './answer-headers.ts';
import { lazyPool } from './pool.ts';

beforeAll(async () => void (await lazyPool({})()));

const make = (): Headers => new AnswerHeaders({ 'x-id': '7', vary: ['accept', 'origin'], 'set-cookie': ['a=1', 'b=2'] });

test('are read by name in any case, and what every object has is no header', () => {
  const headers = make();

  expect([headers.get('X-Id'), headers.get('vary'), headers.get('none'), headers.get('constructor')]).toEqual([
    '7',
    'accept, origin',
    null,
    null,
  ]);
  expect([headers.has('X-ID'), headers.has('none'), headers.has('toString')]).toEqual([true, false, false]);
});

test('are all that headers are', () => {
  const headers = make();

  expect(headers).toBeInstanceOf(Headers);
  expect(headers.getSetCookie()).toEqual(['a=1', 'b=2']);
  expect([...headers]).toEqual([...new Headers(headers)]);
  expect([...headers.keys()]).toEqual(['set-cookie', 'set-cookie', 'vary', 'x-id']);
  expect(new Response(null, { headers }).headers.get('x-id')).toBe('7');
  expect(inspect(headers)).toMatch(/^Headers \{ 'x-id': '7'/);
});

test('can be changed, and say so from then on', () => {
  const headers = make();

  headers.set('x-id', '8');
  headers.append('vary', 'cookie');
  headers.delete('set-cookie');

  expect([headers.get('x-id'), headers.get('vary'), headers.has('set-cookie')]).toEqual(['8', 'accept, origin, cookie', false]);
});
