/** Which tasks wait for which, and running them so: in order, but for the async ones, which run beside what follows. */
import type { TaskList } from './task.ts';

/** For every task, the places of those that have to have ended before it starts. */
export type Schedule = readonly (readonly number[])[];

export function scheduleOf(tasks: TaskList): Schedule {
  const placeOf = new Map(tasks.map((task, index) => [task, index]));
  return tasks.map((task, index) => {
    const before = sourcesOf(tasks, index).map((source) => placeOf.get(source) ?? 0);
    const lastInOrder = tasks.slice(0, index).findLastIndex((earlier) => !earlier.async);
    if (lastInOrder !== -1) before.push(lastInOrder);
    if (task.when) before.push(index - 1);
    return [...new Set(before)];
  });
}

/** The tasks whose outputs one is given. When it does not say: all before it, but not those beside which it runs. */
export function sourcesOf(tasks: TaskList, index: number): TaskList {
  const task = tasks[index];
  if (task?.context) return task.context.map((edge) => edge.task);
  let end = index;
  if (task?.async) while (tasks[end - 1]?.async) end -= 1;
  return tasks.slice(0, end);
}

/** Rejects with the first failure, when all that had started has ended. `onFailure` is to stop what is under way. */
export async function runSchedule(
  schedule: Schedule,
  concurrency: number,
  run: (index: number) => Promise<void>,
  onFailure: (reason: unknown) => void,
): Promise<void> {
  const inTurn = limited(concurrency);
  const failures: unknown[] = [];
  const ended: Promise<void>[] = [];
  for (const [index, before] of schedule.entries()) {
    const start = async (): Promise<void> => {
      for (const earlier of before) await ended[earlier];
      try {
        await inTurn(() => (failures.length > 0 ? Promise.reject(failures[0]) : run(index)));
      } catch (error) {
        failures.push(error);
        if (failures.length === 1) onFailure(error);
        throw error;
      }
    };
    ended.push(start());
  }
  await Promise.allSettled(ended);
  if (failures.length > 0) throw failures[0];
}

/** At most so many at a time, in order. */
export function limited(most: number): <Value>(work: () => Promise<Value>) => Promise<Value> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running >= most) await new Promise<void>((resolve) => void waiting.push(resolve));
    else running += 1;
    try {
      return await work();
    } finally {
      // The place is handed on, so that nobody slips in between.
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
