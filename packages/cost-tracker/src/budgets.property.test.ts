import * as fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { BudgetError } from './budget-error.ts';
import type { BudgetOptions } from './budget-options.ts';
import { MemoryBudgetStore, type BudgetStore } from './budget-store.ts';
import { CostTracker } from './cost-tracker.ts';
import type { TrackedModel, TrackedRequest, TrackedResponse } from './model-call.ts';
import { picodollarsOf } from './money.ts';

/** Two hundred callers at once, of any size, who fail, give up or are never heard of again. */
interface Caller {
  readonly words: string;
  readonly maxOutputTokens: number;
  /** Parts of what is possible, from 0 to 1. */
  readonly input: number;
  readonly output: number;
  readonly cached: number;
  readonly ending: 'answered' | 'refused' | 'failed_with_usage' | 'failed_and_billed' | 'aborted_and_billed';
  readonly startsAfter: number;
  readonly takes: number;
}

const part = fc.nat(100).map((percent) => percent / 100);

const anyCaller = fc.record<Caller>({
  words: fc.string({ maxLength: 60, unit: 'binary' }),
  maxOutputTokens: fc.nat(400),
  input: part,
  output: part,
  cached: part,
  ending: fc.constantFrom('answered', 'answered', 'refused', 'failed_with_usage', 'failed_and_billed', 'aborted_and_billed'),
  startsAfter: fc.nat(20),
  takes: fc.nat(20),
});
const callers = fc.array(anyCaller, { minLength: 200, maxLength: 200 });

/** Picodollars per token, below one for some, and dearer beyond a hundred tokens. */
const price = {
  input: 3,
  output: 15.0000007,
  cacheRead: 0.3,
  cacheWrite: 3.75,
  reasoning: 20,
  tiers: [{ aboveInputTokens: 100, input: 6, output: 0.0000003 }],
};

interface Request extends TrackedRequest {
  readonly messages: readonly unknown[];
  readonly settings: { readonly maxOutputTokens: number };
  readonly caller: Caller;
}

interface Run {
  /** What the providers really charged, whether anybody was told or not. */
  readonly charged: bigint;
  readonly refused: number;
  readonly mostInFlight: number;
  /** What was claimed by each call of each budget. */
  readonly claims: readonly (readonly bigint[])[];
}

const ticks = async (count: number): Promise<void> => {
  for (let tick = 0; tick < count; tick++) await Promise.resolve();
};

async function run(given: readonly Caller[], budgets: readonly BudgetOptions[]): Promise<Run> {
  const claims: bigint[][] = [];
  const memory = new MemoryBudgetStore();
  const budgetStore: BudgetStore = {
    reserve: (wanted) => {
      const verdict = memory.reserve(wanted);
      if (verdict.lease !== null) claims.push(wanted.map(({ amount }) => amount));
      return verdict;
    },
    settle: (lease, charges) => memory.settle(lease, charges),
    release: (lease) => memory.release(lease),
  };
  const tracker = new CostTracker({ prices: { m: price }, budgets, budgetStore });
  const billing = new CostTracker({ prices: { m: price } });
  let [inFlight, mostInFlight, refused] = [0, 0, 0];

  const provider: TrackedModel<Request, TrackedResponse> = async ({ caller }) => {
    const { words, ending, takes } = caller;
    inFlight += 1;
    mostInFlight = Math.max(mostInFlight, inFlight);
    await ticks(takes);
    inFlight -= 1;
    if (ending === 'refused') throw new Error('HTTP 500');
    const inputTokens = Math.floor(Buffer.byteLength(words) * caller.input);
    const outputTokens = Math.floor(caller.maxOutputTokens * caller.output);
    const cacheReadTokens = Math.floor(inputTokens * caller.cached);
    const reasoningTokens = Math.floor(outputTokens * caller.cached);
    const usage = { inputTokens, outputTokens, cacheReadTokens, reasoningTokens };
    billing.record({ model: 'm', ...usage });
    if (ending === 'answered') return { model: 'm', usage };
    if (ending === 'failed_with_usage') throw Object.assign(new Error('cut'), { usage });
    throw Object.assign(new Error('lost'), {
      possiblyBilled: true,
      code: ending === 'aborted_and_billed' ? 'aborted' : 'network',
    });
  };
  const model = tracker.wrap(Object.assign(provider, { id: 'm' }));

  await Promise.all(
    given.map(async (each) => {
      await ticks(each.startsAfter);
      const { maxOutputTokens } = each;
      const request = { messages: [{ role: 'user', content: each.words }], settings: { maxOutputTokens }, caller: each };
      await model(request).catch((error: unknown) => (refused += BudgetError.isInstance(error) ? 1 : 0));
    }),
  );
  const charged = billing.rows().reduce((sum, { costPicodollars }) => sum + (costPicodollars ?? 0n), 0n);
  return { charged, refused, mostInFlight, claims };
}

beforeEach(() => void vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined));
afterEach(() => void vi.restoreAllMocks());

const limits = fc.nat(300_000).map((microUsd) => microUsd / 1e6);

test('with the worst reserved, 200 concurrent callers never pass a hard cap', async () => {
  let refusals = 0;
  await fc.assert(
    fc.asyncProperty(callers, limits, async (given, limitUsd) => {
      const { charged, refused } = await run(given, [{ limitUsd, reserve: 'worst' }]);

      refusals += refused;
      expect(charged).toBeLessThanOrEqual(picodollarsOf(limitUsd));
    }),
    { numRuns: 15, endOnFailure: true },
  );
  expect(refusals).toBeGreaterThan(0);
}, 60_000);

test('with what is typical reserved, they pass it by no more than calls in flight times what each may exceed its hold by', async () => {
  const limitless = { limitUsd: 1_000, reserve: 'worst', name: 'to see the worst' } as const;
  let heldLess = 0;
  await fc.assert(
    fc.asyncProperty(callers, limits, async (given, limitUsd) => {
      const { charged, mostInFlight, claims } = await run(given, [{ limitUsd }, limitless]);

      const excess = claims.map(([typical = 0n, worst = 0n]) => worst - typical);
      const most = excess.reduce((largest, each) => (each > largest ? each : largest), 0n);
      const cap = picodollarsOf(limitUsd);
      if (most > 0n) heldLess += 1;
      expect(charged).toBeLessThanOrEqual(cap + BigInt(mostInFlight) * most);
    }),
    { numRuns: 15, endOnFailure: true },
  );
  expect(heldLess).toBeGreaterThan(0);
}, 60_000);
