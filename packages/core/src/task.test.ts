import { expect, test } from 'vitest';
import { Agent } from './agent.ts';
import { Task } from './task.ts';

const agent = new Agent({ role: 'Writer', goal: 'Write', backstory: 'You write.' });
const valid = { description: 'Write about {topic}', expectedOutput: 'A post', agent };

test('a task without a name gets one from its description, the same every time', () => {
  expect(new Task(valid).name).toBe('write_about_topic');
  expect(new Task({ ...valid, description: 'Écrire un article long sur le thème: {thème}!' }).name).toBe(
    'écrire_un_article_long_sur_le',
  );
  expect(new Task({ ...valid, description: '???' }).name).toBe('task');
});

test('context has three states, and null means none', () => {
  const other = new Task({ ...valid, name: 'other' });

  expect(new Task(valid).context).toBeUndefined();
  expect(new Task({ ...valid, context: [] }).context).toEqual([]);
  expect(new Task({ ...valid, context: null }).context).toEqual([]);
  expect(new Task({ ...valid, context: [other] }).context).toEqual([{ task: other }]);
});

test('a task cannot be changed, nor can what it was made of change it', () => {
  const context = [new Task({ ...valid, name: 'other' })];
  const task = new Task({ ...valid, context });

  context.pop();

  expect(task.context).toHaveLength(1);
  expect(() => Object.assign(task, { description: 'x' })).toThrow(TypeError);
});

test.each<[string, Record<string, unknown>, string]>([
  ['no description', { description: undefined }, 'Task: description is undefined'],
  ['an empty expected output', { expectedOutput: '' }, 'Task "Write about {topic}": expectedOutput is ""'],
  ['a role in place of an agent', { agent: 'writer' }, 'agent is "writer", and has to be an Agent'],
  ['an empty name', { name: '' }, 'Task: name is ""'],
  ['context that is no array', { context: 'research' }, 'context is "research", and has to be an array of Tasks'],
  ['context by name', { context: ['research'] }, 'context[0] is "research", and has to be one made with new Task()'],
  ['tools that are no array', { tools: {} }, 'tools is an object (Object)'],
])('%s is refused, with the field, the value and what is valid', (_what, change, message) => {
  const make = (): Task => new Task({ ...valid, ...change });

  expect(make).toThrow(TypeError);
  expect(make).toThrow(message);
});
