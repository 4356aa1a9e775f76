/** Tasks in order, and what a run of them takes and gives. */
import { Agent, roleKey } from './agent.ts';
import { offAbort, onAbort } from './on-abort.ts';
import { checkCrew, listOf, type BeforeKickoff, type CrewOptions } from './crew-options.ts';
import type { CrewPlan } from './crew-plan.ts';
import type { CrewResult } from './crew-result.ts';
import { afterRun, inputsOf, runCrew } from './crew-run.ts';
import { streamOf, type CrewStream } from './crew-stream.ts';
import { requiredInputs, type CrewInputs, type KickoffArguments, type KnownAgent } from './crew-inputs.ts';
import { takeInputs, type RequiredInputs } from './interpolate.ts';
import { checkForEach, runEach, type ForEachOptions, type ItemOutcome } from './kickoff-for-each.ts';
import { checkKickoff, openSteps } from './kickoff-options.ts';
import { RpmLimits } from './max-rpm.ts';
import type { Model } from './model.ts';
import { plannerTexts } from './prompt.ts';
import { Run, type KickoffOptions, type RunFacts } from './run.ts';
import { scheduleOf } from './schedule.ts';
import type { Task, TaskCallback, TaskList } from './task.ts';

/**
 * Agents at work on tasks. Immutable: one crew may run any number of times at once.
 *
 * @example
 * const crew = new Crew({ tasks: [research, write], model: router });
 * const result = await crew.kickoff({ topic: 'AI trends' });
 * console.log(result.tasks.research.text, result.costUsd);
 *
 * @throws {TypeError} when an option is not valid, or the model could not serve one of the agents.
 */
export class Crew<
  const Tasks extends TaskList = TaskList,
  const Others extends Agent | undefined = Agent | undefined,
  const Lead extends Agent | undefined = Agent | undefined,
> {
  readonly name: string;
  readonly version: string | undefined;
  readonly tasks: Tasks;
  /** The members: the tasks' agents, then the further ones. A manager is not among them. */
  readonly agents: readonly Agent[];
  readonly manager: Agent | undefined;
  /** Makes a plan of all tasks before the first, where there is `planning`. */
  readonly planner: Agent | undefined;
  readonly model: Model;
  readonly compat: 'crewai' | undefined;
  readonly concurrency: number;
  readonly beforeKickoff: readonly BeforeKickoff[];
  readonly taskCallback: TaskCallback | undefined;
  readonly #required: RequiredInputs;
  readonly #plan: CrewPlan & { readonly tasks: Tasks };
  readonly #afterKickoff: CrewOptions<Tasks>['afterKickoff'];
  readonly #limits: RpmLimits;

  constructor(options: CrewOptions<Tasks, Others, Lead>) {
    checkCrew(options);
    const { tasks, model, agents = [], name = 'crew', version, manager, planning = false } = options;
    const members = [...tasks.map(({ agent }) => agent), ...agents].filter((agent) => agent !== undefined);

    this.name = name;
    this.version = version;
    this.tasks = Object.freeze(Array.from<Task>(tasks)) as TaskList as Tasks;
    this.agents = Object.freeze([...new Set<Agent>(members)]);
    this.manager = manager;
    this.model = model;
    this.planner = planning === true ? new Agent({ name: 'planner', ...plannerTexts }) : planning || undefined;
    this.compat = options.compat;
    this.concurrency = options.concurrency ?? 4;
    this.beforeKickoff = Object.freeze([...listOf(options.beforeKickoff)]);
    this.taskCallback = options.taskCallback;
    this.#afterKickoff = options.afterKickoff;
    this.#plan = {
      tasks: this.tasks,
      agents: this.agents,
      schedule: scheduleOf(this.tasks),
      version,
      manager,
      planner: this.planner,
      concurrency: this.concurrency,
      outputRoot: options.outputRoot ?? '.',
      style: options.compat ?? 'labelled',
      taskCallback: options.taskCallback,
    };
    this.#limits = new RpmLimits(options.maxRpm);
    const everyone = everyoneIn(this.#plan);
    this.#required = requiredInputs(tasks, everyone);
    checkAgents(everyone, model);
    Object.freeze(this);
  }

  /** The placeholders in its texts: a run wants a value for each, out of its inputs or from a `beforeKickoff`. */
  get inputNames(): readonly string[] {
    return [...this.#required.keys()];
  }

  /**
   * Looks at inputs as `kickoff` does, for whoever hands them to a run elsewhere. What a `beforeKickoff` may add is not missed.
   *
   * @throws {TypeError} when an input is missing or is not JSON.
   */
  checkInputs(inputs: unknown): void {
    takeInputs(inputs, this.beforeKickoff.length > 0 ? new Map() : this.#required);
  }

  /**
   * Runs the tasks. Any number of runs may be under way at once.
   *
   * @throws {TypeError} when an input is missing or is not JSON, before any model is asked.
   * @throws {TaskError} when a task fails or `signal` is aborted; it holds what was finished and what that cost.
   */
  async kickoff(...args: KickoffArguments<Tasks, KnownAgent<Others> | KnownAgent<Lead>>): Promise<CrewResult<Tasks>> {
    const [given, options = {}] = args;
    checkKickoff(options);
    return this.#run(given, options);
  }

  /**
   * The same run as an iterable of its events, streamed text among them. It waits for its reader: a slow one holds
   * the model back. Leaving the loop aborts the run; `result` is what it gives at the end.
   *
   * @throws {TypeError} when an option is not valid.
   */
  stream(...args: KickoffArguments<Tasks, KnownAgent<Others> | KnownAgent<Lead>>): CrewStream<CrewResult<Tasks>> {
    const [given, options = {}] = args;
    checkKickoff(options);
    return streamOf((onEvent, signal) => {
      const both = options.signal ? AbortSignal.any([options.signal, signal]) : signal;
      const hear: typeof onEvent = async (event) => {
        try {
          await options.onEvent?.(event);
        } finally {
          await onEvent(event); // the reader misses nothing because a listener threw
        }
      };
      return this.#run(given, { ...options, stream: true, signal: both, onEvent: options.onEvent ? hear : onEvent });
    });
  }

  /**
   * Runs the tasks once for each of the inputs, so many at a time. Outcomes come in the order of the inputs; one that
   * fails is an outcome too. With a `runId`, each run's id is that and its place: `id-0`.
   *
   * @throws {TypeError} when an option is not valid.
   */
  async kickoffForEach(
    inputs: readonly CrewInputs<Tasks, KnownAgent<Others> | KnownAgent<Lead>>[],
    options: ForEachOptions = {},
  ): Promise<readonly ItemOutcome<CrewResult<Tasks>>[]> {
    checkForEach(inputs, options);
    const { concurrency, onItem, ...each } = options;
    checkKickoff(each);
    return runEach(inputs.length, { concurrency, onItem, signal: each.signal }, (index) => {
      const runId = each.runId === undefined ? undefined : `${each.runId}-${index}`;
      return this.#run(inputs[index], { ...each, runId });
    });
  }

  async #run(given: unknown, options: KickoffOptions): Promise<CrewResult<Tasks>> {
    const { onEvent, stream = false, runId = crypto.randomUUID(), retryAfterMs, maxWaits = 10 } = options;
    requireOutside(options, this.tasks);
    const opened = await openSteps(options, runId);
    const { signal, stop, release } = stoppable(
      options.signal,
      this.tasks.some((task) => task.async),
    );
    const { agents, style: promptStyle } = this.#plan;
    let run: Run | undefined;
    try {
      const { steps, durable } = opened;
      const ready = { runId, signal, required: this.#required, steps, durable };
      const inputs = await inputsOf(given, this.beforeKickoff, this.#plan, ready);
      // Written out, here and wherever a run passes: V8 takes microseconds to spread an object into a larger one.
      const facts: RunFacts = {
        id: runId,
        crew: this.name,
        model: this.model,
        inputs,
        signal,
        stream,
        steps,
        durable,
        superseded: opened.superseded,
        agents,
        limits: this.#limits,
        promptStyle,
        retryAfterMs,
        maxWaits,
      };
      run = new Run(facts, onEvent);
      return await afterRun(await runCrew(this.#plan, run, stop), this.#afterKickoff, signal);
    } finally {
      run?.end();
      release();
      await opened.close();
    }
  }
}

/** @throws {TypeError} when a task waits for somebody outside, and the run's steps cannot. */
function requireOutside({ steps }: KickoffOptions, tasks: TaskList): void {
  const waiting = tasks.find(({ human }) => human === 'outside');
  if (!waiting || steps?.waitFor) return;
  throw new TypeError(
    `kickoff: task "${waiting.name}" has human: 'outside', which takes an engine that can wait, such as @rolecall/restate`,
  );
}

interface Stoppable {
  readonly signal: AbortSignal | undefined;
  readonly stop: (reason: unknown) => void;
  /** Lets go of the caller's signal. */
  readonly release: () => void;
}

const nothing = (): void => undefined;

/** Only where tasks run side by side is there anything to stop when one fails. */
function stoppable(outer: AbortSignal | undefined, hasSides: boolean): Stoppable {
  if (!hasSides) return { signal: outer, stop: nothing, release: nothing };
  const controller = new AbortController();
  const follow = (): void => controller.abort(outer?.reason);
  if (outer?.aborted) follow();
  else onAbort(outer, follow);
  return { signal: controller.signal, stop: (reason) => controller.abort(reason), release: () => offAbort(outer, follow) };
}

function everyoneIn({ tasks, agents, manager, planner }: CrewPlan): readonly Agent[] {
  const judges = tasks.flatMap(({ guardrails }) =>
    guardrails.map((guardrail) => ('judge' in guardrail ? guardrail.judge : undefined)),
  );
  const summarisers = tasks.flatMap(({ context = [] }) => context.map(({ summarizedBy }) => summarizedBy));
  const all = [...agents, manager, planner, ...judges, ...summarisers];
  return [...new Set(all.filter((agent) => agent !== undefined))];
}

function checkAgents(agents: readonly Agent[], model: Model): void {
  for (const agent of agents) {
    const refusal = model.check?.({ role: roleKey(agent), model: agent.model });
    if (refusal !== undefined) throw new TypeError(`Crew: the model cannot serve agent "${roleKey(agent)}": ${refusal}`);
  }
}
