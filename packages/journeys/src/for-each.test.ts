/** Two hundred runs through a router, over four providers that fail one request in five. */
import { addUsage, Agent, Crew, Task, TaskError, type ItemProgress, type Model, type Usage } from '@rolecall/core';
import { createRouter } from '@rolecall/router';
import { groq } from '@rolecall/router/groq';
import { openai } from '@rolecall/router/openai';
import { startSimulator, type Simulator } from '@rolecall/simulator';
import { afterEach, beforeEach, expect, test } from 'vitest';

let simulator: Simulator;
beforeEach(async () => {
  simulator = await startSimulator({ seed: 7 });
});
afterEach(() => simulator.close());

const agent = new Agent({ name: 'writer', role: 'Writer', goal: 'Write', backstory: 'You write.' });
const draft = new Task({ name: 'draft', description: 'Draft number {number}', expectedOutput: 'A line', agent });
const polish = new Task({ name: 'polish', description: 'Polish number {number}', expectedOutput: 'A line', agent });

function routed(): Model {
  const { urls } = simulator;
  const key = { apiKey: 'simulated' };
  return createRouter({
    models: {
      first: openai('gpt-4o', { ...key, baseURL: urls.openai, provider: 'openai' }),
      second: groq('llama-3.3-70b-versatile', { ...key, baseURL: urls.groq }),
    },
    roles: { writer: ['first', 'second'] },
    retry: { retries: 1, baseDelayMs: 1, throttledBaseDelayMs: 1 },
    cooldown: false, // chance strikes everyone alike: nobody is to be rested
  });
}

test('all of 200 runs end or fail with a reason, in order, within the cap, each change told once', async () => {
  simulator.fault({ kind: 'status', status: 500, probability: 0.2, headers: { 'retry-after': '0' } });
  const crew = new Crew({ tasks: [draft, polish], model: routed() });
  const progress: ItemProgress[] = [];
  const inputs = Array.from({ length: 200 }, (_, number) => ({ number }));

  const outcomes = await crew.kickoffForEach(inputs, {
    concurrency: 8,
    runId: 'batch',
    onItem: (item) => void progress.push(item),
  });

  expect(outcomes.map(({ index }) => index)).toEqual(inputs.map(({ number }) => number));
  let usage: Usage = {};
  let calls = 0;
  for (const [number, outcome] of outcomes.entries()) {
    const ended = outcome.status === 'finished' ? outcome.result : outcome.error;
    if (outcome.status === 'finished') {
      expect(outcome.result.tasks.draft.description).toBe(`Draft number ${number}`);
      expect(outcome.result.runId).toBe(`batch-${number}`);
    } else if (!TaskError.isInstance(ended)) throw ended;
    const spent = ended as TaskError;
    usage = addUsage(usage, spent.usage);
    calls += spent.attempts.filter(({ outcome: how }) => how !== 'skipped').length;
    expect(spent.attempts.length).toBeGreaterThan(0);
  }
  // Every request is on exactly one bill, and no bill has another.
  expect(calls).toBe(simulator.requests.length);
  const faults = simulator.requests.filter(({ fault }) => fault !== undefined).length;
  expect(faults / calls).toBeGreaterThan(0.1);
  const answered = simulator.requests.length - faults;
  expect(usage.outputTokens).toBeGreaterThan(answered);

  expect(progress).toHaveLength(400);
  expect(Math.max(...progress.map(({ running }) => running))).toBe(8);
  const last = progress.at(-1);
  expect([last?.running, (last?.finished ?? 0) + (last?.failed ?? 0)]).toEqual([0, 200]);
  expect(last?.finished).toBe(outcomes.filter(({ status }) => status === 'finished').length);
  expect(last?.finished).toBeGreaterThan(150);
});
