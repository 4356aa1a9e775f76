import { setTimeout as sleep } from 'node:timers/promises';
import type { Model, ModelRequest } from '@rolecall/core';
import { startSimulator } from '@rolecall/simulator';
import { OpenAI } from 'openai';
import { afterAll, describe, expect, test } from 'vitest';
import { openai } from './adapters/openai.ts';
import { ModelError } from './errors.ts';
import { adapterCases } from './testing.ts';

const simulator = await startSimulator();
const sound = openai('gpt-4o', { baseURL: simulator.urls.openai, provider: 'openai' });
// Wrong adapters leave requests behind that are still under way: the sound one is asked elsewhere.
const quietSimulator = await startSimulator();
const soundElsewhere = openai('gpt-4o', { baseURL: quietSimulator.urls.openai, provider: 'openai' });
afterAll(() => Promise.all([simulator.close(), quietSimulator.close()]));

function casesOf(model: Model, backend = simulator) {
  return adapterCases({
    provider: 'openai',
    createModel: () => model,
    backend,
    without: ['reasoning'],
    patienceMs: 300,
  });
}
const as = (model: Model): Model => Object.assign(model, { id: 'openai/gpt-4o' });

/** An adapter that is wrong in one way, and the case that must tell. */
const faults: readonly (readonly [string, string, Model])[] = [
  ['lets its SDK repeat calls', 'calls HTTP 500 overloaded, after one request', sdkWithRetries()],
  [
    'repeats calls by itself',
    'calls a connection that is reset network, after one request',
    as((request) => sound(request).catch(() => sound(request))),
  ],
  ['takes a cut for the end', 'calls an answer that breaks off stream_cut', as(takingCutsForAnswers)],
  ['does not stream', 'streams an answer whose pieces are its text', as((request) => sound({ ...request, onDelta: undefined }))],
  ['does not wait for the reader', 'lets a slow reader hold the answer back', as(impatient)],
  ['wraps what the reader throws', 'rethrows what the reader throws as it is, and hangs up', as(wrapping)],
  [
    'does not listen to the signal',
    'leaves at once when aborted before the answer, and hangs up',
    as((request) => sound({ ...request, signal: undefined })),
  ],
  ["leaves listeners on the caller's signal", "leaves no listener on the caller's signal", as(leaking)],
  [
    'drops a setting without a word',
    'sends the setting seed, or says that it was ignored',
    as((request) => sound({ ...request, settings: { ...request.settings, seed: undefined } })),
  ],
  [
    'tells a provider about another',
    "keeps another provider's reasoning, and our own labels, to itself",
    as((request) => sound({ ...request, messages: [{ role: 'user', content: JSON.stringify(request) }] })),
  ],
  [
    'loses the system prompt',
    'sends the system prompt and every turn of the conversation, in order',
    as((request) => sound({ ...request, messages: request.messages.filter(({ role }) => role !== 'system') })),
  ],
  ['changes the request', 'leaves the request as it was', as((request) => sound(Object.assign(request, { role: 'me' })))],
  [
    'reports no usage',
    'answers with text, a reason for stopping, and what it took',
    as(async (request) => ({ ...(await sound(request)), usage: {} })),
  ],
];

describe('the suite finds an adapter that', () => {
  test.each(faults)('%s', async (_, title, model) => {
    const found = casesOf(model).find((one) => one.title === title);

    await expect(found?.run()).rejects.toMatchObject({ name: /Error$/ });
    await expect(
      casesOf(soundElsewhere, quietSimulator)
        .find((one) => one.title === title)
        ?.run(),
    ).resolves.toBeUndefined();
  });
});

test('without a backend only cases are listed that a real provider can pass', () => {
  const cases = adapterCases({ provider: 'openai', createModel: () => sound });

  expect(cases.length).toBeGreaterThan(4);
  expect(cases.every(({ needs }) => needs === 'model')).toBe(true);
});

test('every case has a title of its own', () => {
  const titles = casesOf(sound).map(({ title }) => title);

  expect(new Set(titles).size).toBe(titles.length);
});

test('what a provider does not have is left out', () => {
  const without = ['tools', 'images', 'structured_output', 'retry_after', 'in_band_error'] as const;

  const cases = adapterCases({ provider: 'openai', createModel: () => sound, backend: simulator, without });

  expect(cases.filter(({ title }) => /tool|image|schema|asked to wait|within a stream/.test(title))).toEqual([]);
});

/** An SDK client whose own retries cannot be switched off. */
function sdkWithRetries(): Model {
  const sdk = new OpenAI({ apiKey: 'k', baseURL: simulator.urls.openai });
  type Completions = typeof sdk.chat.completions;
  const create = ((body, options) => sdk.chat.completions.create(body, { ...options, maxRetries: 1 })) as Completions['create'];
  return openai('gpt-4o', { client: { chat: { completions: { create } } }, provider: 'openai' });
}

async function takingCutsForAnswers(request: ModelRequest) {
  return sound(request).catch((error: unknown) => {
    if (!ModelError.isInstance(error) || error.code !== 'stream_cut') throw error;
    return { model: error.model, text: error.partialText ?? '', toolCalls: [], finishReason: 'stop' as const, usage: {} };
  });
}

function impatient(request: ModelRequest) {
  const { onDelta } = request;
  return sound({ ...request, onDelta: onDelta && ((delta) => void onDelta(delta)) });
}

function wrapping(request: ModelRequest) {
  return sound(request).catch((cause: unknown) => {
    throw new ModelError('network', { model: 'openai/gpt-4o', cause });
  });
}

async function leaking(request: ModelRequest) {
  request.signal?.addEventListener('abort', () => sleep(0));
  return sound(request);
}
