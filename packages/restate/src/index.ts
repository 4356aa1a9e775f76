export {
  connect,
  type ConnectOptions,
  type DurableForEachOptions,
  type DurableKickoffOptions,
  type DurableRuns,
} from './connect.ts';
export type { AnyCrew } from './definition.ts';
export { durable, type DurableCrew } from './durable.ts';
export type { DurableOptions } from './durable-options.ts';
export { DurableError, type DurableErrorCode, type TaskFacts } from './errors.ts';
export type { LedgerTotals } from './ledger-entry.ts';
export type { DurableRun, RunStatus } from './run-handle.ts';
export type { CloseOptions, Worker } from './worker.ts';
