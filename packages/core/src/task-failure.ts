/** What ends a task for a reason of its own, and the user's functions, which may be one. */
import { untilAborted } from './abort.ts';
import { messageOf, type TaskErrorCode } from './errors.ts';

/** The task cannot be finished, for a reason of its own. */
export class TaskFailure extends Error {
  override readonly name = 'TaskFailure';
  readonly code: TaskErrorCode;

  constructor(code: TaskErrorCode, reason: string, cause?: unknown) {
    super(reason, { cause });
    this.code = code;
  }

  /** Holds for one that an engine has kept in words, too. */
  static isInstance(error: unknown): error is TaskFailure {
    return error instanceof Error && error.name === 'TaskFailure';
  }
}

/** Runs a function of the user's: it is not waited for after an abort, and what it throws fails the task. */
export async function callTheirs<Value>(
  work: { readonly signal: AbortSignal | undefined },
  what: string,
  call: () => Value | Promise<Value>,
): Promise<Value> {
  try {
    return await untilAborted(Promise.resolve().then(call), work.signal);
  } catch (thrown) {
    if (work.signal?.aborted) throw thrown;
    throw new TaskFailure('hook_failed', `${what} threw: ${messageOf(thrown)}`, thrown);
  }
}
