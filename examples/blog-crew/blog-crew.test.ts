/** The whole way: crew, router, retries, chains, real SDKs, sockets, ledger. The simulator stands for the providers. */
import { TaskError } from '@rolecall/core';
import { CostTracker } from '@rolecall/cost-tracker';
import { createRouter, ModelError, RouteError } from '@rolecall/router';
import { anthropic } from '@rolecall/router/anthropic';
import { groq } from '@rolecall/router/groq';
import { ollama } from '@rolecall/router/ollama';
import { openai } from '@rolecall/router/openai';
import { type Simulator, startSimulator } from '@rolecall/simulator';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { blogCrew } from './crew.ts';

let simulator: Simulator;
beforeAll(async () => void (simulator = await startSimulator({ seed: 7 })));
afterEach(() => simulator.reset());
afterAll(() => simulator.close());

const topic = 'The Future of AI in Healthcare';

function setUp() {
  const { urls } = simulator;
  const apiKey = 'simulated';
  const tracker = new CostTracker({ baseline: 'openai/gpt-4' });
  const router = createRouter({
    models: {
      'gpt-4': openai('gpt-4', { apiKey, baseURL: urls.openai, provider: 'openai', local: false }),
      'claude-sonnet': anthropic('claude-sonnet-5', { apiKey, baseURL: urls.anthropic, provider: 'anthropic' }),
      'groq-fast': groq('openai/gpt-oss-120b', { apiKey, baseURL: urls.groq }),
      'local-mistral': ollama('mistral', { host: urls.ollama }),
      'local-llama': ollama('llama3.2', { host: urls.ollama }),
    },
    roles: {
      researcher: ['groq-fast', 'local-mistral', 'local-llama'],
      writer: ['claude-sonnet', 'gpt-4', 'groq-fast'],
      editor: ['local-mistral', 'local-llama', 'groq-fast'],
    },
    retry: { retries: 2, baseDelayMs: 2, throttledBaseDelayMs: 4 },
    wrap: [tracker.wrap],
  });
  return { tracker, crew: blogCrew(router) };
}

const postedRequests = () => simulator.requests.filter(({ method }) => method === 'POST').length;

test('writing sees the research, editing sees the draft, and each role is served by its own provider', async () => {
  const { crew } = setUp();

  const { tasks, taskOutputs } = await crew.kickoff({ topic });

  expect(taskOutputs.map(({ model }) => model)).toEqual([
    'groq/openai/gpt-oss-120b',
    'anthropic/claude-sonnet-5',
    'ollama/mistral',
  ]);
  const [, writing, editing] = simulator.requests
    .filter(({ method }) => method === 'POST')
    .map(({ body }) => JSON.stringify(body));
  expect(writing).toContain(JSON.stringify(tasks.research.text.slice(0, 80)).slice(1, -1));
  expect(editing).toContain(JSON.stringify(tasks.write.text.slice(0, 80)).slice(1, -1));
  expect(editing).not.toContain(JSON.stringify(tasks.research.text.slice(0, 80)).slice(1, -1));
});

test('with faults on the way the crew still ends well, and its total is the total of the ledger', async () => {
  const { crew, tracker } = setUp();
  simulator.fault({ provider: 'groq', kind: 'status', status: 429, headers: { 'retry-after-ms': '5' } });
  simulator.fault({ provider: 'anthropic', kind: 'status', status: 529, times: 2 });
  simulator.fault({ provider: 'ollama', kind: 'reset' });

  const result = await crew.kickoff({ topic });

  const { costUsd, requests } = tracker.summary();
  expect(result.costUsd).toBe(costUsd);
  expect(result.attempts).toHaveLength(7);
  expect(requests).toBe(7);
  expect(postedRequests()).toBe(7); // one HTTP request an attempt: the SDKs' own retries are off
  expect(result.attempts.map(({ id }) => id).toSorted()).toEqual(
    tracker
      .rows()
      .map(({ id }) => id)
      .toSorted(),
  );
});

test('whatever goes wrong, streamed or not, every request has one row and every run its exact share of the bill', async () => {
  const { crew, tracker } = setUp();
  simulator.fault({ kind: 'status', status: 503, probability: 0.08 });
  for (const kind of ['cut', 'empty_answer', 'malformed'] as const) simulator.fault({ kind, probability: 0.08 });

  const runs = await Promise.all(
    Array.from({ length: 12 }, (_, index) =>
      crew
        .kickoff({ topic: `${topic} ${index}` }, { stream: index % 2 === 0, runId: `run-${index}` })
        .catch((error: unknown) => error),
    ),
  );

  const { byWorkflow, unpriced } = tracker.summary();
  for (const [index, run] of runs.entries()) {
    const spend = run as { costUsd: number | null; attempts: readonly unknown[] };
    expect(spend.costUsd).toBe(byWorkflow[`run-${index}`]?.costUsd);
    expect(spend.attempts).toHaveLength(byWorkflow[`run-${index}`]?.requests ?? -1);
  }
  expect(tracker.rows()).toHaveLength(postedRequests());
  expect(runs.reduce<number>((sum, run) => sum + (run as { unpriced: number }).unpriced, 0)).toBe(unpriced);
});

test('when every backend of a role is down, the error names each attempt and keeps what was done and what it cost', async () => {
  const { crew, tracker } = setUp();
  simulator.fault({ provider: 'anthropic', kind: 'status', status: 529, times: Infinity });
  simulator.fault({ provider: 'openai', kind: 'status', status: 401, times: Infinity });
  simulator.fault({ provider: 'groq', model: 'openai/gpt-oss-120b', kind: 'status', status: 503, times: Infinity });

  const error: unknown = await crew.kickoff({ topic }).catch((thrown: unknown) => thrown);

  if (!TaskError.isInstance(error) || !RouteError.isInstance(error.cause)) throw new Error('not the errors that were promised');
  expect(error.finished.map(({ name }) => name)).toEqual(['research']);
  expect(error.costUsd).toBe(tracker.summary().costUsd);
  expect(error.attempts).toHaveLength(tracker.rows().length);
  expect(error.cause).toMatchObject({ code: 'overloaded', status: 529, role: 'writer' });
  expect(error.cause.attempts.map(({ name, code }) => `${name} ${code}`)).toEqual([
    ...Array.from({ length: 3 }, () => 'claude-sonnet overloaded'),
    'gpt-4 auth',
    ...Array.from({ length: 2 }, () => 'groq-fast overloaded'), // six calls are the most that one request may make
  ]);
  expect(error.message).toMatch(/claude-sonnet \(anthropic\/claude-sonnet-5\): overloaded, HTTP 529, waited \d+ ms, took \d+ ms/);
});

test('a provider that is down, and one that has no key, are passed over', async () => {
  const { urls } = simulator;
  await simulator.takeDown('groq');
  const router = createRouter({
    models: {
      'no-key': openai('gpt-4', { client: undefined, apiKey: '' }),
      down: groq('openai/gpt-oss-120b', { apiKey: 'simulated', baseURL: urls.groq }),
      up: ollama('mistral', { host: urls.ollama }),
    },
    roles: { default: ['no-key', 'down', 'up'] },
    retry: false,
  });

  const { model, attempts = [] } = await router({ messages: [{ role: 'user', content: 'Hello' }] });
  await simulator.bringUp('groq');

  expect(model).toBe('ollama/mistral');
  expect(attempts.map(({ name, outcome, code }) => [name, outcome, code])).toEqual([
    ['no-key', 'skipped', 'not_configured'],
    ['down', 'failed', 'network'],
    ['up', 'answered', undefined],
  ]);
  expect(attempts[0]?.reason).toMatch(/OPENAI_API_KEY/);
});

test('a model that nobody configured is an error that lists those there are', async () => {
  const router = createRouter({ models: { small: openai('gpt-4.1-mini'), big: openai('gpt-4.1') }, roles: { default: 'small' } });

  const error: unknown = await router({ model: 'bigg', messages: [] }).catch((thrown: unknown) => thrown);

  expect(ModelError.isInstance(error) && error.message).toMatch(/no model named "bigg"; there are: small, big/);
});

test('simulated attempts are marked, and have a subtotal of their own', async () => {
  const { crew, tracker } = setUp();

  const { attempts } = await crew.kickoff({ topic });

  expect(attempts.every(({ simulated }) => simulated === true)).toBe(true);
  expect(tracker.rows().every(({ simulated }) => simulated)).toBe(true);
  expect(tracker.summary().simulated).toMatchObject({ requests: 3, costUsd: tracker.summary().costUsd });
});
