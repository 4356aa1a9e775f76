import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Attempt, Model, ModelRequest } from '@rolecall/core';
import { BudgetError } from '@rolecall/cost-tracker';
import { ModelError, RouteError } from '@rolecall/router';

export interface LoadPlan {
  readonly concurrency: number;
  /** Requests begun in a second. @default as many as `concurrency` allows */
  readonly requestsPerSecond?: number | undefined;
  readonly durationMs: number;
  readonly request: ModelRequest;
  readonly signal: AbortSignal;
}

/** What came of a load. */
export class LoadFigures {
  readonly latenciesMs: number[] = [];
  readonly firstTokensMs: number[] = [];
  /** Failed requests by their code. */
  readonly errors: Map<string, number> = new Map();
  sent = 0;
  /** Requests that were due, and for which no slot was free before the end. */
  unsent = 0;
  /** Requests that another model answered than the first of its chain. */
  fallbacks = 0;
  /** Attempts that were refused for their number. */
  rateLimited = 0;
  /** Why it ended early. */
  stopped: string | undefined;
  elapsedMs = 0;

  get failed(): number {
    return [...this.errors.values()].reduce((sum, count) => sum + count, 0);
  }

  noteAttempts(attempts: readonly Attempt[], answered: boolean): void {
    this.rateLimited += attempts.filter(({ status, code }) => status === 429 || code === 'rate_limited').length;
    if (answered && new Set(attempts.map(({ name }) => name)).size > 1) this.fallbacks += 1;
  }
}

/** Sends requests at a steady rate, or one after the other in every slot, until the time is up or the budget is. */
export async function runLoad(model: Model, plan: LoadPlan): Promise<LoadFigures> {
  const figures = new LoadFigures();
  const { durationMs, requestsPerSecond: rate } = plan;
  const fault = new AbortController();
  const signal = AbortSignal.any([plan.signal, fault.signal]);
  setMaxListeners(0, signal); // every slot listens
  const start = performance.now();
  const endsAt = start + durationMs;
  let tickets = 0;

  const worker = async (): Promise<void> => {
    while (figures.stopped === undefined && !signal.aborted && performance.now() < endsAt) {
      // When it is due, not when a slot was free: a slow server must not make its own latencies look better.
      const dueAt = rate === undefined ? performance.now() : start + (tickets * 1_000) / rate;
      if (dueAt >= endsAt) return;
      tickets += 1;
      const waitMs = dueAt - performance.now();
      if (waitMs > 0) await sleep(waitMs, undefined, { signal });
      await send(model, { ...plan, signal }, dueAt, figures);
    }
  };
  const workers = Array.from({ length: plan.concurrency }, () =>
    worker().catch((error: unknown) => {
      if (plan.signal.aborted) return; // what was sent before has been paid for, and is told
      fault.abort(error); // nobody goes on when one of them has met a fault of ours
      throw error;
    }),
  );
  await Promise.all(workers);
  if (plan.signal.aborted) figures.stopped ??= 'it was interrupted';
  figures.elapsedMs = performance.now() - start;
  if (rate !== undefined && figures.stopped === undefined)
    figures.unsent = Math.max(0, Math.floor((durationMs * rate) / 1_000) - figures.sent);
  return figures;
}

async function send(model: Model, { request, signal }: LoadPlan, dueAt: number, figures: LoadFigures): Promise<void> {
  let firstAt: number | undefined;
  const onDelta = (): void => void (firstAt ??= performance.now());
  figures.sent += 1;
  try {
    const { attempts = [] } = await model({ ...request, onDelta, signal });
    figures.latenciesMs.push(performance.now() - dueAt);
    if (firstAt !== undefined) figures.firstTokensMs.push(firstAt - dueAt);
    figures.noteAttempts(attempts, true);
  } catch (error) {
    if (signal.aborted) throw error;
    if (BudgetError.isInstance(error)) {
      figures.sent -= 1; // it was never sent
      figures.stopped ??= reasonOf(error);
    } else if (ModelError.isInstance(error) || RouteError.isInstance(error)) {
      figures.errors.set(error.code, (figures.errors.get(error.code) ?? 0) + 1);
      figures.noteAttempts(error.attempts ?? [], false);
    } else throw error;
  }
}

function reasonOf({ code, model, message }: BudgetError): string {
  if (code !== 'budget_unpriced') return message;
  return `the price of ${model} is not known. Set input_cost_per_token and output_cost_per_token in the file, or pass --allow-unpriced.`;
}

/** By nearest rank; `null` for none. */
export function percentile(values: readonly number[], part: number): number | null {
  const sorted = Float64Array.from(values).toSorted();
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? null;
}
