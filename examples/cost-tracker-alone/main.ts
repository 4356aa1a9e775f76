/** The tracker on its own: no crew, no router. First the sums by hand, then a real SDK's client put on the books. */
import { compareRuns, CostTracker, perThousand, reportComparison } from '@rolecall/cost-tracker';
import { startSimulator } from '@rolecall/simulator';
import OpenAI from 'openai';

const prices = {
  'gpt-4': perThousand(0.03),
  'claude-sonnet': perThousand(0.015),
  'groq-fast': perThousand(0.0005),
  'local-mistral': perThousand(0),
};

// Before: three agents on gpt-4.
const naive = new CostTracker({ prices });
naive.record({ agent: 'researcher', model: 'gpt-4', inputTokens: 800, outputTokens: 700, latencyMs: 1_800, workflow: 'post-1' });
naive.record({ agent: 'writer', model: 'gpt-4', inputTokens: 900, outputTokens: 1_100, latencyMs: 4_100, workflow: 'post-1' });
naive.record({ agent: 'editor', model: 'gpt-4', inputTokens: 800, outputTokens: 700, latencyMs: 1_900, workflow: 'post-1' });

// After: each on the backend it deserves.
const optimised = new CostTracker({ prices, baseline: 'gpt-4' });
optimised.record({
  agent: 'researcher',
  model: 'groq-fast',
  inputTokens: 800,
  outputTokens: 700,
  latencyMs: 1_200,
  workflow: 'post-1',
});
optimised.record({
  agent: 'writer',
  model: 'claude-sonnet',
  inputTokens: 1_200,
  outputTokens: 1_800,
  latencyMs: 3_500,
  workflow: 'post-1',
});
optimised.record({
  agent: 'editor',
  model: 'local-mistral',
  inputTokens: 2_000,
  outputTokens: 1_500,
  latencyMs: 850,
  workflow: 'post-1',
});

console.log(`The naive crew: $${naive.summary().costUsd} a post on gpt-4\n`);
console.log(optimised.report());
console.log(`\n${reportComparison(compareRuns(naive, optimised, { runsPerDay: 200, daysPerMonth: 30 }))}`);

// Around a client you have: the same client, with a row for every request.
const simulator = await startSimulator();
const tracker = new CostTracker();
const client = tracker.track(new OpenAI({ apiKey: 'simulated', baseURL: simulator.urls.openai }));
await tracker.run({ agent: 'greeter' }, () =>
  client.chat.completions.create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Say hello.' }] }),
);
await simulator.close();
const [row] = tracker.rows();
console.log(`\nOne call of the ${row?.agent} to ${row?.model}, answered by the simulator, at list price: $${row?.costUsd}`);
