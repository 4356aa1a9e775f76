import type { Model, ModelRequest } from '@rolecall/core';
import { expect, test } from 'vitest';
import { linkCall } from './adapters/link-signal.ts';
import { ModelError } from './errors.ts';
import { timeout } from './policies/timeout.ts';

const answer = { model: 'a/b', text: '', toolCalls: [], finishReason: 'stop', usage: {} } as const;

/** What the adapter below a time limit calls with. */
async function signalBelow(
  wrap: (next: Model) => Model,
  ends: 'well' | 'badly' = 'well',
): Promise<{ own: AbortSignal | undefined; call: AbortSignal }> {
  let signals: { own: AbortSignal | undefined; call: AbortSignal } | undefined;
  const adapter: Model = async (request) => {
    signals = { own: request.signal, call: linkCall(request).cancellation.signal };
    if (ends === 'badly') throw new ModelError('network', { model: 'a/b' });
    return answer;
  };
  await timeout()(wrap(adapter))({ messages: [] }).catch(() => undefined);
  return signals as NonNullable<typeof signals>;
}

test('the call shares the signal of its attempt, also where a middleware copies the request', async () => {
  const { own, call } = await signalBelow((next) => (request: ModelRequest) => next({ ...request, role: 'writer' }));

  expect(call).toBe(own);
  expect(call.aborted).toBe(false);
});

test('a call that failed is cancelled, as far as anything of it is left', async () => {
  const { call } = await signalBelow((next) => next, 'badly');

  expect(call.aborted).toBe(true);
});

test('a signal that a middleware puts in its place is followed instead', async () => {
  const controller = new AbortController();

  const { own, call } = await signalBelow((next) => (request: ModelRequest) => next({ ...request, signal: controller.signal }));
  controller.abort();

  expect(own).toBe(controller.signal);
  expect([call === own, call.aborted]).toEqual([false, true]);
});
