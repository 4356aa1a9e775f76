/** Behaviours 11 to 18: inputs. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Agent, Crew, Task } from '../index.ts';
import { scriptedModel } from '../testing.ts';

const agent = new Agent({ name: 'writer', role: 'Writer on {topic}', goal: 'Reach {readers}', backstory: 'Born {year}.' });
const plain = new Agent({ role: 'Writer', goal: 'Write', backstory: 'You write.' });

test('11. inputs reach role, goal, backstory, description, expected output and output file', async () => {
  const root = await mkdtemp(join(tmpdir(), 'rolecall-'));
  const model = scriptedModel(['done']);
  const task = new Task({
    name: 't',
    description: 'On {topic}',
    expectedOutput: 'For {readers}',
    agent,
    outputFile: 'out/{slug}.md',
  });

  await new Crew({ tasks: [task], model, outputRoot: root }).kickoff({ topic: 'AI', readers: 'nurses', year: 1990, slug: 'ai' });

  const [system, user] = model.requests[0]?.messages ?? [];
  expect(system?.content).toMatch(/Writer on AI[\s\S]*Born 1990\.[\s\S]*Reach nurses/);
  expect(user?.content).toMatch(/On AI[\s\S]*For nurses/);
  expect(await readFile(join(root, 'out/ai.md'), 'utf8')).toBe('done');
  await rm(root, { recursive: true });
});

async function described(description: string, inputs: Record<string, unknown>): Promise<string> {
  const task = new Task({ name: 't', description, expectedOutput: 'e', agent: plain });
  const result = await new Crew({ tasks: [task], model: scriptedModel(['done']) }).kickoff(inputs as never);
  return result.taskOutputs[0]?.description ?? '';
}

test('12. repeated and adjacent placeholders all expand, and names may have hyphens', async () => {
  expect(await described('{a}{a}{b-c} {a}', { a: 1, 'b-c': 'x' })).toBe('11x 1');
});

test('13. braces of JSON, {} and {123} survive', async () => {
  expect(await described('{"a": {"b": 1}} {} {123} {a}', { a: 'x' })).toBe('{"a": {"b": 1}} {} {123} x');
});

test('14. a missing name is an error that names it, before any model call', async () => {
  const model = scriptedModel([]);
  const task = new Task({ name: 't', description: 'On {topic} in {words}', expectedOutput: 'e', agent: plain });

  const run = new Crew({ tasks: [task], model }).kickoff({ topic: 'AI' } as never);

  await expect(run).rejects.toThrow('no input for "words" (in the description of task "t"); given: "topic"');
  expect(model.requests).toEqual([]);
});

test('15. no inputs at all where some are asked for is an error too', async () => {
  await expect(described('On {topic}', undefined as never)).rejects.toThrow('no input for "topic"');
});

test('16. a value that is not JSON is refused, with its key', async () => {
  await expect(described('On {topic}', { topic: 'a', at: { on: new Date() } })).rejects.toThrow(
    'input "at.on" is an object (Date)',
  );
});

test('17. a value that holds a placeholder is not expanded', async () => {
  expect(await described('On {topic}', { topic: '{secret} {topic}', secret: 's' })).toBe('On {secret} {topic}');
});

test('18. definitions do not change with a run: another with other inputs starts from the originals', async () => {
  const task = new Task({ name: 't', description: 'On {topic}', expectedOutput: 'e', agent: plain });
  const crew = new Crew({ tasks: [task], model: scriptedModel(['a', 'b']) });
  const before = JSON.stringify([task, plain]);

  await crew.kickoff({ topic: 'ants' });
  const second = await crew.kickoff({ topic: 'bees' });

  expect(second.tasks.t.description).toBe('On bees');
  expect(JSON.stringify([task, plain])).toBe(before);
});
