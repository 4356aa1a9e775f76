/** What the run cost, by agent and by model, and what the same tokens cost a crew that asks GPT-4 for everything. */
import type { CrewResult } from '@rolecall/core';
import type { CostTracker } from '@rolecall/cost-tracker';

const postsPerDay = 200;
const daysPerMonth = 30;

type Run = Pick<CrewResult, 'costUsd' | 'warnings' | 'taskOutputs'>;

export function printBill(tracker: CostTracker, { costUsd, warnings, taskOutputs }: Run): void {
  for (const { name, role, model } of taskOutputs) console.log(`${name.padEnd(9)} by the ${role}, answered by ${model}`);
  for (const { message } of warnings) console.log(`note: ${message}`);
  console.log(`\n${tracker.report()}\n`);

  const naiveUsd = tracker.summary().baseline?.costUsd ?? null;
  if (costUsd === null || naiveUsd === null) console.log('To compare with the naive crew, every call needs a price.');
  else printComparison(naiveUsd, costUsd);
}

function printComparison(naiveUsd: number, thisUsd: number): void {
  const row = (label: string, posts: number): string =>
    [label.padEnd(24), ...[naiveUsd, thisUsd, naiveUsd - thisUsd].map((amount) => usd(amount * posts))].join(' ');
  const saved = naiveUsd === 0 ? 'not available' : `${(((naiveUsd - thisUsd) / naiveUsd) * 100).toFixed(1)} %`;
  console.log(`Against the naive crew, all on GPT-4 (an estimate, on the same tokens)
${[''.padEnd(24), ...['all GPT-4', 'this run', 'saved'].map((title) => title.padStart(12))].join(' ')}
${row('per post', 1)}
${row(`per day, ${postsPerDay} posts`, postsPerDay)}
${row(`per month, ${daysPerMonth} days`, postsPerDay * daysPerMonth)}
saved: ${saved}
`);
}

function usd(amount: number): string {
  return `$${amount.toFixed(Math.abs(amount) < 1 ? 4 : 2)}`.padStart(12);
}
