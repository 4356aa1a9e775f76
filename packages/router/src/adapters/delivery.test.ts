import type { Delta } from '@rolecall/core';
import { describe, expect, test } from 'vitest';
import { createDelivery } from './delivery.ts';

const messages = [] as const;

test('hands over each piece, waits for the reader, and keeps the whole', async () => {
  const heard: Delta[] = [];
  const delivery = createDelivery({ messages, onDelta: async (delta) => void heard.push(delta) });

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
    const delivery = createDelivery({ messages, onDelta() {} });

    await delivery.text('');
    await delivery.toolCall({ index: 0 });
    const before = delivery.committed;
    await delivery.text('H');

    expect(before).toBe(false);
    expect(delivery.committed).toBe(true);
  });

  test('never when nobody listens', async () => {
    const delivery = createDelivery({ messages });

    await delivery.text('Hello');

    expect(delivery.committed).toBe(false);
    expect(delivery.partialText).toBe('Hello');
  });
});

test('joins the pieces of tool calls by their index, whatever order they come in', async () => {
  const delivery = createDelivery({ messages });

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
  const delivery = createDelivery({ messages });

  await delivery.toolCall({ index: 0, name: 'first' });
  await delivery.toolCall({ index: 1, name: 'second' });
  const [first, second] = delivery.toolCalls();

  expect(first?.id).toMatch(/^call_/);
  expect(second?.id).not.toBe(first?.id);
  expect(delivery.toolCalls()[0]).toEqual(first);
});

test('remembers what the reader threw, even if that was nothing', async () => {
  const delivery = createDelivery({ messages, onDelta: () => Promise.reject(undefined) });

  const thrown = await delivery.text('Hello').catch((error: unknown) => ['caught', error]);

  expect(thrown).toEqual(['caught', undefined]);
  expect(delivery.callerError).toEqual({ thrown: undefined });
});

test('hands over nothing after an abort, which is no fault of the reader', async () => {
  const caller = new AbortController();
  const heard: Delta[] = [];
  const delivery = createDelivery({ messages, signal: caller.signal, onDelta: (delta) => void heard.push(delta) });

  await delivery.text('Hello');
  caller.abort('enough');
  const thrown = await delivery.text(' again').catch((error: unknown) => error);

  expect(thrown).toBe('enough');
  expect(heard).toHaveLength(1);
  expect(delivery.callerError).toBeUndefined();
});
