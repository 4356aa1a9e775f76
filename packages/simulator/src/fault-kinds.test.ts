import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { bodyFor, clientsFor, modelOf, plainText, post, streamText } from '../test/sdk-clients.ts';
import type { Fault } from './faults.ts';
import { providerNames, type ProviderName } from './provider.ts';
import { startSimulator, type Simulator } from './simulator.ts';

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterEach(() => {
  simulator.reset();
  vi.restoreAllMocks();
});
afterAll(() => simulator.close());

const text = 'one two three four';
const script = () => simulator.answer({ text, chunks: 4, times: Infinity });

/** What a stream said, and how it ended. */
async function stream(provider: ProviderName): Promise<{ said: string; failure: unknown }> {
  let said = '';
  try {
    await streamText(clientsFor(simulator), provider, (piece) => (said += piece));
    return { said, failure: undefined };
  } catch (failure) {
    return { said, failure };
  }
}

/** The JSON of every event or line. */
function payloads(wire: string): readonly string[] {
  return wire
    .split('\n')
    .map((line) => line.replace(/^data: /, ''))
    .filter((line) => line.startsWith('{'));
}

function parses(json: string): boolean {
  try {
    JSON.parse(json);
    return true;
  } catch {
    return false;
  }
}

describe.each(providerNames)('%s', (provider) => {
  test('status: the SDK throws it, then the provider is well again', async () => {
    const fault = simulator.fault({ provider, kind: 'status', status: 503 });
    const clients = clientsFor(simulator);

    await expect(plainText(clients, provider)).rejects.toMatchObject(
      provider === 'ollama' ? { status_code: 503 } : { status: 503 },
    );

    expect(await plainText(clients, provider)).toContain('simulated');
    expect(fault.hits).toBe(1);
    expect(simulator.requests.map(({ fault: kind, status }) => [kind, status])).toEqual([
      ['status', 503],
      [undefined, 200],
    ]);
  });

  test.each([
    ['retry-after', '7'],
    ['retry-after', 'Wed, 21 Oct 2026 07:28:00 GMT'],
    ['retry-after-ms', '1500'],
  ])('status: %s may be %s', async (header, value) => {
    simulator.fault({ provider, kind: 'status', status: 429, headers: { [header]: value }, message: 'Slow down.' });

    const response = await post(simulator, provider, bodyFor(provider, true));

    expect([response.status, response.headers.get(header)]).toEqual([429, value]);
    expect(await response.text()).toContain('Slow down.');
  });

  test('reset: the connection is reset before any answer', async () => {
    simulator.fault({ provider, kind: 'reset', times: 2 });

    await expect(plainText(clientsFor(simulator), provider)).rejects.toThrow();
    await expect(post(simulator, provider, bodyFor(provider))).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } });

    expect(simulator.requests[0]).toMatchObject({ fault: 'reset', status: undefined, closedByClient: false });
  });

  test('silence: nothing comes until the client gives up', async () => {
    simulator.fault({ provider, kind: 'silence' });

    const { signal, giveUp } = patience();
    const asking = post(simulator, provider, bodyFor(provider), { signal });
    await vi.waitFor(() => expect(simulator.requests).toHaveLength(1));
    giveUp();

    await expect(asking).rejects.toMatchObject({ name: 'TimeoutError' });

    await vi.waitFor(() =>
      expect(simulator.requests[0]).toMatchObject({ fault: 'silence', status: undefined, closedByClient: true }),
    );
  });

  test('slow: the first token takes its time, and nothing is missing', async () => {
    script();
    simulator.fault({ provider, kind: 'slow', delayMs: 80, times: 2 });
    const startedAt = performance.now();

    expect(await plainText(clientsFor(simulator), provider)).toBe(text);
    const plainMs = performance.now() - startedAt;
    expect(await stream(provider)).toEqual({ said: text, failure: undefined });

    expect(plainMs).toBeGreaterThan(78);
    expect(performance.now() - startedAt).toBeGreaterThan(156);
  });

  test('cut: a stream breaks after so many chunks, a plain answer in its middle', async () => {
    script();
    simulator.fault({ provider, kind: 'cut', afterChunks: 2, times: 2 });

    const { said, failure } = await stream(provider);
    const plain = post(simulator, provider, bodyFor(provider)).then((response) => response.text());

    expect(said).toBe('one two t'.slice(0, said.length));
    expect(said.length).toBeGreaterThan(5);
    expect(failure).toBeInstanceOf(Error);
    await expect(plain).rejects.toThrow();
    expect(simulator.requests.map(({ closedByClient }) => closedByClient)).toEqual([false, false]);
  });

  test('stall: sending stops, the connection stays open', async () => {
    script();
    simulator.fault({ provider, kind: 'stall', afterChunks: 1, times: 2 });
    const { signal, giveUp } = patience();
    const response = await post(simulator, provider, bodyFor(provider, true), { signal });
    const plain = post(simulator, provider, bodyFor(provider), { signal }).then((answer) => answer.text());

    let received = '';
    const reading = (async () => {
      for await (const chunk of response.body ?? []) received += Buffer.from(chunk).toString();
    })();
    await vi.waitFor(() => expect([received, simulator.requests]).toMatchObject([expect.stringContaining('one'), { length: 2 }]));
    giveUp();

    await expect(reading).rejects.toMatchObject({ name: 'TimeoutError' });
    await expect(plain).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(received).not.toContain('four');
    await vi.waitFor(() => expect(simulator.requests.every(({ closedByClient }) => closedByClient)).toBe(true));
  });

  test('malformed: one event is broken JSON, or the whole body', async () => {
    script();
    simulator.fault({ provider, kind: 'malformed', afterChunks: 2, times: 2 });

    const wire = await (await post(simulator, provider, bodyFor(provider, true))).text();
    const plain = await post(simulator, provider, bodyFor(provider));

    expect(payloads(wire).filter((json) => !parses(json))).toHaveLength(1);
    expect(payloads(wire).length).toBeGreaterThan(3);
    expect([plain.status, plain.headers.get('content-type')]).toEqual([200, 'application/json']);
    await expect(plain.json()).rejects.toThrow(SyntaxError);
  });

  test('no_terminator: all content, a clean end, and no mark of it; a plain request is left alone', async () => {
    script();
    const fault = simulator.fault({ provider, kind: 'no_terminator' });

    expect(await plainText(clientsFor(simulator), provider)).toBe(text);
    expect(fault.hits).toBe(0);
    const wire = await (await post(simulator, provider, bodyFor(provider, true))).text();

    expect(wire).toContain('four');
    expect(wire).not.toMatch(/\[DONE\]|message_stop|"done":true/);
    expect(fault.hits).toBe(1);
  });

  test('in_band_error: the stream begins well and ends in the provider’s error', async () => {
    script();
    simulator.fault({ provider, kind: 'in_band_error', afterChunks: 2, message: 'The model fell over.' });

    const { said, failure } = await stream(provider);

    expect(said).toBe('one two t'.slice(0, said.length));
    expect(said).not.toBe('');
    expect(String(failure)).toContain('The model fell over.');
    expect(simulator.requests[0]?.status).toBe(200);
  });

  test('empty_answer: 200, and nothing said', async () => {
    simulator.fault({ provider, kind: 'empty_answer', times: 2 });

    expect(await plainText(clientsFor(simulator), provider)).toBe('');
    expect(await stream(provider)).toEqual({ said: '', failure: undefined });
  });

  test.each([undefined, 502])('not_json: a page of HTML with status %s', async (status) => {
    simulator.fault({ provider, kind: 'not_json', status });

    const response = await post(simulator, provider, bodyFor(provider));

    expect([response.status, response.headers.get('content-type')]).toEqual([status ?? 200, 'text/html']);
    expect(await response.text()).toMatch(/^<!doctype html>/);
  });

  test.each<[Fault['kind'] & ('cut' | 'malformed' | 'in_band_error'), number]>([
    ['cut', 99],
    ['malformed', 99],
    ['in_band_error', 99],
  ])('%s strikes a stream of fewer chunks before it is whole', async (kind, afterChunks) => {
    vi.spyOn(console, 'warn').mockReturnValue(); // Ollama's SDK reports bad lines there, and goes on
    script();
    simulator.fault({ provider, kind, afterChunks });

    const { said, failure } = await stream(provider);

    expect(said).toBe(text);
    expect(failure).toBeInstanceOf(Error);
  });
});

test('a fault strikes only the provider and model it names', async () => {
  simulator.fault({ provider: 'groq', model: modelOf.groq, kind: 'status', status: 500 });

  expect((await post(simulator, 'openai', bodyFor('openai'))).status).toBe(200);
  expect((await post(simulator, 'groq', { ...bodyFor('groq'), model: 'other' })).status).toBe(200);
  expect((await post(simulator, 'groq', bodyFor('groq'))).status).toBe(500);
});

test('faults leave lists of models alone, unless they name the path', async () => {
  simulator.fault({ provider: 'ollama', kind: 'status', status: 503, times: Infinity });
  const { ollama } = clientsFor(simulator);

  expect((await ollama.list()).models).not.toHaveLength(0);
  simulator.fault({ provider: 'ollama', path: '/api/tags', kind: 'status', status: 503 });

  await expect(ollama.list()).rejects.toMatchObject({ status_code: 503 });
});

/** As JavaScript hands it over. */
const withTime: object = { time: 2 };

/** A client's, who waits a little longer once the simulator has been heard of, on a machine however busy. */
function patience(): { readonly signal: AbortSignal; readonly giveUp: () => void } {
  const controller = new AbortController();
  const giveUp = (): void => void setTimeout(() => controller.abort(new DOMException('Enough', 'TimeoutError')), 50);
  return { signal: controller.signal, giveUp };
}

const odd = (fields: object): Fault => ({ kind: 'reset', ...fields });

test.each<[Fault, string]>([
  [{ kind: 'explosion' as 'reset' }, 'the kind of a fault is "explosion": it must be one of status, reset, '],
  [undefined as unknown as Fault, 'the kind of a fault is "undefined": it must be one of status, reset, '],
  [{ kind: 'reset', ...withTime }, 'a fault has no "time"; it has: kind, provider, model, times, '],
  [{ kind: 'status', status: 42 }, 'status is 42'],
  [{ kind: 'not_json', status: 1_000 }, 'status is 1000'],
  [{ kind: 'slow', delayMs: -1 }, 'delayMs is -1'],
  [{ kind: 'status', status: 429, headers: { 'retry-after': '1\n' } }, 'retry-after'],
  [{ kind: 'cut', afterChunks: 0.5 }, 'afterChunks is 0.5'],
  [odd({ kind: 'status' }), 'status is undefined: it must be a whole number from 200 to 599'],
  [odd({ kind: 'slow' }), 'delayMs is undefined: it must be milliseconds, 0 or more'],
  [odd({ kind: 'slow', delayMs: '5' }), 'delayMs is "5"'],
  [odd({ kind: 'slow', delayMs: Infinity }), 'delayMs is Infinity'],
  [odd({ kind: 'status', status: 429, headers: 'retry-after: 1' }), 'headers is "retry-after: 1": it must be an object of texts'],
  [odd({ message: 5 }), 'message is 5: it must be a text'],
  [odd({ errorCode: 429 }), 'errorCode is 429: it must be a text'],
  [odd({ path: ['/x'] }), 'path is a list: it must be a text'],
  [odd({ forMs: '5' }), 'forMs is "5": it must be a number above 0'],
  [odd({ probability: '0.5' }), 'probability is "0.5": it must be a number from 0 to 1'],
  [{ kind: 'reset', provider: 'cohere' as 'groq' }, 'provider is "cohere"'],
])('%o is refused with the reason', (fault, reason) => {
  expect(() => simulator.fault(fault)).toThrow(TypeError);
  expect(() => simulator.fault(fault)).toThrow(reason);
});
