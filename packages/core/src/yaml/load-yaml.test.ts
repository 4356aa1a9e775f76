import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createMemory } from '../memory/create-memory.ts';
import { tool } from '../tool.ts';
import { loadYaml, type LoadedYaml, type YamlOptions } from './load-yaml.ts';

let folder: string;
let agents: string;
let tasks: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rolecall-yaml-'));
  agents = join(folder, 'agents.yaml');
  tasks = join(folder, 'tasks.yaml');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const search = tool({
  name: 'search',
  description: 'Searches.',
  parameters: z.object({ query: z.string() }),
  execute: () => 'found',
});
const Report = z.object({ title: z.string() });

const agentsText = `researcher:
  role: >
    {topic} Senior Data Researcher
  goal: >
    Uncover developments in {topic}
  backstory: >
    You're a seasoned researcher.
  llm: gpt-4
  tools: [search]
  max_iter: 5
  max_rpm: 30
  max_retry_limit: 1
  max_execution_time: 90
  allow_delegation: false
  verbose: true

analyst:
  role: Analyst
  goal: Report on {topic}
  backstory: You are meticulous.
`;

const tasksText = `research_task:
  description: >
    Conduct a thorough research about {topic}
  expected_output: >
    A list with 10 bullet points
  agent: researcher
  async_execution: true

reporting_task:
  description: Review the context you got
  expectedOutput: A full report
  agent: analyst
  context:
    - research_task
  output_pydantic: Report
  guardrail: The report names its sources
  guardrail_max_retries: 2
  markdown: true
  output_file: out/report.md
  create_directory: false
  human_input: true
`;

function load(
  agentsYaml: string = agentsText,
  tasksYaml: string = tasksText,
  options: Partial<YamlOptions> = {},
): Promise<LoadedYaml> {
  writeFileSync(agents, agentsYaml);
  writeFileSync(tasks, tasksYaml);
  return loadYaml({ agents, tasks, tools: { search }, schemas: { Report }, human: () => undefined, ...options });
}

describe('what CrewAI writes', () => {
  test('becomes agents, with their texts trimmed and their options in our words and units', async () => {
    const { agents: made } = await load();

    expect(Object.keys(made)).toEqual(['researcher', 'analyst']);
    expect(made['researcher']).toMatchObject({
      name: 'researcher',
      role: '{topic} Senior Data Researcher',
      goal: 'Uncover developments in {topic}',
      model: 'gpt-4',
      tools: [search],
      maxIterations: 5,
      maxRpm: 30,
      maxRetries: 1,
      timeoutMs: 90_000,
      allowDelegation: false,
    });
  });

  test('becomes tasks in the order of the file, with their agents, contexts and schemas', async () => {
    const { agents: made, tasks: found } = await load();

    expect(found.map(({ name }) => name)).toEqual(['research_task', 'reporting_task']);
    expect(found[0]).toMatchObject({ agent: made['researcher'], async: true, context: undefined });
    expect(found[1]).toMatchObject({
      agent: made['analyst'],
      expectedOutput: 'A full report',
      maxRetries: 2,
      markdown: true,
      outputFile: 'out/report.md',
      createFolder: false,
    });
    expect(found[1]?.output?.schema).toBe(Report);
    expect(found[1]?.guardrails).toMatchObject([{ criteria: 'The report names its sources' }]);
    expect(found[1]?.human).toBeTypeOf('function');
    expect(found[1]?.context).toHaveLength(1);
  });

  test('says with file and line what has no effect', async () => {
    const { ignored } = await load();

    expect(ignored).toEqual([`${agents}:15:3: verbose has no effect; listen to events, or print progress(crew)`]);
  });

  test('gives every agent the memory that it is given', async () => {
    const memory = createMemory();

    const { agents: made } = await load(agentsText, tasksText, { memory });

    expect(Object.values(made).map((agent) => agent.memory)).toEqual([memory, memory]);
  });

  test('may share values by anchors and merge keys', async () => {
    const shared = `base: &base\n  role: Base\n  goal: g\n  backstory: b\nresearcher:\n  <<: *base\n  role: Researcher\nanalyst: *base\n`;

    const { agents: made } = await load(shared);

    expect(made['researcher']).toMatchObject({ role: 'Researcher', goal: 'g' });
  });

  test('may have numbers for names', async () => {
    const { tasks: found } = await load('1:\n  role: r\n  goal: g\n  backstory: b\n', task.replace('analyst', '1'));

    expect(found[0]?.agent?.name).toBe('1');
  });

  test('context: null and [] are no context', async () => {
    const text = 'a:\n  description: d\n  expected_output: e\n  agent: analyst\n  context:\n';

    const { tasks: found } = await load(agentsText, text);

    expect(found[0]?.context).toEqual([]);
  });
});

async function faultsIn(agentsYaml: string, tasksYaml: string): Promise<readonly string[]> {
  const error: unknown = await load(agentsYaml, tasksYaml).catch((thrown: unknown) => thrown);
  return (error as Error).message
    .split('\n')
    .slice(1)
    .map((line) => line.replace(`${folder}/`, '').replace(/, and has to .*/, ''));
}

const agent = 'analyst:\n  role: r\n  goal: g\n  backstory: b\n';
const task = 'one:\n  description: d\n  expected_output: e\n  agent: analyst\n';

describe('what is wrong is named with file, line, column and what is valid', () => {
  test.each<[string, string, string, string]>([
    [
      'an unknown option',
      `${agent}  rolle: x\n`,
      task,
      'agents.yaml:5:3: analyst has no option "rolle"; valid are: role, goal, backstory',
    ],
    ['a missing text', 'analyst:\n  role: r\n  goal: g\n', task, 'agents.yaml:1:1: analyst has no backstory'],
    [
      'an empty text',
      'analyst:\n  role: " "\n  goal: g\n  backstory: b\n',
      task,
      'agents.yaml:2:3: role of analyst is " ", and has to be a text',
    ],
    [
      'an unknown tool',
      `${agent}  tools: [serch]\n`,
      task,
      'agents.yaml:5:11: tools of analyst names "serch", which is not one of the tools that loadYaml was given; valid are: search',
    ],
    [
      'a number that is a text',
      `${agent}  max_iter: many\n`,
      task,
      'agents.yaml:5:3: max_iter of analyst is "many", and has to be a number',
    ],
    ['a number that is too small', `${agent}  max_iter: 0\n`, task, 'agents.yaml:5:3: Agent "analyst": maxIterations is 0'],
    ['an option that is code', `${agent}  step_callback: f\n`, task, 'agents.yaml:5:3: step_callback is code'],
    ['two words for one option', `${agent}  llm: a\n  model: b\n`, task, 'agents.yaml:6:3: model says the same as llm'],
    [
      'an agent that is no map',
      'analyst: me\n',
      task,
      'agents.yaml:1:1: analyst is "me", and has to be a map with role, goal, backstory',
    ],
    ['a file that is a list', '- role: r\n', task, 'agents.yaml:1:1: the file has to be a map'],
    ['an empty file', '', task, 'agents.yaml:1:1: the file has to be a map'],
    ['a key given twice', `${agent}  role: s\n`, task, 'agents.yaml:5:3: Map keys must be unique'],
    ['YAML that is broken', 'analyst:\n  role: [r\n', task, 'agents.yaml:'],
    [
      'two documents',
      `${agent}---\n${agent}`,
      task,
      'agents.yaml:5:1: a second document begins here, and the file has to be one',
    ],
    ['an alias of nothing', 'analyst: *nobody\n', task, 'agents.yaml:1:1: Unresolved alias'],
    [
      'an unknown agent',
      agent,
      task.replace('analyst', 'analist'),
      'tasks.yaml:4:3: agent of one names "analist", which is not one of the agents; valid are: analyst',
    ],
    [
      'a later task in the context',
      agent,
      `${task}  context: [two]\n${task.replace('one', 'two')}`,
      'tasks.yaml:5:13: context of one names "two", which is not an earlier task; valid are: none',
    ],
    [
      'an unknown schema',
      agent,
      `${task}  output_json: Raport\n`,
      'tasks.yaml:5:3: output_json of one names "Raport", which is not one of the schemas that loadYaml was given; valid are: Report',
    ],
    [
      'two schemas',
      agent,
      `${task}  output_json: Report\n  output_pydantic: Report\n`,
      'tasks.yaml:6:3: output_pydantic says the same as output_json',
    ],
    ['a path that leads out', agent, `${task}  output_file: ../out.md\n`, 'tasks.yaml:5:3: Task "one": outputFile'],
    [
      'a flag that is a text',
      agent,
      `${task}  markdown: "yes"\n`,
      'tasks.yaml:5:3: markdown of one is "yes", and has to be true or false',
    ],
    ['a callback', agent, `${task}  callback: f\n`, 'tasks.yaml:5:3: callback is code'],
    ['a name of the prototype', agent, task.replace('analyst', 'constructor'), 'which is not one of the agents'],
  ])('%s', async (_what, agentsYaml, tasksYaml, message) => {
    const loading = load(agentsYaml, tasksYaml);

    await expect(loading).rejects.toThrow(TypeError);
    await expect(loading).rejects.toThrow(message);
  });

  test('all at once, in both files', async () => {
    const loading = load(`${agent}  a: 1\n  b: 2\n`, task.replace('analyst', 'nobody'));

    await expect(loading).rejects.toThrow(/agents\.yaml:5:3.*\n.*agents\.yaml:6:3.*\n.*tasks\.yaml:4:3/);
  });

  test('what a constructor refuses is told beside all else, each at its own line', async () => {
    const many = `${agent}  max_iter: 0\n  max_rpm: -1\n  settings: { heat: 1 }\n  verbos: true\n  tools:\n    - serch\n    - search\n    - fech\n`;

    expect(await faultsIn(many, `${task}  output_file: ../out.md\n  max_retries: 0.5\n  tools: [serch]\n`)).toEqual([
      'agents.yaml:5:3: Agent "analyst": maxIterations is 0',
      'agents.yaml:6:3: Agent "analyst": maxRpm is -1',
      expect.stringContaining('agents.yaml:7:3: Agent "analyst": settings'),
      expect.stringContaining('agents.yaml:8:3: analyst has no option "verbos"'),
      expect.stringContaining('agents.yaml:10:7: tools of analyst names "serch"'),
      expect.stringContaining('agents.yaml:12:7: tools of analyst names "fech"'),
      'tasks.yaml:5:3: Task "one": outputFile is "../out.md"',
      'tasks.yaml:6:3: Task "one": maxRetries is 0.5',
      expect.stringContaining('tasks.yaml:7:11: tools of one names "serch"'),
    ]);
  });

  test('what is refused of options together is told at the entry', async () => {
    const delegate = tool({ name: 'ask', description: 'Asks.', parameters: z.object({}), execute: () => '' });
    const loading = load(`${agent}  tools: [ask]\n  allow_delegation: true\n`, task, { tools: { ask: delegate } });

    await expect(loading).rejects.toThrow('agents.yaml:1:1: Agent "analyst": tools has "ask"');
  });

  test('a mistake is told once, and not again of whoever refers to where it is', async () => {
    const two = `two:\n  description: d\n  expected_output: e\n  agent: analyst\n  context: [one]\n`;

    expect(await faultsIn(agent, `${task}  markdown: 1\n${two}`)).toEqual(['tasks.yaml:5:3: markdown of one is 1']);
    expect(await faultsIn(`${agent}  max_iter: 0\n`, task)).toHaveLength(1);
    expect(await faultsIn('analyst: [\n', task)).toEqual([expect.stringContaining('agents.yaml:')]);
    expect(await faultsIn('', task)).toHaveLength(1);
  });

  test('somebody to ask is needed for human_input', async () => {
    await expect(load(agent, `${task}  human_input: true\n`, { human: undefined })).rejects.toThrow(
      'tasks.yaml:5:3: human_input of one needs somebody to ask: give loadYaml a human',
    );
  });

  test('aliases that grow without end are refused', async () => {
    const bomb = Array.from(
      { length: 12 },
      (_, level) =>
        `a${level}: &a${level} [${Array(10)
          .fill(level === 0 ? 'x' : `*a${level - 1}`)
          .join(', ')}]`,
    );

    await expect(load(`${bomb.join('\n')}\n`, task)).rejects.toThrow('agents.yaml:1:1: Excessive alias count');
  });
});

test.each<[Record<string, unknown>, string]>([
  [{ agents: '/nowhere/agents.yaml' }, 'agents is "/nowhere/agents.yaml", which cannot be read'],
  [{ tasks: 5 }, 'tasks is 5'],
  [{ tools: [search] }, 'tools is an array'],
  [{ schemas: 'Report' }, 'schemas is "Report"'],
  [{ human: true }, 'human is true'],
  [{ memory: 'm' }, 'loadYaml: memory is "m"'],
])('%j is refused', async (options, reason) => {
  const loading = load(agentsText, tasksText, options);

  await expect(loading).rejects.toThrow(TypeError);
  await expect(loading).rejects.toThrow(reason);
});
