/** A task could not be finished, and so its run ended. This file imports no code. */
import type { Attempt, Usage } from './model.ts';
import type { TaskOutput } from './task.ts';
import type { Spend } from './usage.ts';
import type { Warning } from './warning.ts';

export type TaskErrorCode =
  | 'model_failed' // the model threw: `cause` is what it threw, a bug included
  | 'empty_answer' // neither text nor tool calls
  | 'refused' // the model declined, and said so in place of an answer
  | 'tool_failed' // a tool made with `onError: 'fail'` threw: `cause` is what it threw
  | 'context_too_long' // the conversation does not fit the agent's `contextWindow`
  | 'max_iterations' // the cap was reached, and the forced answer was empty too
  | 'output_invalid' // the answer does not fit the schema, and asking again did not help
  | 'guardrail_failed' // a guardrail sent the answer back more often than `maxRetries`
  | 'hook_failed' // a function of the task's threw: `when`, a guardrail, a context's `map`, a schema, `human`
  | 'journal_failed' // a step could not be written down, as on a full disk: `cause` is the `JournalError`
  | 'file_failed' // the answer could not be written to `outputFile`; it is among `finished`
  | 'timeout' // `timeoutMs` of the task or its agent was up
  | 'aborted'; // the caller's signal: `cause` is its reason

export interface TaskErrorFacts extends Spend {
  /** The failing task's name. */
  readonly task: string;
  /** The key of its agent: the agent's name, or else its role as written. */
  readonly role: string;
  readonly runId: string;
  /** Why, in one sentence. */
  readonly reason: string;
  /** The outputs of the tasks that had ended before. */
  readonly finished: readonly TaskOutput[];
  readonly warnings: readonly Warning[];
  /** What had been streamed of the answer that failed. */
  readonly partialText?: string | undefined;
  readonly cause?: unknown;
}

/**
 * A run ended at this task: `code` says why, `finished` and the figures are what it leaves behind. Printed or logged as a whole it
 * shows its message, which tells of every attempt, and no texts.
 */
export class TaskError extends Error implements Omit<TaskErrorFacts, 'cause'> {
  override readonly name = 'TaskError';
  readonly code: TaskErrorCode;
  readonly task: string;
  readonly role: string;
  readonly runId: string;
  /** Why, in one sentence: the end of the message. */
  readonly reason: string;
  readonly finished: readonly TaskOutput[];
  readonly warnings: readonly Warning[];
  /** What had been streamed of the answer that failed. */
  readonly partialText: string | undefined;
  /** Of the whole run, this task's attempts included. */
  readonly usage: Usage;
  readonly costUsd: number | null;
  readonly unpriced: number;
  readonly attempts: readonly Attempt[];

  constructor(code: TaskErrorCode, facts: TaskErrorFacts) {
    const { task, role, reason, cause } = facts;
    super(
      `Task "${task}" (${role}) ${code === 'aborted' ? 'was aborted' : 'failed'}: ${reason}`,
      cause === undefined ? undefined : { cause },
    );
    this.code = code;
    this.task = task;
    this.role = role;
    this.runId = facts.runId;
    this.reason = reason;
    this.finished = facts.finished;
    this.warnings = facts.warnings;
    this.partialText = facts.partialText;
    this.usage = facts.usage;
    this.costUsd = facts.costUsd;
    this.unpriced = facts.unpriced;
    this.attempts = facts.attempts;
    unprint(this, 'reason', 'finished', 'warnings', 'partialText', 'attempts');
  }

  get isTaskError(): true {
    return true; // on the prototype, so it never clutters a log
  }

  /** Holds across duplicate copies of this package, where `instanceof` does not. */
  static isInstance(error: unknown): error is TaskError {
    return (error as Partial<TaskError> | null | undefined)?.isTaskError === true;
  }
}

/** Leaves what is named, and what says nothing, to be read, but neither printed nor logged. */
function unprint(error: Error, ...names: readonly string[]): void {
  for (const [name, value] of Object.entries(error)) {
    if (value === undefined || value === false || names.includes(name)) Object.defineProperty(error, name, { enumerable: false });
  }
}

/** What was thrown, in words. */
export function messageOf(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message;
  return typeof thrown === 'string' ? thrown : `something of type ${typeof thrown} was thrown`;
}
