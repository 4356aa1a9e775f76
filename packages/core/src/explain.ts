/** What the error of a run tells: why it ended, what was finished by then, and what all of it came to. */
import { TimedOut } from './abort.ts';
import type { CrewPlan } from './crew-plan.ts';
import { messageOf, TaskError, type TaskErrorCode, type TaskErrorFacts } from './errors.ts';
import { JournalError } from './journal/journal.ts';
import { LoopFailure } from './loop-failure.ts';
import type { Run } from './run.ts';
import { TaskFailure } from './task-failure.ts';
import { spendOf } from './usage.ts';

/** Where it happened. */
interface Scene {
  readonly crew: CrewPlan;
  readonly run: Run;
  readonly name: string;
  readonly role: string;
}

export function explain(thrown: unknown, { crew, run, name, role }: Scene): TaskError {
  const { code, cause } = reasonOf(thrown, run);
  const reason = messageOf(code === 'aborted' ? cause : thrown);
  return new TaskError(code, { task: name, role, reason, cause, partialText: run.partials.get(name), ...leftBy(crew, run) });
}

/** What was under way beside the failing task has ended since, and belongs to what the run leaves behind. */
export function explainAgain(error: TaskError, crew: CrewPlan, run: Run): TaskError {
  const { code, task, role, reason, cause, partialText } = error;
  return new TaskError(code, { task, role, reason, cause, partialText, ...leftBy(crew, run) });
}

function leftBy(crew: CrewPlan, run: Run): Omit<TaskErrorFacts, 'task' | 'role' | 'reason'> {
  const { id: runId, warnings } = run;
  const finished = crew.tasks.flatMap((each) => run.outputs.get(each) ?? []);
  return { runId, finished, warnings: [...warnings], ...spendOf(run.spent()) };
}

function reasonOf(thrown: unknown, { signal }: Run): { code: TaskErrorCode; cause: unknown } {
  if (signal?.aborted) return { code: 'aborted', cause: signal.reason };
  if (thrown instanceof TimedOut) return { code: 'timeout', cause: thrown };
  if (LoopFailure.isInstance(thrown) || TaskFailure.isInstance(thrown)) return { code: thrown.code, cause: thrown.cause };
  return { code: JournalError.isInstance(thrown) ? 'journal_failed' : 'model_failed', cause: thrown };
}
