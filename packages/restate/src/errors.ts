/** What goes wrong between a client and its runs. This file imports no code. */
import type { TaskOutput, Spend } from '@rolecall/core';

export type DurableErrorCode =
  | 'unreachable' // nobody answers at the address
  | 'not_restate' // somebody answers who is no Restate server
  | 'not_registered' // the server knows no worker for the crew
  | 'not_found' // there is no such run
  | 'changed' // the crew is not the one that the run began with, or that the worker has
  | 'failed' // the crew failed: `taskError` says at which task
  | 'cancelled' // somebody cancelled the run
  | 'refused'; // the server said no: the message has its words

/** What is left of a `TaskError` on its way from the worker. */
export interface TaskFacts extends Spend {
  readonly code: string;
  readonly task: string;
  readonly role: string;
  readonly message: string;
  readonly finished: readonly TaskOutput[];
}

/** A run could not be begun, followed or finished: `code` says why. */
export class DurableError extends Error {
  override readonly name = 'DurableError';
  readonly code: DurableErrorCode;
  /** Where and with which spending a crew failed or was cancelled. */
  readonly taskError: TaskFacts | undefined;

  constructor(code: DurableErrorCode, message: string, details: { cause?: unknown; taskError?: TaskFacts | undefined } = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.taskError = details.taskError;
  }

  get isDurableError(): true {
    return true; // on the prototype, so it never clutters a log
  }

  /** Holds across duplicate copies of this package, where `instanceof` does not. */
  static isInstance(error: unknown): error is DurableError {
    return (error as Partial<DurableError> | null | undefined)?.isDurableError === true;
  }
}
