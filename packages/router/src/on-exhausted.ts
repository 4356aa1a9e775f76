import type { ModelError, RouteError } from './errors.ts';

/** Hears that a request got no answer: a `RouteError` when every backend failed, `deadline_exceeded` when time ran out. */
export type ExhaustedListener = (error: RouteError | ModelError) => void | Promise<void>;
