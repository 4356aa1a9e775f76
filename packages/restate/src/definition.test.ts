import { Agent, Crew, Task, type AgentOptions, type Inputs, type TaskOptions } from '@rolecall/core';
import { scriptedModel } from '@rolecall/core/testing';
import { expect, test } from 'vitest';
import { changesBetween, definitionOf } from './definition.ts';

function crewOf(goal = 'Find out', version?: string, names: readonly string[] = ['research']): Crew {
  const agent = new Agent({ role: 'researcher', goal, backstory: 'Curious' });
  const tasks = names.map((name) => new Task({ name, description: 'Look', expectedOutput: 'Text', agent }));
  return new Crew({ tasks, model: scriptedModel([]), version });
}

test('the same crew made twice is the same crew', () => {
  expect(changesBetween(definitionOf(crewOf()), definitionOf(crewOf()))).toBeUndefined();
});

test.each([
  ['a version', crewOf('Find out', '2'), 'version (none became 2)'],
  ['an agent', crewOf('Find more'), 'agent "researcher"'],
  [
    'a task more',
    crewOf('Find out', undefined, ['research', 'write']),
    'tasks (research became research, write), task "write" (new)',
  ],
])('%s that changed is named', (_what, changed, words) => {
  expect(changesBetween(definitionOf(crewOf()), definitionOf(changed))).toBe(words);
});

const person = (role: string, more: Partial<AgentOptions> = {}): Agent => new Agent({ role, goal: 'g', backstory: 'b', ...more });
const taskOf = (name: string, more: Partial<TaskOptions> = {}): Task =>
  new Task({ name, description: 'd', expectedOutput: 'e', agent: person('clerk'), ...more });
const first = taskOf('first');
const model = scriptedModel([]);

const places: Readonly<Record<string, readonly [crew: (agent: Agent) => Crew, part: string]>> = {
  'at a task': [(agent) => new Crew({ tasks: [taskOf('one', { agent })], model }), 'agent "other"'],
  'as one of two of a name': [
    (agent) => new Crew({ tasks: [taskOf('one', { agent })], agents: [person('other')], model }),
    'agent "other"',
  ],
  'as a manager': [(manager) => new Crew({ tasks: [first], manager, model }), 'manager'],
  'as a judge': [
    (judge) => new Crew({ tasks: [taskOf('one', { guardrails: { criteria: 'Good?', judge } })], model }),
    'task "one"',
  ],
  'who sums up a context': [
    (summarizedBy) => new Crew({ tasks: [first, taskOf('one', { context: [{ task: first, summarizedBy }] })], model }),
    'task "one"',
  ],
};
const changes: readonly Partial<AgentOptions>[] = [
  { systemPrompt: 'You are somebody else.' },
  { allowDelegation: true },
  { contextWindow: { maxTokens: 9_000 } },
];

test.each(Object.entries(places))('what an agent %s is told is part of a crew', (_where, [crewWith, part]) => {
  const before = definitionOf(crewWith(person('other')));

  const named = changes.map((change) => changesBetween(before, definitionOf(crewWith(person('other', change)))));

  expect(named).toEqual([part, part, part]);
});

const hook = (inputs: Inputs): Inputs => inputs;
const aside = taskOf('aside', { async: true });
const crewWith = (more: Partial<ConstructorParameters<typeof Crew>[0]>): Crew => new Crew({ tasks: [first], model, ...more });

test.each<[named: string, before: Crew, now: Crew]>([
  ['planning (new)', crewWith({}), crewWith({ planning: true })],
  ['planning', crewWith({ planning: true }), crewWith({ planning: person('planner') })],
  ['planning (gone)', crewWith({ planning: person('planner') }), crewWith({ planning: false })],
  ['compat (none became crewai)', crewWith({}), crewWith({ compat: 'crewai' })],
  ['beforeKickoff (0 became 1)', crewWith({}), crewWith({ beforeKickoff: hook })],
  ['taskCallback (none became some)', crewWith({}), crewWith({ taskCallback: () => undefined })],
  ['concurrency (4 became 1)', crewWith({ tasks: [first, aside] }), crewWith({ tasks: [first, aside], concurrency: 1 })],
  ['task "first"', crewWith({}), crewWith({ tasks: [taskOf('first', { callback: () => undefined })] })],
  [
    'agent "clerk"',
    crewWith({}),
    crewWith({ tasks: [taskOf('first', { agent: person('clerk', { knowledge: { search: async () => [] } }) })] }),
  ],
])('what shapes a run of the whole crew is part of it: %s', (named, before, now) => {
  expect(changesBetween(definitionOf(before), definitionOf(now))).toBe(named);
});

test('what asks for nothing else and orders nothing is no part of it', () => {
  const now = crewWith({ maxRpm: 3, concurrency: 1, outputRoot: '/tmp', afterKickoff: () => undefined });

  expect(changesBetween(definitionOf(crewWith({})), definitionOf(now))).toBeUndefined();
});
