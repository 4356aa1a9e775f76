import type { BudgetAlert } from '@rolecall/cost-tracker';
import type { Alert } from './alerts.ts';

/** A threshold of a budget was passed: news once in each of its windows. */
export function budgetAlert({ budget, threshold, limit, spent, message, windowEnd }: BudgetAlert): Alert {
  const subject = `${budget} ${threshold} ${windowEnd ?? ''}`;
  return { kind: 'budget', subject, message, facts: { budget, threshold, limit, spent } };
}
