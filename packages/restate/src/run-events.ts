/** The events of a run: numbered batches, which the run resolves and whoever follows it waits for. */
import { TimeoutError, type WorkflowContext, type WorkflowSharedContext } from '@restatedev/restate-sdk';
import type { CrewEvent, JsonValue } from '@rolecall/core';
import { portable } from './portable.ts';
import type { EventsRequest } from './run-request.ts';

/** Some events of a run, in order; the last of its batches says so. */
export interface EventBatch {
  readonly events: readonly JsonValue[];
  readonly isLast: boolean;
}

/** Batches end where the journal goes on: a replay tells the same. */
export class RunEvents {
  readonly #ctx: Pick<WorkflowContext, 'promise'>;
  #events: JsonValue[] = [];
  #batches = 0;

  constructor(ctx: Pick<WorkflowContext, 'promise'>) {
    this.#ctx = ctx;
  }

  keep(event: CrewEvent): void {
    if (event.type === 'delta' || event.type === 'reset') return; // text as it is written is not for a journal
    const { replayed: _replayed, ...told } = event as CrewEvent & { replayed?: unknown };
    this.#events.push(portable(told));
  }

  /** Not waited for: it is on its way to the server before whatever is asked of it next. */
  tell(isLast: boolean): void {
    if (this.#events.length === 0 && !isLast) return;
    const batch: EventBatch = { events: this.#events, isLast };
    this.#events = [];
    void this.#ctx.promise<EventBatch>(batchName(this.#batches)).resolve(batch);
    this.#batches += 1;
  }
}

const mostBatches = 64;

/** What follows so many batches; nothing when there is none for so long. */
export async function eventsFrom(
  ctx: WorkflowSharedContext,
  { from, waitMs = 20_000 }: EventsRequest,
): Promise<readonly EventBatch[]> {
  const batches: EventBatch[] = [];
  try {
    batches.push(await ctx.promise<EventBatch>(batchName(from)).get().orTimeout(waitMs));
  } catch (error) {
    if (error instanceof TimeoutError) return batches;
    throw error;
  }
  while (batches.length < mostBatches && batches.at(-1)?.isLast === false) {
    const next = await ctx.promise<EventBatch>(batchName(from + batches.length)).peek();
    if (next === undefined) break;
    batches.push(next);
  }
  return batches;
}

function batchName(index: number): string {
  return `events-${index}`;
}
