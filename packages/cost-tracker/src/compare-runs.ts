import { checkNames } from './check-options.ts';
import { picodollarsOf, shareOf } from './money.ts';
import { reportComparison, type ComparedCosts, type ComparedRun, type RunComparison } from './run-comparison.ts';
import { summaryOf } from './run-summary.ts';
import type { Summary } from './summary.ts';
import { usdOrNull } from './tally.ts';

/** A tracker, or what its `summary()` said. */
export type Run = Summary | { summary(): Summary };

export interface CompareRunsOptions {
  /** A whole number, at least 1. @default no figures per day and month */
  readonly runsPerDay?: number | undefined;
  /** A whole number, at least 1. @default 30 */
  readonly daysPerMonth?: number | undefined;
}

/**
 * Compares what one run cost with what another did, each with the tokens it really used.
 * (A tracker's `baseline` compares on the same tokens instead.) As a string, the result is its table.
 *
 * @example
 * compareRuns(naive, optimised, { runsPerDay: 200 }).perMonth?.savedUsd; // 625.5
 *
 * @throws {TypeError} when an option is not what it should be.
 */
export function compareRuns(before: Run, after: Run, options: CompareRunsOptions = {}): RunComparison {
  checkNames(options, ['runsPerDay', 'daysPerMonth']);
  const { runsPerDay, daysPerMonth = 30 } = options;
  for (const [name, value] of Object.entries({ runsPerDay, daysPerMonth })) {
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= 1)) {
      throw new TypeError(`${name}: ${String(value)} is not a whole number of at least 1`);
    }
  }
  const [first, second] = [summaryOf('compareRuns', before), summaryOf('compareRuns', after)];
  const [firstCost, secondCost] = [costPerRun(first), costPerRun(second)];
  const saved = firstCost === null || secondCost === null ? null : firstCost - secondCost;

  const costs = (times: number): ComparedCosts => ({
    beforeUsd: multiplied(firstCost, times),
    afterUsd: multiplied(secondCost, times),
    savedUsd: multiplied(saved, times),
  });
  const comparison: RunComparison = {
    before: sideOf(first),
    after: sideOf(second),
    savedShare: saved === null || firstCost === null ? null : shareOf(saved, firstCost),
    perRun: costs(1),
    perDay: runsPerDay === undefined ? null : { runs: runsPerDay, ...costs(runsPerDay) },
    perMonth: runsPerDay === undefined ? null : { days: daysPerMonth, ...costs(runsPerDay * daysPerMonth) },
  };
  return Object.defineProperty(comparison, 'toString', { value: () => reportComparison(comparison) });
}

function sideOf({ workflows, requests, unpriced, simulated }: Summary): ComparedRun {
  return { runs: runsOf(workflows, requests), requests, unpriced, simulatedRequests: simulated.requests };
}

function runsOf(workflows: number, requests: number): number {
  return workflows === 0 && requests > 0 ? 1 : workflows;
}

/** Back to whole picodollars, so that per day and per month are multiples of what is shown per run. */
function costPerRun({ workflows, requests, unpriced, costUsd, costPerWorkflowUsd }: Summary): bigint | null {
  if (unpriced > 0 || requests === 0) return null;
  const usd = workflows === 0 ? costUsd : costPerWorkflowUsd;
  return usd === null ? null : picodollarsOf(usd);
}

function multiplied(picodollars: bigint | null, times: number): number | null {
  return usdOrNull(picodollars === null ? null : picodollars * BigInt(times));
}
