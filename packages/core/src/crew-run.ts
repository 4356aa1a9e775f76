/** One run of a crew, from its inputs to its result. */
import { untilAborted } from './abort.ts';
import { roleKey } from './agent.ts';
import { invalid } from './check.ts';
import { withText } from './output.ts';
import { listOf, type AfterKickoff, type BeforeKickoff } from './crew-options.ts';
import type { CrewPlan } from './crew-plan.ts';
import { resultOf, type CrewResult } from './crew-result.ts';
import { messageOf, TaskError } from './errors.ts';
import { explain, explainAgain } from './explain.ts';
import { isPlainObject } from './freeze.ts';
import { interpolate, takeInputs, type Inputs, type RequiredInputs } from './interpolate.ts';
import { taskKey } from './journal/task-key.ts';
import { checkOutputPath } from './output-file.ts';
import { plansOf } from './planning.ts';
import type { Run } from './run.ts';
import { runSchedule } from './schedule.ts';
import type { Steps } from './steps.ts';
import type { TaskList } from './task.ts';
import { runTask } from './task-run.ts';
import { spendOf } from './usage.ts';

/** Where a run's inputs are made ready. */
export interface Preparation {
  readonly runId: string;
  readonly steps: Steps;
  readonly durable: boolean;
  readonly signal: AbortSignal | undefined;
  readonly required: RequiredInputs;
}

/** The run's inputs: what it was given, as the hooks left it, checked before any model is asked. */
export async function inputsOf(
  given: unknown,
  before: readonly BeforeKickoff[],
  crew: CrewPlan,
  preparation: Preparation,
): Promise<Inputs> {
  const { required } = preparation;
  const wanted = before.length === 0 ? given : await rewritten(given, before, crew, preparation);
  const taken = takeInputs(wanted, required);
  for (const { name, outputFile } of crew.tasks) {
    if (outputFile !== undefined) checkOutputPath(`kickoff: task "${name}"`, interpolate(outputFile, taken));
  }
  return taken;
}

const noneRequired: RequiredInputs = new Map();

/** Each hook is a step: a run that is taken up again goes on with the inputs that it began with. */
async function rewritten(
  given: unknown,
  hooks: readonly BeforeKickoff[],
  crew: CrewPlan,
  { runId, steps, durable, signal }: Preparation,
): Promise<unknown> {
  let inputs = takeInputs(given, noneRequired);
  try {
    for (const [index, hook] of hooks.entries()) {
      const key = durable ? `@${taskKey([crew.version, inputs])}` : '';
      const rewrite = async (): Promise<{ inputs: Inputs }> => {
        const returned: unknown = await hook(structuredClone(inputs)); // a copy: some change what they are given
        if (!isPlainObject(returned))
          throw invalid('kickoff', 'what a beforeKickoff returned', returned, 'an object of named inputs');
        return { inputs: takeInputs(returned, noneRequired) };
      };
      signal?.throwIfAborted();
      ({ inputs } = await untilAborted(steps.step(`before-kickoff-${index + 1}${key}`, rewrite), signal));
    }
  } catch (thrown) {
    throw signal?.aborted ? abortedEarly(crew, runId, signal.reason) : thrown;
  }
  return { ...inputs };
}

/** Nothing was done yet, and so the error is that of the first task. */
function abortedEarly({ tasks, manager }: CrewPlan, runId: string, cause: unknown): TaskError {
  const [first] = tasks;
  const agent = manager ?? first?.agent;
  const place = { task: first?.name ?? '', role: agent ? roleKey(agent) : '', runId };
  return new TaskError('aborted', { ...place, finished: [], warnings: [], ...spendOf([]), reason: messageOf(cause), cause });
}

/** `stop` ends what is under way beside a task that has failed. */
export async function runCrew<Tasks extends TaskList>(
  crew: CrewPlan & { readonly tasks: Tasks },
  run: Run,
  stop: (reason: unknown) => void,
): Promise<CrewResult<Tasks>> {
  const startedAt = run.clock();
  const { tasks, planner } = crew;
  const hasSides = tasks.some((task) => task.async);
  try {
    if (run.isHeard) await run.emit({ type: 'crew_started', tasks: tasks.map(({ name }) => name) });
    const plans = planner ? await planned(crew, planner, run) : undefined;
    const start = (taskIndex: number): Promise<void> => {
      const task = tasks[taskIndex] as Tasks[number];
      return runTask({ crew, task, taskIndex, run, plan: plans?.get(task.name) });
    };
    if (hasSides) await runSchedule(crew.schedule, crew.concurrency, start, stop);
    else for (let index = 0; index < tasks.length; index++) await start(index);
  } catch (thrown) {
    if (!TaskError.isInstance(thrown)) throw thrown;
    const error = hasSides ? explainAgain(thrown, crew, run) : thrown;
    await run.emit({ type: 'crew_failed', error });
    throw error;
  }
  const result = resultOf(tasks, run);
  if (run.isHeard) {
    const { text, usage, costUsd, unpriced } = result;
    await run.emit({ type: 'crew_finished', text, usage, costUsd, unpriced, durationMs: run.clock() - startedAt });
  }
  return result;
}

async function planned(
  crew: CrewPlan,
  planner: NonNullable<CrewPlan['planner']>,
  run: Run,
): Promise<ReadonlyMap<string, string>> {
  try {
    return await plansOf(crew, planner, run);
  } catch (thrown) {
    throw explain(thrown, { crew, run, name: 'planning', role: planner.name ?? planner.role });
  }
}

/** Each sees what the one before it left. One that throws, or is left behind by an abort, changes nothing, and is reported. */
export async function afterRun<Result extends CrewResult>(
  result: Result,
  after: AfterKickoff | readonly AfterKickoff[] | undefined,
  signal: AbortSignal | undefined,
): Promise<Result> {
  if (!after) return result;
  let current = result;
  for (const hook of listOf(after)) {
    try {
      const shown = current;
      const call = (async () => hook(shown))();
      current = ((await untilAborted(call, signal)) ?? current) as Result;
    } catch (cause) {
      const warning = { code: 'callback_failed' as const, message: `afterKickoff threw: ${messageOf(cause)}`, cause };
      current = withText({ ...current, warnings: Object.freeze([...current.warnings, warning]) });
    }
  }
  return current;
}
