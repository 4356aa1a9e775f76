import { expect, test, vi } from 'vitest';
import { z } from 'zod';
import { Agent } from './agent.ts';
import { Crew } from './crew.ts';
import type { CrewEvent } from './events.ts';
import { Task } from './task.ts';
import { scriptedModel } from './testing.ts';
import { tool } from './tool.ts';

const broken = tool({
  name: 'broken',
  description: 'Fails.',
  parameters: z.object({}),
  execute: () => {
    throw new Error('no disk');
  },
});
const researcher = new Agent({ name: 'researcher', role: 'Researcher', goal: 'g', backstory: 'b', tools: [broken] });
const writer = new Agent({ role: 'Writer', goal: 'g', backstory: 'b' });
const research = new Task({ name: 'research', description: 'Research {topic}', expectedOutput: 'e', agent: researcher });
const write = new Task({ name: 'write', description: 'Write', expectedOutput: 'e', agent: writer });
const toolCalls = [{ id: '1', name: 'broken', arguments: '{}' }];
const inputs = { topic: 'AI' };

test('a run tells what happens, in order, tagged with run, crew, task, role and turn', async () => {
  const model = scriptedModel([{ toolCalls }, { text: 'points', usage: { inputTokens: 7 } }, 'post']);
  const events: CrewEvent[] = [];

  await new Crew({ tasks: [research, write], model, name: 'blog' }).kickoff(inputs, {
    runId: 'r',
    onEvent: (event) => void events.push(event),
  });

  const at = { task: 'research', taskIndex: 0, role: 'researcher' };
  expect(events).toMatchObject([
    { type: 'crew_started', tasks: ['research', 'write'] },
    { type: 'task_started', ...at, description: 'Research AI' },
    { type: 'model_call_started', ...at, turn: 1 },
    { type: 'model_call_finished', ...at, turn: 1, finishReason: 'tool_calls' },
    { type: 'tool_started', ...at, turn: 1, tool: 'broken', callId: '1', arguments: '{}' },
    { type: 'warning', warning: { code: 'tool_failed', task: 'research', role: 'researcher' } },
    { type: 'tool_finished', ...at, turn: 1, tool: 'broken', isError: true, result: 'broken failed: no disk' },
    { type: 'model_call_started', ...at, turn: 2 },
    {
      type: 'model_call_finished',
      ...at,
      turn: 2,
      model: 'scripted/model',
      usage: { inputTokens: 7 },
      attempts: [{ outcome: 'answered' }],
    },
    { type: 'task_finished', ...at, output: { name: 'research', text: 'points' } },
    { type: 'task_started', task: 'write', taskIndex: 1, role: 'Writer' },
    { type: 'model_call_started', task: 'write', turn: 1 },
    { type: 'model_call_finished', task: 'write', turn: 1 },
    { type: 'task_finished', task: 'write' },
    { type: 'crew_finished', text: 'post', usage: { inputTokens: 7 }, costUsd: null, unpriced: 3 },
  ]);
  for (const event of events) expect(event).toMatchObject({ runId: 'r', crew: 'blog', at: expect.closeTo(Date.now(), -4) });
});

test('a failed run tells it once per level, and nothing after', async () => {
  const types: string[] = [];
  const errors: unknown[] = [];
  const model = scriptedModel([new Error('down')]);

  const error: unknown = await new Crew({ tasks: [research, write], model })
    .kickoff(inputs, {
      onEvent: (event) => {
        types.push(event.type);
        if ('error' in event) errors.push(event.error);
      },
    })
    .catch((reason: unknown) => reason);

  expect(types).toEqual([
    'crew_started',
    'task_started',
    'model_call_started',
    'model_call_failed',
    'task_failed',
    'crew_failed',
  ]);
  expect(errors).toEqual([new Error('down'), error, error]);
});

test('text is streamed in pieces when asked for, tagged with task, role and turn', async () => {
  const model = scriptedModel(['Bees are great', 'So are ants']);
  const deltas: CrewEvent[] = [];

  const result = await new Crew({ tasks: [research, write], model }).kickoff(inputs, {
    stream: true,
    onEvent: (event) => {
      if (event.type === 'delta') deltas.push(event);
    },
  });

  const textOf = (name: string): string =>
    deltas.map((event) => (event.type === 'delta' && event.task === name ? event.text : '')).join('');
  expect(textOf('research')).toBe(result.tasks.research.text);
  expect(textOf('write')).toBe('So are ants');
  expect(deltas.length).toBeGreaterThan(2);
  expect(deltas[0]).toMatchObject({ task: 'research', taskIndex: 0, role: 'researcher', turn: 1, text: 'Bees ' });
});

test('a run that does not ask for it is not streamed', async () => {
  const model = scriptedModel(['points']);
  const onEvent = vi.fn<(event: CrewEvent) => void>();

  await new Crew({ tasks: [research], model }).kickoff(inputs, { onEvent });

  expect(model.requests[0]?.onDelta).toBeUndefined();
  expect(onEvent.mock.calls.some(([{ type }]) => type === 'delta')).toBe(false);
});

test.each([
  [
    'throws',
    () => {
      throw new Error('my bug');
    },
  ],
  [
    'rejects',
    async () => {
      throw new Error('my bug');
    },
  ],
])('a listener that %s is reported once and changes nothing', async (_what, onEvent) => {
  const listener = vi.fn(onEvent);
  const crew = new Crew({ tasks: [research, write], model: scriptedModel(['points', 'post']) });

  const result = await crew.kickoff(inputs, { onEvent: listener, stream: true });

  expect(result.text).toBe('post');
  expect(result.warnings).toEqual([{ code: 'listener_failed', message: 'onEvent threw: my bug', cause: new Error('my bug') }]);
  expect(listener.mock.calls.length).toBeGreaterThan(10);
});

test('a promise that a listener returns holds the run and the stream back', async () => {
  let busy = 0;
  let most = 0;
  const model = scriptedModel(['Bees are great']);

  await new Crew({ tasks: [research], model }).kickoff(inputs, {
    stream: true,
    onEvent: async () => {
      most = Math.max(most, ++busy);
      await new Promise((resolve) => setTimeout(resolve, 2));
      busy -= 1;
    },
  });

  expect(most).toBe(1);
});
