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
  /** Of some, only the model bounds the answer. */
  readonly maxOutputTokens: number | undefined;
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
  maxOutputTokens: fc.option(fc.nat(400), { nil: undefined }),
  input: part,
  output: part,
  cached: part,
  ending: fc.constantFrom('answered', 'answered', 'refused', 'failed_with_usage', 'failed_and_billed', 'aborted_and_billed'),
  startsAfter: fc.nat(20),
  takes: fc.nat(20),
});
const callers = fc.array(anyCaller, { minLength: 200, maxLength: 200 });
const modelAllows = 600;

/** Picodollars per token, below one for some, and dearer beyond a hundred tokens. */
const price = {
  source: 'list',
  match: 'm',
  rates: { input: 3, output: 15.0000007, cacheRead: 0.3, cacheWrite: 3.75, reasoning: 20 },
  tiers: [{ aboveInputTokens: 100, rates: { input: 6, output: 0.0000003 } }],
  maxOutputTokens: modelAllows,
};
const priceSource = { resolve: () => price };

interface Request extends TrackedRequest {
  readonly messages: readonly unknown[];
  readonly settings: { readonly maxOutputTokens: number | undefined };
  readonly caller: Caller;
}

interface Run {
  /** What the providers really charged, whether anybody was told or not. */
  readonly charged: bigint;
  readonly refused: number;
  /** Calls that were charged for, of which nobody was told what they used. */
  readonly lost: number;
  readonly mostInFlight: number;
  /** What was claimed by each call of each budget. */
  readonly claims: readonly (readonly bigint[])[];
}

const ticks = async (count: number): Promise<void> => {
  for (let tick = 0; tick < count; tick++) await Promise.resolve();
};

async function run(given: readonly Caller[], budgets: readonly BudgetOptions[], pace = 1): Promise<Run> {
  const claims: bigint[][] = [];
  const open = new Set<string>();
  let [mostInFlight, refused, lost] = [0, 0, 0];
  const memory = new MemoryBudgetStore();
  const budgetStore: BudgetStore = {
    reserve: (wanted) => {
      const verdict = memory.reserve(wanted);
      if (verdict.lease === null) return verdict;
      claims.push(wanted.map(({ amount }) => amount));
      mostInFlight = Math.max(mostInFlight, open.add(verdict.lease).size);
      return verdict;
    },
    settle: (lease, charges) => {
      if (lease !== null) open.delete(lease);
      return memory.settle(lease, charges);
    },
    release: (lease) => memory.release(lease),
  };
  const tracker = new CostTracker({ priceSource, budgets, budgetStore });
  const billing = new CostTracker({ priceSource });

  const provider: TrackedModel<Request, TrackedResponse> = async ({ caller }) => {
    const { words, ending, takes } = caller;
    await ticks(takes);
    if (ending === 'refused') throw new Error('HTTP 500');
    const inputTokens = Math.floor(Buffer.byteLength(words) * caller.input);
    const outputTokens = Math.floor((caller.maxOutputTokens ?? modelAllows) * caller.output);
    const cacheReadTokens = Math.floor(inputTokens * caller.cached);
    const reasoningTokens = Math.floor(outputTokens * caller.cached);
    const usage = { inputTokens, outputTokens, cacheReadTokens, reasoningTokens };
    billing.record({ model: 'm', ...usage });
    if (ending === 'answered') return { model: 'm', usage };
    if (ending === 'failed_with_usage') throw Object.assign(new Error('cut'), { usage });
    lost += 1;
    throw Object.assign(new Error('lost'), {
      possiblyBilled: true,
      code: ending === 'aborted_and_billed' ? 'aborted' : 'network',
    });
  };
  const model = tracker.wrap(Object.assign(provider, { id: 'm' }));

  await Promise.all(
    given.map(async (each) => {
      await ticks(each.startsAfter * pace);
      const { maxOutputTokens } = each;
      const request = { messages: [{ role: 'user', content: each.words }], settings: { maxOutputTokens }, caller: each };
      await model(request).catch((error: unknown) => (refused += BudgetError.isInstance(error) ? 1 : 0));
    }),
  );
  const charged = billing.rows().reduce((sum, { costPicodollars }) => sum + (costPicodollars ?? 0n), 0n);
  return { charged, refused, lost, mostInFlight, claims };
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

test('with what is typical reserved, they pass it by no more than what each call in flight, or lost, may exceed its hold by', async () => {
  const limitless = { limitUsd: 1_000, reserve: 'worst', name: 'to see the worst' } as const;
  let [heldLess, passed] = [0, 0];
  await fc.assert(
    fc.asyncProperty(callers, limits, fc.constantFrom(1, 50), async (given, limitUsd, pace) => {
      const budgets = [{ limitUsd, assumedOutputTokens: 50 }, limitless];
      const { charged, lost, mostInFlight, claims } = await run(given, budgets, pace);

      const excess = claims.map(([typical = 0n, worst = 0n]) => worst - typical);
      const most = excess.reduce((largest, each) => (each > largest ? each : largest), 0n);
      const cap = picodollarsOf(limitUsd);
      if (most > 0n) heldLess += 1;
      if (charged > cap) passed += 1;
      expect(charged).toBeLessThanOrEqual(cap + BigInt(mostInFlight + lost) * most);
    }),
    { numRuns: 30, endOnFailure: true },
  );
  expect(heldLess).toBeGreaterThan(0);
  expect(passed).toBeGreaterThan(0);
}, 60_000);
