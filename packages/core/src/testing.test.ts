import { expect, test } from 'vitest';
import type { Delta, ModelRequest } from './model.ts';
import { scriptedModel } from './testing.ts';

const request: ModelRequest = { role: 'writer', labels: { task: 'write' }, messages: [{ role: 'user', content: 'Hi' }] };

test('each call takes the next step: a text, an answer, an error, or a function of the request', async () => {
  const model = scriptedModel([
    'text',
    { text: 'answer', usage: { inputTokens: 3 }, model: 'a/b' },
    new Error('down'),
    async ({ role }) => `for ${role}`,
    { toolCalls: [{ id: '1', name: 'search', arguments: '' }] },
  ]);

  expect(await model(request)).toEqual({ model: 'scripted/model', text: 'text', toolCalls: [], finishReason: 'stop', usage: {} });
  expect(await model(request)).toMatchObject({ model: 'a/b', text: 'answer', usage: { inputTokens: 3 } });
  await expect(model(request)).rejects.toThrow('down');
  expect(await model(request)).toMatchObject({ text: 'for writer' });
  expect(await model(request)).toMatchObject({ text: '', finishReason: 'tool_calls' });
  model.assertComplete();
});

test('requests are recorded as frozen copies', async () => {
  const messages = [{ role: 'user' as const, content: 'Hi' }];
  const model = scriptedModel(['text']);

  await model({ ...request, messages });
  messages.push({ role: 'user', content: 'More' });

  expect(model.requests[0]?.messages).toEqual([{ role: 'user', content: 'Hi' }]);
  expect(Object.isFrozen(model.requests[0]?.messages[0])).toBe(true);
});

test('a call beyond the script fails, and says which call it was and who made it', async () => {
  const model = scriptedModel(['one']);
  await model(request);

  await expect(model(request)).rejects.toThrow(
    'scriptedModel: call 2 (role "writer", task "write") was not expected: the script ends at step 1',
  );
  expect(() => model.assertComplete()).toThrow('call 2 (role "writer", task "write") was not expected');
});

test('steps that nobody asked for are named', async () => {
  const model = scriptedModel([
    'one',
    'two',
    new Error('three'),
    { toolCalls: [{ id: '1', name: 'four', arguments: '' }] },
    () => 'five',
  ]);
  await model(request);

  expect(() => model.assertComplete()).toThrow(
    'scriptedModel: 1 of 5 steps were used; never asked for: step 2 ("two"), step 3 (throws three), step 4 ("four"), step 5 (a function); the last call was call 1, of role "writer", task "write"',
  );
  expect(() => scriptedModel(['one']).assertComplete()).toThrow('step 1 ("one"); no call was made');
});

test.each(['Bees are great', '🐝🐜🦋🐞', 'ab', 'a\nb\nc\nd'])(
  '%j is streamed in a few pieces that add up to it',
  async (text) => {
    const deltas: Delta[] = [];

    await scriptedModel([text])({ ...request, onDelta: (delta) => void deltas.push(delta) });

    const pieces = deltas.map((delta) => (delta.type === 'text' ? delta.text : ''));
    expect(pieces.join('')).toBe(text);
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.length).toBeLessThanOrEqual(4);
    for (const piece of pieces) expect(() => encodeURIComponent(piece)).not.toThrow(); // as it would for a torn character
  },
);

test('tool calls are streamed too, and a slow reader is waited for', async () => {
  const deltas: Delta[] = [];
  const model = scriptedModel([{ text: 'x', toolCalls: [{ id: '1', name: 'search', arguments: '{}' }] }]);

  await model({
    ...request,
    onDelta: async (delta) => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      deltas.push(delta);
    },
  });

  expect(deltas).toEqual([
    { type: 'text', text: 'x' },
    { type: 'tool_call', index: 0, id: '1', name: 'search', arguments: '{}' },
  ]);
});

test('a step takes its time, and an abort ends the wait', async () => {
  const controller = new AbortController();
  const model = scriptedModel([
    { text: 'slow', delayMs: 20 },
    { error: new Error('late'), delayMs: 5 },
    { delayMs: 60_000 },
    'never',
  ]);
  const startedAt = performance.now();

  expect(await model(request)).toMatchObject({ text: 'slow' });
  expect(performance.now() - startedAt).toBeGreaterThan(15);
  await expect(model(request)).rejects.toThrow('late');
  setTimeout(() => controller.abort(new Error('enough')), 5);
  await expect(model({ ...request, signal: controller.signal })).rejects.toThrow('enough');
  await expect(model({ ...request, signal: controller.signal })).rejects.toThrow('enough');
});

test('steps that are no array, or none, are refused', () => {
  expect(() => scriptedModel('one' as unknown as [])).toThrow('scriptedModel: steps is "one", and has to be an array of steps');
  expect(() => scriptedModel(['one', 2 as unknown as string])).toThrow('scriptedModel: steps[1] is 2, and has to be a text');
});
