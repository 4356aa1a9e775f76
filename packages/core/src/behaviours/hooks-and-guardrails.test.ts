/** Behaviours 29 to 33 and 38: hooks, guardrails, conditions. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { z } from 'zod';
import {
  Agent,
  Crew,
  fileJournal,
  Task,
  TaskError,
  type CrewEvent,
  type GuardrailFunction,
  type Inputs,
  type TaskOutput,
} from '../index.ts';
import { scriptedModel } from '../testing.ts';

const agent = new Agent({ name: 'writer', role: 'Writer', goal: 'g', backstory: 'b' });
const base = { name: 'post', description: 'Write', expectedOutput: 'A post', agent } as const;
const research = new Task({ ...base, name: 'research' });
const Post = z.object({ title: z.string() });
const answered = { model: 'a/b', toolCalls: [], finishReason: 'stop', usage: {} } as const;
const throwing = (): never => {
  throw new Error('my bug');
};
const short = ({ text }: TaskOutput): true | { feedback: string } => text.length < 8 || { feedback: 'Too long' };

test('29. hooks before a run may rewrite inputs, also when there are none; hooks after it may replace the result', async () => {
  const task = new Task({ ...base, description: 'On {topic}' });
  const seen: unknown[] = [];
  const crew = new Crew({
    tasks: [task],
    model: scriptedModel(['done', 'done']),
    beforeKickoff: [(inputs) => (seen.push(inputs), { topic: 'bees', ...inputs }), (inputs) => ({ ...inputs, more: 1 })],
    afterKickoff: (result) => ({ ...result, text: result.text.toUpperCase() }),
  });

  const none = await crew.kickoff(undefined as never);
  const some = await crew.kickoff({ topic: 'ants' });

  expect([none.tasks.post.description, some.tasks.post.description]).toEqual(['On bees', 'On ants']);
  expect(none.text).toBe('DONE');
  expect(seen).toEqual([{}, { topic: 'ants' }]);
});

const adding = (inputs: Inputs): Inputs => Object.assign(inputs, { topic: 'bees', list: ['a'] });
const meddling: GuardrailFunction = (_output, { inputs }) => {
  expect(() => Object.assign(inputs, { topic: 'ants' })).toThrow(TypeError);
  expect(() => (inputs['list'] as string[]).push('b')).toThrow(TypeError);
  return true;
};

test('29c. a hook may change what it is given, and nobody else may', async () => {
  const model = scriptedModel(['done']);
  const task = new Task({ ...base, description: 'On {topic}', guardrails: meddling });

  const result = await new Crew({ tasks: [task], model, beforeKickoff: adding }).kickoff({ topic: '' });

  expect(result.tasks.post.description).toBe('On bees');
});

test('29b. a hook before a run that gives nothing back ends it; one after it that throws is reported', async () => {
  const model = scriptedModel(['done']);
  const forgetful = new Crew({ tasks: [research], model, beforeKickoff: (() => undefined) as never });

  await expect(forgetful.kickoff()).rejects.toThrow(
    'kickoff: what a beforeKickoff returned is undefined, and has to be an object of named inputs',
  );
  const result = await new Crew({ tasks: [research], model, afterKickoff: throwing }).kickoff();

  expect(result.warnings).toMatchObject([{ code: 'callback_failed', message: 'afterKickoff threw: my bug' }]);
});

test('under a journal a hook before a run is asked once: the run that is taken up goes on with the inputs it began with', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rolecall-hooks-'));
  const task = new Task({ ...base, description: 'At {time} on {topic}' });
  let asked = 0;
  const run = (topic: string): Promise<string> =>
    new Crew({
      tasks: [task],
      model: ({ messages }) => Promise.resolve({ ...answered, text: JSON.stringify(messages) }),
      beforeKickoff: (inputs) => ({ ...inputs, time: (asked += 1) }),
    })
      .kickoff({ topic, time: 0 }, { journal: fileJournal(folder), runId: 'run' })
      .then(({ tasks }) => tasks.post.description);

  const descriptions = [await run('tea'), await run('tea'), await run('ants')];
  await rm(folder, { recursive: true });

  expect(descriptions).toEqual(['At 1 on tea', 'At 1 on tea', 'At 2 on ants']);
  expect(asked).toBe(2);
});

test('30. a guardrail may put a text, read again by the schema, or a whole output in the place of the answer', async () => {
  const task = new Task({
    ...base,
    output: Post,
    guardrails: [({ output }) => JSON.stringify({ title: `${output.title}!` }), (output) => ({ ...output, model: 'mine' })],
  });

  const result = await new Crew({ tasks: [task], model: scriptedModel(['{"title":"Bees"}']) }).kickoff();

  expect(result.output).toEqual({ title: 'Bees!' });
  expect(result.tasks.post).toMatchObject({ text: '{"title":"Bees!"}', model: 'mine' });
});

test.each([
  ['null', () => null, 'a guardrail returned null'],
  ['nothing', () => undefined, 'a guardrail returned undefined'],
  ['a text that does not fit the schema', () => 'no JSON', 'does not fit the schema'],
])('30b. a guardrail that gives %s is an error', async (_what, guardrail, message) => {
  const task = new Task({ ...base, output: Post, guardrails: guardrail as never });

  await expect(new Crew({ tasks: [task], model: scriptedModel(['{"title":"Bees"}']) }).kickoff()).rejects.toMatchObject({
    code: 'hook_failed',
    message: expect.stringContaining(message),
  });
});

test('31. a guardrail that fails has the answer given again N times, and then fails with the count and the last reason', async () => {
  const task = new Task({ ...base, guardrails: short, maxRetries: 2 });
  const model = scriptedModel(['long text 1', 'long text 2', 'long text 3']);

  const error: unknown = await new Crew({ tasks: [task], model }).kickoff().catch((reason: unknown) => reason);

  expect(TaskError.isInstance(error)).toBe(true);
  expect(error).toMatchObject({
    code: 'guardrail_failed',
    message: 'Task "post" (writer) failed: guardrail 1 of "post" sent the answer back: Too long (after 2 retries)',
  });
  expect(model.requests[1]?.messages.at(-1)?.content).toContain('Too long');
  model.assertComplete();
});

test('what a task took includes its judges, whatever a guardrail puts in the place of the answer', async () => {
  const shorten = (() => ({ text: 'short' })) as unknown as GuardrailFunction; // as one without a compiler might
  const task = new Task({ ...base, guardrails: ['Is it short?', shorten] });
  const usage = { inputTokens: 10, outputTokens: 5 };
  const model = scriptedModel([
    { text: 'long', usage },
    { text: '{"pass": true}', usage },
  ]);

  const result = await new Crew({ tasks: [task], model }).kickoff();

  expect(result.tasks.post).toMatchObject({
    name: 'post',
    text: 'short',
    usage: { inputTokens: 20, outputTokens: 10 },
    unpriced: 2,
  });
  expect(result.tasks.post.attempts).toEqual(result.attempts);
});

test('32. guardrails run in order, each on what the one before left, and each with its own count', async () => {
  const order: string[] = [];
  const task = new Task({
    ...base,
    maxRetries: 1,
    guardrails: [
      ({ text }) => (order.push(`1:${text}`), text === 'a' ? { feedback: 'first' } : `${text}+`),
      ({ text }) => (order.push(`2:${text}`), text === 'b+' ? { feedback: 'second' } : true),
    ],
  });

  const result = await new Crew({ tasks: [task], model: scriptedModel(['a', 'b', 'c']) }).kickoff();

  expect(order).toEqual(['1:a', '1:b', '2:b+', '1:c', '2:c+']);
  expect(result.text).toBe('c+');
  expect(result.tasks.post.retries).toEqual({ schema: 0, guardrails: [1, 1], human: 0 });
});

test('33. the retry still has the earlier outputs, and the typed value is there from the first answer on', async () => {
  const values: unknown[] = [];
  const task = new Task({
    ...base,
    output: Post,
    guardrails: ({ output }) => (values.push(output), output.title !== 'One' || { feedback: 'Another title' }),
  });
  const model = scriptedModel(['FINDINGS', '{"title":"One"}', '{"title":"Two"}']);

  const result = await new Crew({ tasks: [research, task], model }).kickoff();

  expect(values).toEqual([{ title: 'One' }, { title: 'Two' }]);
  expect(result.output).toEqual({ title: 'Two' });
  expect(JSON.stringify(model.requests[2]?.messages)).toContain('FINDINGS');
  expect(model.requests[2]?.messages).toHaveLength(4);
  expect(model.requests[2]?.cache).toEqual({ reload: true });
});

test('a guardrail in words is judged by a model, apart from the conversation and the stream', async () => {
  const judge = new Agent({ name: 'judge', role: 'Judge', goal: 'g', backstory: 'b' });
  const task = new Task({ ...base, guardrails: ['Is it polite?', { criteria: 'Is it short?', judge }] });
  const model = scriptedModel([
    'Hey you',
    'Hm.',
    '```json\n{"pass": false, "feedback": "Say please"}\n```',
    'Please',
    '{"pass": true}',
    '{"pass": true}',
  ]);
  const events: CrewEvent[] = [];

  const result = await new Crew({ tasks: [task], model }).kickoff(
    {},
    { stream: true, onEvent: (event) => void events.push(event) },
  );

  expect(result.text).toBe('Please');
  expect(model.requests.map(({ role }) => role)).toEqual(['writer', 'writer', 'writer', 'writer', 'writer', 'judge']);
  expect(model.requests[3]?.messages.at(-1)?.content).toContain('Say please');
  expect(events.flatMap((event) => (event.type === 'delta' ? event.text : event.type === 'reset' ? '|' : [])).join('')).toBe(
    'Hey you|Please',
  );
  expect(events.filter(({ type }) => type === 'guardrail_finished')).toMatchObject([
    { guardrail: 0, passed: false, feedback: 'Say please', attempt: 1 },
    { guardrail: 0, passed: true, attempt: 2 },
    { guardrail: 1, passed: true, attempt: 2 },
  ]);
  model.assertComplete();
});

test('what a person says leads to a second answer in the same conversation', async () => {
  const human = vi.fn<(output: TaskOutput) => Promise<string | undefined>>(async ({ text }) =>
    text === 'draft' ? 'More bees' : undefined,
  );
  const model = scriptedModel(['draft', 'final']);

  const result = await new Crew({ tasks: [new Task({ ...base, human })], model }).kickoff();

  expect(result.text).toBe('final');
  expect(result.tasks.post.retries.human).toBe(1);
  expect(human).toHaveBeenCalledTimes(2);
  expect(model.requests[1]?.messages.at(-1)?.content).toContain('More bees');
});

test('38. a task that is skipped leaves an empty output in its place, and nothing in later prompts', async () => {
  const optional = new Task({ ...base, name: 'optional', output: Post, when: ({ text }) => text === 'go' });
  const asked: string[] = [];
  const next = new Task({
    ...base,
    name: 'next',
    when: (previous) => (asked.push(`${previous.name}:${previous.skipped}`), true),
  });
  const last = new Task({ ...base, name: 'last', when: () => false });
  const model = scriptedModel(['stay', 'NEXT']);
  const events: string[] = [];

  const result = await new Crew({ tasks: [research, optional, next, last], model, compat: 'crewai' }).kickoff(
    {},
    { onEvent: ({ type }) => void events.push(type) },
  );

  expect(result.taskOutputs.map(({ text, skipped }) => [text, skipped])).toEqual([
    ['stay', false],
    ['', true],
    ['NEXT', false],
    ['', true],
  ]);
  expect(result.text).toBe('NEXT');
  expect(result.output).toBeUndefined();
  expect(asked).toEqual(['optional:true']);
  expect(model.requests[1]?.messages[1]?.content).not.toContain('-----');
  expect(events.filter((type) => type === 'task_skipped')).toHaveLength(2);
});

test('a condition that throws, or does not say yes or no, fails its task', async () => {
  for (const when of [() => Promise.reject(new Error('my bug')), () => 'yes']) {
    const task = new Task({ ...base, when: when as never });
    const run = new Crew({ tasks: [research, task], model: scriptedModel(['a']) }).kickoff();
    await expect(run).rejects.toMatchObject({ code: 'hook_failed', task: 'post', finished: [{ name: 'research' }] });
  }
});
