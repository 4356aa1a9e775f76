/** An abort at every point where a request waits for something: it ends at once, hangs up, and nothing comes after. */
import { getEventListeners } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ModelRequest } from '@rolecall/core';
import { type Fault, type ProviderName, type Simulator, startSimulator } from '@rolecall/simulator';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { backend, providers, seenBy } from '../../test/backends.ts';
import { ModelError } from '../errors.ts';
import type { RouterOptions } from '../options.ts';
import { createRouter, type Router } from '../router.ts';

const promisedMs = 50;
const boundMs = 20 * promisedMs;
const took: number[] = [];

let simulator: Simulator;
beforeEach(async () => {
  simulator = await startSimulator();
});
afterEach(() => simulator.close());
afterAll(() => {
  const sorted = took.toSorted((a, b) => a - b);
  const [median = NaN, worst = NaN] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
  console.log(`${took.length} aborts: median ${median.toFixed(2)} ms, longest ${worst.toFixed(2)} ms`);
});

const routerOf = (provider: ProviderName, options: Partial<RouterOptions> = {}): Router =>
  createRouter({
    models: { first: backend(provider, simulator), second: backend(provider === 'groq' ? 'openai' : 'groq', simulator) },
    roles: { default: 'first', chain: ['first', 'second'] },
    ...options,
  });
const seen = (count = 1): Promise<void> => until(() => simulator.requests.length >= count);
const until = (holds: () => boolean): Promise<void> => expect.poll(holds, { timeout: 5_000, interval: 2 }).toBe(true);
const hungUp = (count = 1): Promise<void> =>
  until(() => simulator.requests.length === count && simulator.requests.every(({ closedByClient }) => closedByClient));
const order = (provider: ProviderName, fault: Fault): unknown => simulator.fault({ ...fault, provider, times: Infinity });

/** Asks, aborts as soon as `reached` says that it waits where it should, and holds what every abort promises. */
async function aborted(
  router: Router,
  reached: () => unknown,
  request: Partial<ModelRequest> = {},
  caller: AbortController = new AbortController(),
): Promise<ModelError> {
  let pieces = 0;
  const { onDelta } = request;
  const asked: ModelRequest = {
    messages: [{ role: 'user', content: 'Go.' }],
    ...request,
    signal: caller.signal,
    onDelta: onDelta && ((delta) => (pieces++, onDelta(delta))),
  };
  const error = await endedBy(caller, () => router(asked), reached);
  const heard = pieces;
  await sleep(20);

  expect(pieces).toBe(heard);
  return error;
}

/** What `begin` rejects with once `caller` has aborted it, which it must do at once. */
async function endedBy(caller: AbortController, begin: () => Promise<unknown>, reached: () => unknown): Promise<ModelError> {
  let settledAt = NaN;
  const ended = begin()
    .catch((error: unknown) => error)
    .finally(() => (settledAt = performance.now()));
  await reached();
  const start = performance.now();
  if (!caller.signal.aborted) caller.abort(new Error('the caller has left'));
  const error = await ended;

  took.push(settledAt - start);
  expect(settledAt - start).toBeLessThan(boundMs);
  expect(error).toBeInstanceOf(ModelError);
  expect(error).toMatchObject({ code: 'aborted' });
  expect((error as ModelError).cause).toBe(caller.signal.reason);
  expect(getEventListeners(caller.signal, 'abort')).toEqual([]);
  return error as ModelError;
}

// First, since it must be the first call of all: nothing else in this file has loaded the SDKs.
test.each(providers)('while the SDK of %s loads: nothing is sent', async (provider) => {
  await aborted(routerOf(provider), () => undefined);

  expect(simulator.requests).toEqual([]);
});

test.each(providers)('before the call to %s: nothing is sent', async (provider) => {
  const caller = new AbortController();
  caller.abort(new Error('too soon'));

  await aborted(routerOf(provider), () => undefined, {}, caller);

  expect(simulator.requests).toEqual([]);
});

test.each(providers)('while connecting to %s, which has the port open and shakes no hands', async (provider) => {
  const sockets: Socket[] = [];
  const mute = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
  await until(() => mute.listening);
  const { port } = mute.address() as AddressInfo;
  const router = createRouter({
    models: { first: backend(provider, simulator, `https://127.0.0.1:${port}`) },
    roles: { default: 'first' },
  });

  await aborted(router, () => until(() => sockets.length > 0));

  for (const socket of sockets) socket.destroy();
  mute.close();
});

test.each(providers)('waiting for the head of an answer of %s', async (provider) => {
  order(provider, { kind: 'silence' });

  await aborted(routerOf(provider), seen);

  await hungUp();
});

test.each(providers)('in the middle of a plain answer of %s', async (provider) => {
  order(provider, { kind: 'stall' });

  await aborted(routerOf(provider), () => seen().then(() => until(() => simulator.requests[0]?.status === 200)));

  await hungUp();
});

test.each(providers)('between two chunks of %s', async (provider) => {
  order(provider, { kind: 'stall', afterChunks: 2 });
  let text = '';

  const error = await aborted(routerOf(provider), () => until(() => text !== ''), {
    onDelta: (delta) => void (text += delta.type === 'text' ? delta.text : ''),
  });

  expect(error).toMatchObject({ committed: true, partialText: text });
  await hungUp();
});

test.each(providers)('in a slow onDelta, with %s held back', async (provider) => {
  order(provider, { kind: 'stall', afterChunks: 2 });
  let isReading = false;

  await aborted(routerOf(provider), () => until(() => isReading), {
    onDelta: () => ((isReading = true), new Promise<void>(() => {})),
  });

  await hungUp();
});

test.each(providers)('in the back-off before %s is asked again', async (provider) => {
  order(provider, { kind: 'status', status: 503, headers: { 'retry-after': '7' } });
  let failures = 0;
  const router = routerOf(provider, { onAttempt: () => void failures++ });

  const { attempts } = await aborted(router, () => until(() => failures === 1));

  expect(attempts).toMatchObject([{ outcome: 'failed', code: 'overloaded' }]);
  expect(simulator.requests).toHaveLength(1);
});

test('in the queue of a limit', async () => {
  order('openai', { kind: 'silence' });
  const router = routerOf('openai', { limit: { maxConcurrent: 1 } });
  const ahead = new AbortController();

  const first = aborted(router, () => until(() => ahead.signal.aborted), {}, ahead);
  await seen();
  await aborted(router, () => until(() => router.health()[0]?.queued === 1));

  expect(router.health()[0]).toMatchObject({ inFlight: 1, queued: 0 });
  expect(simulator.requests).toMatchObject([{ closedByClient: false }]);
  ahead.abort(new Error('this one too'));
  await first;
  await hungUp();
});

test('aboard a call that others share: it goes on for them, and ends with the last', async () => {
  order('openai', { kind: 'silence' });
  const router = routerOf('openai', { cache: {} });
  const other = new AbortController();

  const shared = aborted(router, () => until(() => other.signal.aborted), {}, other);
  await seen();
  await aborted(router, () => sleep(20));

  expect(simulator.requests).toMatchObject([{ closedByClient: false }]);
  other.abort(new Error('this one too'));
  await shared;
  await hungUp();
});

test('while a store is searched', async () => {
  let found: ((nothing: undefined) => void) | undefined;
  const store = { get: () => new Promise<undefined>((resolve) => (found = resolve)), set: () => undefined };

  await aborted(routerOf('openai', { cache: { store } }), () => until(() => found !== undefined));
  found?.(undefined);

  expect(simulator.requests).toEqual([]);
});

test('waiting for the time to send a second copy', async () => {
  const router = routerOf('openai', { hedge: { minSamples: 1, minDelayMs: 60_000 } });
  await router({ messages: [{ role: 'user', content: 'A sample.' }] });
  simulator.reset();
  order('openai', { kind: 'silence' });

  await aborted(router, seen);

  await hungUp();
});

test('with both copies under way', async () => {
  const router = routerOf('openai', { hedge: { minSamples: 1, minDelayMs: 1, maxShare: 1 } });
  await router({ messages: [{ role: 'user', content: 'A sample.' }] });
  simulator.reset();
  order('openai', { kind: 'silence' });

  await aborted(router, () => seen(2));

  await hungUp(2);
});

test.each(providers)('at the hand-over from %s to the next in the chain, which is not asked', async (provider) => {
  order(provider, { kind: 'status', status: 401 });
  const caller = new AbortController();
  const router = routerOf(provider, { onAttempt: () => caller.abort(new Error('at the hand-over')) });

  const { attempts } = await aborted(router, () => until(() => caller.signal.aborted), { role: 'chain' }, caller);

  expect(attempts).toMatchObject([{ code: 'auth' }]);
  expect(simulator.requests).toHaveLength(1);
});

test.each(providers)('with the next in the chain of %s under way', async (provider) => {
  const second = provider === 'groq' ? 'openai' : 'groq';
  order(provider, { kind: 'status', status: 401 });
  order(second, { kind: 'silence' });

  await aborted(routerOf(provider), () => until(() => seenBy(second, simulator).length === 1), { role: 'chain' });

  await until(() => seenBy(second, simulator)[0]?.closedByClient === true);
});

test('while another goes on with an answer that was cut', async () => {
  order('openai', { kind: 'cut', afterChunks: 2 });
  order('groq', { kind: 'silence' });
  const router = routerOf('openai', { recover: 'continue' });

  const error = await aborted(router, () => until(() => seenBy('groq', simulator).length === 1), {
    role: 'chain',
    onDelta: () => undefined,
  });

  expect(error.attempts).toMatchObject([{ code: 'stream_cut' }, { code: 'aborted' }]);
  await until(() => seenBy('groq', simulator)[0]?.closedByClient === true);
});

test('with a copy for another model under way, which goes on by itself', async () => {
  order('openai', { kind: 'silence' });
  const router = routerOf('openai', { shadow: { chain: { model: 'second' } } });

  await aborted(router, seen, { role: 'chain' });

  await until(() => seenBy('openai', simulator)[0]?.closedByClient === true);
});

test('while models are warmed', async () => {
  simulator.fault({ provider: 'ollama', kind: 'silence' });
  const caller = new AbortController();
  const { signal } = caller;

  await endedBy(caller, () => routerOf('ollama').warm({ signal }), seen);

  await hungUp();
});

test('while deployments are probed', async () => {
  order('openai', { kind: 'silence' });
  const caller = new AbortController();
  const { signal } = caller;

  await endedBy(caller, async () => await routerOf('openai').health({ probe: true, signal }), seen);

  await until(() => seenBy('openai', simulator)[0]?.closedByClient === true);
});

test('a probe ends when its time is up, and hangs up', async () => {
  order('openai', { kind: 'silence' });
  const start = performance.now();

  const [health] = await routerOf('openai').health({ probe: true, timeoutMs: promisedMs });

  expect(performance.now() - start).toBeLessThan(boundMs);
  expect(health?.probe).toMatchObject({ isAlive: false, code: 'attempt_timeout' });
  await until(() => seenBy('openai', simulator)[0]?.closedByClient === true);
});
