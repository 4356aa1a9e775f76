/** What happens during a run, as it happens. */
import type { TaskError } from './errors.ts';
import type { Attempt, ModelResponse, Usage } from './model.ts';
import type { TaskOutput } from './task.ts';
import type { Spend } from './usage.ts';
import type { Warning } from './warning.ts';

export type CrewEvent =
  | CrewStarted
  | CrewFinished
  | CrewFailed
  | TaskStarted
  | TaskFinished
  | TaskFailed
  | ModelCallStarted
  | ModelCallFinished
  | ModelCallFailed
  | TextDelta
  | ToolStarted
  | ToolFinished
  | WarningRaised;

/** Receives a run's events. A promise it returns is waited for, and so holds the run, and a stream, back. */
export type CrewListener = (event: CrewEvent) => void | Promise<void>;

export interface RunTag {
  readonly runId: string;
  /** The crew's name. */
  readonly crew: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export interface TaskTag extends RunTag {
  /** The task's name. */
  readonly task: string;
  /** The task's place in the crew, from 0. */
  readonly taskIndex: number;
  /** The agent's name, or else its role as written: the same key as in the ledger. */
  readonly role: string;
}

export interface TurnTag extends TaskTag {
  /** The model call of this task, from 1. */
  readonly turn: number;
}

export interface CrewStarted extends RunTag {
  readonly type: 'crew_started';
  /** The names of the tasks, in order. */
  readonly tasks: readonly string[];
}

export interface CrewFinished extends RunTag, Omit<Spend, 'attempts'> {
  readonly type: 'crew_finished';
  readonly text: string;
  readonly durationMs: number;
}

export interface CrewFailed extends RunTag {
  readonly type: 'crew_failed';
  readonly error: TaskError;
}

export interface TaskStarted extends TaskTag {
  readonly type: 'task_started';
  /** The description with its inputs filled in. */
  readonly description: string;
}

export interface TaskFinished extends TaskTag {
  readonly type: 'task_finished';
  readonly output: TaskOutput;
}

export interface TaskFailed extends TaskTag {
  readonly type: 'task_failed';
  readonly error: TaskError;
}

export interface ModelCallStarted extends TurnTag {
  readonly type: 'model_call_started';
}

export interface ModelCallFinished extends TurnTag {
  readonly type: 'model_call_finished';
  /** The model that answered, `provider/model`. */
  readonly model: string;
  readonly usage: Usage;
  readonly finishReason: ModelResponse['finishReason'];
  readonly attempts: readonly Attempt[];
  readonly durationMs: number;
}

export interface ModelCallFailed extends TurnTag {
  readonly type: 'model_call_failed';
  readonly error: unknown;
  readonly attempts: readonly Attempt[];
  readonly durationMs: number;
}

/** A piece of an answer as it is written. Only a run with `stream: true` has these. */
export interface TextDelta extends TurnTag {
  readonly type: 'delta';
  readonly text: string;
}

export interface ToolStarted extends TurnTag {
  readonly type: 'tool_started';
  readonly tool: string;
  readonly callId: string;
  /** JSON text, as the model wrote it. */
  readonly arguments: string;
}

export interface ToolFinished extends TurnTag {
  readonly type: 'tool_finished';
  readonly tool: string;
  readonly callId: string;
  /** What the model is told. */
  readonly result: string;
  readonly isError: boolean;
  readonly durationMs: number;
}

export interface WarningRaised extends RunTag {
  readonly type: 'warning';
  readonly warning: Warning;
}
