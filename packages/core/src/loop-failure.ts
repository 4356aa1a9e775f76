/** An agent could not do its task, though its model answered. */
export class LoopFailure extends Error {
  readonly code: 'empty_answer' | 'refused' | 'max_iterations' | 'tool_failed' | 'context_too_long';

  constructor(code: LoopFailure['code'], message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
