export type { AttemptListener, AttemptRequest } from './attempt-listener.ts';
export { compose } from './compose.ts';
export {
  ModelError,
  type ModelErrorCode,
  type ModelErrorFacts,
  remedies,
  type Remedy,
  RouteError,
  type RouteErrorFacts,
} from './errors.ts';
export type { RoleOptions, RoleRoute, RouterOptions } from './options.ts';
export { fallback } from './policies/fallback.ts';
export { retry, type RetryOptions } from './policies/retry.ts';
export { createRouter, type Router } from './router.ts';
