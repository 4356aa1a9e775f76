/** A million requests through every policy at once: what a router remembers has a bound. `npm run soak`. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Middleware, Model, ModelRequest, ModelResponse } from '@rolecall/core';
import { expect, test } from 'vitest';
import { ModelError } from './errors.ts';
import { createRouter, type Router } from './router.ts';

const requests = 1_000_000;
const samples = 10;
const warmUp = 2; // samples until caches, windows and the optimiser have what they keep
const concurrency = 64;
const mebibyte = 1024 * 1024;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Answers at once, in two pieces if asked to stream; every `failsEvery`th call fails instead. */
function stub(id: string, failsEvery = Infinity): Model {
  let calls = 0;
  const answer: ModelResponse = {
    model: id,
    text: 'Once upon a time.',
    toolCalls: [],
    finishReason: 'stop',
    usage: { inputTokens: 20, outputTokens: 5 },
  };
  const model: Model = async ({ onDelta }) => {
    calls += 1;
    if (calls % failsEvery === 0) throw new ModelError('overloaded', { model: id, status: 503, reason: 'too busy' });
    await onDelta?.({ type: 'text', text: 'Once upon ' });
    if (calls % (failsEvery * 10 + 1) === 0) throw new ModelError('stream_cut', { model: id });
    await onDelta?.({ type: 'text', text: 'a time.' });
    return answer;
  };
  return Object.assign(model, { id, acceptsPrefill: true as const });
}

interface Heard {
  attempts: number;
  shadows: number;
  wrapped: number;
  hits: number;
}

function routerWithEverything(heard: Heard): Router {
  const limits = { rpm: 1_000_000_000, tpm: 1_000_000_000_000, maxConcurrent: 1_000 };
  const wrapped: Middleware = (next) => (request) => ((heard.wrapped += 1), next(request));
  return createRouter({
    models: {
      fast: [
        { model: stub('stub/a', 50), weight: 3, ...limits },
        { model: stub('stub/b', 70), order: 1, ...limits },
        { model: stub('stub/c'), order: 2, tags: ['default', 'batch'], maxInputTokens: 10_000, ...limits },
      ],
      spare: stub('stub/spare'),
      candidate: stub('stub/candidate', 90),
      mirror: stub('stub/mirror', 30),
    },
    aliases: { quick: 'fast' },
    roles: { writer: ['fast', 'spare'], reader: { chain: 'candidate', settings: { temperature: 0 } }, default: 'spare' },
    fallbacks: { '*': ['spare'] },
    contextWindowFallbacks: { fast: ['spare'] },
    contentPolicyFallbacks: { fast: ['spare'] },
    strategy: 'latency-based-routing',
    retry: { retries: 1, baseDelayMs: 1, throttledBaseDelayMs: 1 },
    timeout: { attemptMs: 60_000 },
    cooldown: { baseMs: 5 },
    limit: limits,
    cache: { ttlMs: 60_000, maxBytes: 4 * mebibyte },
    hedge: { minDelayMs: 50, minSamples: 10 },
    split: { writer: { control: { chain: ['fast', 'spare'], weight: 9 }, trial: { chain: ['candidate', 'spare'], weight: 1 } } },
    shadow: { writer: { model: 'mirror', share: 0.1, onResult: () => void (heard.shadows += 1) } },
    recover: 'continue',
    wrap: [wrapped],
    onAttempt({ outcome }) {
      heard.attempts += 1;
      if (outcome === 'cache_hit') heard.hits += 1;
    },
    onExhausted: () => undefined,
  });
}

/** Of every kind there is; one in ten asks what was asked a while ago. */
function requestOf(number: number, signal: AbortSignal): ModelRequest {
  const isStream = number % 2 === 0;
  return {
    messages: [{ role: 'user', content: `Story number ${number % 10 === 4 ? number - 1_001 : number}, please.` }],
    role: number % 5 === 0 ? 'reader' : 'writer',
    affinity: number % 3 === 0 ? `key ${number % 1_000}` : undefined,
    labels: { workflow: `run ${number}`, tags: number % 7 === 0 ? ['batch'] : [] },
    deadlineMs: number % 11 === 0 ? 30_000 : undefined,
    onDelta: isStream ? () => undefined : undefined,
    signal,
  };
}

test('a million requests with every policy on leave nothing behind', { timeout: 1_800_000 }, async () => {
  const heard: Heard = { attempts: 0, shadows: 0, wrapped: 0, hits: 0 };
  const router = routerWithEverything(heard);
  const perSample = requests / samples;
  const residents: number[] = [];
  let [begun, answered, failed] = [0, 0, 0];
  const work = async (upTo: number): Promise<void> => {
    const { signal } = new AbortController(); // one for a long run, as in a crew
    while (begun < upTo) {
      await router(requestOf((begun += 1), signal)).then(
        () => (answered += 1),
        () => (failed += 1),
      );
      await nextTurn(); // a stub that answers at once would leave timers no turn
    }
  };

  for (let sample = 1; sample <= samples; sample++) {
    const start = performance.now();
    await Promise.all(Array.from({ length: concurrency }, () => work(sample * perSample)));
    const microseconds = ((performance.now() - start) * 1_000) / perSample;
    collectGarbage();
    const { rss, heapUsed } = process.memoryUsage();
    residents.push(rss / mebibyte);
    const [resident, heap] = [rss, heapUsed].map((bytes) => (bytes / mebibyte).toFixed(1));
    console.log(`${sample * perSample} requests: RSS ${resident} MiB, heap ${heap} MiB, ${microseconds.toFixed(0)} µs each`);
  }

  const { wrapped, attempts, hits, shadows } = heard;
  console.log(`${answered} answered, ${failed} failed; ${wrapped} calls, ${attempts} attempts, ${hits} hits, ${shadows} copies`);
  expect(answered + failed).toBe(requests);
  expect(failed).toBeLessThan(requests / 100);
  expect(wrapped).toBeGreaterThan(requests / 2);
  expect(hits).toBeGreaterThan(requests / 100);
  expect(shadows).toBeGreaterThan(requests / 100);
  const [settled = NaN, last = NaN] = [residents[warmUp - 1], residents.at(-1)];
  expect(last - settled).toBeLessThan(64); // a hundred bytes a request would be 76
});
