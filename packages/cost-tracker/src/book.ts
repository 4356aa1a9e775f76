import type { Scopes } from './attribution.ts';
import type { BudgetGate } from './budget-gate.ts';
import type { Hold } from './budgets.ts';
import type { CallRecord } from './call-record.ts';
import type { RowIds } from './row-ids.ts';
import type { LedgerRow } from './row.ts';
import type { SeenAttempts } from './seen-attempts.ts';

/** What wrapped models and tracked clients need of their tracker. */
export interface Book {
  /** Makes the row of one attempt, with the attempt's id; it is charged to what is held for the call. */
  enter(id: string, record: CallRecord, hold: Hold | undefined): LedgerRow;
  /** Names rows, attempts and calls that have no name yet. */
  readonly ids: RowIds;
  /** The attempts that have a row. */
  readonly seen: SeenAttempts;
  /** A fault of the tracker's own: said once, and kept from the caller. */
  fault(error: unknown): void;
  /** Absent without budgets. */
  readonly gate?: BudgetGate | undefined;
  /** On whose account calls are. */
  readonly scopes: Scopes;
  /** Some client is tracked: its requests may belong to a wrapped call. */
  tracksClients: boolean;
}
