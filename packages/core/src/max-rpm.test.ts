import { getEventListeners } from 'node:events';
import * as fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Agent } from './agent.ts';
import { RpmLimit, RpmLimits } from './max-rpm.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

const agentWith = (maxRpm?: number): Agent => new Agent({ role: 'r', goal: 'g', backstory: 'b', maxRpm });

/** Asks for so many places, and notes when each was given. */
function take(limit: RpmLimit, count: number, signal?: AbortSignal): number[] {
  const given: number[] = [];
  for (let index = 0; index < count; index++)
    limit.take(signal).then(
      () => given.push(Math.round(performance.now())),
      () => undefined,
    );
  return given;
}

test('so many calls start at once, and the next ones a minute after those whose place they take', async () => {
  const limit = new RpmLimit(2);
  const begin = performance.now();

  const given = take(limit, 2);
  await vi.advanceTimersByTimeAsync(10_000);
  const later = take(limit, 3);
  await vi.advanceTimersByTimeAsync(200_000);

  expect(given.map((at) => at - begin)).toEqual([0, 0]);
  expect(later.map((at) => at - begin)).toEqual([60_000, 60_000, 120_000]);
});

test("a wait that is aborted takes nobody's place, and leaves no listener and no timer behind", async () => {
  const controller = new AbortController();
  const limit = new RpmLimit(1);
  await limit.take(undefined);
  const begin = performance.now();

  const waiting = limit.take(controller.signal);
  const next = take(limit, 1);
  controller.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  await vi.advanceTimersByTimeAsync(60_000);

  expect(next.map((at) => at - begin)).toEqual([60_000]);
  expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

test('a signal that was aborted before is refused at once', async () => {
  await expect(new RpmLimit(1).take(AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
});

test('whenever calls come, no minute sees more of them start than allowed, none is lost, and none waits without need', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.integer({ min: 0, max: 30_000 }), { minLength: 1, maxLength: 15 }),
      async (maxRpm, gaps) => {
        const limit = new RpmLimit(maxRpm);
        const starts: number[] = [];
        for (const gap of gaps) {
          await vi.advanceTimersByTimeAsync(gap);
          void limit.take(undefined).then(() => starts.push(performance.now()));
        }
        await vi.advanceTimersByTimeAsync(60_000 * gaps.length);

        expect(starts).toHaveLength(gaps.length);
        for (const [index, start] of starts.entries()) {
          const earlier = starts[index - maxRpm];
          if (earlier !== undefined) expect(start - earlier).toBeGreaterThanOrEqual(60_000 - 1);
        }
      },
    ),
    { numRuns: 40 },
  );
});

test("(35) an agent's limit overrides the crew's; without one the crew's applies; with neither there is none", () => {
  const [own, none] = [agentWith(3), agentWith()];
  const limits = new RpmLimits(10);

  expect(limits.of(own)).not.toBe(limits.of(none));
  expect(limits.of(own)).toBe(limits.of(own));
  expect(limits.of(none)).toBe(limits.of(agentWith()));
  expect(limits.of(undefined)).toBe(limits.of(none));
  expect(new RpmLimits(undefined).of(none)).toBeUndefined();
  expect(new RpmLimits(undefined).of(own)).toBeInstanceOf(RpmLimit);
});
