/** What makes a task run again that a journal has the answer to. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Agent, Crew, Task, type AgentOptions, type TaskOptions } from '../index.ts';
import { scriptedModel } from '../testing.ts';
import { fileJournal } from './file-journal.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rolecall-key-'));
});
afterEach(() => rm(folder, { recursive: true }));

const person = (name: string, more: Partial<AgentOptions> = {}): Agent =>
  new Agent({ name, role: name, goal: 'g', backstory: 'b', ...more });
const taskOf = (name: string, more: Partial<TaskOptions> = {}): Task =>
  new Task({ name, description: `Do ${name}`, expectedOutput: 'e', agent: person('writer'), ...more });
const first = taskOf('first');

type Made = (other: Agent) => Omit<ConstructorParameters<typeof Crew>[0], 'model'>;

const asks = { toolCalls: [{ id: '1', name: 'ask', arguments: '{"coworker":"other","question":"Well?"}' }] };
const delegating = taskOf('one', { agent: person('writer', { allowDelegation: true }) });
const crews: Readonly<Record<string, readonly [make: Made, steps: Parameters<typeof scriptedModel>[0]]>> = {
  'a coworker whom an agent may ask': [(other) => ({ tasks: [delegating], agents: [other] }), [asks, 'well', 'done']],
  'a coworker of a manager': [(other) => ({ tasks: [first], agents: [other], manager: person('boss') }), [asks, 'well', 'done']],
  'the judge of a guardrail': [
    (judge) => ({ tasks: [taskOf('one', { guardrails: { criteria: 'Good?', judge } })] }),
    ['done', '{"pass": true}'],
  ],
  'who sums up a context': [
    (summarizedBy) => ({ tasks: [first, taskOf('two', { context: [{ task: first, summarizedBy }] })] }),
    ['first', 'in short', 'done'],
  ],
  'a planner': [(planning) => ({ tasks: [first], planning }), ['{"plans": [{"task": "first", "plan": "p"}]}', 'done']],
};

const changes: Readonly<Record<string, Partial<AgentOptions>>> = {
  'system prompt': { systemPrompt: 'You are somebody else.' },
  model: { model: 'gpt-5' },
  settings: { settings: { temperature: 0 } },
};

const cases = Object.keys(crews).flatMap((who) => Object.keys(changes).map((what) => [what, who] as const));

test.each(cases)('a change to the %s of %s asks for it again', async (what, who) => {
  const [make, steps] = crews[who] ?? expect.unreachable();
  const options = { journal: fileJournal(folder), runId: 'run' };
  const run = async (other: Agent): Promise<number> => {
    const model = scriptedModel(steps);
    await new Crew({ ...make(other), model }).kickoff({}, options);
    return model.requests.length;
  };
  const before = await run(person('other'));

  const unchanged = await run(person('other'));
  const changed = await run(person('other', changes[what]));

  expect([before, unchanged]).toEqual([steps.length, 0]);
  expect(changed).toBeGreaterThan(0);
});
