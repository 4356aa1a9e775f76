/** Where runs keep what their steps gave. */
import type { Attempt } from '../model.ts';
import type { Steps } from '../steps.ts';

export interface Journal {
  /**
   * Takes a run up where it ended, or begins it.
   *
   * @throws {JournalError} when the run is open elsewhere, or what is stored of it cannot be read.
   */
  readonly open: (runId: string) => Promise<OpenRun>;
}

export interface OpenRun {
  readonly steps: Steps;
  /** The attempts in steps that were finished before, and that this run has not asked for: work that has been replaced. */
  readonly superseded: () => readonly Attempt[];
  /** Lets others open the run. */
  readonly close: () => Promise<void>;
}

export type JournalErrorCode =
  | 'locked' // another process, or another kickoff of this one, has the run open
  | 'unreadable' // what is stored is not what a journal writes
  | 'not_written' // a full disk, for one: `cause` is what the system said
  | 'too_large' // one step gave more than a journal takes
  | 'closed'; // a step came after the end of its run

/** The journal cannot be used: `code` says why. What is stored is left as it is. */
export class JournalError extends Error {
  override readonly name = 'JournalError';
  readonly code: JournalErrorCode;

  constructor(code: JournalErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }

  get isJournalError(): true {
    return true; // on the prototype, so it never clutters a log
  }

  /** Holds across duplicate copies of this package, where `instanceof` does not. */
  static isInstance(error: unknown): error is JournalError {
    return (error as Partial<JournalError> | null | undefined)?.isJournalError === true;
  }
}
