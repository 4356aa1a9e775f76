/** Behaviours 19 to 28: outputs, files, callbacks. */
import { mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, expectTypeOf, test, vi } from 'vitest';
import { z } from 'zod';
import { Agent, Crew, Task, TaskError, type TaskOptions } from '../index.ts';
import { scriptedModel, type ScriptedStep } from '../testing.ts';

let root: string;
beforeAll(async () => void (root = await mkdtemp(join(tmpdir(), 'rolecall-'))));
afterAll(() => rm(root, { recursive: true }));

const agent = new Agent({ name: 'writer', role: 'Writer', goal: 'g', backstory: 'b' });
const base = { name: 'post', description: 'Write', expectedOutput: 'A post', agent } as const;
const Post = z.object({ title: z.string(), words: z.number() });
const post = new Task({ ...base, output: Post });
const good = '{"title":"Bees","words":3}';

function run(options: Partial<TaskOptions>, steps: readonly ScriptedStep[] = ['done']) {
  const task: Task = new Task({ ...base, ...options });
  return new Crew({ tasks: [task], model: scriptedModel(steps), outputRoot: root }).kickoff();
}

test("19. the final text is the last task's; all outputs are kept, in order, with role and name", async () => {
  const first = new Task({ ...base, name: 'first' });

  const result = await new Crew({ tasks: [first, post], model: scriptedModel(['a', good]) }).kickoff();

  expect(result.text).toBe(good);
  expect(result.taskOutputs.map(({ name, role, text }) => [name, role, text])).toEqual([
    ['first', 'writer', 'a'],
    ['post', 'writer', good],
  ]);
});

test('20. as a string, an output is its typed value, or else its text', async () => {
  const first = new Task({ ...base, name: 'first' });

  const result = await new Crew({ tasks: [first, post], model: scriptedModel(['a', `Here: ${good}`]) }).kickoff();

  expect(String(result)).toBe('{\n  "title": "Bees",\n  "words": 3\n}');
  expect(String(result.tasks.post)).toBe(String(result));
  expect(String(result.tasks.first)).toBe('a');
});

test('21. the value of a task without a schema is undefined, and reading a field of it does not compile', async () => {
  const result = await new Crew({ tasks: [new Task(base)], model: scriptedModel(['{"title":"T"}']) }).kickoff();

  expect(result.output).toBeUndefined();
  expectTypeOf(result.output).toBeUnknown();
});

test('22. a second schema, or what is no schema, is an error at construction', () => {
  expect(() => new Task({ ...base, output: [Post, Post] as never })).toThrow('output is an array, and has to be one schema');
  expect(() => new Task({ ...base, output: z.date() })).toThrow('output cannot be written as JSON Schema');
});

test.each([
  ['alone', good],
  ['in a fence', `Sure!\n\`\`\`json\n${good}\n\`\`\`\nBye {you}`],
  ['in prose', `I think [1] {this} is it: ${good}. Right?`],
  ['after JSON of another shape', `{"thought": "}"} ${good}`],
])('23. JSON %s is found without a further call, and typed', async (_where, text) => {
  const model = scriptedModel([text]);

  const result = await new Crew({ tasks: [post], model }).kickoff();

  expect(result.output).toEqual({ title: 'Bees', words: 3 });
  expect(result.tasks.post.text).toBe(text);
  model.assertComplete();
});

test('23b. JSON of the wrong shape is asked for again, in the same conversation, and never from a cache', async () => {
  const model = scriptedModel(['{"title":"Bees","words":"three"}', good]);

  const result = await new Crew({ tasks: [post], model }).kickoff();

  expect(result.output.words).toBe(3);
  expect(result.tasks.post.retries.schema).toBe(1);
  expect(result.warnings).toMatchObject([{ code: 'repaired', task: 'post' }]);
  expect(model.requests[0]?.cache?.reload).toBeUndefined();
  expect(model.requests[1]?.cache).toEqual({ reload: true });
  const messages = model.requests[1]?.messages ?? [];
  expect(messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user']);
  expect(messages[3]?.content).toContain('words: ');
});

test('24. malformed JSON is asked for again three times at most, then a typed error', async () => {
  const model = scriptedModel(['no', 'no', '{"title":', 'still no']);

  const error: unknown = await new Crew({ tasks: [post], model }).kickoff().catch((reason: unknown) => reason);

  expect(TaskError.isInstance(error)).toBe(true);
  expect(error).toMatchObject({
    code: 'output_invalid',
    message: expect.stringContaining('after 3 retries'),
    attempts: { length: 4 },
  });
  model.assertComplete();
});

test('25. the folder of a file is made, JSON is indented and keeps its characters; without the flag a missing folder is an error', async () => {
  const options = { outputFile: 'deep/er/post.json', output: Post };
  const result = await run(options, ['{"title":"Bienenstöcke 🐝","words":3}']);

  expect(await readFile(join(root, 'deep/er/post.json'), 'utf8')).toBe('{\n  "title": "Bienenstöcke 🐝",\n  "words": 3\n}');
  expect(await readdir(join(root, 'deep/er'))).toEqual(['post.json']);
  expect(result.text).toContain('🐝');
  expect(result.taskOutputs[0]?.file).toBe('deep/er/post.json');
  await expect(run({ outputFile: 'none/post.md', createFolder: false })).rejects.toMatchObject({
    code: 'file_failed',
    finished: [{ name: 'post', text: 'done' }],
  });
});

test.each(['../x', 'a/../../x', '~/x', '/etc/x', 'C:/x', '..\\x', '$HOME', 'a|b', 'a>b', 'a;b', 'a`b', 'a/', 'a\0b', ''])(
  '26. the output path %j is refused at construction',
  (outputFile) => {
    expect(() => new Task({ ...base, outputFile })).toThrow(/outputFile is .*, and has to be/);
  },
);

test.each(['../../x', '..', '/etc', '$(x)', 'a\nb'])(
  '26b. the input %j is refused in a path before any model call',
  async (topic) => {
    const model = scriptedModel([]);
    const task = new Task({ ...base, outputFile: '{topic}/x.md' });

    await expect(new Crew({ tasks: [task], model, outputRoot: root }).kickoff({ topic })).rejects.toThrow(TypeError);
    expect(model.requests).toEqual([]);
  },
);

test('26c. a link that leads out of the root folder is not followed', async () => {
  const outside = await mkdtemp(join(tmpdir(), 'rolecall-outside-'));
  await mkdir(join(root, 'links'), { recursive: true });
  await symlink(outside, join(root, 'links/out'));

  for (const outputFile of ['links/out/x.md', 'links/out/new/x.md']) {
    await expect(run({ outputFile })).rejects.toMatchObject({
      code: 'file_failed',
      message: expect.stringContaining('through a link'),
    });
  }
  expect(await readdir(outside)).toEqual([]);
  await rm(outside, { recursive: true });
});

test("27. the task's callback and the crew's are called once each, and once if they are the same", async () => {
  const [own, crews, same] = [vi.fn(), vi.fn(), vi.fn()];
  const tasks = [new Task({ ...base, name: 'a', callback: own }), new Task({ ...base, name: 'b', callback: same })] as const;

  await new Crew({ tasks, model: scriptedModel(['A', 'B']), taskCallback: crews }).kickoff();
  await new Crew({ tasks, model: scriptedModel(['A', 'B']), taskCallback: same }).kickoff();

  expect(own).toHaveBeenCalledTimes(2);
  expect(crews.mock.calls.map(([output]) => output.text)).toEqual(['A', 'B']);
  expect(same.mock.calls.map(([output]) => output.text)).toEqual(['B', 'A', 'B']);
});

test('28. a callback that throws loses neither the output nor the file, and is reported', async () => {
  const result = await run({ outputFile: 'kept.md', callback: () => Promise.reject(new Error('my bug')) });

  expect(result.text).toBe('done');
  expect(await readFile(join(root, 'kept.md'), 'utf8')).toBe('done');
  expect(result.warnings).toMatchObject([{ code: 'callback_failed', task: 'post', cause: new Error('my bug') }]);
});
