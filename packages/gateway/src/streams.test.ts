/** Streams: nothing is held back, merged or piled up, and what was cut does not look whole. */
import { createServer, get, request as send, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { fourModels, gatewayWith, type TestGateway } from '../test/gateway-with.ts';

let running: TestGateway | undefined;
afterEach(() => running?.close());

const messages = [{ role: 'user', content: 'Write a post about tea.' }];
const relayed = ['/v1/chat/completions', { model: 'groq', messages }] as const;
const translated = ['/v1/chat/completions', { model: 'local', messages }] as const;
const claude = ['/v1/messages', { model: 'claude', max_tokens: 500, messages }] as const;

function open(url: string, body: object): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const asking = send(url, { method: 'POST', headers: { 'content-type': 'application/json' } }, resolve);
    asking.on('error', reject).end(JSON.stringify({ ...body, stream: true }));
  });
}

async function until(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 5_000;
  while (!holds() && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(holds()).toBe(true);
}

describe.each([
  ['relayed', relayed],
  ['translated', translated],
  ['relayed to Anthropic', claude],
])('a stream that is %s', (_, [path, body]) => {
  test('comes as it is said: the first piece before the last was written, and each by itself', async () => {
    running = await gatewayWith(fourModels, { simulator: { chunkIntervalMs: 30 } });
    running.simulator.answer({ text: 'one two three four five six seven eight nine ten '.repeat(4) });
    const response = await open(`${running.url}${path}`, body);
    const pieces: number[] = [];
    response.on('data', () => pieces.push(performance.now()));
    await new Promise((resolve) => response.on('end', resolve));

    expect(pieces.length).toBeGreaterThan(5);
    expect((pieces.at(-1) ?? 0) - (pieces[0] ?? 0)).toBeGreaterThan(100);
  });

  test('whose reader leaves is cancelled upstream, and is on record as aborted', async () => {
    running = await gatewayWith(fourModels, { simulator: { chunkIntervalMs: 20 } });
    const { simulator, gateway } = running;
    const response = await open(`${running.url}${path}`, body);
    await new Promise((resolve) => response.once('data', resolve));

    response.destroy();

    await until(() => simulator.requests[0]?.closedByClient === true);
    await until(() => gateway.tracker.rows()[0]?.outcome === 'aborted');
  });

  test('that is cut after content ends in an error event, is charged, and never looks whole', async () => {
    running = await gatewayWith();
    running.simulator.fault({ kind: 'cut', afterChunks: 2 });

    const response = await running.post(path, { ...body, stream: true });
    const text = await response.text();
    const [row] = running.gateway.tracker.rows();

    expect(response.status).toBe(200);
    expect(text).toMatch(/event: error\ndata: \{.*\}\n\n$/);
    expect(text).not.toMatch(/\[DONE\]|message_stop|"finish_reason":"/);
    expect(row).toMatchObject({ outcome: 'failed', code: 'stream_cut', estimated: true });
    expect(row?.usage.outputTokens).toBeGreaterThan(0);
    if (body.model === 'groq') expect(row?.costUsd).toBeGreaterThan(0); // the others run on loopback, and nobody bills that
  });
});

test('a stream that fails before its first word is answered by the next model, whoever that is', async () => {
  running = await gatewayWith(`${fourModels}\nfallbacks: [{ gpt: [groq, claude] }]\n`);
  running.simulator.fault({ provider: 'openai', kind: 'cut', afterChunks: 0 });
  running.simulator.fault({ provider: 'groq', kind: 'status', status: 503 });

  const response = await running.post('/v1/chat/completions', { model: 'gpt', messages, stream: true });
  const text = await response.text();

  expect(response.headers.get('x-litellm-attempted-fallbacks')).toBe('2');
  expect(response.headers.get('x-rolecall-model')).toMatch(/claude/);
  expect(text).toMatch(/data: \[DONE\]\n\n$/);
});

test('a backend that falls silent in the middle is left, and that is said; one that never begins is replaced', async () => {
  const yaml = `${fourModels.replace('num_retries: 0', 'num_retries: 0, stream_timeout: 0.3')}\nfallbacks: [{ gpt: [groq] }]\n`;
  running = await gatewayWith(yaml);
  running.simulator.fault({ provider: 'openai', kind: 'silence' });
  const replaced = await running.post('/v1/chat/completions', { model: 'gpt', messages, stream: true });
  const whole = await replaced.text();
  running.simulator.fault({ provider: 'openai', kind: 'stall', afterChunks: 2 });
  const silent = await running.post('/v1/chat/completions', { model: 'gpt', messages, stream: true });
  const broken = await silent.text();

  expect(replaced.headers.get('x-rolecall-model')).toMatch(/^groq/);
  expect(whole).toContain('[DONE]');
  expect(broken).toContain('"code":"idle_timeout"');
  expect(broken).not.toContain('[DONE]');
});

test('a stream that nobody can begin is an error with its own status, not a 200', async () => {
  running = await gatewayWith();
  running.simulator.fault({ kind: 'status', status: 429, headers: { 'retry-after': '7' } });

  const response = await running.post('/v1/chat/completions', { model: 'gpt', messages, stream: true });

  expect(response.status).toBe(429);
  expect(response.headers.get('retry-after')).toBe('7');
  expect(await response.json()).toMatchObject({ error: { code: 'rate_limit_exceeded', type: 'rate_limit_error' } });
});

test('a slow reader holds the backend back, and one that takes nothing at all is given up', async () => {
  const upstream = await endless();
  const { port } = upstream.server.address() as AddressInfo;
  running = await gatewayWith(
    `model_list: [{ model_name: endless, litellm_params: { model: openai/x, api_base: 'http://127.0.0.1:${port}', api_key: k } }]`,
    { stallMs: 1_500 },
  );
  const response = await open(`${running.url}/v1/chat/completions`, { model: 'endless', messages });
  response.pause();

  await new Promise((resolve) => setTimeout(resolve, 700));
  const early = upstream.sentBytes();
  await new Promise((resolve) => setTimeout(resolve, 300));
  const late = upstream.sentBytes();
  await until(() => upstream.isClosed());
  response.destroy();
  upstream.server.close();

  expect(late - early).toBeLessThan(1_000_000);
  expect(late).toBeLessThan(64_000_000);
});

/** A provider that never stops talking, as fast as it is listened to. */
async function endless(): Promise<{ server: Server; sentBytes: () => number; isClosed: () => boolean }> {
  let sent = 0;
  let closed = false;
  const chunk = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: 'x'.repeat(4_000) } }] })}\n\n`;
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const talk = (): void => {
      while (!response.destroyed) {
        sent += chunk.length;
        if (!response.write(chunk)) return void response.once('drain', talk);
      }
    };
    response.on('close', () => (closed = true));
    talk();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, sentBytes: () => sent, isClosed: () => closed };
}

test('a gateway that closes lets a stream end, and takes no further request', async () => {
  running = await gatewayWith(fourModels, { simulator: { chunkIntervalMs: 20 } });
  const { url, gateway } = running;
  const response = await open(`${url}/v1/chat/completions`, { model: 'gpt', messages: [{ role: 'user', content: 'Hello' }] });
  let text = '';
  response.on('data', (bytes: Buffer) => (text += bytes.toString()));
  await new Promise((resolve) => response.once('data', resolve));

  const ended = new Promise((resolve) => response.once('end', resolve));
  await gateway.close({ graceMs: 10_000 });
  await ended;

  expect(text).toMatch(/\[DONE\]\n\n$/);
  await expect(new Promise((resolve, reject) => get(url, resolve).on('error', reject))).rejects.toThrow();
});
