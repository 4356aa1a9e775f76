import { getEventListeners } from 'node:events';
import { afterEach, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { Agent } from './agent.ts';
import { Crew } from './crew.ts';
import type { CrewEvent } from './events.ts';
import { delay, keyOf, plainSteps, type Steps } from './steps.ts';
import { Task } from './task.ts';
import { scriptedModel } from './testing.ts';
import { tool } from './tool.ts';

afterEach(() => void vi.useRealTimers());

test('a plain step just runs, and what it throws is thrown', async () => {
  const steps = plainSteps('run');

  expect(await steps.step('a', async () => 1)).toBe(1);
  expect(await steps.step('a', async () => 2)).toBe(2);
  await expect(steps.step('b', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
});

function key(runId: string, name: string): Promise<string> {
  return plainSteps(runId).step(name, async ({ idempotencyKey, interruptedAt }) => {
    expect(interruptedAt).toEqual([]);
    return idempotencyKey;
  });
}

test('a step has the same key whenever it is tried, fit for a header, and another in each run', async () => {
  expect(await key('run', 'Überblick/turn-1')).toBe(await key('run', 'Überblick/turn-1'));
  expect(await key('run', 'a')).not.toBe(await key('other', 'a'));
  expect(() => new Headers({ 'idempotency-key': keyOf('run', 'Überblick\n/turn-1') })).not.toThrow();
});

test('plain steps tell the time and make ids', async () => {
  const steps = plainSteps('run');

  expect(Math.abs((await steps.now('now')) - Date.now())).toBeLessThan(1_000);
  expect(await steps.uuid('id')).toMatch(/^[\da-f-]{36}$/);
});

test.each([
  { clock: (at: () => number) => at, names: ['a/turn-1', 'b/turn-1'] },
  { clock: () => undefined, names: ['a/turn-1', 'a/output', 'b/turn-1', 'b/output'] },
])('where the steps know the time, that of a task is theirs, and no step of its own: $names', async ({ clock, names }) => {
  let at = 100;
  const asked: string[] = [];
  const steps: Steps = {
    ...plainSteps('run'),
    clock: clock(() => at),
    step: async (name, work) => {
      asked.push(name.replace(/@[^/]+/, ''));
      at += 10;
      return work({ idempotencyKey: name, interruptedAt: [] });
    },
  };
  const agent = new Agent({ role: 'writer', goal: 'Write', backstory: 'Old' });
  const tasks = ['a', 'b'].map((name) => new Task({ name, description: 'Write', expectedOutput: 'Text', agent }));
  const ends: CrewEvent[] = [];

  const { taskOutputs } = await new Crew({ tasks, model: scriptedModel(['One', 'Two']) }).kickoff(
    {},
    { steps, onEvent: (event) => void (event.type === 'crew_finished' && ends.push(event)) },
  );

  expect(asked).toEqual(names);
  const told = taskOutputs.map(({ startedAt, durationMs }) => ({ startedAt, durationMs }));
  if (steps.clock) {
    expect(told).toEqual([
      { startedAt: 100, durationMs: 10 },
      { startedAt: 110, durationMs: 10 },
    ]);
    expect(ends).toMatchObject([{ durationMs: 20 }]);
  } else expect(told.every(({ startedAt }) => startedAt > 1_000)).toBe(true);
});

test('steps that ask a model say so, and those of tools do not', async () => {
  const plain = plainSteps('run');
  const billed: string[] = [];
  const free: string[] = [];
  const steps: Steps = {
    ...plain,
    step: (name, work, facts) => {
      (facts?.asksModel ? billed : free).push(name.replace(/@\w+/, ''));
      return plain.step(name, work);
    },
  };
  const look = tool({ name: 'look', description: 'Looks', parameters: z.object({}), execute: () => 'seen' });
  const agent = new Agent({ role: 'writer', goal: 'Write', backstory: 'Old', tools: [look] });
  const task = new Task({ name: 'write', description: 'Write', expectedOutput: 'Text', agent });
  const call = { text: '', toolCalls: [{ id: '1', name: 'look', arguments: '{}' }] };

  await new Crew({ tasks: [task], model: scriptedModel([call, 'Done']) }).kickoff({}, { steps });

  expect(billed).toEqual(['write/turn-1', 'write/turn-2']);
  expect(free).toContain('write/turn-1/tool-1-look');
});

test('a failure that an engine gives back in words is the failure that it was', async () => {
  const plain = plainSteps('run');
  const steps: Steps = {
    ...plain,
    step: (name, work, facts) =>
      plain.step(name, work, facts).catch(({ name: kind, message, code }: Error & { code?: unknown }) => {
        throw Object.assign(new Error(message), { name: kind, code });
      }),
  };
  const memory = { recall: () => Promise.reject(new Error('the disk is gone')), remember: () => Promise.resolve() };
  const agent = new Agent({ role: 'writer', goal: 'Write', backstory: 'Old', memory });
  const task = new Task({ name: 'write', description: 'Write', expectedOutput: 'Text', agent });

  const failed = new Crew({ tasks: [task], model: scriptedModel([]) }).kickoff({}, { steps });

  await expect(failed).rejects.toMatchObject({ code: 'hook_failed', reason: expect.stringContaining('the disk is gone') });
});

test('a wait of months, longer than any timer, is waited for', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  const ms = 3 * 2 ** 31;
  let over = false;

  void delay(ms, undefined).then(() => (over = true));
  await vi.advanceTimersByTimeAsync(ms - 1);
  expect(over).toBe(false);
  await vi.advanceTimersByTimeAsync(2);

  expect(over).toBe(true);
});

test('a wait ends with its signal, and leaves no timer and no listener behind', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  const controller = new AbortController();

  const waiting = plainSteps('run').sleep('wait', 60_000, controller.signal);
  controller.abort(new Error('enough'));

  await expect(waiting).rejects.toThrow('enough');
  expect(vi.getTimerCount()).toBe(0);
  expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  await expect(delay(1, controller.signal)).rejects.toThrow('enough');
});
