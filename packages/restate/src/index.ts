export {
  connect,
  type ConnectOptions,
  type DurableForEachOptions,
  type DurableKickoffOptions,
  type DurableRuns,
} from './connect.ts';
export type { AnyCrew } from './definition.ts';
export { durable, type DurableCrew, type DurableOptions, type Worker } from './durable.ts';
export { DurableError, type DurableErrorCode, type TaskFacts } from './errors.ts';
export type { LedgerTotals } from './ledger-entry.ts';
export type { DurableRun, RunStatus } from './run-handle.ts';
