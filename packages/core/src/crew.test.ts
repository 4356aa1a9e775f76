import { expect, test, vi } from 'vitest';
import { Agent } from './agent.ts';
import { Crew } from './crew.ts';
import { Task } from './task.ts';
import { scriptedModel } from './testing.ts';

const researcher = new Agent({
  name: 'researcher',
  role: 'Research Specialist',
  goal: 'Find out all about {topic}',
  backstory: 'You dig deep.',
});
const writer = new Agent({ role: 'Writer', goal: 'Write well', backstory: 'You write.', model: 'gpt-4' });
const research = new Task({ name: 'research', description: 'Research {topic}', expectedOutput: 'Key points', agent: researcher });
const write = new Task({ name: 'write', description: 'Write a post', expectedOutput: 'Markdown', agent: writer });

test('the result has the last text, every output in order and by name, and the run id', async () => {
  const crew = new Crew({ tasks: [research, write], model: scriptedModel(['points', 'post']) });

  const result = await crew.kickoff({ topic: 'AI trends' }, { runId: 'run-1' });

  expect(result.runId).toBe('run-1');
  expect(result.text).toBe('post');
  expect(result.taskOutputs.map(({ name, role, text }) => [name, role, text])).toEqual([
    ['research', 'researcher', 'points'],
    ['write', 'Writer', 'post'],
  ]);
  expect(result.tasks.research).toBe(result.taskOutputs[0]);
  expect(result.tasks.research).toMatchObject({ model: 'scripted/model', turns: 1, description: 'Research AI trends' });
  expect(result.warnings).toEqual([]);
});

test('a run without an id gets one of its own', async () => {
  const crew = new Crew({ tasks: [write], model: scriptedModel(['a', 'b']) });

  const [first, second] = [await crew.kickoff(), await crew.kickoff()];

  expect(first.runId).toMatch(/^[0-9a-f-]{36}$/);
  expect(second.runId).not.toBe(first.runId);
});

test('a second run with other inputs starts from the texts as written', async () => {
  const model = scriptedModel(['1', '2']);
  const crew = new Crew({ tasks: [research], model });

  await crew.kickoff({ topic: 'bees' });
  await crew.kickoff({ topic: 'ants' });

  expect(JSON.stringify(model.requests[1]?.messages)).toContain('ants');
  expect(JSON.stringify(model.requests[1]?.messages)).not.toContain('bees');
  expect(research.description).toBe('Research {topic}');
});

test('task names such as __proto__ are safe in the result', async () => {
  const task = new Task({ name: '__proto__', description: 'a', expectedOutput: 'b', agent: writer });

  const result = await new Crew({ tasks: [task], model: scriptedModel(['text']) }).kickoff();

  const byName = new Map(Object.entries(result.tasks));
  expect(byName.get('__proto__')?.text).toBe('text');
  expect('constructor' in result.tasks).toBe(false);
});

test('a missing input ends the run before any model call, also when none were given', async () => {
  const model = scriptedModel([]);
  const crew = new Crew({ tasks: [research], model });
  const onEvent = vi.fn();

  for (const inputs of [{ topik: 'AI' }, {}, undefined]) {
    await expect(crew.kickoff(inputs as never, { onEvent })).rejects.toThrow(/^kickoff: no input for "topic"/);
  }

  expect(model.requests).toEqual([]);
  expect(onEvent).not.toHaveBeenCalled();
});

test.each<[string, Record<string, unknown>, string]>([
  ['no tasks', { tasks: [] }, 'tasks is an empty array, and has to be an array of at least one Task'],
  ['tasks of another type', { tasks: undefined }, 'tasks is undefined, and has to be an array of Tasks'],
  [
    'an agent among the tasks',
    { tasks: [research, writer] },
    'tasks[1] is an object (Agent), and has to be one made with new Task()',
  ],
  ['no model', { model: undefined }, 'model is undefined, and has to be a Model'],
  ['a role among the agents', { agents: ['writer'] }, 'agents[0] is "writer", and has to be one made with new Agent()'],
  ['an empty name', { name: '' }, 'name is ""'],
  ['one task twice', { tasks: [research, research] }, 'two tasks are named "research"'],
])('a crew with %s is refused', (_what, change, message) => {
  const make = (): Crew => new Crew({ tasks: [research], model: scriptedModel([]), ...change });

  expect(make).toThrow(TypeError);
  expect(make).toThrow(message);
});

test('a context that names a later task, or one outside the crew, is refused', () => {
  const early: Task = new Task({ name: 'early', description: 'a', expectedOutput: 'b', agent: writer, context: [write] });
  const model = scriptedModel([]);

  expect(() => new Crew({ tasks: [early, write], model })).toThrow(
    'the context of task "early" has "write", which is not an earlier task; valid are: none',
  );
  expect(() => new Crew({ tasks: [research, early], model })).toThrow('valid are: research');
});

test('a model that could not serve an agent is refused, with its reason', () => {
  const check = vi.fn(({ role }: { role?: string | undefined }) => (role === 'Writer' ? 'no chain for "Writer"' : undefined));
  const model = Object.assign(async () => Promise.reject(new Error('not asked')), { check });

  expect(() => new Crew({ tasks: [research], model, agents: [writer] })).toThrow(
    new TypeError('Crew: the model cannot serve agent "Writer": no chain for "Writer"'),
  );
  expect(check.mock.calls).toEqual([[{ role: 'researcher', model: undefined }], [{ role: 'Writer', model: 'gpt-4' }]]);
});

test.each<[string, Record<string, unknown>, string]>([
  ['a signal', { signal: {} }, 'kickoff: signal is an object (Object), and has to be an AbortSignal'],
  ['a listener', { onEvent: 'log' }, 'onEvent is "log"'],
  ['a stream flag', { stream: 'yes' }, 'stream is "yes", and has to be true or false'],
  ['a run id', { runId: '' }, 'runId is ""'],
])('%s of another type is refused at the start of a run', async (_what, options, message) => {
  const crew = new Crew({ tasks: [write], model: scriptedModel([]) });

  await expect(crew.kickoff({}, options)).rejects.toThrow(message);
});

test('a crew and what a run gave cannot be changed', async () => {
  const crew = new Crew({ tasks: [write], model: scriptedModel(['x']) });

  const result = await crew.kickoff();

  for (const frozen of [crew, crew.tasks, crew.agents, result, result.tasks, result.taskOutputs, result.tasks.write]) {
    expect(Object.isFrozen(frozen)).toBe(true);
  }
});

test('inputs are looked at without a run, and what a hook may add is not missed', () => {
  const [tasks, model] = [[research], scriptedModel([])] as const;
  const crew = new Crew({ tasks, model });
  const hooked = new Crew({ tasks, model, beforeKickoff: (inputs) => ({ ...inputs, topic: 'tea' }) });

  expect(crew.inputNames).toEqual(['topic']);
  expect(() => crew.checkInputs({ other: 'x' })).toThrow('kickoff: no input for "topic"');
  expect(() => crew.checkInputs({ topic: 'tea' })).not.toThrow();
  expect(() => hooked.checkInputs({})).not.toThrow();
  expect(() => hooked.checkInputs({ topic: Number.NaN })).toThrow('input "topic"');
});
