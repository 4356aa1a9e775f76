import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CostTracker } from './cost-tracker.ts';
import type { TrackedAttempt, TrackedModel, TrackedRequest, TrackedResponse } from './model-call.ts';
import { perThousand } from './own-prices.ts';

type Request = TrackedRequest;
type Model = TrackedModel<Request, TrackedResponse>;

const usage = { inputTokens: 600, outputTokens: 400 };
const answer: TrackedResponse = { model: 'acme/m', usage };
const answering = (response: TrackedResponse = answer): Model => Object.assign(async () => response, { id: 'acme/m' });
const failing = (error: unknown): Model =>
  Object.assign(
    async () => {
      throw error;
    },
    { id: 'acme/m' },
  );
const failure = (facts: object): Error => Object.assign(new Error('it failed'), facts);
const slow: Model = async ({ onDelta }) => {
  await vi.advanceTimersByTimeAsync(10);
  await onDelta?.({ type: 'text', text: '' });
  await vi.advanceTimersByTimeAsync(10);
  await onDelta?.({ type: 'text', text: 'Hello' });
  await vi.advanceTimersByTimeAsync(10);
  return answer;
};
const eager: Model = async (request) => {
  await request.onDelta?.({ type: 'text', text: 'Hel' });
  return answer;
};
const newTracker = (): CostTracker => new CostTracker({ prices: { 'acme/m': perThousand(1), alias: perThousand(2) } });

let warnings: string[] = [];
beforeEach(() => {
  warnings = [];
  vi.spyOn(process, 'emitWarning').mockImplementation((message) => void warnings.push(String(message)));
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** The attempts an error carries. */
async function attemptsOf(call: Promise<unknown>): Promise<readonly TrackedAttempt[]> {
  const error: unknown = await call.catch((thrown: unknown) => thrown);
  return (error as { attempts: readonly TrackedAttempt[] }).attempts;
}

test('an answer leaves one row, with who asked, for what, and what it cost', async () => {
  const tracker = newTracker();
  const request = { role: 'writer', model: 'alias', labels: { workflow: 'post-1', task: 'draft', tags: ['blog'] } };

  const response = await tracker.wrap(answering({ ...answer, metadata: { servedModel: 'm-2026', simulated: true } }))(request);

  const [row] = tracker.rows();
  expect(row).toMatchObject({
    agent: 'writer',
    name: 'alias',
    model: 'acme/m',
    servedModel: 'm-2026',
    workflow: 'post-1',
    task: 'draft',
    tags: ['blog'],
    usage,
    outcome: 'answered',
    costUsd: 2,
    simulated: true,
  });
  expect(response).toMatchObject(answer);
  expect(response.attempts).toEqual([
    expect.objectContaining({
      id: row?.id,
      name: 'alias',
      model: 'acme/m',
      servedModel: 'm-2026',
      outcome: 'answered',
      waitMs: 0,
      costUsd: 2,
      usage,
    }),
  ]);
});

test('the wrapped model keeps its id and its check, and wrap needs no tracker in front', () => {
  const { wrap } = newTracker();
  const checked: Model = Object.assign(answering(), { id: 'acme/m', check: ({ role = '' }) => `no ${role}` });

  const wrapped = wrap(checked);

  expect(wrapped.id).toBe('acme/m');
  expect(wrapped.check?.({ role: 'editor' })).toBe('no editor');
  expect('check' in wrap(answering())).toBe(false);
});

test('latency and first token are measured, and deltas pass through untouched', async () => {
  vi.useFakeTimers();
  const tracker = newTracker();
  const deltas: unknown[] = [];

  await tracker.wrap(slow)({ onDelta: (delta) => void deltas.push(delta) });

  expect(tracker.rows()[0]).toMatchObject({ firstTokenMs: 20, latencyMs: 30 });
  expect(deltas).toEqual([
    { type: 'text', text: '' },
    { type: 'text', text: 'Hello' },
  ]);
});

test('a request without onDelta stays one: it would mean to stream', async () => {
  const seen: Request[] = [];
  const request: Request = { role: 'writer' };
  const model: Model = async (got) => (seen.push(got), answer);

  await newTracker().wrap(model)(request);

  expect(seen[0]).toBe(request);
});

test('a failure leaves a row, and the very same error carries the attempt', async () => {
  const tracker = newTracker();
  const error = failure({
    code: 'rate_limited',
    reason: 'slow down',
    status: 429,
    model: 'acme/m',
    possiblyBilled: false,
    simulated: true,
  });

  await expect(tracker.wrap(failing(error))({ role: 'writer' })).rejects.toBe(error);

  expect(tracker.rows()).toEqual([
    expect.objectContaining({
      agent: 'writer',
      outcome: 'failed',
      code: 'rate_limited',
      status: 429,
      costUsd: 0,
      simulated: true,
    }),
  ]);
  expect(error).toMatchObject({
    attempts: [{ outcome: 'failed', code: 'rate_limited', reason: 'slow down', status: 429, costUsd: 0 }],
  });
});

test('a failure is priced by the usage it reports, and unpriced when it may have been charged for', async () => {
  const tracker = newTracker();

  const [paid] = await attemptsOf(tracker.wrap(failing(failure({ code: 'stream_cut', usage })))({}));
  const [lost] = await attemptsOf(tracker.wrap(failing(failure({ code: 'stream_cut', possiblyBilled: true })))({}));

  expect(paid?.costUsd).toBe(1);
  expect(lost).toMatchObject({ costUsd: null, possiblyBilled: true });
  expect(tracker.summary()).toMatchObject({ requests: 2, errors: 2, unpriced: 1, costUsd: 1 });
});

test('a backend that was not configured was not asked, and leaves no row', async () => {
  const tracker = newTracker();

  const attempts = await attemptsOf(tracker.wrap(failing(failure({ code: 'not_configured' })))({}));

  expect(attempts).toMatchObject([{ outcome: 'skipped', code: 'not_configured' }]);
  expect(tracker.rows()).toEqual([]);
});

test('a stream that the caller gives up is aborted, and may have been charged for', async () => {
  const tracker = newTracker();
  const controller = new AbortController();
  const model: Model = async ({ onDelta, signal }) => {
    await onDelta?.({ type: 'text', text: 'Hel' });
    controller.abort();
    return signal?.throwIfAborted() ?? answer;
  };

  const call = tracker.wrap(model)({ signal: controller.signal, onDelta: () => undefined });

  await expect(call).rejects.toMatchObject({ name: 'AbortError' });
  expect(tracker.rows()[0]).toMatchObject({ outcome: 'aborted', possiblyBilled: true, costUsd: null });
});

test('a call that was aborted before it began costs nothing', async () => {
  const tracker = newTracker();
  const signal = AbortSignal.abort();

  await expect(tracker.wrap(failing(signal.reason))({ signal })).rejects.toBe(signal.reason);

  expect(tracker.rows()[0]).toMatchObject({ outcome: 'aborted', possiblyBilled: false, costUsd: 0 });
});

test.each<[string, () => Promise<void>]>([
  [
    'throws',
    () => {
      throw new Error('the reader left');
    },
  ],
  ['rejects', () => Promise.reject(new Error('the reader left'))],
])('an onDelta that %s is the caller ending the call, not a failure of the model', async (_, onDelta) => {
  const tracker = newTracker();

  await expect(tracker.wrap(eager)({ onDelta })).rejects.toThrow('the reader left');

  expect(tracker.rows()[0]).toMatchObject({ outcome: 'aborted', code: 'aborted' });
  expect(tracker.summary()).toMatchObject({ errors: 0, aborted: 1 });
});

test('around a router there is one row per attempt, and none for what was not asked', async () => {
  const tracker = newTracker();
  const base = { startedAt: 1, waitMs: 0, durationMs: 5, model: 'acme/m' };
  const attempts: TrackedAttempt[] = [
    { ...base, id: '1', outcome: 'skipped', code: 'not_configured' },
    { ...base, id: '2', name: 'alias', outcome: 'failed', code: 'overloaded' },
    { ...base, id: '3', outcome: 'answered', usage },
    { ...base, id: '4', outcome: 'cache_hit', usage },
  ];

  const response = await tracker.wrap(answering({ ...answer, attempts, metadata: { servedModel: 'm-2026' } }))({
    role: 'writer',
  });

  expect(tracker.rows().map(({ id, outcome, costUsd, servedModel }) => [id, outcome, costUsd, servedModel])).toEqual([
    ['2', 'failed', 0, undefined],
    ['3', 'answered', 1, 'm-2026'],
    ['4', 'cache_hit', 0, undefined],
  ]);
  expect(response.attempts?.map(({ costUsd }) => costUsd)).toEqual([undefined, 0, 1, 0]);
  expect(attempts[2]).not.toHaveProperty('costUsd'); // the router's own list stays as it was
  expect(tracker.summary()).toMatchObject({ requests: 2, cacheHits: 1, tokens: { total: 1_000 } });
});

test('however often a call is wrapped, its attempt has one row', async () => {
  const tracker = newTracker();
  const error = failure({ code: 'network' });

  const response = await tracker.wrap(tracker.wrap(tracker.wrap(answering())))({});
  const attempts = await attemptsOf(tracker.wrap(tracker.wrap(failing(error)))({}));

  expect(tracker.rows().map(({ id }) => id)).toEqual([response.attempts?.[0]?.id, attempts[0]?.id]);
  expect(attempts).toHaveLength(1);
});

test('an attempt that lost its cost on the way up gets it back', async () => {
  const tracker = newTracker();
  const inner = tracker.wrap(answering());
  const forgetful: Model = async (request) => {
    const response = await inner(request);
    return { ...response, attempts: response.attempts?.map((attempt) => ({ ...attempt, costUsd: undefined })) };
  };

  const response = await tracker.wrap(forgetful)({});

  expect(response.attempts?.[0]?.costUsd).toBe(1);
  expect(tracker.rows()).toHaveLength(1);
});

test('an error object that is thrown again and again counts each time, also side by side', async () => {
  const tracker = newTracker();
  const model = tracker.wrap(failing(failure({ code: 'network' })));

  await model({}).catch(() => undefined);
  await Promise.allSettled([model({}), model({})]);

  expect(new Set(tracker.rows().map(({ id }) => id)).size).toBe(3);
});

test.each([
  ['a frozen error', Object.freeze(new Error('frozen'))],
  ['a text', 'just a text'],
  ['nothing', undefined],
])('%s is rethrown as it is, and has its row', async (_, thrown) => {
  const tracker = newTracker();

  await expect(tracker.wrap(failing(thrown))({})).rejects.toBe(thrown);

  expect(tracker.rows()).toHaveLength(1);
});

test('wrong usage never reaches the caller: a row that says so, and one warning', async () => {
  const tracker = newTracker();
  const model = tracker.wrap(
    answering({ model: 'acme/m', usage: { inputTokens: 1, cacheReadTokens: 2, outputTokens: Number.NaN } }),
  );

  const responses = [await model({}), await model({})];

  expect(responses[1]?.attempts?.[0]?.costUsd).toBeNull();
  expect(tracker.rows()[1]).toMatchObject({ problem: 'outputTokens is no whole number of tokens', costUsd: null });
  expect(warnings).toHaveLength(1);
});

test('a fault of the tracker never reaches the caller', async () => {
  const tracker = newTracker();
  const strange = { ...answer, attempts: [null] } as unknown as TrackedResponse;

  const response = await tracker.wrap(answering(strange))({});

  expect(response).toBe(strange);
  expect(warnings).toEqual([expect.stringContaining('The cost tracker failed')]);
});

test('an answer without usage is unpriced, not free', async () => {
  const tracker = newTracker();

  await tracker.wrap(answering({ model: 'acme/m', usage: {} }))({});

  expect(tracker.rows()[0]?.unpriced).toEqual({ code: 'usage_not_reported', reason: 'its input tokens were not reported' });
});

test('a thousand calls at once leave a thousand rows whose sum is exact', async () => {
  const tracker = newTracker();
  const model = tracker.wrap(answering());

  await Promise.all(Array.from({ length: 1_000 }, (_, index) => model({ role: `agent-${index % 7}` })));

  expect(tracker.summary()).toMatchObject({ requests: 1_000, costUsd: 1_000 });
});
