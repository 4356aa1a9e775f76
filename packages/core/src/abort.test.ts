import { setTimeout as sleep } from 'node:timers/promises';
import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { Agent } from './agent.ts';
import { Crew } from './crew.ts';
import { TaskError } from './errors.ts';
import type { CrewEvent } from './events.ts';
import type { Model, ModelResponse } from './model.ts';
import type { KickoffOptions } from './run.ts';
import { Task } from './task.ts';
import { scriptedModel, type ScriptedStep } from './testing.ts';
import { tool } from './tool.ts';

const answer: ModelResponse = { model: 'a/b', text: 'done', toolCalls: [], finishReason: 'stop', usage: { inputTokens: 3 } };
const toolCalls = [{ id: '1', name: 'slow', arguments: '{}' }];
let toolSignal: AbortSignal | undefined;
const slow = tool({
  name: 'slow',
  description: 'Takes its time, whatever the signal says.',
  parameters: z.object({}),
  execute: async (_args, { signal }) => {
    toolSignal = signal;
    await sleep(150);
    return 'late';
  },
});
const agent = new Agent({ name: 'writer', role: 'Writer', goal: 'g', backstory: 'b', tools: [slow] });
const first = new Task({ name: 'first', description: 'One', expectedOutput: 'One', agent });
const second = new Task({ name: 'second', description: 'Two', expectedOutput: 'Two', agent });

interface Aborted {
  readonly error: TaskError;
  readonly events: CrewEvent[];
  readonly tookMs: number;
}

/** Aborts at the first event that matches, or after 20 ms, and waits long enough for anything late to show. */
async function abortAt(model: Model, when: (event: CrewEvent) => boolean, stream = true): Promise<Aborted> {
  const controller = new AbortController();
  const events: CrewEvent[] = [];
  let abortedAt = 0;
  const abort = (): void => {
    if (controller.signal.aborted) return;
    abortedAt = performance.now();
    controller.abort(new Error('enough'));
  };
  const onEvent = (event: CrewEvent): void => {
    events.push(event);
    if (when(event)) abort();
  };
  const timer = setTimeout(abort, 20);

  const run = new Crew({ tasks: [first, second], model }).kickoff(undefined, { signal: controller.signal, onEvent, stream });
  const error: unknown = await run.then(
    () => expect.unreachable('the run was not aborted'),
    (reason: unknown) => reason,
  );
  const tookMs = performance.now() - abortedAt;
  clearTimeout(timer);
  const heard = events.length;
  await sleep(200);

  expect(events.slice(heard)).toEqual([]);
  expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  if (!TaskError.isInstance(error)) throw error;
  expect(error).toMatchObject({ code: 'aborted', cause: new Error('enough') });
  expect(events.slice(-2).map(({ type }) => type)).toEqual(['task_failed', 'crew_failed']);
  return { error, events, tookMs };
}

const is =
  (type: CrewEvent['type'], task = 'first') =>
  (event: CrewEvent) =>
    event.type === type && (!('task' in event) || event.task === task);

const withTool = [{ text: 'Let me see', toolCalls }, 'one', 'two'];

test.each<[string, (event: CrewEvent) => boolean, readonly ScriptedStep[], number, number]>([
  ['when the crew starts', is('crew_started'), withTool, 0, 0],
  ['when a task starts', is('task_started'), withTool, 0, 0],
  ['when a model call starts', is('model_call_started'), withTool, 0, 0],
  ['when a delta arrives', is('delta'), withTool, 1, 0],
  ['when a model call has ended', is('model_call_finished'), withTool, 1, 0],
  ['when a tool starts', is('tool_started'), withTool, 1, 0],
  ['while a tool runs', () => false, withTool, 1, 0],
  ['while a model answers', () => false, [{ text: 'one', delayMs: 10_000 }], 1, 0],
  ['between two tasks', is('task_finished'), ['one', 'two'], 1, 1],
  ['when the last task starts', is('task_started', 'second'), ['one', 'two'], 1, 1],
])('an abort %s ends the run, and nothing more is asked', async (_when, matches, steps, calls, finished) => {
  const model = scriptedModel(steps);

  const { error, tookMs } = await abortAt(model, matches);

  expect(model.requests).toHaveLength(calls);
  expect(error.finished).toHaveLength(finished);
  expect(error.attempts).toHaveLength(calls);
  expect(tookMs).toBeLessThan(1_000);
});

test('a signal that was aborted before ends the run before any model is asked', async () => {
  const model = scriptedModel(['one']);
  const run = new Crew({ tasks: [first], model }).kickoff(undefined, { signal: AbortSignal.abort() });

  await expect(run).rejects.toMatchObject({ code: 'aborted', task: 'first', cause: { name: 'AbortError' }, finished: [] });
  expect(model.requests).toEqual([]);
});

test('a model that ignores the signal is left behind, and counted as possibly billed', async () => {
  let late = 0;
  const model: Model = async ({ onDelta }) => {
    await sleep(120);
    late += 1;
    await onDelta?.({ type: 'text', text: 'late' });
    return answer;
  };

  const { error, tookMs } = await abortAt(model, () => false);

  expect(late).toBe(1);
  expect(tookMs).toBeLessThan(1_000);
  expect(error.attempts).toMatchObject([{ outcome: 'aborted', possiblyBilled: true }]);
  expect(error).toMatchObject({ usage: {}, costUsd: null, unpriced: 1 });
});

test('a model that honours the signal can still say what it had cost', async () => {
  const attempts = [{ id: '1', model: 'a/b', startedAt: 0, waitMs: 0, durationMs: 1, outcome: 'aborted', costUsd: 0.1 }];
  const model: Model = async ({ signal }) => {
    await sleep(10_000, undefined, { signal }).catch(() => undefined);
    await sleep(5);
    throw Object.assign(new Error('aborted'), { attempts });
  };

  const { error } = await abortAt(model, () => false);

  expect(error).toMatchObject({ attempts, costUsd: 0.1 });
});

test('an answer that comes with the abort is counted, and not used', async () => {
  const { error } = await abortAt(
    async ({ signal }) => {
      await sleep(10_000, undefined, { signal }).catch(() => undefined);
      return answer;
    },
    () => false,
  );

  expect(error).toMatchObject({ usage: { inputTokens: 3 }, finished: [] });
});

test('the signal reaches the model and the tools', async () => {
  const { signal } = new AbortController();
  const model = scriptedModel([{ toolCalls }, 'one']);

  await new Crew({ tasks: [first], model }).kickoff(undefined, { signal });

  expect(model.requests.map((request) => request.signal)).toEqual([signal, signal]);
  expect(toolSignal).toBe(signal);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

test("a tool's own time limit is a failed tool, not an abort", async () => {
  const impatient = tool({
    name: 'slow',
    description: 'Gives up.',
    parameters: z.object({}),
    execute: () => sleep(10_000, undefined, { signal: AbortSignal.timeout(5) }),
  });
  const hurried = new Task({ name: 'first', description: 'One', expectedOutput: 'One', agent, tools: [impatient] });

  const result = await new Crew({ tasks: [hurried], model: scriptedModel([{ toolCalls }, 'one']) }).kickoff(undefined, {
    signal: new AbortController().signal,
  });

  expect(result).toMatchObject({ text: 'one', warnings: [{ code: 'tool_failed' }] });
});

const never = (): Promise<never> => new Promise(() => {});
const stuck = tool({ name: 'slow', description: 'Never ends.', parameters: z.object({}), execute: never });
const stuckTask = new Task({ name: 'stuck', description: 'One', expectedOutput: 'One', agent, tools: [stuck] });

test.each<[string, Task, Model, KickoffOptions]>([
  ['a model', first, never, {}],
  ['a tool', stuckTask, scriptedModel([{ toolCalls }]), {}],
  ['a listener', first, scriptedModel(['one']), { onEvent: never }],
])('%s that never comes back does not hold an aborted run', async (_what, task, model, options) => {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 10);

  const run = new Crew({ tasks: [task], model }).kickoff(undefined, { ...options, signal: controller.signal });

  await expect(run).rejects.toMatchObject({ code: 'aborted' });
  expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
});
