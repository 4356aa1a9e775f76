import { expect, test } from 'vitest';
import { workOf, type Setting } from '../test/agent-work.ts';
import { runAgent } from './agent-loop.ts';
import type { CrewEvent } from './events.ts';
import type { Attempt, Model } from './model.ts';
import { plainSteps } from './steps.ts';
import { scriptedModel } from './testing.ts';

const failedAttempt: Attempt = {
  id: '1',
  model: 'a/b',
  startedAt: 0,
  waitMs: 0,
  durationMs: 1,
  outcome: 'failed',
  code: 'overloaded',
};
/** What a router throws when nobody answered. */
const allFailed = (): Error =>
  Object.assign(new Error('Every backend failed'), { isRouteError: true, attempts: [failedAttempt] });

/** Steps that note the waits they are asked for, and do not wait. */
function noting(): { waits: [string, number][]; facts: Setting } {
  const waits: [string, number][] = [];
  const sleep = async (name: string, ms: number): Promise<void> => void waits.push([name, ms]);
  return { waits, facts: { steps: { ...plainSteps('run'), sleep } } };
}

test('when every backend fails, the step is done again after retryAfterMs, and every attempt counts', async () => {
  const { waits, facts } = noting();
  const model = scriptedModel([allFailed(), allFailed(), 'done']);
  const work = workOf(model, { ...facts, retryAfterMs: 60_000 });

  const { text, turns } = await runAgent(work);

  model.assertComplete();
  expect([text, turns]).toEqual(['done', 1]);
  expect(waits).toEqual([
    ['write/turn-1/wait', 60_000],
    ['write/turn-1/try-2/wait', 60_000],
  ]);
  expect(work.run.attempts.map(({ outcome }) => outcome)).toEqual(['failed', 'failed', 'answered']);
  expect(work.attempts).toEqual(work.run.attempts);
  expect(work.run.warnings.map(({ code, message }) => [code, message])).toEqual([
    ['waited', 'Every backend failed in "write"; asking again after 60000 ms (wait 1 of at most 10)'],
    ['waited', 'Every backend failed in "write"; asking again after 60000 ms (wait 2 of at most 10)'],
  ]);
});

test.each<[string, Setting, number]>([
  ['nobody asked for waits', {}, 1],
  ['the waits are used up', { retryAfterMs: 5, maxWaits: 2 }, 3],
])('the error of the backends ends the work when %s', async (_when, facts, calls) => {
  const model = scriptedModel([allFailed(), allFailed(), allFailed(), 'never']);

  await expect(runAgent(workOf(model, { ...noting().facts, ...facts }))).rejects.toThrow('Every backend failed');

  expect(model.requests).toHaveLength(calls);
});

test.each([new Error('a bug'), new TypeError('a bug'), Object.assign(new Error('one backend'), { isModelError: true })])(
  'nothing is waited for after %o: only a route that failed as a whole may get well',
  async (error) => {
    const model = scriptedModel([error, 'never']);

    await expect(runAgent(workOf(model, { ...noting().facts, retryAfterMs: 5 }))).rejects.toBe(error);

    expect(model.requests).toHaveLength(1);
  },
);

test('an abort ends the wait, and nothing is asked afterwards', async () => {
  const controller = new AbortController();
  const model = scriptedModel([allFailed(), 'never']);
  const work = workOf(model, { retryAfterMs: 60_000, signal: controller.signal });
  setTimeout(() => controller.abort(new Error('enough')), 10);

  await expect(runAgent(work)).rejects.toThrow('enough');

  expect(model.requests).toHaveLength(1);
});

test('text that was shown before all failed is taken back before it is said again', async () => {
  const events: CrewEvent[] = [];
  let calls = 0;
  const model: Model = async ({ onDelta }) => {
    calls += 1;
    await onDelta?.({ type: 'text', text: 'Bees' });
    if (calls === 1) throw allFailed();
    return { model: 'a/b', text: 'Bees', toolCalls: [], finishReason: 'stop', usage: {} };
  };

  await runAgent(workOf(model, { ...noting().facts, retryAfterMs: 5, stream: true, events }));

  const told = events.map(({ type }) => type).filter((type) => type === 'delta' || type === 'reset');
  expect(told).toEqual(['delta', 'reset', 'delta']);
  expect(events.find(({ type }) => type === 'reset')).toMatchObject({ reason: 'retry', task: 'write' });
});

const breaking: Model = async ({ onDelta }) => {
  await onDelta?.({ type: 'text', text: 'Bees ' });
  await onDelta?.({ type: 'text', text: 'are' });
  throw new Error('cut');
};

test('the text that came before a stream broke is kept for the error', async () => {
  const work = workOf(breaking, { stream: true, events: [] });

  await expect(runAgent(work)).rejects.toThrow('cut');

  expect(work.run.partials.get('write')).toBe('Bees are');
});

test('a model that was paid for is on the bill even if its answer cannot be written down', async () => {
  const steps = { ...plainSteps('run'), step: () => Promise.reject(new Error('disk full')) };
  const broken = workOf(scriptedModel(['never']), { steps });
  await expect(runAgent(broken)).rejects.toThrow('disk full');
  expect(broken.attempts).toEqual([]);

  const plain = plainSteps('run');
  const lost = workOf(scriptedModel([{ text: 'paid', usage: { inputTokens: 7 } }]), {
    steps: { ...plain, step: async (name, work) => plain.step(name, work).then(() => Promise.reject(new Error('disk full'))) },
  });
  await expect(runAgent(lost)).rejects.toThrow('disk full');
  expect(lost.attempts).toMatchObject([{ outcome: 'answered', usage: { inputTokens: 7 } }]);
});
