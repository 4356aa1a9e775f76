import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { BudgetAlert } from './budget-alert.ts';
import { BudgetError } from './budget-error.ts';
import type { BudgetOptions } from './budget-options.ts';
import { MemoryBudgetStore, type BudgetStore } from './budget-store.ts';
import { CostTracker } from './cost-tracker.ts';
import type { CostTrackerOptions } from './tracker-options.ts';
import type { TrackedModel, TrackedRequest, TrackedResponse } from './model-call.ts';
import { free, perThousand } from './own-prices.ts';

/** What the tracker reads of a request is only what labels it; its words are there for the bound. */
interface Request extends TrackedRequest {
  readonly messages?: readonly unknown[];
  readonly settings?: { readonly maxOutputTokens?: number };
}
type Model = TrackedModel<Request, TrackedResponse>;

const prices = { dear: perThousand(1), cheap: free };
const request = (more: Partial<Request> = {}): Request => ({
  role: 'writer',
  messages: [],
  settings: { maxOutputTokens: 100 },
  ...more,
});
const answering = (outputTokens = 100, model = 'dear'): Model =>
  Object.assign(async () => ({ model, usage: { inputTokens: 50, outputTokens } }), { id: model });
const trackerWith = (budget: BudgetOptions, more: Partial<CostTrackerOptions> = {}): CostTracker =>
  new CostTracker({ prices, budgets: [budget], ...more });

async function refusalOf(call: Promise<unknown>): Promise<BudgetError> {
  const error: unknown = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(BudgetError.isInstance(error)).toBe(true);
  return error as BudgetError;
}

async function slowly<Result>(result: Result): Promise<Result> {
  await new Promise((resolve) => setTimeout(resolve, 5));
  return result;
}

function fails(): never {
  throw new Error('redis is away');
}

let warnings: string[] = [];
beforeEach(() => {
  warnings = [];
  vi.spyOn(process, 'emitWarning').mockImplementation((message) => void warnings.push(String(message)));
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

test('a call that may not fit is not made, and the error says all about it', async () => {
  const tracker = trackerWith({ limitUsd: 0.3, window: 'day' });
  const model = vi.fn<Model>(answering());
  const wrapped = tracker.wrap(Object.assign(model, { id: 'dear' }));
  vi.useFakeTimers({ now: Date.parse('2026-11-22T12:00:00Z') });

  await wrapped(request());
  const error = await refusalOf(wrapped(request({ settings: { maxOutputTokens: 200 } })));

  expect(model).toHaveBeenCalledTimes(1);
  expect(error).toMatchObject({
    code: 'budget_exceeded',
    action: 'stop',
    budget: 'usd per day',
    scope: 'process',
    subject: undefined,
    model: 'dear',
    unit: 'usd',
    limit: 0.3,
    spent: 0.15,
    reserved: 0,
    windowEnd: Date.parse('2026-11-23T00:00:00Z'),
  });
  expect(error.needed).toBeGreaterThan(0.2);
  expect(error.message).toMatch(
    /"usd per day" refused a call of dear: 0\.15 USD of 0\.3 USD are spent.*begins anew at 2026-11-23/,
  );
  expect(tracker.rows()).toHaveLength(1);
});

test('the budget opens again with the next window', async () => {
  vi.useFakeTimers({ now: Date.parse('2026-11-22T22:59:00Z') });
  const wrapped = trackerWith({ limitTokens: 500, window: 'day', timeZone: 'Europe/Berlin' }).wrap(answering(300));
  const large = request({ settings: { maxOutputTokens: 300 } });

  await wrapped(large);
  await refusalOf(wrapped(large));
  vi.advanceTimersByTime(60_000);

  await expect(wrapped(large)).resolves.toBeDefined();
});

test('a call that fails before it was billed gives back what was held for it', async () => {
  const failing: Model = Object.assign(() => Promise.reject(new Error('no')), { id: 'dear' });
  const wrapped = trackerWith({ limitUsd: 0.3 }).wrap(failing);

  for (let count = 0; count < 10; count++) await expect(wrapped(request())).rejects.toThrow('no');
});

test('a call whose cost stays unknown is taken to have used all that was held', async () => {
  const lost = Object.assign(new Error('cut'), { possiblyBilled: true });
  const wrapped = trackerWith({ limitUsd: 0.3 }).wrap(Object.assign(() => Promise.reject(lost), { id: 'dear' }));

  await expect(wrapped(request())).rejects.toBe(lost);
  const error = await refusalOf(wrapped(request()));

  expect(error.spent).toBeGreaterThan(0.1);
  expect(error.reserved).toBe(0);
});

test.each([
  ['an agent', { agent: 'writer' }, { role: 'writer' }, { role: 'editor' }],
  ['a workflow', { workflow: 'w1' }, { labels: { workflow: 'w1' } }, { labels: { workflow: 'w2' } }],
  ['a tag', { tag: 'blog' }, { labels: { tags: ['x', 'blog'] } }, { labels: { tags: ['x'] } }],
  ['each agent', 'each_agent', { role: 'writer' }, { role: 'editor' }],
  ['each workflow', 'each_workflow', { labels: { workflow: 'w1' } }, { labels: { workflow: 'w2' } }],
  ['each tag', 'each_tag', { labels: { tags: ['a', 'b'] } }, { labels: { tags: ['c'] } }],
] as const)('a budget of %s leaves others alone', async (_, scope, own, other) => {
  const wrapped = trackerWith({ limitUsd: 0.3, scope }).wrap(answering(200));
  const large = { settings: { maxOutputTokens: 150 } };

  await wrapped(request({ ...own, ...large }));
  const error = await refusalOf(wrapped(request({ ...own, ...large })));

  expect(error.scope).toEqual(scope);
  await expect(wrapped(request({ ...other, ...large }))).resolves.toBeDefined();
});

test('a call counts in every budget that it is of, and needs room in all of them', async () => {
  const tracker = new CostTracker({
    prices,
    budgets: [{ limitUsd: 10 }, { limitTokens: 260, scope: 'each_workflow', onLimit: 'next' }],
  });
  const wrapped = tracker.wrap(answering());
  const labels = { workflow: 'w1' };

  await wrapped(request({ labels }));
  const error = await refusalOf(wrapped(request({ labels })));

  expect(error).toMatchObject({ unit: 'tokens', limit: 260, spent: 150, subject: 'w1', action: 'next' });
  expect(error.message).toContain('150 tokens of 260 tokens');
});

test('rows recorded by hand count, and are never refused', async () => {
  const tracker = trackerWith({ limitUsd: 1 });

  for (let count = 0; count < 3; count++) tracker.record({ model: 'dear', inputTokens: 500, outputTokens: 0 });
  tracker.record({ model: 'dear', inputTokens: 1e9, outputTokens: 0, outcome: 'cache_hit' });

  expect(await refusalOf(tracker.wrap(answering())(request()))).toMatchObject({ spent: 1.5 });
});

test('a row of an earlier window does not count in this one', async () => {
  const tracker = trackerWith({ limitUsd: 1, window: 'hour' });

  tracker.record({ model: 'dear', inputTokens: 5_000, outputTokens: 0, at: Date.now() - 7_200_000 });

  await expect(tracker.wrap(answering())(request())).resolves.toBeDefined();
});

test('what costs nothing always fits', async () => {
  const tracker = trackerWith({ limitUsd: 0 });

  await expect(tracker.wrap(answering(100, 'cheap'))(request())).resolves.toBeDefined();
  await refusalOf(tracker.wrap(answering())(request()));
});

test('a model on a machine of your own needs no price to pass a limit in USD, however often it is wrapped', async () => {
  const tracker = new CostTracker({ priceSource: { resolve: () => null }, budgets: [{ limitUsd: 0 }] });
  const local = Object.assign(answering(100, 'vllm/mistral'), { local: true });
  const remote = Object.assign(answering(100, 'vllm/mistral'), { local: false });

  const answer = tracker.wrap(tracker.wrap(local))(request());

  await expect(answer).resolves.toBeDefined();
  expect(await refusalOf(tracker.wrap(remote)(request()))).toMatchObject({ code: 'budget_unpriced' });
});

test('a model without a price is refused under a limit in USD, unless it is allowed', async () => {
  const unpriced = answering(100, 'acme/unknown');
  const closed = new CostTracker({ priceSource: { resolve: () => null }, budgets: [{ limitUsd: 5 }] });
  const broken = new CostTracker({ priceSource: { resolve: () => { throw new Error('down'); } }, budgets: [{ limitUsd: 5 }] }); // prettier-ignore
  const open = new CostTracker({ priceSource: { resolve: () => null }, budgets: [{ limitUsd: 5, unpriced: 'allow' }] });
  const inTokens = new CostTracker({ priceSource: { resolve: () => null }, budgets: [{ limitTokens: 5_000 }] });

  for (const tracker of [closed, broken]) {
    expect(await refusalOf(tracker.wrap(unpriced)(request()))).toMatchObject({
      code: 'budget_unpriced',
      spent: null,
      needed: null,
    });
  }
  for (const tracker of [open, inTokens]) await expect(tracker.wrap(unpriced)(request())).resolves.toBeDefined();
});

test('an image needs a stated most, which is then held for its call', async () => {
  const picture = request({ messages: [{ role: 'user', content: [{ type: 'image', base64: 'AAAA' }] }] });

  const refused = await refusalOf(trackerWith({ limitUsd: 5 }).wrap(answering())(picture));
  const tracker = trackerWith({ limitUsd: 5, maxCostUsd: 3 });
  let tooMuch: BudgetError | undefined;
  const slow: Model = Object.assign(
    async (): Promise<TrackedResponse> => {
      tooMuch ??= await refusalOf(tracker.wrap(answering())(picture)); // while the first is in flight
      return { model: 'dear', usage: { inputTokens: 1_000, outputTokens: 0 } };
    },
    { id: 'dear' },
  );
  await tracker.wrap(slow)(picture);

  expect(refused).toMatchObject({ code: 'budget_unbounded', message: expect.stringContaining('maxCostUsd') });
  expect(tooMuch).toMatchObject({ code: 'budget_exceeded', spent: 0, reserved: 3, needed: 3 });
});

test('the worst is never less than the request allows, and unknown without that', async () => {
  const model = trackerWith({ limitTokens: 10, reserve: 'worst' }).wrap(answering());

  expect((await refusalOf(model(request({ settings: { maxOutputTokens: 5_000 } })))).needed).toBeGreaterThan(5_000);
  expect(await refusalOf(model(request({ settings: {} })))).toMatchObject({
    code: 'budget_unbounded',
    message: expect.stringContaining('maxOutputTokens'),
  });
});

test('without a limit in the request, the worst is the longest answer that the model can give', async () => {
  const rates = { input: 1, output: 1 };
  const priceSource = { resolve: () => ({ source: 'list', match: 'm', rates, maxOutputTokens: 32_000 }) };
  const tracker = new CostTracker({ priceSource, budgets: [{ limitUsd: 0.01, reserve: 'worst' }] });

  const { needed } = await refusalOf(tracker.wrap(answering(1, 'acme/m'))(request({ settings: {} })));

  expect(needed).toBeGreaterThan(0.032);
});

async function neededAfterTwentyOfTheWriter(role: string): Promise<number | null> {
  const tight = trackerWith({ limitTokens: 0 });
  for (let count = 1; count <= 20; count++) tight.record({ model: 'dear', agent: 'writer', inputTokens: 0, outputTokens: count });
  return (await refusalOf(tight.wrap(answering())(request({ role, settings: { maxOutputTokens: 50_000 } })))).needed;
}

test('after twenty answers of a model to a role, their 95th percentile is held, and not what is assumed', async () => {
  const [usual, unknown] = [await neededAfterTwentyOfTheWriter('writer'), await neededAfterTwentyOfTheWriter('editor')];

  expect(unknown! - usual!).toBe(4_096 - 19);
});

test('a warning instead of a refusal, once the limit is passed, and once', async () => {
  const alerts: BudgetAlert[] = [];
  const tracker = trackerWith(
    { limitUsd: 0.2, onLimit: 'warn', thresholds: [1] },
    { onAlert: (alert) => void alerts.push(alert) },
  );
  const wrapped = tracker.wrap(answering(100, 'dear'));

  for (let count = 0; count < 5; count++) await wrapped(request({ settings: {} }));

  expect(warnings).toEqual([expect.stringContaining('Budget "usd in total": 0.3 USD of 0.2 USD spent')]);
  expect(alerts).toHaveLength(1);
});

test('a wrapped model in a wrapped model holds once, and is charged once', async () => {
  const tracker = trackerWith({ limitTokens: 1_000 });
  let reservedInside: number | null = 0;
  const inside: Model = Object.assign(
    async (given: Request) => {
      ({ reserved: reservedInside } = await refusalOf(
        tracker.wrap(answering())(request({ settings: { maxOutputTokens: 2_000 } })),
      ));
      expect(JSON.stringify(given)).toBe(JSON.stringify(request()));
      return { model: 'dear', usage: { inputTokens: 50, outputTokens: 100 } };
    },
    { id: 'dear' },
  );

  await tracker.wrap(tracker.wrap(inside))(request());
  const { spent, reserved } = await refusalOf(tracker.wrap(answering())(request({ settings: { maxOutputTokens: 2_000 } })));

  expect(reservedInside).toBeLessThan(300); // one hold of about 200, not two
  expect({ spent, reserved }).toEqual({ spent: 150, reserved: 0 });
});

test('a refusal below is on record as skipped, and leaves no row', async () => {
  const tracker = trackerWith({ limitUsd: 0.01, onLimit: 'next' });
  const outer = new CostTracker({ prices });

  const error = await refusalOf(outer.wrap(tracker.wrap(answering()))(request()));

  expect(error).toMatchObject({ action: 'next', attempts: [{ outcome: 'skipped', code: 'budget_exceeded' }] });
  expect([...tracker.rows(), ...outer.rows()]).toEqual([]);
});

test.each(['dear', 'unpriced'])('of a model that nobody can be asked for (%s), that is said before a budget is', async (id) => {
  const missing = vi.fn<() => string | undefined>(() => 'set KEY');
  const keyless: Model = Object.assign(
    async () => Promise.reject(Object.assign(new Error('set KEY'), { name: 'ModelError', code: 'not_configured' })),
    { id, notConfigured: missing },
  );
  const tracker = trackerWith({ limitUsd: 0.01 });

  await expect(tracker.wrap(keyless)(request())).rejects.toMatchObject({ code: 'not_configured' });
  missing.mockReturnValue(undefined);
  await refusalOf(tracker.wrap(keyless)(request()));

  expect(tracker.rows()).toEqual([]);
});

test('a store may be asynchronous, and what it has is waited for by flush', async () => {
  const memory = new MemoryBudgetStore();
  const budgetStore: BudgetStore = {
    reserve: (claims) => slowly(memory.reserve(claims)),
    settle: (lease, charges) => slowly(memory.settle(lease, charges)),
    release: async (lease) => memory.release(await slowly(lease)),
  };
  const alerts: number[] = [];
  const tracker = trackerWith({ limitUsd: 0.3 }, { budgetStore, onAlert: ({ threshold }) => void alerts.push(threshold) });
  const wrapped = tracker.wrap(answering());

  const outcomes = await Promise.allSettled([wrapped(request()), wrapped(request()), wrapped(request())]);
  await tracker.flush();

  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(new Set(alerts)).toEqual(new Set([0.5, 1]));
});

test('what a process held in a shared store when it died is free again once its lease has lapsed', async () => {
  vi.useFakeTimers();
  const shared = new MemoryBudgetStore();
  const budgetStore: BudgetStore = {
    reserve: async (claims) => shared.reserve(claims),
    settle: async (lease, charges) => shared.settle(lease, charges),
    release: async (lease) => shared.release(lease),
  };
  const [died, lives] = [0, 1].map(() => trackerWith({ limitUsd: 0.5, name: 'shared' }, { budgetStore }));
  const never = Object.assign(() => new Promise<TrackedResponse>(() => undefined), { id: 'dear' });

  void died!.wrap(never)(request({ settings: { maxOutputTokens: 200 } }));
  const refused = await refusalOf(lives!.wrap(answering())(request({ settings: { maxOutputTokens: 150 } })));
  vi.advanceTimersByTime(15 * 60_000);
  const answer = lives!.wrap(answering())(request({ settings: { maxOutputTokens: 150 } }));

  expect(refused).toMatchObject({ code: 'budget_exceeded', spent: 0 });
  expect(refused.reserved).toBeGreaterThan(0.2);
  await expect(answer).resolves.toBeDefined();
});

test('a store that fails refuses calls, and its cause is kept', async () => {
  for (const reserve of [fails, async () => fails()]) {
    const tracker = trackerWith({ limitUsd: 1 }, { budgetStore: { reserve, settle: fails, release: fails } });

    const error = await refusalOf(tracker.wrap(answering())(request()));

    expect(error).toMatchObject({ code: 'budget_store_failed', cause: { message: 'redis is away' } });
    expect(() => tracker.record({ model: 'dear', inputTokens: 1, outputTokens: 1 })).not.toThrow();
  }
  expect(warnings[0]).toContain('redis is away');
});
