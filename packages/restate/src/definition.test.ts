import { Agent, Crew, Task } from '@rolecall/core';
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
