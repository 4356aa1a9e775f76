/** Behaviours 1 to 10: what a task is handed and told, and which crews cannot be made. */
import { expect, test } from 'vitest';
import { z } from 'zod';
import { Agent, Crew, Task } from '../index.ts';
import { scriptedModel, type ScriptedModel } from '../testing.ts';

const agent = new Agent({ name: 'writer', role: 'Writer', goal: 'Write well', backstory: 'You write.' });
const one = new Task({ name: 'one', description: 'Do one', expectedOutput: 'One', agent });
const two = new Task({ name: 'two', description: 'Do two', expectedOutput: 'Two', agent });
const three = new Task({ name: 'three', description: 'Do three', expectedOutput: 'Three', agent });
const promptOf = (model: ScriptedModel, call: number): unknown => model.requests[call]?.messages[1]?.content;

test('1. context unset: every earlier output, in order, joined by the divider where prompts are as in CrewAI', async () => {
  const model = scriptedModel(['ONE', 'TWO', 'THREE']);

  await new Crew({ tasks: [one, two, three], model, compat: 'crewai' }).kickoff();

  expect(promptOf(model, 2)).toContain("This is the context you're working with:\nONE\n\n----------\n\nTWO\n\n");
});

test('2. a list: those outputs only, in the order of the list', async () => {
  const model = scriptedModel(['ONE', 'TWO', 'THREE', 'FOUR']);
  const four = new Task({ name: 'four', description: 'Do four', expectedOutput: 'Four', agent, context: [three, one] });

  await new Crew({ tasks: [one, two, three, four], model }).kickoff();

  expect(promptOf(model, 3)).toMatch(/THREE[\s\S]*ONE/);
  expect(promptOf(model, 3)).not.toContain('TWO');
});

test.each([[[]], [null]])('3. %o: no context, even for the last task', async (context) => {
  const model = scriptedModel(['ONE', 'LAST']);
  const last = new Task({ name: 'last', description: 'Do last', expectedOutput: 'Last', agent, context });

  await new Crew({ tasks: [one, last], model }).kickoff();

  expect(promptOf(model, 1)).not.toContain('ONE');
});

test.each([undefined, 'crewai'] as const)('4. without context its preamble is absent (compat: %s)', async (compat) => {
  const model = scriptedModel(['ONE']);

  await new Crew({ tasks: [one], model, compat }).kickoff();

  expect(promptOf(model, 0)).not.toMatch(/context|earlier|-----/i);
});

test('5. the prompt has the description, the expected output, and the demand for the full content', async () => {
  const model = scriptedModel(['ONE']);

  await new Crew({ tasks: [one], model }).kickoff();

  expect(promptOf(model, 0)).toMatch(/Do one[\s\S]*One[\s\S]*whole content itself, not a summary/);
});

test('6. role, goal and backstory are in the system message; description and context in the user message', async () => {
  const model = scriptedModel(['ONE', 'TWO']);

  await new Crew({ tasks: [one, two], model }).kickoff();

  const [system, user] = model.requests[1]?.messages ?? [];
  expect(system).toMatchObject({ role: 'system', content: expect.stringMatching(/Writer[\s\S]*You write\.[\s\S]*Write well/) });
  expect(user).toMatchObject({ role: 'user', content: expect.stringMatching(/Do two[\s\S]*ONE/) });
  expect(system?.content).not.toMatch(/Do two|ONE/);
});

test('7. the Markdown flag adds its rules after the expected output, and before the context', async () => {
  const model = scriptedModel(['ONE', 'MD']);
  const marked = new Task({ name: 'marked', description: 'Do it', expectedOutput: 'A table', agent, markdown: true });

  await new Crew({ tasks: [one, marked], model }).kickoff();

  expect(promptOf(model, 1)).toMatch(/A table[\s\S]*as Markdown[\s\S]*ONE/);
  expect(promptOf(model, 0)).not.toContain('Markdown');
});

test('8. a context that names a later task is refused when the crew is made', () => {
  const early: Task<'early'> = new Task({ name: 'early', description: 'a', expectedOutput: 'b', agent, context: [two] });

  expect(() => new Crew({ tasks: [early, two], model: scriptedModel([]) })).toThrow('"two", which is not an earlier task');
});

test('9. a task without an agent is refused where nobody leads', () => {
  const orphan = new Task({ name: 'orphan', description: 'a', expectedOutput: 'b' });

  expect(() => new Crew({ tasks: [orphan], model: scriptedModel([]) })).toThrow('task "orphan" has no agent');
});

test('10. a crew with neither agents nor tasks is refused', () => {
  const tasks: readonly Task[] = [];

  expect(() => new Crew({ tasks, model: scriptedModel([]) })).toThrow('at least one Task');
});

test('the compat prompt is that of CrewAI 1.15, to the letter', async () => {
  const model = scriptedModel(['ONE', 'TWO']);

  await new Crew({ tasks: [one, two], model, compat: 'crewai' }).kickoff();

  expect(model.requests[1]?.messages).toEqual([
    { role: 'system', content: 'You are Writer. You write.\nYour personal goal is: Write well' },
    {
      role: 'user',
      content: `
Current Task: Do two

This is the expected criteria for your final answer: Two
you MUST return the actual complete content as the final answer, not a summary.

This is the context you're working with:
ONE

Provide your complete response:`,
    },
  ]);
});

test('each context policy changes the request as it says', async () => {
  const summariser = new Agent({ name: 'summariser', role: 'Summariser', goal: 'Shorten', backstory: 'Brief.' });
  const long = 'x'.repeat(400);
  const last = new Task({
    name: 'last',
    description: 'Do last',
    expectedOutput: 'Last',
    agent,
    context: [
      { task: one, maxTokens: 10 },
      { task: two, map: ({ text }) => text.toLowerCase() },
      { task: three, summarizedBy: summariser },
    ],
  });
  const model = scriptedModel([long, 'TWO', 'THREE', 'IN SHORT', 'LAST']);

  const result = await new Crew({ tasks: [one, two, three, last], model }).kickoff();

  expect(promptOf(model, 4)).toContain(`by Writer ---\n${'x'.repeat(40)}\n[… the rest was left out]`);
  expect(promptOf(model, 4)).toContain('by Writer ---\ntwo');
  expect(promptOf(model, 4)).toContain('by Writer ---\nIN SHORT');
  expect(promptOf(model, 4)).not.toContain('THREE');
  expect(model.requests[3]).toMatchObject({ role: 'summariser', labels: { task: 'last' } });
  expect(promptOf(model, 3)).toMatch(/Do last[\s\S]*THREE/);
  expect(result.tasks.last.attempts).toHaveLength(2);
});

test('a schema is told in the prompt and in the request', async () => {
  const output = z.object({ title: z.string() });
  const task = new Task({ name: 'a post!', description: 'Do it', expectedOutput: 'A post', agent, output });
  const model = scriptedModel(['{"title":"T"}']);

  await new Crew({ tasks: [task], model }).kickoff();

  expect(model.requests[0]?.outputSchema).toMatchObject({ name: 'a_post_', schema: { type: 'object', required: ['title'] } });
  expect(promptOf(model, 0)).toContain('"title"');
});
