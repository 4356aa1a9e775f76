/** What the steps of a run have cost, on its way to the tenant's ledger. */
import { serde, type Serde, type WorkflowContext } from '@restatedev/restate-sdk';
import type { Attempt } from '@rolecall/core';
import { entryOf, type LedgerEntry } from './ledger-entry.ts';
import { ledgerKeyOf, ledgerService } from './service-name.ts';

/** A message is an invocation of its own, which costs as much as a step: those that end within so long share one. */
const tellEveryMs = 10_000;

export interface RunCostsFacts {
  readonly ctx: Pick<WorkflowContext, 'genericSend'>;
  readonly runId: string;
  readonly tenant: string;
  readonly begunAt: number;
}

/** Which steps share a message is decided by the journal's own times alone: a replay tells the ledger the same. */
export class RunCosts {
  readonly #facts: RunCostsFacts;
  #entries: LedgerEntry[] = [];
  #toldAt: number;

  constructor(facts: RunCostsFacts) {
    this.#facts = facts;
    this.#toldAt = facts.begunAt;
  }

  add(step: string, attempts: readonly Attempt[], at: number): void {
    if (attempts.length > 0) this.#entries.push(entryOf(this.#facts.runId, step, attempts));
    if (at - this.#toldAt >= tellEveryMs) this.tell(at);
  }

  /** The server delivers it once. */
  tell(at: number): void {
    this.#toldAt = at;
    if (this.#entries.length === 0) return;
    const { ctx, runId, tenant } = this.#facts;
    const inputSerde = serde.json as Serde<readonly LedgerEntry[]>;
    const key = ledgerKeyOf(tenant, runId);
    ctx.genericSend({ service: ledgerService, method: 'add', key, parameter: this.#entries, inputSerde });
    this.#entries = [];
  }
}
