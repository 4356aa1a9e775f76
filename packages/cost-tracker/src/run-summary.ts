import { shown } from './check-options.ts';
import type { Run } from './compare-runs.ts';
import type { Summary } from './summary.ts';

/** @throws {TypeError} when it is neither a tracker nor what the `summary()` of one gave. */
export function summaryOf(owner: string, run: Run): Summary {
  const given: unknown = run;
  if (typeof given === 'object' && given !== null) {
    const summary = 'summary' in run ? run.summary() : run;
    if (typeof summary.byModel === 'object') return summary;
  }
  throw new TypeError(`${owner}: ${shown(given)} is neither a CostTracker nor what its summary() gave`);
}
