import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { inspect } from 'node:util';
import type { ModelRequest } from '@rolecall/core';
import { startSimulator } from '@rolecall/simulator';
import { Ollama } from 'ollama';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { ollama, type OllamaOptions } from './ollama.ts';

const simulator = await startSimulator();
afterAll(() => simulator.close());
afterEach(() => {
  simulator.reset();
  vi.restoreAllMocks();
});

const host = simulator.urls.ollama;
const make = (options: OllamaOptions = {}) => ollama('mistral', { host, ...options });
const ask = (more: Partial<ModelRequest> = {}): ModelRequest => ({ messages: [{ role: 'user', content: 'Go.' }], ...more });

test('an abort ends its own stream and no other', async () => {
  simulator.fault({ provider: 'ollama', kind: 'stall', afterChunks: 1 });
  simulator.answer({ text: 'One, two, three.', chunks: 3, times: 2 });
  const model = make();
  const caller = new AbortController();

  const stalled = expect(model(ask({ signal: caller.signal, onDelta() {} }))).rejects.toMatchObject({ code: 'aborted' });
  await vi.waitFor(() => expect(simulator.requests).toHaveLength(1));
  const other = model(ask({ onDelta: () => new Promise((resolve) => setTimeout(resolve, 10)) }));
  caller.abort();

  await stalled;
  await expect(other).resolves.toMatchObject({ text: 'One, two, three.' });
});

test('a server that is not there is named', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');

  const answer = make({ host: `127.0.0.1:${port}` })(ask());

  await expect(answer).rejects.toMatchObject({ code: 'network', possiblyBilled: false });
  await expect(answer).rejects.toThrow(`no Ollama server can be reached at 127.0.0.1:${port} (ECONNREFUSED)`);
});

test("whatever a fetch of the user's throws is the network's, on the first call as on the second", async () => {
  const failing = make({ fetch: () => Promise.reject(new Error('a proxy of ours said no')) });
  const failure = { code: 'network', reason: 'a proxy of ours said no' };

  await expect(failing(ask())).rejects.toMatchObject(failure);
  await expect(failing(ask())).rejects.toMatchObject(failure);
});

test('a password goes into a header, and into no error', async () => {
  const secretly = make({ host: host.replace('//', '//user:s%20ecret@') });

  await secretly(ask());
  simulator.fault({ provider: 'ollama', kind: 'reset' });
  const error: unknown = await secretly(ask()).catch((thrown: unknown) => thrown);

  expect(simulator.requests[0]?.headers['authorization']).toBe(`Basic ${btoa('user:s ecret')}`);
  expect(inspect(error)).toContain('network');
  expect(inspect(error)).not.toContain('ecret');
});

test.each(['malformed', 'not_json', 'status'] as const)('prints nothing to the console on %s', async (kind) => {
  const printed = (['log', 'warn', 'error'] as const).map((method) => vi.spyOn(console, method));
  const fault = kind === 'status' ? ({ kind: 'not_json', status: 502 } as const) : { kind };

  for (const onDelta of [undefined, () => {}]) {
    simulator.fault({ provider: 'ollama', ...fault });
    await expect(make()(ask({ onDelta }))).rejects.toThrow(/malformed_answer|overloaded/);
  }

  for (const spy of printed) expect(spy).not.toHaveBeenCalled();
});

describe("through the user's own client", () => {
  const client = new Ollama({ host });

  test('answers, whole and streamed', async () => {
    simulator.answer({ text: 'One, two, three.', reasoning: 'Count.', times: 2 });

    const plain = await ollama('mistral', { client })(ask());
    const streamed = await ollama('mistral', { client, simulated: true, local: true })(ask({ onDelta() {} }));

    expect(plain).toMatchObject({ text: 'One, two, three.', finishReason: 'stop' });
    expect(streamed).toMatchObject({ text: 'One, two, three.', content: plain.content });
    expect(plain.metadata).toMatchObject({ simulated: undefined, local: undefined });
    expect(streamed.metadata).toMatchObject({ simulated: true, local: true });
  });

  test('an abort hangs up on a stream, and on no other of that client', async () => {
    simulator.fault({ provider: 'ollama', kind: 'stall', afterChunks: 1 });
    const caller = new AbortController();

    const answer = ollama('mistral', { client })(ask({ signal: caller.signal, onDelta() {} }));
    const stalled = expect(answer).rejects.toMatchObject({ code: 'aborted' });
    await vi.waitFor(() => expect(simulator.requests).toHaveLength(1));
    const other = ollama('mistral', { client })(ask({ onDelta() {} }));
    caller.abort();

    await stalled;
    await expect(other).resolves.toMatchObject({ finishReason: 'stop' });
    await vi.waitFor(() => expect(simulator.requests.filter(({ closedByClient }) => closedByClient)).toHaveLength(1));
  });

  test.each([
    [{ kind: 'status', status: 503 }, 'overloaded'],
    [{ kind: 'in_band_error', message: 'the model ran away' }, 'overloaded'],
    [{ kind: 'no_terminator' }, 'stream_cut'],
    [{ kind: 'cut' }, 'stream_cut'],
    [{ kind: 'context_length' }, 'context_too_long'],
  ] as const)('explains %j', async (fault, code) => {
    simulator.fault({ provider: 'ollama', ...fault });

    await expect(ollama('mistral', { client })(ask({ onDelta() {} }))).rejects.toMatchObject({ code });
    expect(simulator.requests).toHaveLength(1);
  });
});
