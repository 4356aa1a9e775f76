/** A budget's refusal, as HTTP has it. */
import { BudgetError } from '@rolecall/cost-tracker';
import { Refusal } from '../http/refusal.ts';

/** 429 until its window begins anew; 503 when the store of budgets does not answer; nothing when it is another error. */
export function budgetRefusal(error: unknown): Refusal | undefined {
  if (!BudgetError.isInstance(error)) return undefined;
  const { message, code, windowEnd } = error;
  const isAway = code === 'budget_store_failed';
  return new Refusal({
    status: isAway ? 503 : 429,
    type: isAway ? 'server_error' : 'budget_exceeded',
    code,
    message,
    retryAfterMs: windowEnd === null ? undefined : Math.max(1_000, windowEnd - Date.now()),
    headers: isAway ? {} : { 'x-should-retry': 'false' }, // the SDKs would ask again at once
  });
}
