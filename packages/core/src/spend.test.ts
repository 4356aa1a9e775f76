import { expect, test, vi } from 'vitest';
import { Agent } from './agent.ts';
import { Crew } from './crew.ts';
import { TaskError } from './errors.ts';
import type { Attempt, Model, ModelResponse, Usage } from './model.ts';
import { Task } from './task.ts';
import { scriptedModel } from './testing.ts';

const agent = new Agent({ name: 'writer', role: 'Writer', goal: 'Write', backstory: 'You write.' });
const first = new Task({ name: 'first', description: 'One', expectedOutput: 'One', agent });
const second = new Task({ name: 'second', description: 'Two', expectedOutput: 'Two', agent });
const usage: Usage = { inputTokens: 10, outputTokens: 5 };
const attempt = (facts: Partial<Attempt>): Attempt => ({
  id: crypto.randomUUID(),
  model: 'a/b',
  startedAt: 0,
  waitMs: 0,
  durationMs: 1,
  outcome: 'answered',
  usage,
  ...facts,
});

test('usage and cost are the sum over attempts, failed ones included, per task and per run', async () => {
  const failed = attempt({ outcome: 'failed', code: 'stream_cut', costUsd: 0.1 });
  const answered = attempt({ costUsd: 0.2 });
  const model = scriptedModel([
    { text: 'one', usage, attempts: [failed, answered] },
    { text: 'two', usage, attempts: [attempt({ costUsd: null })] },
  ]);

  const result = await new Crew({ tasks: [first, second], model }).kickoff();

  expect(result).toMatchObject({ usage: { inputTokens: 30, outputTokens: 15 }, costUsd: 0.3, unpriced: 1 });
  expect(result.attempts).toHaveLength(3);
  expect(result.tasks.first).toMatchObject({
    usage: { inputTokens: 20 },
    costUsd: 0.3,
    unpriced: 0,
    attempts: [failed, answered],
  });
  expect(result.tasks.second).toMatchObject({ usage: { inputTokens: 10 }, costUsd: null, unpriced: 1 });
});

test('an answer without attempts counts as one, of which the cost is not known', async () => {
  const model = scriptedModel([
    { text: 'one', usage, model: 'openai/gpt-4', metadata: { simulated: true, local: true, servedModel: 'gpt-4-0613' } },
  ]);

  const { attempts, ...figures } = await new Crew({ tasks: [first], model }).kickoff();

  expect(figures).toMatchObject({ usage, costUsd: null, unpriced: 1 });
  expect(attempts).toMatchObject([
    { model: 'openai/gpt-4', outcome: 'answered', usage, simulated: true, local: true, servedModel: 'gpt-4-0613' },
  ]);
});

test('a failed run says what was finished, and what all of it cost', async () => {
  const down = Object.assign(new Error('every backend failed'), {
    attempts: [attempt({ outcome: 'failed', costUsd: 0.2 }), attempt({ outcome: 'failed', usage: undefined })],
  });
  const model = scriptedModel([{ text: 'one', attempts: [attempt({ costUsd: 0.1 })] }, down]);

  const error: unknown = await new Crew({ tasks: [first, second], model })
    .kickoff(undefined, { runId: 'r' })
    .catch((reason) => reason);

  expect(TaskError.isInstance(error)).toBe(true);
  expect(error).toMatchObject({
    code: 'model_failed',
    task: 'second',
    role: 'writer',
    runId: 'r',
    message: 'Task "second" (writer) failed: every backend failed',
    cause: down,
    finished: [{ name: 'first', text: 'one' }],
    usage: { inputTokens: 20, outputTokens: 10 },
    costUsd: 0.3,
    unpriced: 0,
    attempts: { length: 3 },
  });
});

test('the error of a bare adapter counts as one attempt, with what it reports', async () => {
  const facts = { model: 'openai/gpt-4', code: 'stream_cut', reason: 'cut', usage, possiblyBilled: true, attempts: undefined };
  const model = scriptedModel([Object.assign(new Error('openai/gpt-4 failed: stream_cut'), facts)]);

  await expect(new Crew({ tasks: [first], model }).kickoff()).rejects.toMatchObject({
    usage,
    costUsd: null,
    unpriced: 1,
    attempts: [{ model: 'openai/gpt-4', outcome: 'failed', code: 'stream_cut', reason: 'cut', usage, possiblyBilled: true }],
  });
});

test('a bug in a model ends the run at once, and is kept as the cause', async () => {
  const bug = new TypeError('x is not a function');
  const model = scriptedModel(['one', bug, 'never']);

  await expect(new Crew({ tasks: [first, second], model }).kickoff()).rejects.toMatchObject({
    code: 'model_failed',
    cause: bug,
    finished: [{ name: 'first' }],
    attempts: [{ outcome: 'answered' }, { outcome: 'failed', model: 'scripted/model' }],
  });
  expect(model.requests).toHaveLength(2);
});

test('a model that returns no response is a bug that says so', async () => {
  const model = (async () => undefined) as unknown as ReturnType<typeof scriptedModel>;

  await expect(new Crew({ tasks: [first], model }).kickoff()).rejects.toMatchObject({
    code: 'model_failed',
    cause: new TypeError('The model did not return a ModelResponse, with text and toolCalls'),
  });
});

test.each([
  [
    { id: '1', name: 'add', arguments: { a: 1 } },
    'toolCalls[0].arguments is an object (Object), and has to be JSON text, not yet parsed',
  ],
  [{ id: '1', arguments: '{}' }, 'toolCalls[0].name is undefined, and has to be a text'],
  [{ name: 'add', arguments: '{}' }, 'toolCalls[0].id is undefined, and has to be a text'],
])('a model that returns the tool call %j has a bug, and no other model is told of it', async (call, reason) => {
  const response = { model: 'a/b', text: '', toolCalls: [call], finishReason: 'tool_calls', usage: {} };
  const model = vi.fn<Model>().mockResolvedValue(response as unknown as ModelResponse);

  await expect(new Crew({ tasks: [first], model }).kickoff()).rejects.toMatchObject({
    code: 'model_failed',
    cause: new TypeError(`ModelResponse: ${reason}`),
  });
  expect(model).toHaveBeenCalledOnce();
});

test('a model that throws before it returns a promise ends the run the same way', async () => {
  const model = vi.fn<Model>().mockImplementation(() => {
    throw new Error('sync');
  });

  await expect(new Crew({ tasks: [first], model }).kickoff()).rejects.toMatchObject({
    code: 'model_failed',
    message: 'Task "first" (writer) failed: sync',
  });
});
