import { expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import {
  Agent,
  Crew,
  Task,
  tool,
  type CrewEvent,
  type CrewInputs,
  type InputNames,
  type InputsNamed,
  type InputValue,
  type Model,
  type TaskError,
  type TaskOutput,
} from './index.ts';

declare const model: Model;
declare const text: string;

const researcher = new Agent({
  name: 'researcher',
  role: 'Specialist in {field}',
  goal: 'Find {topic}',
  backstory: 'Since {year}.',
});
const plain = new Agent({ role: 'Writer', goal: 'Write', backstory: 'You write.' });
const research = new Task({
  name: 'research',
  description: 'Research {topic}',
  expectedOutput: '{count} points',
  agent: researcher,
});
const write = new Task({
  name: 'write',
  description: 'Write {words} words',
  expectedOutput: 'A post',
  agent: plain,
  context: [research],
});
const inputs = { field: 'AI', topic: 'bees', year: 1990, count: 5, words: 500 };

test('names are read from a text by the rules of interpolation', () => {
  expectTypeOf<InputNames<'{a}{b-c} {_d1} {a}'>>().toEqualTypeOf<'a' | 'b-c' | '_d1'>();
  expectTypeOf<InputNames<'{"x": {}} {123} { a } {a b} {{lit}} {}}'>>().toEqualTypeOf<never>();
  expectTypeOf<InputNames<'{"title": {title}} {{{a} {{b} {c}}'>>().toEqualTypeOf<'title' | 'a' | 'b' | 'c'>();
  expectTypeOf<InputNames<string>>().toEqualTypeOf<never>();
  expectTypeOf<InputNames<`Hi ${string} on {topic}`>>().toEqualTypeOf<'topic'>();
});

test('inputs are inferred from description, expected output, role, goal and backstory', () => {
  const crew = new Crew({ tasks: [research, write], model });

  expectTypeOf<Parameters<typeof crew.kickoff>[0]>().toEqualTypeOf<InputsNamed<'field' | 'topic' | 'year' | 'count' | 'words'>>();
  void crew.kickoff(inputs);
  void crew.kickoff({ ...inputs, words: { min: 100, tags: ['a', null, true] } });
  // @ts-expect-error no inputs
  void crew.kickoff();
  // @ts-expect-error one is missing
  void crew.kickoff({ field: 'AI', topic: 'bees', year: 1990, count: 5 });
  // @ts-expect-error one is misspelt
  void crew.kickoff({ field: 'AI', topik: 'bees', year: 1990, count: 5, words: 500 });
  // @ts-expect-error one too many
  void crew.kickoff({ field: 'AI', topic: 'bees', year: 1990, count: 5, words: 500, tone: 'dry' });
  // @ts-expect-error a date is not JSON
  void crew.kickoff({ ...inputs, year: new Date() });
});

test('a crew that asks for nothing takes no inputs', () => {
  const crew = new Crew({ tasks: [new Task({ description: 'Write', expectedOutput: 'A post', agent: plain })], model });

  expectTypeOf<Parameters<typeof crew.kickoff>[0]>().toEqualTypeOf<Readonly<Record<string, never>> | undefined>();
  void crew.kickoff();
  void crew.kickoff({}, { stream: true });
  // @ts-expect-error nothing asks for it
  void crew.kickoff({ topic: 'bees' });
});

test('a text that the compiler cannot read admits further inputs, and known ones stay required', () => {
  const dynamic = new Task({ name: 'dynamic', description: text, expectedOutput: `For ${text} on {place}`, agent: plain });
  const crew = new Crew({ tasks: [research, dynamic], model });

  void crew.kickoff({ field: 'AI', topic: 'bees', year: 1990, count: 5, place: 'Bonn', more: 1 });
  // @ts-expect-error a known one is missing
  void crew.kickoff({ field: 'AI', topic: 'bees', year: 1990, count: 5, more: 1 });
  const pattern = new Task({ name: 'pattern', description: `On ${text}`, expectedOutput: 'A post', agent: plain });
  void new Crew({ tasks: [pattern], model }).kickoff({ more: 1 });
  const list: Task[] = [dynamic];
  void new Crew({ tasks: list, model }).kickoff();
  void new Crew({ tasks: list, model }).kickoff({ more: 1 });
  expectTypeOf<CrewInputs<readonly Task[]>>().toExtend<Readonly<Record<string, InputValue>>>();
});

test('outputs are found by the names of the tasks', async () => {
  const { tasks } = await new Crew({ tasks: [research, write], model }).kickoff(inputs);

  expectTypeOf(tasks).toEqualTypeOf<{ readonly research: TaskOutput; readonly write: TaskOutput }>();
  // @ts-expect-error no such task
  void tasks.reserch;
});

test('tasks whose names are not known to the compiler are looked up, and may be missing', async () => {
  const unnamed = new Task({ description: 'Write', expectedOutput: 'A post', agent: plain });

  const { tasks } = await new Crew({ tasks: [unnamed], model }).kickoff();

  expectTypeOf(tasks['write']).toEqualTypeOf<TaskOutput | undefined>();
});

test('what cannot run does not compile', () => {
  // @ts-expect-error no task at all
  void new Crew({ tasks: [], model });
  // @ts-expect-error two tasks of one name
  void new Crew({ tasks: [research, research], model });
  // @ts-expect-error the context of one names a later one
  void new Crew({ tasks: [write, research], model });
  // @ts-expect-error an agent is no task
  void new Crew({ tasks: [plain], model });
  // @ts-expect-error a crew needs a model
  void new Crew({ tasks: [write] });
  // @ts-expect-error context takes tasks, not names
  void new Task({ description: 'Write', expectedOutput: 'A post', agent: plain, context: ['research'] });
  // @ts-expect-error immutable
  plain.role = 'Editor';
});

test('outputs have the type of their schemas, and a task that may be skipped may have none', async () => {
  const output = z.object({ title: z.string(), tags: z.array(z.string()) });
  const post = new Task({ name: 'post', description: 'Write', expectedOutput: 'A post', agent: plain, output });
  const maybe = new Task({
    name: 'maybe',
    description: 'W',
    expectedOutput: 'P',
    agent: plain,
    output,
    when: (previous) => previous.text !== '',
  });

  const result = await new Crew({ tasks: [research, post], model }).kickoff({ field: 'AI', topic: 'bees', year: 1, count: 5 });
  const skippable = await new Crew({ tasks: [post, maybe], model }).kickoff();

  expectTypeOf(result.output).toEqualTypeOf<{ title: string; tags: string[] }>();
  expectTypeOf(result.tasks.post.output.title).toBeString();
  expectTypeOf(result.tasks.research.output).toBeUnknown();
  expectTypeOf(skippable.output).toEqualTypeOf<{ title: string; tags: string[] } | undefined>();
  expectTypeOf(skippable.tasks.post.output.title).toBeString();
  // @ts-expect-error no such field
  void result.output.titel;
  // @ts-expect-error it may have been skipped
  void skippable.output.title;
});

test('guardrails, callbacks and people see the typed output', () => {
  const output = z.object({ title: z.string() });
  void new Task({
    description: 'Write',
    expectedOutput: 'A post',
    agent: plain,
    output,
    guardrails: ['Is it polite?', (answer) => answer.output.title !== '' || { feedback: 'A title, please' }],
    callback: (answer) => void answer.output.title,
    human: (answer) => answer.output.title,
  });
  // @ts-expect-error the guardrail asks for a field that the schema does not give
  void new Task({ description: 'W', expectedOutput: 'P', agent: plain, output, guardrails: (answer) => answer.output.titel });
});

test('inputs are asked for by output files, further members and managers as well', () => {
  const file = new Task({ name: 'file', description: 'W', expectedOutput: 'P', agent: plain, outputFile: 'out/{slug}.md' });
  const helper = new Agent({ role: 'Helper in {place}', goal: 'Help', backstory: 'You help.' });
  const manager = new Agent({ role: 'Manager', goal: 'Lead by {rule}', backstory: 'You lead.' });
  const crew = new Crew({ tasks: [file], agents: [helper], manager, model });

  expectTypeOf<Parameters<typeof crew.kickoff>[0]>().toEqualTypeOf<InputsNamed<'slug' | 'place' | 'rule'>>();
  void crew.kickoffForEach([{ slug: 'a', place: 'Bonn', rule: 'b' }]);
  // @ts-expect-error one is missing
  void crew.stream({ slug: 'a', place: 'Bonn' });
  // @ts-expect-error one is misspelt
  void crew.kickoffForEach([{ slug: 'a', place: 'Bonn', rul: 'b' }]);
});

test('a system prompt asks for inputs as the other texts do', () => {
  const formal = new Agent({ role: 'Clerk', goal: 'g', backstory: 'b', systemPrompt: 'You are a clerk of {town}.' });
  const letter = new Task({ name: 'letter', description: 'To {name}', expectedOutput: 'A letter', agent: formal });
  const crew = new Crew({ tasks: [letter], model });

  expectTypeOf<Parameters<typeof crew.kickoff>[0]>().toEqualTypeOf<InputsNamed<'town' | 'name'>>();
  // @ts-expect-error one is missing
  void crew.kickoff({ name: 'Ann' });
});

test('any crew fits where a crew is asked for', () => {
  const crew: Crew = new Crew({ tasks: [research, write], model });

  expectTypeOf(crew.tasks).toEqualTypeOf<readonly Task[]>();
});

test("a tool's arguments are what its schema gives", () => {
  void tool({
    name: 'search',
    description: 'Searches.',
    parameters: z.object({ query: z.string(), limit: z.number().default(3), at: z.string().optional() }),
    execute: (args, { signal }) => {
      expectTypeOf(args).toEqualTypeOf<{ query: string; limit: number; at?: string | undefined }>();
      expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
    },
  });
  // @ts-expect-error execute asks for what the schema does not give
  void tool({ name: 'a', description: 'b', parameters: z.object({ a: z.string() }), execute: (args: { b: number }) => args.b });
});

test('events are told apart by their type', () => {
  type Delta = Extract<CrewEvent, { type: 'delta' }>;
  type Tagged = Pick<Delta, 'runId' | 'crew' | 'at' | 'task' | 'taskIndex' | 'role' | 'turn' | 'attempt' | 'aside'>;

  expectTypeOf<Delta>().branded.toEqualTypeOf<Tagged & { readonly type: 'delta'; readonly text: string }>();
  expectTypeOf<Extract<CrewEvent, { type: 'crew_failed' }>['error']>().toEqualTypeOf<TaskError>();
});
