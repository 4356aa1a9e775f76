/** A budget's refusal, as HTTP has it. */
import { BudgetError } from '@rolecall/cost-tracker';
import { Refusal } from '../http/refusal.ts';

/**
 * 429 until its window begins anew; 400 for a model without a price, since waiting would not help; 503 when the store of budgets
 * does not answer; nothing when it is another error.
 */
export function budgetRefusal(error: unknown): Refusal | undefined {
  if (!BudgetError.isInstance(error)) return undefined;
  const { message, code, windowEnd } = error;
  if (code === 'budget_unpriced') return unpriced(error);
  const isAway = code === 'budget_store_failed';
  return new Refusal({
    status: isAway ? 503 : 429,
    type: isAway ? 'server_error' : 'budget_exceeded',
    code,
    message: message.replace(ofTheTracker, ''),
    retryAfterMs: windowEnd === null ? undefined : Math.max(1_000, windowEnd - Date.now()),
    headers: isAway ? {} : { 'x-should-retry': 'false' }, // the SDKs would ask again at once
  });
}

/** Advice that no configuration can follow. */
const ofTheTracker = ', or `assumedOutputTokens` on the budget';

/** In the words of the configuration: those of the tracker's options mean nothing there. */
function unpriced({ code, budget, model }: BudgetError): Refusal {
  const way =
    'in the configuration, give it an input_cost_per_token and an output_cost_per_token (0 on a machine of your own), or set general_settings.unpriced_models: allow.';
  return new Refusal({
    status: 400,
    type: 'invalid_request_error',
    code,
    message: `The budget "${budget}" refused a call of ${model}, whose price is not known: ${way}`,
    param: 'model',
  });
}
