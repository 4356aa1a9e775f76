/** What a crew is made of, beside its tasks, as its runs need it. */
import type { Agent } from './agent.ts';
import type { PromptStyle } from './prompt.ts';
import type { Schedule } from './schedule.ts';
import type { TaskCallback, TaskList } from './task.ts';

export interface CrewPlan {
  readonly tasks: TaskList;
  readonly agents: readonly Agent[];
  readonly schedule: Schedule;
  readonly version: string | undefined;
  readonly manager: Agent | undefined;
  readonly planner: Agent | undefined;
  readonly concurrency: number;
  readonly outputRoot: string;
  readonly style: PromptStyle;
  readonly taskCallback: TaskCallback | undefined;
}
