/** An agent could not do its task, though its model answered. */
export class LoopFailure extends Error {
  override readonly name = 'LoopFailure';
  readonly code: 'empty_answer' | 'refused' | 'max_iterations' | 'tool_failed' | 'context_too_long';

  constructor(code: LoopFailure['code'], message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }

  /** Holds for one that an engine has kept in words, too. */
  static isInstance(error: unknown): error is LoopFailure {
    return error instanceof Error && error.name === 'LoopFailure';
  }
}
