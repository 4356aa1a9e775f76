/** Four agents, four providers: an analyst with a tool, a strategist, a copywriter and a reviewer, each on its own chain. */
import { Agent, Crew, Task, tool } from '@rolecall/core';
import { CostTracker } from '@rolecall/cost-tracker';
import { createRouter } from '@rolecall/router';
import { anthropic } from '@rolecall/router/anthropic';
import { groq } from '@rolecall/router/groq';
import { ollama } from '@rolecall/router/ollama';
import { openai } from '@rolecall/router/openai';
import { startSimulator } from '@rolecall/simulator';
import { z } from 'zod';

// No key is needed: the simulator stands for all four providers. Without `baseURL`, `host` and `simulated` these are the real ones.
const simulator = await startSimulator({ models: { ollama: ['mistral'] } });
const simulated = { apiKey: 'simulated', simulated: true };

const salesOf = tool({
  name: 'sales_of',
  description: 'The units sold of a product, by quarter',
  parameters: z.object({ product: z.string() }),
  execute: ({ product }) => ({ product, units: [120, 180, 260, 390] }),
});

const analyst = new Agent({
  name: 'analyst',
  role: 'Data Analyst',
  goal: 'Find what the figures say about {product}',
  backstory: 'You never quote a figure you have not looked up.',
  tools: [salesOf],
});
const strategist = new Agent({
  name: 'strategist',
  role: 'Marketing Strategist',
  goal: 'Decide what to say about {product}, and to whom',
  backstory: 'You have launched forty products and buried ten.',
});
const copywriter = new Agent({
  name: 'copywriter',
  role: 'Copywriter',
  goal: 'Say it in words that sell',
  backstory: 'You write short.',
});
const reviewer = new Agent({
  name: 'reviewer',
  role: 'Reviewer',
  goal: 'Let no mistake out of the door',
  backstory: 'You read twice.',
});

const analyse = new Task({
  name: 'analyse',
  description: 'Analyse the sales of {product}.',
  expectedOutput: 'The trend, with figures',
  agent: analyst,
});
const plan = new Task({
  name: 'plan',
  description: 'Plan a campaign for {product}.',
  expectedOutput: 'Audience and message',
  agent: strategist,
});
const write = new Task({
  name: 'write',
  description: 'Write the announcement.',
  expectedOutput: 'Three sentences',
  agent: copywriter,
  context: [plan],
});
const review = new Task({
  name: 'review',
  description: 'Check the announcement against the figures.',
  expectedOutput: 'The final text',
  agent: reviewer,
  context: [analyse, write],
});

const tracker = new CostTracker({ baseline: 'openai/gpt-4' });
const router = createRouter({
  models: {
    fast: groq('openai/gpt-oss-120b', { ...simulated, baseURL: simulator.urls.groq }),
    sonnet: anthropic('claude-sonnet-5', { ...simulated, baseURL: simulator.urls.anthropic, provider: 'anthropic' }),
    gpt: openai('gpt-4.1', { ...simulated, baseURL: simulator.urls.openai, provider: 'openai', local: false }),
    mistral: ollama('mistral', { host: simulator.urls.ollama, simulated: true }),
  },
  roles: {
    analyst: ['fast', 'gpt'],
    strategist: ['gpt', 'sonnet'],
    copywriter: { chain: ['sonnet', 'gpt'], settings: { temperature: 0.8 }, note: 'what customers read' },
    reviewer: ['mistral', 'fast'],
  },
  wrap: [tracker.wrap],
});

try {
  const crew = new Crew({ name: 'launch', tasks: [analyse, plan, write, review], model: router });
  const result = await crew.kickoff({ product: 'the folding bicycle' });
  for (const { name, role, model, turns } of result.taskOutputs) console.log(`${name}: ${role}, ${model}, ${turns} turn(s)`);
  console.log(`\n${result.text}\n\n${tracker.report()}`);
} finally {
  await simulator.close();
}
