import { expect, test, vi } from 'vitest';
import { z } from 'zod';
import { Agent, type AgentOptions } from './agent.ts';
import { Crew } from './crew.ts';
import type { CrewResult } from './crew-result.ts';
import type { Attempt, Message, Model, ToolCall } from './model.ts';
import { Task, type TaskOptions } from './task.ts';
import { scriptedModel, type ScriptedStep } from './testing.ts';
import { tool } from './tool.ts';

const persona = { name: 'writer', role: 'Writer', goal: 'Write', backstory: 'You write.' };
const echo = tool({
  name: 'echo',
  description: 'Says it again.',
  parameters: z.object({ text: z.string(), delayMs: z.number().optional() }),
  execute: async ({ text, delayMs = 0 }) => {
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    return text;
  },
});
const broken = tool({
  name: 'broken',
  description: 'Fails.',
  parameters: z.object({}),
  execute: () => {
    throw new Error('no disk');
  },
});
const calling = (id: string, args: object, name = 'echo'): ToolCall => ({ id, name, arguments: JSON.stringify(args) });
const attempt = (facts: Partial<Attempt>): Attempt => ({
  id: crypto.randomUUID(),
  model: 'a/b',
  startedAt: 0,
  waitMs: 0,
  durationMs: 1,
  outcome: 'answered',
  ...facts,
});

function run(model: Model, agent: Partial<AgentOptions>, task: Partial<TaskOptions> = {}): Promise<CrewResult> {
  const by = new Agent({ ...persona, ...agent });
  const only = new Task({ name: 'write', description: 'Write', expectedOutput: 'A post', ...task, agent: by });
  return new Crew({ tasks: [only], model }).kickoff();
}

const lastMessages = (steps: { requests: readonly { messages: readonly Message[] }[] }): readonly Message[] =>
  steps.requests.at(-1)?.messages ?? [];

test('tools run side by side, and their results keep the order of the calls', async () => {
  const toolCalls = [calling('1', { text: 'slow', delayMs: 30 }), calling('2', { text: 'quick' })];
  const model = scriptedModel([{ toolCalls }, 'done']);
  const startedAt: string[] = [];
  const finished: string[] = [];

  const task = new Task({
    name: 'write',
    description: 'd',
    expectedOutput: 'e',
    agent: new Agent({ ...persona, tools: [echo] }),
  });
  const result = await new Crew({ tasks: [task], model }).kickoff(undefined, {
    onEvent: (event) => {
      if (event.type === 'tool_started') startedAt.push(event.callId);
      if (event.type === 'tool_finished') finished.push(event.callId);
    },
  });

  expect([startedAt, finished]).toEqual([
    ['1', '2'],
    ['2', '1'],
  ]);
  expect(lastMessages(model).slice(2)).toEqual([
    { role: 'assistant', content: '', toolCalls },
    { role: 'tool', toolCallId: '1', name: 'echo', content: 'slow', isError: false },
    { role: 'tool', toolCallId: '2', name: 'echo', content: 'quick', isError: false },
  ]);
  expect(result).toMatchObject({ text: 'done', warnings: [] });
  expect(result.taskOutputs[0]?.turns).toBe(2);
  expect(model.requests[0]?.tools).toEqual([echo.definition]);
});

test('the parts of an answer that calls tools, its reasoning among them, go back as they came', async () => {
  const content = [
    { type: 'reasoning' as const, text: 'Hm', provider: 'anthropic', opaque: { signature: 's' } },
    { type: 'text' as const, text: 'Let me see' },
  ];
  const model = scriptedModel([{ text: 'Let me see', content, toolCalls: [calling('1', { text: 'x' })] }, 'done']);

  await run(model, { tools: [echo] });

  expect(lastMessages(model)[2]).toMatchObject({ role: 'assistant', content });
});

test('an unknown tool and wrong arguments are told to the model, which may correct itself', async () => {
  const model = scriptedModel([
    { toolCalls: [calling('1', {}, 'serch'), calling('2', { text: 7 })] },
    { toolCalls: [calling('3', { text: 'ok' })] },
    'done',
  ]);

  const result = await run(model, { tools: [echo, broken] });

  expect(model.requests[1]?.messages.slice(3)).toMatchObject([
    { toolCallId: '1', isError: true, content: 'There is no tool named "serch". You have: echo, broken.' },
    { toolCallId: '2', isError: true, content: expect.stringContaining('text:') },
  ]);
  expect(result).toMatchObject({ text: 'done', warnings: [] });
});

test('a tool that throws is told to the model and shows in the warnings', async () => {
  const model = scriptedModel([{ toolCalls: [calling('1', {}, 'broken')] }, 'done without it']);

  const result = await run(model, { tools: [broken] });

  expect(lastMessages(model).at(-1)).toMatchObject({ role: 'tool', isError: true, content: 'broken failed: no disk' });
  expect(result.text).toBe('done without it');
  expect(result.warnings).toEqual([
    {
      code: 'tool_failed',
      message: 'The tool broken failed in "write": no disk',
      task: 'write',
      role: 'writer',
      cause: new Error('no disk'),
    },
  ]);
});

test("a task's tools replace its agent's", async () => {
  const model = scriptedModel(['one', 'two']);

  await run(model, { tools: [echo] }, { tools: [broken] });
  await run(model, { tools: [echo] }, { tools: [] });

  expect(model.requests.map(({ tools }) => tools?.map(({ name }) => name))).toEqual([['broken'], undefined]);
});

test('at the iteration cap one answer is demanded as a user turn without tools, and that is it', async () => {
  const again = { toolCalls: [calling('1', { text: 'x' })] };
  const model = scriptedModel([again, again, 'what I have']);

  const result = await run(model, { tools: [echo], maxIterations: 2 });

  model.assertComplete();
  expect(result.text).toBe('what I have');
  expect(lastMessages(model).at(-1)?.role).toBe('user');
  expect(model.requests[2]?.tools).toBeUndefined();
  expect(result.warnings).toMatchObject([{ code: 'forced_answer', task: 'write' }]);
  expect(result.taskOutputs[0]?.turns).toBe(3);
});

test('an agent that answers with its last iteration is not asked again', async () => {
  const model = scriptedModel([{ toolCalls: [calling('1', { text: 'x' })] }, 'done']);

  const result = await run(model, { tools: [echo], maxIterations: 2 });

  expect(result).toMatchObject({ text: 'done', warnings: [] });
});

test('a demanded answer that stays out fails the task', async () => {
  const again = { toolCalls: [calling('1', { text: 'x' })] };

  await expect(run(scriptedModel([again, again]), { tools: [echo], maxIterations: 1 })).rejects.toMatchObject({
    code: 'max_iterations',
    message: 'Task "write" (writer) failed: no answer after 1 iterations, nor when one was demanded',
  });
});

test.each<[string, ScriptedStep, object]>([
  [
    'an empty answer',
    ' \n',
    { code: 'empty_answer', message: expect.stringContaining('scripted/model answered with nothing (finish reason: stop)') },
  ],
  [
    'a filtered answer',
    { finishReason: 'content_filter' },
    { code: 'empty_answer', message: expect.stringContaining('content_filter') },
  ],
  ['a refusal', { refusal: 'I must not.' }, { code: 'refused', message: expect.stringContaining('refused: I must not.') }],
])('%s fails the task at once: nobody is asked again', async (_what, step, error) => {
  const model = scriptedModel([step]);

  await expect(run(model, {})).rejects.toMatchObject(error);

  model.assertComplete();
});

test('an answer that was cut off, and one from a stand-in, show in the warnings', async () => {
  const attempts = [
    attempt({ name: 'claude', outcome: 'failed', code: 'overloaded' }),
    attempt({ name: 'claude', outcome: 'failed', code: 'overloaded' }),
    attempt({ name: 'local', outcome: 'skipped' }),
    attempt({ name: 'groq' }),
  ];
  const toolCalls = [calling('1', { text: 'x' })];
  const model = scriptedModel([
    { toolCalls, attempts },
    { text: 'Half a sent', finishReason: 'length', attempts },
  ]);

  const { warnings } = await run(model, { tools: [echo] });

  expect(warnings.map(({ code, message }) => [code, message])).toEqual([
    ['fell_back', 'In "write", groq answered in place of others (claude: overloaded, local: skipped)'],
    ['truncated', 'The answer to "write" was cut off at the output limit of scripted/model'],
  ]);
});

test('what a model is given does not grow afterwards', async () => {
  const seen: (readonly Message[])[] = [];
  const model = vi.fn<Model>(async ({ messages }) => {
    seen.push(messages);
    const toolCalls = seen.length === 1 ? [calling('1', { text: 'x' })] : [];
    return { model: 'a/b', text: 'done', toolCalls, finishReason: 'stop', usage: {} };
  });

  await run(model, { tools: [echo] });

  expect(seen.map(({ length }) => length)).toEqual([2, 4]);
});
