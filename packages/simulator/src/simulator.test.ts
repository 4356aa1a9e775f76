import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { bodyFor, clientsFor, modelOf, plainText, post, streamText } from '../test/sdk-clients.ts';
import { providerNames } from './provider.ts';
import { startSimulator, type Simulator, type SimulatorOptions } from './simulator.ts';

let simulator: Simulator;
beforeEach(async () => {
  simulator = await startSimulator();
});
afterEach(() => simulator.close());

describe.each(providerNames)('%s', (provider) => {
  test('answers its SDK, whole and streamed, with the same text', async () => {
    const clients = clientsFor(simulator);
    const pieces: string[] = [];

    const plain = await plainText(clients, provider);
    await streamText(clients, provider, (piece) => pieces.push(piece));

    expect(plain).toBe(`This is a simulated answer from ${modelOf[provider]}. You asked: "Hello there"`);
    expect(pieces.join('')).toBe(plain);
    expect(pieces.filter(Boolean).length).toBeGreaterThan(1);
  });

  test('says in every answer that it is a simulator', async () => {
    const answers = [
      await post(simulator, provider, bodyFor(provider)),
      await post(simulator, provider, bodyFor(provider, true)),
      await post(simulator, provider, '{'),
      await post(simulator, provider, {}, { path: '/nowhere' }),
    ];
    simulator.fault({ kind: 'not_json' });
    answers.push(await post(simulator, provider, bodyFor(provider)));

    expect(answers.map(({ headers }) => headers.get('x-rolecall-simulator'))).toEqual(['1', '1', '1', '1', '1']);
    await Promise.all(answers.map((answer) => answer.text()));
  });

  test('records what it was sent and what it answered', async () => {
    const before = Date.now();

    await plainText(clientsFor(simulator), provider);

    expect(simulator.requests).toHaveLength(1);
    const [seen] = simulator.requests;
    expect(seen).toMatchObject({
      provider,
      method: 'POST',
      model: modelOf[provider],
      stream: false,
      status: 200,
      closedByClient: false,
    });
    expect(seen?.body).toMatchObject({ model: modelOf[provider] });
    expect(seen?.fault).toBeUndefined();
    expect(seen?.at).toBeGreaterThanOrEqual(before);
    const { authorization, 'x-api-key': key } = seen?.headers ?? {};
    if (provider !== 'ollama') expect(key ?? authorization).toMatch(/^(Bearer )?test-key$/);
  });

  test('refuses connections while it is down, and has the same port when it is up again', async () => {
    const { [provider]: url } = simulator.urls;

    await simulator.takeDown(provider);
    await simulator.takeDown(provider);
    await expect(plainText(clientsFor(simulator), provider)).rejects.toThrow();
    await expect(fetch(url)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
    await simulator.bringUp(provider);
    await simulator.bringUp(provider);

    expect(simulator.urls[provider]).toBe(url);
    expect(await plainText(clientsFor(simulator), provider)).toContain('simulated');
  });

  test('whatever it is told at once happens in that order, and nothing stays open', async () => {
    const own = await startSimulator();
    const told = [own.takeDown(provider), own.bringUp(provider), own.takeDown(provider), own.close()];

    await expect(Promise.all(told)).resolves.toHaveLength(4);
    await expect(fetch(own.urls[provider])).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
    const next = createServer().listen(Number(new URL(own.urls[provider]).port), '127.0.0.1');
    await once(next, 'listening');
    next.close();
  });

  test('cuts what is under way when it is taken down', async () => {
    simulator.fault({ provider, kind: 'silence' });
    const waiting = post(simulator, provider, bodyFor(provider));
    const outcome = expect(waiting).rejects.toThrow();
    await vi.waitFor(() => expect(simulator.requests[0]?.fault).toBe('silence'));

    await simulator.takeDown(provider);

    await outcome;
    expect(simulator.requests[0]?.closedByClient).toBe(false);
  });

  test('notices when the client leaves in the middle of a stream', async () => {
    simulator.fault({ provider, kind: 'stall', afterChunks: 1 });
    const leaving = new AbortController();
    const response = await post(simulator, provider, bodyFor(provider, true), { signal: leaving.signal });
    await response.body?.getReader().read();

    leaving.abort();

    await vi.waitFor(() => expect(simulator.requests[0]).toMatchObject({ closedByClient: true, status: 200 }));
  });
});

test('waits as long as a model is said to take, and as long between chunks', async () => {
  await simulator.close();
  simulator = await startSimulator({ latencyMs: { slow: 60 }, chunkIntervalMs: { slow: 20 } });
  simulator.answer({ text: 'abcd', chunks: 4, times: Infinity });
  const timed = async (model: string, stream: boolean) => {
    const startedAt = performance.now();
    await (await post(simulator, 'openai', { ...bodyFor('openai', stream), model })).text();
    return performance.now() - startedAt;
  };
  await timed('quick', false); // the first request pays for the connection

  const [quick, plain, streamed] = [await timed('quick', false), await timed('slow', false), await timed('slow', true)];

  expect(plain).toBeGreaterThan(58);
  expect(streamed).toBeGreaterThan(58 + 4 * 19);
  expect(quick).toBeLessThan(plain);
});

test('an answer that is waited for is abandoned when the client leaves', async () => {
  await simulator.close();
  simulator = await startSimulator({ latencyMs: 60_000 });

  await expect(post(simulator, 'openai', bodyFor('openai'), { signal: AbortSignal.timeout(50) })).rejects.toThrow();

  await vi.waitFor(() => expect(simulator.requests[0]).toMatchObject({ closedByClient: true, status: undefined }));
});

test('a client that leaves before its request is whole does no harm', async () => {
  const { port, hostname } = new URL(simulator.urls.openai);
  const socket = connect(Number(port), hostname);
  socket.write('POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{"model"');
  await vi.waitFor(() => expect(simulator.requests).toHaveLength(1));

  socket.destroy();

  await vi.waitFor(() => expect(simulator.requests[0]?.closedByClient).toBe(true));
  expect(await plainText(clientsFor(simulator), 'openai')).toContain('simulated');
});

test('a reader slower than the stream gets all of it', async () => {
  const text = 'word '.repeat(400_000);
  simulator.answer({ text, chunks: 500 });
  const response = await post(simulator, 'ollama', bodyFor('ollama', true));
  await delay(50);

  const lines = (await response.text()).trim().split('\n');

  const said = lines.map((line) => (JSON.parse(line) as { message: { content: string } }).message.content).join('');
  expect(said).toBe(text);
});

test('reset forgets faults, scripts and requests', async () => {
  simulator.fault({ kind: 'reset', times: Infinity });
  simulator.answer({ text: 'scripted', times: Infinity });
  await expect(plainText(clientsFor(simulator), 'groq')).rejects.toThrow();

  simulator.reset();

  expect(simulator.requests).toHaveLength(0);
  expect(await plainText(clientsFor(simulator), 'groq')).toContain('simulated');
});

/** The statuses of twenty requests, some of which a fault strikes by chance. */
async function statusesByChance(): Promise<readonly number[]> {
  const other = await startSimulator({ seed: 42 });
  other.fault({ kind: 'status', status: 503, probability: 0.4 });
  const statuses: number[] = [];
  for (let index = 0; index < 20; index++) {
    const response = await post(other, 'openai', bodyFor('openai'));
    statuses.push(response.status);
    await response.text();
  }
  await other.close();
  return statuses;
}

test('faults by chance strike the same requests in every run with the same seed', async () => {
  const [first, second] = [await statusesByChance(), await statusesByChance()];

  expect(first).toEqual(second);
  expect(new Set(first)).toEqual(new Set([200, 503]));
});

test('requests are kept up to a limit; the oldest go first', async () => {
  await simulator.close();
  simulator = await startSimulator({ maxRequests: 2 });
  for (const model of ['a', 'b', 'c']) await (await post(simulator, 'openai', { ...bodyFor('openai'), model })).text();

  expect(simulator.requests.map(({ model }) => model)).toEqual(['b', 'c']);
});

test('after close nothing listens and nothing is left open', async () => {
  simulator.fault({ kind: 'silence', times: Infinity });
  const waiting = post(simulator, 'openai', bodyFor('openai'));
  const outcome = expect(waiting).rejects.toThrow();
  await vi.waitFor(() => expect(simulator.requests).toHaveLength(1));

  await simulator.close();
  await simulator.close();

  await outcome;
  for (const url of Object.values(simulator.urls)) await expect(fetch(url)).rejects.toThrow();
  expect(process.getActiveResourcesInfo()).not.toContain('TCPServerWrap');
});

test('a port that is taken fails the start and leaves nothing behind', async () => {
  const blocker = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => blocker.once('listening', resolve));
  const { port } = blocker.address() as AddressInfo;

  await expect(startSimulator({ ports: { ollama: port } })).rejects.toMatchObject({ code: 'EADDRINUSE' });

  await new Promise((resolve) => blocker.close(resolve));
  const freed = await startSimulator({ ports: { ollama: port } });
  expect(freed.urls.ollama).toBe(`http://127.0.0.1:${port}`);
  await freed.close();
});

test('a provider that there is not is neither taken down nor brought up', async () => {
  const reason = new TypeError('provider is "grok": it must be one of openai, anthropic, groq, ollama');

  await expect(simulator.takeDown('grok' as 'groq')).rejects.toThrow(reason);
  await expect(simulator.bringUp('grok' as 'groq')).rejects.toThrow(reason);
});

test.each<[SimulatorOptions, string]>([
  [{ latencyMs: -1 }, 'latencyMs is -1: it must be milliseconds, 0 or more'],
  [{ chunkIntervalMs: { m: Number.NaN } }, 'chunkIntervalMs.m is NaN'],
  [{ latencyMs: '5' as unknown as number }, 'latencyMs is "5"'],
  [{ ports: null as unknown as object }, 'ports is null: it must be an object by provider'],
  [{ models: { openai: 'gpt-4' as unknown as string[] } }, 'models.openai is "gpt-4": it must be a list of texts'],
  [{ ports: { groq: 70_000 } }, 'ports.groq is 70000'],
  [{ ports: { cohere: 1 } as SimulatorOptions['ports'] }, 'ports names "cohere"'],
  [{ models: { cohere: ['x'] } as SimulatorOptions['models'] }, 'models names "cohere"'],
  [{ seed: 0.5 }, 'seed is 0.5'],
  [{ latency: 5 } as SimulatorOptions, 'startSimulator has no "latency"; it has: latencyMs, chunkIntervalMs, ports, '],
  [{ maxRequests: -1 }, 'maxRequests is -1'],
])('%o is refused with the reason', async (options, reason) => {
  await expect(startSimulator(options)).rejects.toThrow(TypeError);
  await expect(startSimulator(options)).rejects.toThrow(reason);
});
