import type { Model, ModelRequest, ModelResponse } from '@rolecall/core';
import * as fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ModelError } from '../errors.ts';
import type { Plan, PlannedRequest } from '../plan.ts';
import { limit, type LimitedModel, type LimitOptions } from './limit.ts';

const request: ModelRequest = { messages: [] };
const answer: ModelResponse = { model: 'a/b', text: 'hi', toolCalls: [], finishReason: 'stop', usage: {} };
/** About this many tokens, by the estimate. */
const sized = (tokens: number): ModelRequest => ({ messages: [{ role: 'user', content: 'x'.repeat((tokens - 4) * 4) }] });
const plan = (changes: Partial<Plan> = {}): Plan => {
  const deadlineAt = performance.now() + 600_000;
  return { deadlineAt, linkDeadlineAt: deadlineAt, attemptsLeft: 6, linksLeft: 0, asked: new Set(), ...changes };
};

const throttled: Model = async () => await Promise.reject(new ModelError('rate_limited', { model: 'a/b', retryAfterMs: 4_000 }));

/** A backend whose calls end when the test says so. */
function held(options: LimitOptions): {
  model: LimitedModel;
  backend: ReturnType<typeof vi.fn<Model>>;
  end: () => Promise<void>;
} {
  const open: (() => void)[] = [];
  const backend = vi.fn<Model>(() => new Promise((resolve) => open.push(() => resolve(answer))));
  const end = async (): Promise<void> => {
    open.shift()?.();
    await vi.advanceTimersByTimeAsync(0);
  };
  return { model: limit(options)(backend), backend, end };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0); // whatever happened, no timer is left behind
  vi.useRealTimers();
});

test('without a limit the request goes on as it is, at once', async () => {
  const backend = vi.fn<Model>().mockResolvedValue(answer);
  const model = limit()(Object.assign(backend, { id: 'a/b' }));

  await expect(model(request)).resolves.toBe(answer);
  expect(backend).toHaveBeenCalledExactlyOnceWith(request);
  expect(model.id).toBe('a/b');
  expect(model.load.headroom()).toEqual({ requests: Infinity, tokens: Infinity });
});

test('no more calls run at once than allowed; the others go in the order in which they came', async () => {
  const { model, backend, end } = held({ maxConcurrent: 2 });
  const asked = ['a', 'b', 'c', 'd'].map((role) => model({ messages: [], role }));
  expect(backend).toHaveBeenCalledTimes(2);
  expect(model.load).toMatchObject({ inFlight: 2, queued: 2 });

  for (let n = 0; n < 4; n++) await end();
  await Promise.all(asked);

  expect(backend.mock.calls.map(([{ role }]) => role)).toEqual(['a', 'b', 'c', 'd']);
  expect(model.load.inFlight).toBe(0);
});

test('who waited says for how long, on top of what was waited before', async () => {
  const backend = vi.fn<Model>().mockResolvedValue(answer);
  const model = limit({ rpm: 1 })(backend);
  await model(request);

  const waiting = model({ messages: [], waitedMs: 50 } as PlannedRequest);
  await vi.advanceTimersByTimeAsync(60_250);
  await waiting;

  expect(backend.mock.lastCall).toEqual([{ messages: [], waitedMs: expect.closeTo(60_125, -3) as number }]);
});

test('a call that fails makes room like any other, and its error comes out as it is', async () => {
  const error = new ModelError('overloaded', { model: 'a/b' });
  const backend = vi.fn<Model>().mockRejectedValueOnce(error).mockResolvedValue(answer);
  const model = limit({ maxConcurrent: 1 })(backend);

  const [first, second] = [model(request), model(request)];

  await expect(first).rejects.toBe(error);
  await expect(second).resolves.toBe(answer);
});

test('in no stretch of a minute more requests or tokens go out than allowed, and all of them go in time', async () => {
  const arrivals = fc.array(fc.record({ pauseMs: fc.nat(8_000), tokens: fc.integer({ min: 5, max: 60 }) }), {
    minLength: 1,
    maxLength: 40,
  });
  const limits = fc.record({ rpm: fc.integer({ min: 2, max: 8 }), tpm: fc.integer({ min: 60, max: 200 }) });
  await fc.assert(
    fc.asyncProperty(arrivals, limits, async (requests, { rpm, tpm }) => {
      const sent: { at: number; tokens: number }[] = [];
      const tokensOf = new Map<ModelRequest['messages'], number>();
      const model = limit({ rpm, tpm, maxQueueMs: 10_000_000 })(async ({ messages }) => {
        const tokens = tokensOf.get(messages) ?? 0;
        sent.push({ at: performance.now(), tokens });
        return { ...answer, usage: { inputTokens: tokens } };
      });
      const asked: Promise<ModelResponse>[] = [];
      for (const { pauseMs, tokens } of requests) {
        await vi.advanceTimersByTimeAsync(pauseMs);
        const { messages } = sized(tokens);
        tokensOf.set(messages, tokens);
        asked.push(model({ messages }));
      }
      await vi.advanceTimersByTimeAsync(requests.length * 61_000);
      await Promise.all(asked);

      for (const { at: start } of sent) {
        const minute = sent.filter(({ at }) => at >= start && at < start + 60_000);
        expect(minute.length).toBeLessThanOrEqual(rpm);
        expect(minute.reduce((sum, { tokens }) => sum + tokens, 0)).toBeLessThanOrEqual(tpm);
      }
    }),
    { numRuns: 30 },
  );
});

test('tokens that were not used make room again, and those used beyond the estimate take it', async () => {
  const backend = vi.fn<Model>().mockResolvedValueOnce({ ...answer, usage: { inputTokens: 10, outputTokens: 10 } });
  const model = limit({ tpm: 1_000 })(
    backend.mockResolvedValueOnce({ ...answer, usage: { inputTokens: 500, outputTokens: 400 } }),
  );

  await model(sized(900));
  expect(model.load.used().tokens).toBe(20);
  await model(sized(100));

  expect(model.load.used().tokens).toBe(920);
  expect(model.load.headroom().tokens).toBe(80);
});

test.each([
  [{ usage: { inputTokens: 70 } }, 70],
  [{ possiblyBilled: true }, 100],
  [{ possiblyBilled: false }, 0],
])('a failure with %j costs %i of the minute’s tokens', async (facts, tokens) => {
  const model = limit({ tpm: 1_000 })(vi.fn<Model>().mockRejectedValue(new ModelError('network', { model: 'a/b', ...facts })));

  await model(sized(100)).catch(() => undefined);

  expect(model.load.used().tokens).toBe(tokens);
});

test('a request larger than the whole minute’s limit goes when nothing else does', async () => {
  const { model, backend, end } = held({ tpm: 100 });

  void model(sized(5_000));

  expect(backend).toHaveBeenCalledTimes(1);
  await end();
});

test('what answers were long counts for the next request, up to its own limit', async () => {
  const model = limit({ tpm: 1_000 })(vi.fn<Model>().mockResolvedValue({ ...answer, usage: { outputTokens: 600 } }));
  await model(sized(10));
  expect(model.load.headroom().tokens).toBe(400);

  expect(model.load.availableInMs(sized(10))).toBeGreaterThan(0);
  expect(model.load.availableInMs({ ...sized(10), settings: { maxOutputTokens: 20 } })).toBe(0);
});

test('an abort ends the wait at once, and whoever came after moves up', async () => {
  const { model, backend, end } = held({ maxConcurrent: 1 });
  const controller = new AbortController();
  const { signal } = controller;
  const removed = vi.spyOn(signal, 'removeEventListener');
  void model({ messages: [], role: 'first' });
  const aborted = model({ messages: [], role: 'aborted', signal });
  void model({ messages: [], role: 'last' });

  controller.abort();

  await expect(aborted).rejects.toMatchObject({ code: 'aborted' });
  expect(removed).toHaveBeenCalledTimes(1);
  await end();
  expect(backend.mock.calls.map(([{ role }]) => role)).toEqual(['first', 'last']);
  await end();
});

test('an abort of all who wait takes nothing of the minute from those who come after', async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const model = limit({ rpm: 10, tpm: 1_000 })(async () => ({ ...answer, usage: { inputTokens: 900 } }));
  await model(sized(900));
  const small = Array.from({ length: 5 }, () => ({ ...request, signal })); // behind one that is too large for what is left
  const asked = [{ ...sized(900), signal }, ...small].map((one) => model(one).catch((error: unknown) => error));

  controller.abort();

  expect(await Promise.all(asked)).toEqual(Array.from({ length: 6 }, () => expect.objectContaining({ code: 'aborted' })));
  expect(model.load.used()).toEqual({ requests: 1, tokens: 900 });
  expect(model.load).toMatchObject({ inFlight: 0, queued: 0 });
});

test('who is aborted before it could wait takes no place', async () => {
  const { model, end } = held({ maxConcurrent: 1 });
  void model(request);

  const asked = model({ messages: [], signal: AbortSignal.abort() });
  await expect(asked).rejects.toMatchObject({ code: 'aborted', unasked: true });
  expect(model.load.queued).toBe(0);
  await end();
});

test('who is let in and leaves its signal has no listener on it any more', async () => {
  const { model, end } = held({ maxConcurrent: 1 });
  const { signal } = new AbortController();
  const added = vi.spyOn(signal, 'addEventListener');
  const removed = vi.spyOn(signal, 'removeEventListener');
  void model(request);
  const waiting = model({ messages: [], signal });

  await end();
  await end();
  await waiting;

  expect(added).toHaveBeenCalledTimes(1);
  expect(removed).toHaveBeenCalledTimes(1);
});

test('when too many wait the next is refused, with the time until there is room', async () => {
  const { model, end } = held({ rpm: 1, maxQueue: 1 });
  void model(request);
  const waiting = model(request);

  await expect(model(request)).rejects.toMatchObject({
    code: 'rate_limited',
    status: 429,
    unasked: true,
    retryAfterMs: expect.any(Number) as number,
  });
  await vi.advanceTimersByTimeAsync(60_250);
  await end();
  await end();
  await waiting;
});

test.each([
  ['the options allow', { maxQueueMs: 5_000 }, undefined],
  ['its share of the time', {}, { linkDeadlineAt: 20_000 }],
  ['8 s, with another link left', {}, { linksLeft: 1 }],
])('who would have to wait for longer than %s is refused at once', async (_, options, changes) => {
  vi.useFakeTimers({ now: 0 });
  const model = limit({ ...options, rpm: 1 })(async () => answer);
  await model(request);

  const asked = model({ messages: [], plan: changes && plan(changes) } as PlannedRequest);

  await expect(asked).rejects.toMatchObject({ code: 'rate_limited', unasked: true });
  await vi.advanceTimersByTimeAsync(60_250);
});

test('who waits in vain for a free place gives up when its patience ends', async () => {
  const { model, end } = held({ maxConcurrent: 1 });
  void model(request);

  const asked = model({ messages: [], plan: plan({ linksLeft: 1 }) } as PlannedRequest);
  const refused = expect(asked).rejects.toMatchObject({ code: 'rate_limited', unasked: true });
  await vi.advanceTimersByTimeAsync(8_000);

  await refused;
  expect(model.load.queued).toBe(0);
  await end();
});

test('alone and without a limit of its own it waits for a free place as long as it takes', async () => {
  const { model, backend, end } = held({ maxConcurrent: 1 });
  void model(request);
  const waiting = model({ messages: [], plan: plan() } as PlannedRequest);

  await vi.advanceTimersByTimeAsync(500_000);
  await end();
  await end();

  await expect(waiting).resolves.toBe(answer);
  expect(backend).toHaveBeenCalledTimes(2);
});

test.each([
  [{}, 60_001],
  [{ maxQueueMs: 2_000 }, 2_001],
])('with %j a wait of %i ms that the provider asks for is refused, with that time', async (options, retryAfterMs) => {
  const model = limit(options)(vi.fn<Model>().mockRejectedValue(new ModelError('rate_limited', { model: 'a/b', retryAfterMs })));
  await model(request).catch(() => undefined);

  await expect(model(request)).rejects.toMatchObject({ code: 'rate_limited', unasked: true, retryAfterMs });
});

test('ten times a minute’s requests are all served in the end', async () => {
  const backend = vi.fn<Model>().mockResolvedValue(answer);
  const model = limit({ rpm: 3 })(backend);

  const asked = Promise.all(Array.from({ length: 30 }, () => model(request)));
  await vi.advanceTimersByTimeAsync(9 * 60_250);

  await expect(asked).resolves.toHaveLength(30);
});

test('the headers of an answer hold the next request back', async () => {
  const rateLimit = { remainingRequests: 0, resetRequestsMs: 3_000 };
  const backend = vi
    .fn<Model>()
    .mockResolvedValueOnce({ ...answer, metadata: { rateLimit } })
    .mockResolvedValue(answer);
  const model = limit()(backend);
  await model(request);
  expect(model.load.availableInMs(request)).toBe(3_000);

  const waiting = model(request);
  await vi.advanceTimersByTimeAsync(2_999);
  expect(backend).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(1);

  await expect(waiting).resolves.toBe(answer);
});

test('a Retry-After holds the next request back, unless we are told not to heed it', async () => {
  const obedient = limit()(throttled);
  const deaf = limit({ obeyProvider: false })(throttled);

  await obedient(request).catch(() => undefined);
  await deaf(request).catch(() => undefined);

  expect(obedient.load.availableInMs(request)).toBe(4_000);
  expect(deaf.load.availableInMs(request)).toBe(0);
});

test('a hundred thousand requests leave nothing behind', async () => {
  const model = limit({ rpm: 1_000_000, tpm: 1_000_000_000, maxConcurrent: 10 })(async () => answer);
  for (let n = 0; n < 1_000; n++) await Promise.all(Array.from({ length: 100 }, () => model(request)));

  expect(model.load).toMatchObject({ inFlight: 0, queued: 0 });
  expect(model.load.used().requests).toBe(100_000);
});

test.each([
  [{ rpm: 0 }, /rpm is 0; it must be a whole number of at least 1/],
  [{ tpm: 1.5 }, /tpm is 1.5/],
  [{ maxQueue: -1 }, /maxQueue is -1; it must be a whole number of at least 0/],
  [{ obeyProvider: 'no' }, /obeyProvider is "no"; it must be true or false/],
  [{ rps: 3 }, /has no option "rps"; it has: rpm, tpm/],
])('%j is refused when it is made', (options, message) => {
  expect(() => limit(options as never)).toThrow(message);
  expect(() => limit(options as never)).toThrow(TypeError);
});
