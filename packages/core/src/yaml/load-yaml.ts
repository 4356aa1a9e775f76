/** Agents and tasks out of `agents.yaml` and `tasks.yaml`, as CrewAI writes them. */
import { readFile } from 'node:fs/promises';
import { Agent, type AgentOptions } from '../agent.ts';
import { invalid, requireText } from '../check.ts';
import { requireOptions, type OptionNames } from '../option-names.ts';
import { messageOf } from '../errors.ts';
import { isPlainObject } from '../freeze.ts';
import { takeKnowledge, type Knowledge } from '../knowledge.ts';
import { takeMemory, type Memory } from '../memory.ts';
import type { Schema } from '../schema.ts';
import { Task, type HumanReview, type TaskOptions } from '../task.ts';
import type { Tool } from '../tool.ts';
import { readEntry, type Entries, type Findings, type Named } from './entry.ts';
import { agentKeys, taskKeys } from './keys.ts';
import { readYaml, type YamlSource } from './yaml-source.ts';

export interface YamlOptions {
  /** The path of the file with the agents. */
  readonly agents: string;
  /** The path of the file with the tasks. */
  readonly tasks: string;
  /** What the names under `tools` stand for. @default {} */
  readonly tools?: Readonly<Record<string, Tool>> | undefined;
  /** What the names under `output_json`, `output_pydantic` and `output` stand for. @default {} */
  readonly schemas?: Readonly<Record<string, Schema>> | undefined;
  /** Asked by the tasks with `human_input: true`. @default nobody, and such a task is an error */
  readonly human?: HumanReview | undefined;
  /** The memory of all of the agents. @default none */
  readonly memory?: Memory | undefined;
  /** The knowledge of all of the agents. @default none */
  readonly knowledge?: Knowledge | undefined;
}

const yamlOptions: OptionNames<YamlOptions> = {
  agents: true,
  tasks: true,
  tools: true,
  schemas: true,
  human: true,
  memory: true,
  knowledge: true,
};

export interface LoadedYaml {
  /** By their keys in the file, which are their names unless they say otherwise. */
  readonly agents: Readonly<Record<string, Agent>>;
  /** In the order of the file. */
  readonly tasks: readonly Task[];
  /** What is in the files and has no effect, each with its file and line. */
  readonly ignored: readonly string[];
}

/**
 * Reads both files. Needs the package `yaml`. Options may be written in CrewAI's spelling or in Rolecall's own.
 *
 * @example
 * const { tasks } = await loadYaml({ agents: 'config/agents.yaml', tasks: 'config/tasks.yaml', tools: { search: fetchPage() } });
 * const crew = new Crew({ tasks, model: router });
 *
 * @throws {TypeError} that lists all that is wrong, each with file, line, column and what is valid.
 */
export async function loadYaml(options: YamlOptions): Promise<LoadedYaml> {
  checkOptions(options);
  const { tools = {}, schemas = {}, human, memory, knowledge } = options;
  const [agentSource, taskSource] = await Promise.all([load('agents', options.agents), load('tasks', options.tasks)]);
  const findings: Findings = { faults: [...agentSource.faults, ...taskSource.faults], ignored: [] };
  const given = { tools: new Map(Object.entries(tools)), schema: new Map(Object.entries(schemas)), human };
  const makeAgent = (name: string, found: object): Agent => new Agent({ name, memory, knowledge, ...found } as AgentOptions);
  const agentEntries = { source: agentSource, keys: agentKeys, make: makeAgent, fillers: anyAgent };
  const taskEntries = { source: taskSource, keys: taskKeys, make: makeTask, fillers: anyTask };

  const agents = readEntries(agentEntries, findings, () => ({ ...given, agent: undefined, tasks: new Map() }));
  const agent = agents.size > 0 ? agents : undefined;
  const tasks = readEntries(taskEntries, findings, (earlier) => ({ ...given, agent, tasks: earlier }));
  if (findings.faults.length > 0) throw new TypeError(report(findings.faults));
  return Object.freeze({
    agents: Object.freeze(Object.fromEntries(agents)) as Readonly<Record<string, Agent>>,
    tasks: Object.freeze([...tasks.values()]) as readonly Task[],
    ignored: Object.freeze(findings.ignored),
  });
}

function checkOptions(options: YamlOptions): void {
  requireOptions('loadYaml', options, yamlOptions);
  requireText('loadYaml', 'agents', options.agents);
  requireText('loadYaml', 'tasks', options.tasks);
  const { tools, schemas, human, memory, knowledge } = options;
  takeMemory('loadYaml', memory);
  takeKnowledge('loadYaml', knowledge);
  for (const [field, value] of Object.entries({ tools, schemas })) {
    if (value !== undefined && !isPlainObject(value)) throw invalid('loadYaml', field, value, 'an object of them by name');
  }
  if (human !== undefined && typeof human !== 'function') throw invalid('loadYaml', 'human', human, 'a function');
}

async function load(field: string, path: string): Promise<YamlSource> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new TypeError(`loadYaml: ${field} is ${JSON.stringify(path)}, which cannot be read: ${messageOf(cause)}`, { cause });
  });
  return readYaml(path, text);
}

function makeTask(name: string, found: object): Task {
  return new Task({ name, ...found } as TaskOptions);
}

/** Enough for an Agent, and for a Task. */
const anyAgent = { role: 'r', goal: 'g', backstory: 'b' };
const anyTask = { description: 'd', expectedOutput: 'e' };

/** In the order of the file, with `undefined` for those that have faults. */
function readEntries<Made>(
  entries: Entries<Made>,
  findings: Findings,
  named: (earlier: ReadonlyMap<string, Made | undefined>) => Named,
): ReadonlyMap<string, Made | undefined> {
  const made = new Map<string, Made | undefined>();
  for (const name of namesIn(entries.source, findings)) made.set(name, readEntry(entries, name, named(made), findings));
  return made;
}

function namesIn(source: YamlSource, findings: Findings): readonly string[] {
  if (source.faults.length > 0) return [];
  if (isPlainObject(source.value) && Object.keys(source.value).length > 0) return Object.keys(source.value);
  findings.faults.push(`${source.placeOf([])}: the file has to be a map from names to what they are`);
  return [];
}

const mostShown = 20;

function report(faults: readonly string[]): string {
  const shown = faults.slice(0, mostShown);
  const more = faults.length > mostShown ? [`… and ${faults.length - mostShown} more`] : [];
  return ['loadYaml: the files cannot be used', ...shown, ...more].join('\n');
}
