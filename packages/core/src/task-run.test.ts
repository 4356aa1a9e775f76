import { expect, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';
import { Agent } from './agent.ts';
import { Crew } from './crew.ts';
import { JournalError } from './journal/journal.ts';
import { plainSteps } from './steps.ts';
import { Task } from './task.ts';
import { scriptedModel, type ScriptedModel } from './testing.ts';
import { tool } from './tool.ts';

const agent = new Agent({ name: 'writer', role: 'Writer on {topic}', goal: 'Reach {readers}', backstory: 'Born in {year}.' });
const first = new Task({ name: 'first', description: 'Do one', expectedOutput: 'One', agent });
const second = new Task({ name: 'second', description: 'Do two', expectedOutput: 'Two', agent });
const inputs = { topic: 'AI', readers: 'nurses', year: 1990 };

const promptOf = (model: ScriptedModel, call: number): unknown => model.requests[call]?.messages[1]?.content;

test('a task with context unset receives every earlier output, in order', async () => {
  const model = scriptedModel(['ONE', 'TWO', 'THREE']);
  const third = new Task({ name: 'third', description: 'Do three', expectedOutput: 'Three', agent });

  await new Crew({ tasks: [first, second, third], model }).kickoff(inputs);

  expect(promptOf(model, 2)).toMatch(/Output of "first", by Writer on AI ---\nONE\n\n--- Output of "second".*\nTWO/);
});

test('a step that cannot be written down is the fault of its journal, not of the model', async () => {
  const full = new JournalError('not_written', 'journal.jsonl could not be written to: ENOSPC');
  const steps = { ...plainSteps('run'), step: () => Promise.reject(full) };

  const run = new Crew({ tasks: [first], model: scriptedModel([]) }).kickoff(inputs, { steps });

  await expect(run).rejects.toMatchObject({ code: 'journal_failed', cause: full, message: expect.stringContaining('ENOSPC') });
});

test('a clock that is set back changes no duration', async () => {
  const look = tool({ name: 'look', description: 'Looks.', parameters: z.object({}), execute: () => 'seen' });
  const task = new Task({ name: 'one', description: 'Do one', expectedOutput: 'One', agent, tools: [look] });
  const day = Date.now;
  let hoursBack = 0;
  const earlier = (): number => day() - 3_600_000 * hoursBack++;
  const durations: number[] = [];
  vi.spyOn(Date, 'now').mockImplementation(earlier);
  onTestFinished(() => void vi.restoreAllMocks());
  const model = scriptedModel([{ toolCalls: [{ id: '1', name: 'look', arguments: '{}' }] }, 'ONE']);

  const result = await new Crew({ tasks: [task], model }).kickoff(inputs, {
    onEvent: (event) => void ('durationMs' in event && durations.push(event.durationMs)),
  });

  const all = [...durations, result.tasks.one.durationMs, ...result.attempts.map(({ durationMs }) => durationMs)];
  expect(all.length).toBeGreaterThanOrEqual(7);
  expect(Math.min(...all)).toBeGreaterThanOrEqual(0);
});

test('a task with a list receives those outputs only, in the order of the list', async () => {
  const model = scriptedModel(['ONE', 'TWO', 'THREE', 'FOUR']);
  const third = new Task({ name: 'third', description: 'Do three', expectedOutput: 'Three', agent });
  const fourth = new Task({ name: 'fourth', description: 'Do four', expectedOutput: 'Four', agent, context: [third, first] });

  await new Crew({ tasks: [first, second, third, fourth], model }).kickoff(inputs);

  expect(promptOf(model, 3)).toMatch(/THREE[\s\S]*ONE/);
  expect(promptOf(model, 3)).not.toContain('TWO');
});

test.each([[[]], [null]])('a context of %o means none, even for the last task', async (context) => {
  const model = scriptedModel(['ONE', 'TWO']);
  const last = new Task({ name: 'last', description: 'Do last', expectedOutput: 'Last', agent, context });

  await new Crew({ tasks: [first, last], model }).kickoff(inputs);

  expect(promptOf(model, 1)).not.toMatch(/ONE|earlier/i);
});

test('inputs reach role, goal, backstory, description and expected output', async () => {
  const model = scriptedModel(['done']);
  const task = new Task({ name: 'task', description: 'Cover {topic}', expectedOutput: 'For {readers}', agent });

  const result = await new Crew({ tasks: [task], model }).kickoff(inputs);

  const [system, user] = model.requests[0]?.messages ?? [];
  expect(system?.content).toMatch(/Writer on AI[\s\S]*Born in 1990\.[\s\S]*Reach nurses/);
  expect(user?.content).toMatch(/Cover AI[\s\S]*For nurses/);
  expect(result.taskOutputs[0]).toMatchObject({ description: 'Cover AI', expectedOutput: 'For nurses' });
});

test('a request says who asks, for which run and task, and with which model and settings', async () => {
  const model = scriptedModel(['done', 'done']);
  const settled = new Agent({
    role: 'Editor of {topic}',
    goal: 'g',
    backstory: 'b',
    model: 'gpt-4',
    settings: { temperature: 0.2 },
  });
  const edit = new Task({ name: 'edit', description: 'Edit', expectedOutput: 'e', agent: settled });
  const { signal } = new AbortController();

  await new Crew({ tasks: [first, edit], model }).kickoff(inputs, { runId: 'run-7', signal });

  expect(model.requests[0]).toMatchObject({ role: 'writer', labels: { workflow: 'run-7', task: 'first' }, signal });
  expect(model.requests[1]).toMatchObject({
    role: 'Editor of {topic}',
    model: 'gpt-4',
    labels: { workflow: 'run-7', task: 'edit' },
    settings: { temperature: 0.2 },
  });
  expect(model.requests[0]?.model).toBeUndefined();
  expect(model.requests[0]?.tools).toBeUndefined();
  expect(model.requests[0]?.onDelta).toBeUndefined();
});

test('agents keep no conversation between tasks', async () => {
  const model = scriptedModel(['ONE', 'TWO']);

  await new Crew({ tasks: [first, second], model }).kickoff(inputs);

  expect(model.requests.map(({ messages }) => messages.length)).toEqual([2, 2]);
});
