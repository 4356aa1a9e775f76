import type { ModelRequest } from '@rolecall/core';
import type { Delta } from '@rolecall/core';
import { describe, expect, test } from 'vitest';
import { Cancellation } from '../cancellation.ts';
import { createDelivery, type Delivery } from './delivery.ts';

function deliver(request: ModelRequest): Delivery {
  return createDelivery(request, new Cancellation(request.signal));
}

const messages = [] as const;

test('hands over each piece, waits for the reader, and keeps the whole', async () => {
  const heard: Delta[] = [];
  const delivery = deliver({ messages, onDelta: async (delta) => void heard.push(delta) });

  await delivery.reasoning('Hm.');
  await delivery.text('Hello, ');
  await delivery.text('you.');
  await delivery.refusal('No.');

  expect(heard.map(({ type }) => type)).toEqual(['reasoning', 'text', 'text', 'refusal']);
  expect(delivery.fullText()).toBe('Hello, you.');
  expect(delivery.partialText).toBe('Hello, you.');
  expect(delivery.reasoningText()).toBe('Hm.');
  expect(delivery.refusalText()).toBe('No.');
});

describe('commits', () => {
  test('with the first piece that says something', async () => {
    const delivery = deliver({ messages, onDelta() {} });

    await delivery.text('');
    await delivery.toolCall({ index: 0 });
    const before = delivery.committed;
    await delivery.text('H');

    expect(before).toBe(false);
    expect(delivery.committed).toBe(true);
  });

  test('never when nobody listens', async () => {
    const delivery = deliver({ messages });

    await delivery.text('Hello');

    expect(delivery.committed).toBe(false);
    expect(delivery.partialText).toBe('Hello');
  });
});

test('joins the pieces of tool calls by their index, whatever order they come in', async () => {
  const delivery = deliver({ messages });

  await delivery.toolCall({ index: 1, id: 'b', name: 'second', arguments: '' });
  await delivery.toolCall({ index: 0, id: 'a', name: 'first', arguments: '{"x"' });
  await delivery.toolCall({ index: 0, id: 'a', name: 'first', arguments: ':1}' });
  await delivery.toolCall({ index: 1, arguments: '{}' });

  expect(delivery.toolCalls()).toEqual([
    { id: 'a', name: 'first', arguments: '{"x":1}' },
    { id: 'b', name: 'second', arguments: '{}' },
  ]);
});

test('gives a call without an id one of its own, and the same each time', async () => {
  const delivery = deliver({ messages });

  await delivery.toolCall({ index: 0, name: 'first' });
  await delivery.toolCall({ index: 1, name: 'second' });
  const [first, second] = delivery.toolCalls();

  expect(first?.id).toMatch(/^call_/);
  expect(second?.id).not.toBe(first?.id);
  expect(delivery.toolCalls()[0]).toEqual(first);
});

test('remembers what the reader threw, even if that was nothing', async () => {
  const delivery = deliver({ messages, onDelta: () => Promise.reject(undefined) });

  const thrown = await Promise.resolve(delivery.text('Hello')).catch((error: unknown) => ['caught', error]);

  expect(thrown).toEqual(['caught', undefined]);
  expect(delivery.callerError).toEqual({ thrown: undefined });
});

test('makes no promise of a piece that nobody has to wait for', () => {
  const delivery = deliver({ messages, onDelta() {} });

  expect(delivery.text('Hello')).toBeUndefined();
  expect(delivery.toolCall({ index: 0, name: 'tides' })).toBeUndefined();
});

test('hands over nothing after an abort, which is no fault of the reader', async () => {
  const caller = new AbortController();
  const heard: Delta[] = [];
  const delivery = deliver({ messages, signal: caller.signal, onDelta: (delta) => void heard.push(delta) });

  await delivery.text('Hello');
  caller.abort('enough');

  expect(() => delivery.text(' again')).toThrow(expect.stringMatching('enough'));
  expect(heard).toHaveLength(1);
  expect(delivery.callerError).toBeUndefined();
});

const bytes = (text: string) => new TextEncoder().encode(text);

function relaying(more: { readonly signal?: AbortSignal } = {}) {
  const passed: string[] = [];
  const onBytes = (chunk: Uint8Array): void => void passed.push(new TextDecoder().decode(chunk));
  return { passed, delivery: deliver({ messages, wire: { api: 'any', body: {}, onBytes }, ...more }) };
}

describe('relays bytes', () => {
  test('from the first piece that says something, with all that came before it', async () => {
    const { passed, delivery } = relaying();

    await delivery.relay(bytes('a'));
    await delivery.relay(bytes('b'));
    const before = [...passed, delivery.committed];
    await delivery.text('Hello');
    await delivery.relay(bytes('c'));
    await delivery.relay(bytes('d'));

    expect(before).toEqual([false]);
    expect(passed).toEqual(['abc', 'd']);
    expect(delivery.committed).toBe(true);
  });

  test('that say what has no delta', async () => {
    const { passed, delivery } = relaying();

    delivery.spoken();
    await delivery.relay(bytes('a'));

    expect(passed).toEqual(['a']);
  });

  test('of an answer that said nothing when it is whole', async () => {
    const { passed, delivery } = relaying();

    await delivery.relay(bytes('a'));
    await delivery.flush();
    await delivery.flush();

    expect(passed).toEqual(['a']);
  });

  test('not after an abort', async () => {
    const { passed, delivery } = relaying({ signal: AbortSignal.abort('enough') });

    delivery.spoken();

    expect(() => delivery.relay(bytes('a'))).toThrow(expect.stringMatching('enough'));
    expect(passed).toEqual([]);
  });
});
