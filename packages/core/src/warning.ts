/** Something that did not stop the run, and that its owner should know. */
export interface Warning {
  readonly code:
    | 'tool_failed' // a tool threw; the model was told
    | 'fell_back' // another model answered than the one asked first
    | 'truncated' // an answer was cut off at the output limit
    | 'possibly_billed' // a crash cut a call off; it was made again, and both may be on the bill
    | 'possibly_repeated' // a crash cut a tool off; it was run again, with the same idempotency key
    | 'waited' // every backend failed; asked again after `retryAfterMs`
    | 'task_retried' // a tool that must not fail did; its task was begun again
    | 'context_shortened' // the conversation would not have fitted the model's context window
    | 'forced_answer' // `maxIterations` was reached, and the agent had to answer with what it had
    | 'repaired' // an answer did not fit its schema, and was asked for again
    | 'callback_failed' // a callback or an after-hook threw
    | 'plan_unreadable' // the planner gave no plan for a task, which went without
    | 'memory_failed' // an answer could not be kept in its agent's memory
    | 'listener_failed'; // `onEvent` threw, reported once; or `onItem` did
  readonly message: string;
  readonly task?: string | undefined;
  readonly role?: string | undefined;
  /** What was thrown, if that is the reason. */
  readonly cause?: unknown;
}
