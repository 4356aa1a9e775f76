/**
 * Every fault the simulator can order, on each adapter with its real SDK, streamed and not, alone and with a spare behind it:
 * who answers or what it fails with, and how often the faulty provider was asked.
 */
import { getEventListeners } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Delta } from '@rolecall/core';
import { type Fault, type ProviderName, type Simulator, startSimulator } from '@rolecall/simulator';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { backend, providers, seenBy } from '../../test/backends.ts';
import { ModelError, RouteError } from '../errors.ts';
import { createRouter } from '../router.ts';

const ways = ['alone', 'alone, streamed', 'with a spare', 'with a spare, streamed'] as const;
type Way = (typeof ways)[number];

/** `overloaded ×2`: it failed so after two requests. `spare ×2`: after two requests the spare was asked, once, and answered. */
const table = `
  fault                       | alone                | alone, streamed        | with a spare       | with a spare, streamed
  HTTP 400                    | invalid_request ×1   | invalid_request ×1     | invalid_request ×1 | invalid_request ×1
  HTTP 401                    | auth ×1              | auth ×1                | spare ×1           | spare ×1
  HTTP 402                    | quota_exceeded ×1    | quota_exceeded ×1      | spare ×1           | spare ×1
  HTTP 403                    | auth ×1              | auth ×1                | spare ×1           | spare ×1
  HTTP 404                    | not_found ×1         | not_found ×1           | spare ×1           | spare ×1
  HTTP 408                    | network ×2           | network ×2             | spare ×2           | spare ×2
  HTTP 409                    | overloaded ×2        | overloaded ×2          | spare ×2           | spare ×2
  HTTP 413                    | context_too_long ×1  | context_too_long ×1    | spare ×1           | spare ×1
  HTTP 422                    | invalid_request ×1   | invalid_request ×1     | invalid_request ×1 | invalid_request ×1
  HTTP 429                    | rate_limited ×2      | rate_limited ×2        | spare ×2           | spare ×2
  HTTP 429, back in an hour   | rate_limited ×1      | rate_limited ×1        | spare ×1           | spare ×1
  HTTP 500                    | overloaded ×2        | overloaded ×2          | spare ×2           | spare ×2
  HTTP 503                    | overloaded ×2        | overloaded ×2          | spare ×2           | spare ×2
  HTTP 529                    | overloaded ×2        | overloaded ×2          | spare ×2           | spare ×2
  context_length              | context_too_long ×1  | context_too_long ×1    | spare ×1           | spare ×1
  content_filter              | content_filtered ×1  | content_filtered ×1    | spare ×1           | spare ×1
  content_filter on ollama    | invalid_request ×1   | invalid_request ×1     | invalid_request ×1 | invalid_request ×1
  quota                       | quota_exceeded ×1    | quota_exceeded ×1      | spare ×1           | spare ×1
  empty_answer                | empty_answer ×2      | empty_answer ×2        | spare ×2           | spare ×2
  not_json                    | malformed_answer ×2  | malformed_answer ×2    | spare ×2           | spare ×2
  not_json with 502           | overloaded ×2        | overloaded ×2          | spare ×2           | spare ×2
  port closed                 | network ×0           | network ×0             | spare ×0           | spare ×0
  reset                       | network ×2           | network ×2             | spare ×2           | spare ×2
  silence                     | attempt_timeout ×1   | first_token_timeout ×1 | spare ×1           | spare ×1
  silence until the deadline  | deadline_exceeded ×1 | deadline_exceeded ×1   | spare ×1           | spare ×1
  slow                        | attempt_timeout ×1   | first_token_timeout ×1 | spare ×1           | spare ×1
  slow, but in time           | answer ×1            | answer ×1              | answer ×1          | answer ×1
  cut at once                 | stream_cut ×2        | stream_cut ×2          | spare ×2           | spare ×2
  cut after a chunk           | stream_cut ×2        | stream_cut ×1          | spare ×2           | stream_cut ×1
  stall at once               | attempt_timeout ×1   | first_token_timeout ×1 | spare ×1           | spare ×1
  stall after a chunk         | attempt_timeout ×1   | idle_timeout ×1        | spare ×1           | idle_timeout ×1
  malformed at once           | malformed_answer ×2  | malformed_answer ×2    | spare ×2           | spare ×2
  malformed after a chunk     | malformed_answer ×2  | malformed_answer ×1    | spare ×2           | malformed_answer ×1
  in_band_error at once       | answer ×1            | overloaded ×2          | answer ×1          | spare ×2
  in_band_error after a chunk | answer ×1            | overloaded ×1          | answer ×1          | overloaded ×1
  no_terminator               | answer ×1            | answer ×1              | answer ×1          | answer ×1
  no_terminator on ollama     | answer ×1            | stream_cut ×1          | answer ×1          | stream_cut ×1
`;

const endless = 600_000;
const status = (code: number, headers?: Readonly<Record<string, string>>): Fault => ({ kind: 'status', status: code, headers });
const faults: Readonly<Record<string, Fault>> = {
  'HTTP 429, back in an hour': status(429, { 'retry-after': '3600' }),
  context_length: { kind: 'context_length' },
  content_filter: { kind: 'content_filter' },
  quota: { kind: 'quota' },
  empty_answer: { kind: 'empty_answer' },
  not_json: { kind: 'not_json' },
  'not_json with 502': { kind: 'not_json', status: 502 },
  reset: { kind: 'reset' },
  silence: { kind: 'silence' },
  'silence until the deadline': { kind: 'silence' },
  slow: { kind: 'slow', delayMs: endless },
  'slow, but in time': { kind: 'slow', delayMs: 50 },
  'cut at once': { kind: 'cut', afterChunks: 0 },
  'cut after a chunk': { kind: 'cut' },
  'stall at once': { kind: 'stall', afterChunks: 0 },
  'stall after a chunk': { kind: 'stall' },
  'malformed at once': { kind: 'malformed', afterChunks: 0 },
  'malformed after a chunk': { kind: 'malformed' },
  'in_band_error at once': { kind: 'in_band_error', afterChunks: 0 },
  'in_band_error after a chunk': { kind: 'in_band_error' },
  no_terminator: { kind: 'no_terminator' },
};

const deadlineMs = 20_000;
const tightMs = 1_000;

/** Limits for those faults that would never end: tight only where nothing will come, so that a busy machine breaks no other test. */
function limitsFor(name: string, isStream: boolean) {
  if (name === 'silence until the deadline') return { timeout: false, deadlineMs: 2 * tightMs } as const;
  const isEndless = /^(?:silence|slow|stall)/.test(name) && !name.includes('in time');
  if (!isEndless) return { deadlineMs };
  if (!isStream) return { timeout: { attemptMs: tightMs }, deadlineMs };
  const hasBegun = name.includes('after a chunk');
  return { timeout: hasBegun ? { idleMs: tightMs } : { firstTokenMs: tightMs, idleMs: endless }, deadlineMs };
}

interface Row {
  readonly name: string;
  readonly provider: ProviderName;
  readonly expected: Readonly<Record<Way, string>>;
}

const [, ...lines] = table.trim().split('\n');
const cells = new Map(
  lines.map((line) => line.split('|').map((cell) => cell.trim())).map(([name = '', ...outcomes]) => [name, outcomes]),
);
const rows: readonly Row[] = [...cells].flatMap(([name, outcomes]) =>
  name.includes(' on ')
    ? []
    : providers.map((provider) => {
        const own = cells.get(`${name} on ${provider}`) ?? outcomes;
        return { name, provider, expected: Object.fromEntries(ways.map((way, at) => [way, own[at]])) as Row['expected'] };
      }),
);

const unhandled: unknown[] = [];
const noteUnhandled = (reason: unknown): void => void unhandled.push(reason);
const openHandles = (): readonly string[] =>
  process
    .getActiveResourcesInfo()
    .filter((kind) => /^(?:TCP|Timeout|Immediate)/.test(kind))
    .toSorted();
/** The handles that were not there before, some of which may have gone since. */
function openedSince(before: readonly string[]): readonly string[] {
  const unmatched = [...before];
  return openHandles().filter((kind) => {
    const at = unmatched.indexOf(kind);
    if (at !== -1) unmatched.splice(at, 1);
    return at === -1;
  });
}
let handlesBefore: readonly string[] = [];
beforeAll(async () => {
  process.on('unhandledRejection', noteUnhandled);
  handlesBefore = openHandles();
  await Promise.all(providers.map((provider) => outcome('slow, but in time', provider, 'alone'))); // loads the SDKs, off the clock
});
afterAll(() => void process.off('unhandledRejection', noteUnhandled));

test.concurrent.each(rows)('$name on $provider', { timeout: 60_000 }, async ({ name, provider, expected }) => {
  const outcomes = await Promise.all(ways.map((way) => outcome(name, provider, way)));

  expect(Object.fromEntries(ways.map((way, at) => [way, outcomes[at]]))).toEqual(expected);
});

test('nothing is left of all that: no rejection that nobody handled, no socket, no timer', async () => {
  const patienceEndsAt = performance.now() + 4_000;
  while (openedSince(handlesBefore).length > 0 && performance.now() < patienceEndsAt) await nextTurn();

  expect(openedSince(handlesBefore)).toEqual([]);
  expect(unhandled).toEqual([]);
});

/** Asks once under a fault that does not pass. Also holds what must be so whatever the outcome is. */
async function outcome(name: string, provider: ProviderName, way: Way): Promise<string> {
  const simulator = await startSimulator();
  try {
    return await underFault(name, provider, way, simulator);
  } finally {
    await simulator.close();
  }
}

async function underFault(name: string, provider: ProviderName, way: Way, simulator: Simulator): Promise<string> {
  const isStream = way.endsWith('streamed');
  const limits = limitsFor(name, isStream);
  const spare = provider === 'openai' ? 'groq' : 'openai';
  const router = createRouter({
    models: { tested: [{ model: backend(provider, simulator), timeout: limits.timeout }], spare: backend(spare, simulator) },
    roles: { writer: way.startsWith('alone') ? 'tested' : ['tested', 'spare'] },
    retry: { retries: 1, baseDelayMs: 1, throttledBaseDelayMs: 1 },
    deadlineMs: limits.deadlineMs,
  });
  await router.warm(); // Ollama's first token may take longer until the model was seen loaded
  simulator.reset();
  if (name === 'port closed') await simulator.takeDown(provider);
  else simulator.fault({ ...(faults[name] ?? status(Number(name.slice(-3)))), provider, times: Infinity });
  const { signal } = new AbortController();
  const heard: Delta[] = [];
  const onDelta = isStream ? (delta: Delta): void => void heard.push(delta) : undefined;
  const start = performance.now();

  const ended = await router({ role: 'writer', messages: [{ role: 'user', content: 'Go.' }], signal, onDelta }).then(
    (response) => ({
      by: response.attempts?.at(-1)?.name === 'spare' ? 'spare' : 'answer',
      text: response.text,
      partial: undefined,
    }),
    (error: unknown) => ({
      by: codeOf(error),
      text: undefined,
      partial: ModelError.isInstance(error) ? error.partialText : undefined,
    }),
  );
  const tookMs = performance.now() - start;
  const saidByThen = textOf(heard);
  const seen = seenBy(provider, simulator);

  expect(tookMs).toBeLessThan(deadlineMs);
  expect(seenBy(spare, simulator)).toHaveLength(ended.by === 'spare' ? 1 : 0);
  if (isStream && ended.text !== undefined) expect(saidByThen).toBe(ended.text);
  if (isStream && ended.text === undefined) expect(saidByThen).toBe(ended.partial ?? '');
  if (limits.timeout !== undefined) {
    await vi.waitFor(() => expect(seen.every(({ closedByClient }) => closedByClient)).toBe(true), { timeout: 5_000 });
  }
  await nextTurn();
  expect(getEventListeners(signal, 'abort')).toEqual([]);
  expect(textOf(heard)).toBe(saidByThen);
  return `${ended.by} ×${seen.length}`;
}

function codeOf(error: unknown): string {
  if (ModelError.isInstance(error) || RouteError.isInstance(error)) return error.code;
  throw error;
}

function textOf(deltas: readonly Delta[]): string {
  return deltas.map((delta) => (delta.type === 'text' ? delta.text : '')).join('');
}
