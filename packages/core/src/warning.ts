/** Something that did not stop the run, and that its owner should know. */
export interface Warning {
  readonly code:
    | 'tool_failed' // a tool threw; the model was told
    | 'fell_back' // another model answered than the one asked first
    | 'truncated' // an answer was cut off at the output limit
    | 'forced_answer' // `maxIterations` was reached, and the agent had to answer with what it had
    | 'listener_failed'; // `onEvent` threw; reported once
  readonly message: string;
  readonly task?: string | undefined;
  readonly role?: string | undefined;
  /** What was thrown, if that is the reason. */
  readonly cause?: unknown;
}
