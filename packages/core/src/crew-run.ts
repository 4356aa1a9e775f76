/** One run of a crew, from its inputs to its result. */
import { withText } from './output.ts';
import { listOf, type AfterKickoff, type BeforeKickoff } from './crew-options.ts';
import type { CrewPlan } from './crew-plan.ts';
import { resultOf, type CrewResult } from './crew-result.ts';
import { messageOf, TaskError } from './errors.ts';
import { interpolate, takeInputs, type Inputs, type RequiredInputs } from './interpolate.ts';
import { checkOutputPath } from './output-file.ts';
import { plansOf } from './planning.ts';
import type { Run } from './run.ts';
import { runSchedule } from './schedule.ts';
import type { TaskList } from './task.ts';
import { explain, runTask } from './task-run.ts';

/** The run's inputs: what it was given, as the hooks left it, checked before any model is asked. */
export async function inputsOf(
  given: unknown,
  before: BeforeKickoff | readonly BeforeKickoff[] | undefined,
  required: RequiredInputs,
  tasks: TaskList,
): Promise<Inputs> {
  let inputs = takeInputs(given, new Map());
  for (const hook of listOf(before)) inputs = takeInputs((await hook(inputs)) ?? null, new Map());
  const taken = takeInputs({ ...inputs }, required);
  for (const { name, outputFile } of tasks) {
    if (outputFile !== undefined) checkOutputPath(`kickoff: task "${name}"`, interpolate(outputFile, taken));
  }
  return taken;
}

/** `stop` ends what is under way beside a task that has failed. */
export async function runCrew<Tasks extends TaskList>(
  crew: CrewPlan & { readonly tasks: Tasks },
  run: Run,
  stop: (reason: unknown) => void,
): Promise<CrewResult<Tasks>> {
  const startedAt = Date.now();
  const { tasks, planner } = crew;
  try {
    if (run.isHeard) await run.emit({ type: 'crew_started', tasks: tasks.map(({ name }) => name) });
    const plans = planner ? await planned(crew, planner, run) : undefined;
    const start = (task: Tasks[number], taskIndex: number): Promise<void> =>
      runTask({ crew, task, taskIndex, run, plan: plans?.get(task.name) });
    if (tasks.some((task) => task.async)) {
      await runSchedule(crew.schedule, crew.concurrency, (index) => start(tasks[index] as Tasks[number], index), stop);
    } else {
      for (const [index, task] of tasks.entries()) await start(task, index);
    }
  } catch (error) {
    if (TaskError.isInstance(error)) await run.emit({ type: 'crew_failed', error });
    throw error;
  }
  const result = resultOf(tasks, run);
  if (run.isHeard) {
    const { text, usage, costUsd, unpriced } = result;
    await run.emit({ type: 'crew_finished', text, usage, costUsd, unpriced, durationMs: Date.now() - startedAt });
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

/** Each sees what the one before it left. One that throws changes nothing, and is reported. */
export async function afterRun<Result extends CrewResult>(
  result: Result,
  after: AfterKickoff | readonly AfterKickoff[] | undefined,
): Promise<Result> {
  let current = result;
  for (const hook of listOf(after)) {
    try {
      current = ((await hook(current)) ?? current) as Result;
    } catch (cause) {
      const warning = { code: 'callback_failed' as const, message: `afterKickoff threw: ${messageOf(cause)}`, cause };
      current = withText({ ...current, warnings: Object.freeze([...current.warnings, warning]) });
    }
  }
  return current;
}
