import { expect, test } from 'vitest';
import { z } from 'zod';
import { workOf, type Setting } from '../test/agent-work.ts';
import { Agent } from './agent.ts';
import { runAgent } from './agent-loop.ts';
import type { CrewEvent } from './events.ts';
import type { ToolCall } from './model.ts';
import { scriptedModel } from './testing.ts';
import { tool } from './tool.ts';

const count = tool({ name: 'count', description: 'Counts.', parameters: z.object({}), execute: () => 42 });
const expertOn = (topic: string): Agent =>
  new Agent({ name: 'expert', role: `Expert on ${topic}`, goal: 'Know {topic}', backstory: 'You know.', tools: [count] });
const expert = expertOn('{topic}');
const writer = { allowDelegation: true };
const setting: Setting = { agent: writer, agents: [expert], inputs: { topic: 'bees' } };
const calling = (name: string, args: unknown): { toolCalls: ToolCall[] } => ({
  toolCalls: [{ id: '1', name, arguments: typeof args === 'string' ? args : JSON.stringify(args) }],
});

test('work is handed to a coworker, who does it with tools of its own, and whose answer returns', async () => {
  const events: CrewEvent[] = [];
  const model = scriptedModel([
    calling('delegate', { coworker: 'expert', task: 'Count the bees', context: 'In the garden.' }),
    calling('count', {}),
    '42 bees',
    'There are 42 bees.',
  ]);
  const work = workOf(model, { ...setting, events });

  const { text, turns } = await runAgent(work);

  expect([text, turns]).toEqual(['There are 42 bees.', 2]);
  expect(model.requests.map(({ role }) => role)).toEqual(['writer', 'expert', 'expert', 'writer']);
  const [asked] = model.requests.slice(1);
  expect(asked?.messages[0]?.content).toBe('You are Expert on bees. You know.\nThe goal you work towards: Know bees');
  expect(asked?.messages[1]?.content).toContain('Your task: Count the bees\n\nIn the garden.');
  expect(asked?.tools?.map(({ name }) => name)).toEqual(['count']); // it cannot hand the work on
  expect(model.requests[3]?.messages.at(-1)).toMatchObject({ role: 'tool', name: 'delegate', content: '42 bees' });
  expect(work.attempts).toHaveLength(4);
  expect(events.flatMap((event) => (event.type === 'model_call_finished' ? event.role : []))).toEqual([
    'writer',
    'expert',
    'expert',
    'writer',
  ]);
});

test('a question finds a coworker by its role too, however it is written', async () => {
  const model = scriptedModel([calling('ask', { coworker: ' EXPERT ON BEES', question: 'How many?' }), '42', 'done']);

  await runAgent(workOf(model, setting));

  expect(model.requests[1]?.messages[1]?.content).toContain('Your task: How many?');
});

async function toolsShown(facts: Setting): Promise<readonly string[] | undefined> {
  const model = scriptedModel(['done']);
  await runAgent(workOf(model, facts));
  return model.requests[0]?.tools?.map(({ name, parameters }) => `${name} ${JSON.stringify(parameters)}`);
}

test('the tools name the coworkers, and are there only where delegation is allowed and somebody is there', async () => {
  expect(await toolsShown(setting)).toEqual([
    expect.stringMatching(/^delegate .*one of \\"expert\\"/),
    expect.stringMatching(/^ask /),
  ]);
  expect(await toolsShown({ ...setting, agent: {} })).toBeUndefined();
  expect(await toolsShown({ agent: writer })).toBeUndefined();
});

test.each([
  [
    'an unknown coworker',
    calling('delegate', { coworker: 'boss', task: 'x' }),
    'There is no coworker "boss". There are: expert.',
  ],
  ['no task', calling('delegate', { coworker: 'expert' }), 'task: has to be a text'],
  ['a context that is no text', calling('ask', { coworker: 'expert', question: 'x', context: 7 }), 'context: has to be a text'],
  ['no JSON', calling('ask', '{'), 'not valid JSON'],
  ['null', calling('ask', 'null'), 'coworker: has to be a text'],
])('%s is told to the model, which may correct itself', async (_what, step, told) => {
  const model = scriptedModel([step, 'done']);

  await runAgent(workOf(model, setting));

  expect(model.requests[1]?.messages.at(-1)).toMatchObject({ isError: true, content: expect.stringContaining(told) });
});

test('a coworker who gives no answer is told; a backend that fails ends the task', async () => {
  const handing = calling('delegate', { coworker: 'expert', task: 'x' });
  const model = scriptedModel([handing, '', 'without it']);
  const work = workOf(model, setting);

  expect((await runAgent(work)).text).toBe('without it');
  expect(model.requests[2]?.messages.at(-1)).toMatchObject({
    isError: true,
    content: expect.stringContaining('expert could not do it'),
  });
  expect(work.run.warnings).toMatchObject([{ code: 'tool_failed' }]);

  await expect(runAgent(workOf(scriptedModel([handing, new Error('down')]), setting))).rejects.toThrow('down');
});

test('a manager hands work to those it is given, without a word of its own about it', async () => {
  const model = scriptedModel([calling('delegate', { coworker: 'expert', task: 'x' }), 'y', 'z']);

  const { text } = await runAgent({ ...workOf(model, { inputs: { topic: 'bees' } }), coworkers: [expert] });

  expect(text).toBe('z');
});
