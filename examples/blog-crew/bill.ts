/** What the run cost, and what the same tokens would have cost on gpt-4. */
import type { CrewResult } from '@rolecall/core';
import type { CostTracker } from '@rolecall/cost-tracker';

const postsPerDay = 200;
const daysPerMonth = 30;

export function printBill(tracker: CostTracker, { costUsd, warnings, taskOutputs }: Pick<CrewResult, 'costUsd' | 'warnings' | 'taskOutputs'>): void {
  for (const { name, role, model } of taskOutputs) console.log(`${name.padEnd(9)} by the ${role}, answered by ${model}`);
  for (const { message } of warnings) console.log(`note: ${message}`);
  console.log(`\n${tracker.report()}`);

  const { baseline } = tracker.summary();
  if (costUsd === null || baseline?.costUsd == null) return console.log('\nThe comparison needs the price of every call.');
  const naive = baseline.costUsd;
  const row = (label: string, times: number): string =>
    `${label.padEnd(32)} ${usd(naive * times)} ${usd(costUsd * times)} ${usd((naive - costUsd) * times)}`;
  console.log(`
Against the naive crew (all GPT-4), on the same tokens: an estimate
${''.padEnd(32)} ${'all GPT-4'.padStart(12)} ${'this run'.padStart(12)} ${'saved'.padStart(12)}
${row('per post', 1)}
${row(`per day (${postsPerDay} posts)`, postsPerDay)}
${row(`per month (${daysPerMonth} days)`, postsPerDay * daysPerMonth)}
saved share: ${naive === 0 ? 'not available' : `${(((naive - costUsd) / naive) * 100).toFixed(1)} %`}`);
}

function usd(amount: number): string {
  return `$${amount.toFixed(Math.abs(amount) < 1 ? 4 : 2)}`.padStart(12);
}
