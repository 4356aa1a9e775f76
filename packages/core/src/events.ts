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
  | TaskSkipped
  | TaskFinished
  | TaskFailed
  | ModelCallStarted
  | ModelCallFinished
  | ModelCallFailed
  | TextDelta
  | TextReset
  | GuardrailFinished
  | HumanRequested
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
  /** Which answer of this task it works on: 1, and one more whenever an answer is sent back. */
  readonly attempt: number;
  /** The model call for this answer, from 1. */
  readonly turn: number;
  /** What the model is asked for, when it is not the task itself. */
  readonly aside?: Aside | undefined;
}

/** A guardrail's judgement, the summary of an earlier output, or the plan of the whole crew. */
export type Aside = 'guardrail' | 'summary' | 'planning';

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

/** Its condition said no. */
export interface TaskSkipped extends TaskTag {
  readonly type: 'task_skipped';
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
  /** The answer was in the journal: nobody was asked. */
  readonly replayed?: true | undefined;
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

/** The answer streamed so far does not count: what comes next takes its place. */
export interface TextReset extends TurnTag {
  readonly type: 'reset';
  /** Who sent it back: the schema, a guardrail, a person; or its model call is made once more. */
  readonly reason: 'schema' | 'guardrail' | 'human' | 'retry';
}

export interface GuardrailFinished extends TaskTag {
  readonly type: 'guardrail_finished';
  /** The answer it looked at. */
  readonly attempt: number;
  /** Its place among the task's guardrails, from 0. */
  readonly guardrail: number;
  readonly passed: boolean;
  /** Why not. */
  readonly feedback?: string | undefined;
}

/** The run waits for a person outside: a signal of that name goes on with it. */
export interface HumanRequested extends TaskTag {
  readonly type: 'human_requested';
  /** The answer that is to be looked at. */
  readonly attempt: number;
  readonly signal: string;
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
  /** The result was in the journal: the tool was not run. */
  readonly replayed?: true | undefined;
}

export interface WarningRaised extends RunTag {
  readonly type: 'warning';
  readonly warning: Warning;
}
