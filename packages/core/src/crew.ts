/** Tasks in order, and what a run of them takes and gives. */
import { Agent, roleKey } from './agent.ts';
import { invalid, requireListOf, requireOptions, requireText } from './check.ts';
import { TaskError } from './errors.ts';
import { requiredInputs, type KickoffArguments } from './crew-inputs.ts';
import { takeInputs, type IsLiteral, type RequiredInputs } from './interpolate.ts';
import type { Model } from './model.ts';
import { createRun, type KickoffOptions, type Run } from './run.ts';
import { Task, type TaskList, type TaskOutput } from './task.ts';
import { runTask } from './task-run.ts';
import { spendOf, type Spend } from './usage.ts';
import type { Warning } from './warning.ts';

export interface CrewOptions<Tasks extends TaskList> {
  /** Run in this order. */
  readonly tasks: Tasks & DistinctNames<Tasks>;
  /** Serves every agent: an adapter, a router, any function of that shape. */
  readonly model: Model;
  /** Members without a task; they are checked with the others. @default [] */
  readonly agents?: readonly Agent[] | undefined;
  /** Tags the events of its runs. @default 'crew' */
  readonly name?: string | undefined;
}

/** Marks the tasks whose name was given to an earlier one. */
type DistinctNames<Tasks extends TaskList, Seen extends string = never> = Tasks extends readonly [
  infer First extends Task,
  ...infer Rest extends TaskList,
]
  ? readonly [DistinctFrom<First['name'], Seen>, ...DistinctNames<Rest, Seen | First['name']>]
  : TaskList;
type DistinctFrom<Name extends string, Seen extends string> =
  IsLiteral<Name> extends true ? (Name extends Seen ? `An earlier task is named ${Name}` : Task) : Task;

/** What a run gives. The spending is this run's alone, failed attempts included. */
export interface CrewResult<Tasks extends TaskList = TaskList> extends Spend {
  readonly runId: string;
  /** The last task's answer. */
  readonly text: string;
  /** The outputs by the names of their tasks. */
  readonly tasks: { readonly [Part in Tasks[number] as Part['name']]: TaskOutput };
  /** The outputs in order. */
  readonly taskOutputs: readonly TaskOutput[];
  readonly warnings: readonly Warning[];
}

/**
 * Agents at work on tasks, one after the other. Immutable: one crew may run any number of times at once.
 *
 * @example
 * const crew = new Crew({ tasks: [research, write], model: router });
 * const result = await crew.kickoff({ topic: 'AI trends' });
 * console.log(result.tasks.research.text, result.costUsd);
 *
 * @throws {TypeError} when an option is not valid, or the model could not serve one of the agents.
 */
export class Crew<const Tasks extends TaskList = TaskList> {
  readonly name: string;
  readonly tasks: Tasks;
  /** Everyone: the tasks' agents, then the further ones. */
  readonly agents: readonly Agent[];
  readonly model: Model;
  readonly #required: RequiredInputs;

  constructor(options: CrewOptions<Tasks>) {
    requireOptions('Crew', options);
    const { tasks, model, agents = [], name = 'crew' } = options;
    requireText('Crew', 'name', name);
    requireListOf('Crew', 'tasks', tasks, Task, 'Task');
    if (tasks.length === 0) throw invalid('Crew', 'tasks', tasks, 'an array of at least one Task');
    if (typeof model !== 'function') throw invalid('Crew', 'model', model, 'a Model, that is, a function');
    requireListOf('Crew', 'agents', agents, Agent, 'Agent');
    checkOrder(tasks);

    this.name = name;
    this.tasks = Object.freeze([...tasks]) as TaskList as Tasks;
    this.agents = Object.freeze([...new Set([...tasks.map(({ agent }) => agent), ...agents])]);
    this.model = model;
    this.#required = requiredInputs(tasks);
    checkAgents(this.agents, model);
    Object.freeze(this);
  }

  /**
   * Runs the tasks in order. Any number of runs may be under way at once.
   *
   * @throws {TypeError} when an input is missing or is not JSON, before any model is asked.
   * @throws {TaskError} when a task fails or `signal` is aborted; it holds what was finished and what that cost.
   */
  async kickoff(...args: KickoffArguments<Tasks>): Promise<CrewResult<Tasks>> {
    const [given, options = {}] = args;
    checkKickoff(options);
    const { signal, onEvent, stream = false, runId = crypto.randomUUID() } = options;
    const inputs = takeInputs(given, this.#required);
    const run = createRun({ id: runId, crew: this.name, model: this.model, inputs, signal, stream }, onEvent);
    try {
      return await runCrew(this.tasks, run);
    } finally {
      run.end();
    }
  }
}

async function runCrew<Tasks extends TaskList>(tasks: Tasks, run: Run): Promise<CrewResult<Tasks>> {
  const startedAt = Date.now();
  try {
    await run.emit({ type: 'crew_started', tasks: tasks.map(({ name }) => name) });
    for (const [index, task] of tasks.entries()) await runTask(task, index, run);
  } catch (error) {
    if (TaskError.isInstance(error)) await run.emit({ type: 'crew_failed', error });
    throw error;
  }
  const taskOutputs = Object.freeze([...run.outputs.values()]);
  const text = taskOutputs.at(-1)?.text ?? '';
  const { attempts, ...figures } = spendOf(Object.freeze([...run.attempts]));
  await run.emit({ type: 'crew_finished', text, ...figures, durationMs: Date.now() - startedAt });

  // Without a prototype, so that a task may have any name, and no other name finds anything.
  const byName: Record<string, TaskOutput> = Object.create(null);
  for (const output of taskOutputs) byName[output.name] = output;
  const outputs = Object.freeze(byName) as CrewResult<Tasks>['tasks'];
  const warnings = Object.freeze([...run.warnings]);
  return Object.freeze({ runId: run.id, text, tasks: outputs, taskOutputs, ...figures, attempts, warnings });
}

function checkOrder(tasks: TaskList): void {
  const earlier = new Set<Task>();
  const names = new Set<string>();
  for (const task of tasks) {
    const { name, context = [] } = task;
    if (names.has(name)) throw new TypeError(`Crew: two tasks are named "${name}", and names have to differ: give each its own`);
    for (const source of context) {
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

function checkAgents(agents: readonly Agent[], model: Model): void {
  for (const agent of agents) {
    const refusal = model.check?.({ role: roleKey(agent), model: agent.model });
    if (refusal !== undefined) throw new TypeError(`Crew: the model cannot serve agent "${roleKey(agent)}": ${refusal}`);
  }
}

function checkKickoff(options: KickoffOptions): void {
  requireOptions('kickoff', options);
  const { signal, onEvent, stream, runId } = options;
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw invalid('kickoff', 'signal', signal, 'an AbortSignal');
  if (onEvent !== undefined && typeof onEvent !== 'function') throw invalid('kickoff', 'onEvent', onEvent, 'a function');
  if (stream !== undefined && typeof stream !== 'boolean') throw invalid('kickoff', 'stream', stream, 'true or false');
  if (runId !== undefined) requireText('kickoff', 'runId', runId);
}
