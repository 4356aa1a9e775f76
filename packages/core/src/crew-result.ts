/** What a run gives. */
import { withText } from './output.ts';
import type { Run } from './run.ts';
import type { Condition, Task, TaskList, TaskOutput } from './task.ts';
import { spendOf, type Spend } from './usage.ts';
import type { Warning } from './warning.ts';

/** The spending is this run's alone, failed attempts included. */
export interface CrewResult<Tasks extends TaskList = TaskList> extends Spend {
  readonly runId: string;
  /** The answer of the last task that was not skipped. */
  readonly text: string;
  /** The value of the last task's schema; `undefined` without one, or when that task was skipped. */
  readonly output: LastOutput<Tasks>;
  /** The outputs by the names of their tasks. */
  readonly tasks: { readonly [Part in Tasks[number] as Part['name']]: TaskOutput<OutputOf<Part>> };
  /** The outputs in order. */
  readonly taskOutputs: readonly TaskOutput[];
  readonly warnings: readonly Warning[];
  /** The typed value as JSON, or else the text. */
  readonly toString: () => string;
}

/** The value of a task's schema, which a task that may be skipped may not have. */
export type OutputOf<Part extends Task> =
  Part extends Task<string, string, string, Part['agent'], infer Out>
    ? [Part['when']] extends [Condition]
      ? Out | undefined
      : Out
    : never;
type LastOutput<Tasks extends TaskList> = Tasks extends readonly [...TaskList, infer Last extends Task]
  ? OutputOf<Last>
  : unknown;

export function resultOf<Tasks extends TaskList>(tasks: Tasks, run: Run): CrewResult<Tasks> {
  const taskOutputs = Object.freeze(tasks.flatMap((task) => run.outputs.get(task) ?? []));
  const { usage, costUsd, unpriced, attempts } = spendOf(Object.freeze(run.spent()));
  // Without a prototype, so that a task may have any name, and no other name finds anything.
  const byName: Record<string, TaskOutput> = Object.create(null);
  for (const output of taskOutputs) byName[output.name] = output;
  return withText({
    runId: run.id,
    text: taskOutputs.findLast(({ text }) => text !== '')?.text ?? '',
    output: taskOutputs.at(-1)?.output as LastOutput<Tasks>,
    tasks: Object.freeze(byName) as CrewResult<Tasks>['tasks'],
    taskOutputs,
    usage,
    costUsd,
    unpriced,
    attempts,
    warnings: Object.freeze([...run.warnings]),
  });
}
