/** Run by the kill test: appends rows to a ledger, and prints how many of them are acknowledged. */
import { CostTracker } from '../cost-tracker.ts';

const [folder = '', agent = '', durability = 'batch', task = ''] = process.argv.slice(2);
const total = 10_000;
const tracker = new CostTracker({
  prices: { m: { input: 1, output: 1 } },
  ledger: folder,
  durability: durability === 'each' ? 'each' : 'batch',
  keepRows: 0,
});

for (let recorded = 0; recorded < total;) {
  const batch = Math.min(total - recorded, durability === 'each' ? 1 : 1 + Math.floor(Math.random() * 2_000));
  for (let index = 0; index < batch; index++)
    tracker.record({ model: 'm', agent, task, inputTokens: recorded + index, outputTokens: 0 });
  recorded += batch;
  await tracker.flush();
  process.stdout.write(`${recorded}\n`);
}
setInterval(() => undefined, 1_000); // waits for its end
