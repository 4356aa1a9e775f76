import * as fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { beginLink, outOfTime, type Plan, planned, takeExtra } from './plan.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const planOf = (ms: number, attemptsLeft: number): Plan => {
  const deadlineAt = performance.now() + ms;
  return { deadlineAt, linkDeadlineAt: deadlineAt, attemptsLeft, linksLeft: 0, asked: new Set() };
};

test('each link gets an equal share of what is left when it is asked', () => {
  const plan = planOf(120_000, 6);
  const start = performance.now();

  beginLink(plan, 3);
  expect(plan.linkDeadlineAt - start).toBe(30_000);
  vi.advanceTimersByTime(10_000); // it took less than its share
  beginLink(plan, 2);
  expect(plan.linkDeadlineAt - start).toBeCloseTo(10_000 + 110_000 / 3);
  vi.advanceTimersByTime(50_000);
  beginLink(plan, 0);
  expect(plan.linkDeadlineAt - start).toBe(120_000);
});

test('a further call is given as long as every link not yet asked keeps one', () => {
  const plan = planOf(1_000, 6);

  beginLink(plan, 3);
  expect([takeExtra(plan), takeExtra(plan), takeExtra(plan)]).toEqual([true, true, false]);
  for (const linksLeft of [2, 1, 0]) {
    beginLink(plan, linksLeft);
    expect(takeExtra(plan)).toBe(false);
  }
});

test('without a plan there is no limit', () => {
  expect(takeExtra(undefined)).toBe(true);
});

test('property: no order of retries and links takes a call or the time of a link not yet asked', () => {
  const step = fc.record({ retries: fc.nat(8), tookShare: fc.double({ min: 0, max: 1, noNaN: true }) });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), fc.array(step, { minLength: 1, maxLength: 10 }), (maxAttempts, links) => {
      const plan = planOf(120_000, maxAttempts);
      const start = performance.now();
      let calls = 0;

      for (const [index, { retries, tookShare }] of links.entries()) {
        const linksLeft = links.length - index - 1;
        const now = performance.now();
        beginLink(plan, linksLeft);
        calls += 1;
        for (let retry = 0; retry < retries; retry++) if (takeExtra(plan)) calls += 1;

        expect(plan.attemptsLeft).toBeGreaterThanOrEqual(linksLeft);
        const shareMs = plan.linkDeadlineAt - now;
        expect(shareMs * (linksLeft + 1)).toBeCloseTo(plan.deadlineAt - now, 6);
        vi.advanceTimersByTime(Math.floor(shareMs * tookShare));
      }
      expect(calls).toBeLessThanOrEqual(Math.max(maxAttempts, links.length));
      expect(performance.now()).toBeLessThanOrEqual(start + 120_000);
    }),
  );
});

test('a link that is out of time leaves it to the next, the last one to nobody', () => {
  const plan = planOf(1_000, 6);
  const request = planned({ messages: [], model: 'gpt-4' }, plan);

  beginLink(plan, 1);
  expect(outOfTime(request)).toMatchObject({ code: 'attempt_timeout', model: 'gpt-4', replaceable: true });
  beginLink(plan, 0);
  expect(outOfTime(request)).toMatchObject({ code: 'deadline_exceeded', replaceable: false });
});

test('a planned request is the request, and what somebody else hung on it', () => {
  const held = Symbol('held');
  const request = { messages: [], role: 'writer', [held]: 1 };
  const plan = planOf(1_000, 6);

  const known = Reflect.ownKeys(planned(request, plan)).filter((key) => Reflect.get(planned(request, plan), key) !== undefined);
  expect(known).toEqual(['messages', 'role', 'plan', held]);
  expect(planned(request, plan)).toMatchObject({ ...request, plan });
});
