/** What a crew may be told, and the checks on it. */
import { Agent, checkHandoffNames, roleKey } from './agent.ts';
import { invalid, requireCount, requireListOf, requireText } from './check.ts';
import type { CrewResult } from './crew-result.ts';
import { crewaiWords } from './crewai-words.ts';
import type { IsLiteral, Inputs } from './interpolate.ts';
import type { Model } from './model.ts';
import { requireOptions, type OptionNames } from './option-names.ts';
import { Task, type TaskCallback, type TaskList } from './task.ts';

/** Sees the inputs before anything else, and gives those that the run takes. */
export type BeforeKickoff = (inputs: Inputs) => Inputs | Promise<Inputs>;

/** Sees the result of a run, and may give another in its place. What it throws is a warning. */
export type AfterKickoff<Result = CrewResult> = (result: Result) => Result | void | Promise<Result | void>;

export interface CrewOptions<
  Tasks extends TaskList,
  Others extends Agent | undefined = Agent | undefined,
  Lead extends Agent | undefined = Agent | undefined,
> {
  /** Run in this order. */
  readonly tasks: Tasks & (Tasks extends readonly [] ? 'A crew has at least one task' : InOrder<Tasks>);
  /** Serves every agent: an adapter, a router, any function of that shape. */
  readonly model: Model;
  /** Members without a task, to whom others may delegate. @default [] */
  readonly agents?: readonly Others[] | undefined;
  /** Leads every task in the place of its agent, and hands the work to the members. Has no tools of its own. @default nobody: each task's agent does it */
  readonly manager?: Lead | undefined;
  /** Has a plan made of all tasks before the first: by this agent, or by one of Rolecall's. @default false */
  readonly planning?: boolean | Agent | undefined;
  /** Tags the events of its runs. @default 'crew' */
  readonly name?: string | undefined;
  /** Part of what a journal knows a task by: raise it when the code of a tool or a guardrail changes. @default none */
  readonly version?: string | undefined;
  /** How many tasks may be under way at once, where some are `async`. @default 4 */
  readonly concurrency?: number | undefined;
  /** The folder that every `outputFile` is in. @default the working directory */
  readonly outputRoot?: string | undefined;
  /** Run in order before each run, each on what the one before it gave. @default [] */
  readonly beforeKickoff?: BeforeKickoff | readonly BeforeKickoff[] | undefined;
  /** Run in order after each run that succeeds. @default [] */
  readonly afterKickoff?: AfterKickoff | readonly AfterKickoff[] | undefined;
  /** Told of each task's output, after the task's own callback. @default nobody */
  readonly taskCallback?: TaskCallback | undefined;
  /** `'crewai'` frames prompts as CrewAI does, with outputs that nobody has signed. @default prompts in which each output says whose it is */
  readonly compat?: 'crewai' | undefined;
  /** Model calls in any minute, over all runs of this crew. An agent's own limit comes before it. @default no limit */
  readonly maxRpm?: number | undefined;
}

const crewOptions: OptionNames<CrewOptions<TaskList>> = {
  tasks: true,
  model: true,
  agents: true,
  manager: true,
  planning: true,
  name: true,
  version: true,
  concurrency: true,
  outputRoot: true,
  beforeKickoff: true,
  afterKickoff: true,
  taskCallback: true,
  compat: true,
  maxRpm: true,
};

/** Marks a task whose name was given to an earlier one, or that builds on one that is not earlier. */
export type InOrder<
  Tasks extends TaskList,
  Seen extends string = never,
  IsOpen extends boolean = false,
> = Tasks extends readonly [infer First extends Task, ...infer Rest extends TaskList]
  ? IsLiteral<First['name']> extends true
    ? readonly [Placed<First['name'], SourcesOf<First>, Seen, IsOpen>, ...InOrder<Rest, Seen | First['name'], IsOpen>]
    : readonly [Task, ...InOrder<Rest, Seen, true>]
  : TaskList;
type Placed<Name extends string, Sources extends string, Seen extends string, IsOpen extends boolean> = Name extends Seen
  ? `An earlier task is named ${Name}`
  : [IsOpen extends true ? never : Exclude<Sources, Seen>] extends [never]
    ? Task
    : `The context of ${Name} has ${Exclude<Sources, Seen>}, which is no earlier task`;
/** The tasks in a context, unless the compiler does not know their names. */
type SourcesOf<Part extends Task> = Known<NonNullable<Part['context']>[number]['task']['name']>;
type Known<Sources extends string> = string extends Sources ? never : Sources;

/** @throws {TypeError} when an option is not valid. */
export function checkCrew(options: CrewOptions<TaskList>): void {
  requireOptions('Crew', options, crewOptions, crewaiWords);
  const { tasks, model, agents = [], name, version, outputRoot, compat } = options;
  for (const [field, text] of Object.entries({ name, version, outputRoot })) {
    if (text !== undefined) requireText('Crew', field, text);
  }
  requireListOf('Crew', 'tasks', tasks, Task, 'Task');
  if (tasks.length === 0) throw invalid('Crew', 'tasks', tasks, 'an array of at least one Task');
  if (typeof model !== 'function') throw invalid('Crew', 'model', model, 'a Model, that is, a function');
  requireListOf('Crew', 'agents', agents, Agent, 'Agent');
  requireCount('Crew', 'concurrency', options.concurrency);
  requireCount('Crew', 'maxRpm', options.maxRpm);
  if (compat !== undefined && compat !== 'crewai') throw invalid('Crew', 'compat', compat, '"crewai"');
  checkFunctions(options);
  checkLeaders(options);
  checkCoworkers(options);
  checkOrder(options.tasks, options.manager);
}

/** Work is handed to a name: of two that have it, one would never get any. */
function checkCoworkers({ tasks, agents = [], manager }: CrewOptions<TaskList>): void {
  const members = new Set([...tasks.map(({ agent }) => agent), ...agents].filter((member) => member !== undefined));
  const leaders = manager ? [manager] : [...members].filter(({ allowDelegation }) => allowDelegation);
  for (const leader of leaders) {
    const keys = [...members].filter((member) => member !== leader).map(roleKey);
    const twice = keys.find((key, index) => keys.indexOf(key) !== index);
    if (twice === undefined) continue;
    throw new TypeError(
      `Crew: agent "${roleKey(leader)}" could not tell two coworkers "${twice}" apart: give each a name of its own`,
    );
  }
}

function checkFunctions({ beforeKickoff, afterKickoff, taskCallback }: CrewOptions<TaskList>): void {
  for (const [field, given] of Object.entries({ beforeKickoff, afterKickoff })) {
    for (const hook of listOf<unknown>(given)) {
      if (typeof hook !== 'function') throw invalid('Crew', field, hook, 'a function, or an array of functions');
    }
  }
  if (taskCallback !== undefined && typeof taskCallback !== 'function')
    throw invalid('Crew', 'taskCallback', taskCallback, 'a function');
}

/** Of an option that takes one or several. */
export function listOf<Entry>(given: Entry | readonly Entry[] | undefined): readonly Entry[] {
  if (given === undefined) return [];
  return Array.isArray(given) ? (given as readonly Entry[]) : [given as Entry];
}

function checkLeaders({ tasks, agents = [], manager, planning }: CrewOptions<TaskList>): void {
  if (planning !== undefined && typeof planning !== 'boolean' && !(planning instanceof Agent)) {
    throw invalid('Crew', 'planning', planning, 'true, false or an Agent');
  }
  if (manager === undefined) return;
  if (!(manager instanceof Agent)) throw invalid('Crew', 'manager', manager, 'an Agent');
  const key = roleKey(manager);
  if (manager.tools.length > 0)
    throw new TypeError(`Crew: manager "${key}" has tools, and has to hand work on: give them to a member`);
  const members = [...agents, ...tasks.map(({ agent }) => agent)].filter((member) => member !== undefined);
  if (members.includes(manager)) throw new TypeError(`Crew: manager "${key}" is also a member, and cannot delegate to itself`);
  if (members.length === 0)
    throw new TypeError(`Crew: manager "${key}" has nobody to lead: give agents to the crew or its tasks`);
}

function checkOrder(tasks: TaskList, manager: Agent | undefined): void {
  const earlier = new Set<Task>();
  const names = new Set<string>();
  for (const task of tasks) {
    const { name, context = [], tools = [] } = task;
    if (names.has(name)) throw new TypeError(`Crew: two tasks are named "${name}", and names have to differ: give each its own`);
    if (!task.agent && !manager)
      throw new TypeError(`Crew: task "${name}" has no agent: give it one, or give the crew a manager`);
    if (manager) checkHandoffNames(`Crew: task "${name}"`, tools, 'a manager');
    else if (task.agent?.allowDelegation) checkHandoffNames(`Crew: task "${name}"`, tools, 'allowDelegation');
    if (task.when && earlier.size === 0)
      throw new TypeError(`Crew: the first task, "${name}", has a when, and no output before it to go by`);
    for (const { task: source } of context) {
      if (earlier.has(source)) continue;
      const valid = earlier.size === 0 ? 'none, as it is the first' : [...names].join(', ');
      throw new TypeError(
        `Crew: the context of task "${name}" has "${source.name}", which is not an earlier task; valid are: ${valid}`,
      );
    }
    earlier.add(task);
    names.add(name);
  }
}
