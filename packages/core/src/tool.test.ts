import { runInNewContext } from 'node:vm';
import { expect, test, vi } from 'vitest';
import { z } from 'zod';
import { tool, type ToolOptions } from './tool.ts';

const { signal } = new AbortController();
const context = { signal, idempotencyKey: 'run/step' };
const valid = {
  name: 'search',
  description: 'Searches.',
  parameters: z.object({ query: z.string(), limit: z.number().default(3) }),
  execute: ({ query, limit }: { query: string; limit: number }) => `${query} x${limit}`,
};

test('the definition has the schema of what the model has to write', () => {
  const { definition } = tool(valid);

  expect(definition).toMatchObject({ name: 'search', description: 'Searches.' });
  expect(definition.parameters).toEqual({
    type: 'object',
    properties: { query: { type: 'string' }, limit: { type: 'number', default: 3 } },
    required: ['query'],
  });
});

test('execute receives the checked arguments, defaults filled in, and the signal', async () => {
  const execute = vi.fn(() => 'ok');

  const result = await tool({ ...valid, execute }).call('{"query":"bees"}', context);

  expect(result).toEqual({ content: 'ok', isError: false });
  expect(execute).toHaveBeenCalledExactlyOnceWith({ query: 'bees', limit: 3 }, context);
});

test.each([
  [{ a: 1 }, '{"a":1}'],
  [[1, 'b'], '[1,"b"]'],
  [3, '3'],
  ['text', 'text'],
  ['', ''],
  [undefined, 'null'],
  [null, 'null'],
  [Promise.resolve(true), 'true'],
  [{}, '{}'],
  [Object.create(null), '{}'],
  [runInNewContext('({})'), '{}'],
  [new Map([['a', 1]]), '{"a":1}'],
  [new Map<unknown, unknown>([[1, new Set(['b'])]]), '[[1,["b"]]]'],
  [new Map([['__proto__', 1]]), '{"__proto__":1}'],
  [{ found: new Set() }, '{"found":[]}'],
  [[new TypeError('odd')], '["TypeError: odd"]'],
  [{ at: new Date(0), on: new URL('http://x/') }, '{"at":"1970-01-01T00:00:00.000Z","on":"http://x/"}'],
  [Object(3), '3'],
  [
    new (class Found {
      at = 1;
    })(),
    '{"at":1}',
  ],
])('the result %o is told as %s', async (value, content) => {
  const result = await tool({ ...valid, execute: () => value }).call('{"query":"x"}', context);

  expect(result).toEqual({ content, isError: false });
});

test.each(['', '  '])('arguments of %o mean none', async (text) => {
  const ping = tool({ name: 'ping', description: 'Pings.', parameters: z.object({}), execute: () => 'pong' });

  expect(await ping.call(text, context)).toEqual({ content: 'pong', isError: false });
});

test('arguments that are not JSON go back with the reason, and nothing is run', async () => {
  const execute = vi.fn();

  const result = await tool({ ...valid, execute }).call('{"query":', context);

  expect(result.isError).toBe(true);
  expect(result.content).toMatch(/^The arguments for search are not valid JSON \(.+\)/);
  expect(result.thrown).toBeUndefined();
  expect(execute).not.toHaveBeenCalled();
});

test('arguments of the wrong shape go back with every reason, and nothing is run', async () => {
  const execute = vi.fn();
  const nested = tool({ ...valid, parameters: z.object({ at: z.object({ lat: z.number() }), query: z.string() }), execute });

  const result = await nested.call('{"at":{"lat":"x"}}', context);

  expect(result.isError).toBe(true);
  expect(result.content).toMatch(/- at\.lat: .*number[\s\S]*- query: .*string/);
  expect(result.thrown).toBeUndefined();
  expect(execute).not.toHaveBeenCalled();
});

test('a schema that checks asynchronously is waited for', async () => {
  const parameters = z.object({ id: z.string().refine(async (id) => id === 'known', 'no such id') });
  const find = tool({ name: 'find', description: 'Finds.', parameters, execute: ({ id }) => id });

  expect(await find.call('{"id":"known"}', context)).toMatchObject({ content: 'known' });
  expect(await find.call('{"id":"other"}', context)).toMatchObject({ isError: true });
});

test.each([
  [
    'throws',
    () => {
      throw new Error('boom');
    },
    'search failed: boom',
  ],
  ['rejects', () => Promise.reject(new Error('later')), 'search failed: later'],
  [
    'throws what is no error',
    () => {
      throw 'odd';
    },
    'search failed: odd',
  ], // eslint-disable-line no-throw-literal
  [
    'returns a Response',
    async () => new Response('{}'),
    'search failed: execute returned an object (Response) that JSON cannot tell: await its text() or json()',
  ],
  [
    'returns a promise within its result',
    () => [{ later: Promise.resolve(1) }],
    'search failed: execute returned an object (Promise) at "later" that JSON cannot tell: await it',
  ],
  [
    'returns an object without fields',
    () =>
      new (class Cursor {
        readonly #rows = [1];
        rows(): readonly number[] {
          return this.#rows;
        }
      })(),
    'search failed: execute returned an object (Cursor) that JSON cannot tell: return a text, or plain objects and arrays',
  ],
  ['returns bytes', () => ({ file: Buffer.from('x') }), 'search failed: execute returned an object (Buffer) at "file"'],
  ['returns headers', () => new Headers({ a: 'b' }), 'search failed: execute returned an object (Headers)'],
  ['returns what JSON cannot say', () => 1n, 'search failed: Do not know how to serialize a BigInt'],
])('a tool that %s tells the model', async (_what, execute, content) => {
  const result = await tool({ ...valid, execute }).call('{"query":"x"}', context);

  expect(result).toMatchObject({
    content: expect.stringContaining(content),
    isError: true,
    thrown: { error: expect.anything() },
  });
});

test.each<[string, Record<string, unknown>, string]>([
  ['a name with a space', { name: 'my tool' }, 'name is "my tool", and has to be a text like ^[a-zA-Z0-9_-]{1,64}$'],
  ['a name that is too long', { name: 'a'.repeat(65) }, 'and has to be a text like'],
  ['no description', { description: '' }, 'tool "search": description is ""'],
  ['no execute', { execute: undefined }, 'execute is undefined, and has to be a function'],
  ['no schema', { parameters: undefined }, 'parameters is undefined, and has to be a schema'],
  ['a bare JSON Schema', { parameters: { type: 'object' } }, 'parameters is an object (Object), and has to be a schema'],
  ['a schema of no object', { parameters: z.string() }, 'the type of parameters is "string", and has to be "object"'],
  ['a schema that JSON cannot say', { parameters: z.object({ at: z.date() }) }, 'parameters cannot be written as JSON Schema'],
])('a tool with %s is refused', (_what, change, message) => {
  const make = (): unknown => tool({ ...valid, ...change } as unknown as ToolOptions<unknown>);

  expect(make).toThrow(TypeError);
  expect(make).toThrow(message);
});

test('a tool cannot be changed', () => {
  const { definition } = tool(valid);

  expect(() => Object.assign(definition, { name: 'x' })).toThrow(TypeError);
  expect(() => Object.assign(definition.parameters, { type: 'x' })).toThrow(TypeError);
});

test.each([
  ['an unknown way to take an error', { onError: 'ignore' }, "onError is \"ignore\", and has to be 'tell' or 'fail'"],
  ['a result of no length', { maxResultCharacters: 0 }, 'maxResultCharacters is 0, and has to be a whole number above 0'],
])('%s is refused', (_what, change, message) => {
  expect(() => tool({ ...valid, ...change } as typeof valid)).toThrow(message);
});
