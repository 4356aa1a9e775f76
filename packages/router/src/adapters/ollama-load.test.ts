import { startSimulator } from '@rolecall/simulator';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Backend } from '../backend.ts';
import { ollama, type OllamaOptions } from './ollama.ts';

const simulator = await startSimulator();
afterAll(() => simulator.close());
beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => {
  simulator.reset();
  vi.useRealTimers();
});

const go = { messages: [{ role: 'user', content: 'Go.' }] } as const;
const make = (options: OllamaOptions = {}): Backend => ollama('mistral', { host: simulator.urls.ollama, ...options });
const bodies = () => simulator.requests.map(({ body }) => body);

describe('the first token', () => {
  test('gets two minutes until the model has answered', async () => {
    const model = make();

    const before = model.firstTokenMs?.();
    await model(go);

    expect(before).toBe(120_000);
    expect(model.firstTokenMs?.()).toBeUndefined();
  });

  test('gets them as well when the model failed to answer', async () => {
    const model = make();
    simulator.fault({ kind: 'status', status: 500 });

    await expect(model(go)).rejects.toThrow();

    expect(model.firstTokenMs?.()).toBe(120_000);
  });

  test.each([
    [undefined, 299_000, 301_000],
    ['10m', 599_000, 601_000],
    [30, 29_000, 31_000],
    [0, undefined, 1],
    ['what?', undefined, 1],
  ])('gets them again once the model is gone: kept for %s', async (keepAlive, stillThereMs, goneMs) => {
    const model = make({ keepAlive });
    await model(go);
    const seenAt = performance.now();

    if (stillThereMs !== undefined) {
      vi.setSystemTime(0);
      vi.advanceTimersByTime(stillThereMs);
      expect(model.firstTokenMs?.()).toBeUndefined();
    }
    vi.advanceTimersByTime(goneMs - (performance.now() - seenAt));

    expect(model.firstTokenMs?.()).toBe(120_000);
  });

  test.each([-1, '-1m'])('never does when the model stays for ever: %s', async (keepAlive) => {
    const model = make({ keepAlive });

    await model(go);
    vi.advanceTimersByTime(1e9);

    expect(model.firstTokenMs?.()).toBeUndefined();
  });
});

describe('warming', () => {
  test('loads the model as it will be asked, and keeps it', async () => {
    const model = make({ contextTokens: 16_384 });

    await model.warm?.();
    await model(go);

    expect(bodies()).toMatchObject([
      { model: 'mistral', messages: [], keep_alive: -1, options: { num_ctx: 16_384 }, stream: false },
      { messages: [{}], keep_alive: -1 },
    ]);
    expect(model.firstTokenMs?.()).toBeUndefined();
  });

  test('keeps it for as long as was said', async () => {
    await make({ keepAlive: '10m' }).warm?.();

    expect(bodies()).toMatchObject([{ keep_alive: '10m' }]);
  });

  test('ends at an abort, and hangs up', async () => {
    simulator.fault({ kind: 'silence' });
    const caller = new AbortController();

    const warming = make().warm?.(caller.signal);
    await vi.waitFor(() => expect(simulator.requests).toHaveLength(1));
    caller.abort();

    await expect(warming).rejects.toMatchObject({ code: 'aborted' });
    await vi.waitFor(() => expect(simulator.requests[0]?.closedByClient).toBe(true));
  });

  test('fails as a call does', async () => {
    const model: Backend = ollama('llama9', { host: simulator.urls.ollama });

    await expect(model.warm?.()).rejects.toMatchObject({
      code: 'not_found',
      reason: expect.stringContaining('ollama pull llama9'),
      local: true,
    });
  });
});
