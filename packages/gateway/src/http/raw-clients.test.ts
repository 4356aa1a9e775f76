/** Clients that speak HTTP in ways of their own. */
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { fourModels, gatewayWith, type TestGateway } from '../../test/gateway-with.ts';

let running: TestGateway | undefined;
afterEach(() => running?.close());

const body = JSON.stringify({ model: 'groq', messages: [{ role: 'user', content: 'Grüß Gott' }], stream: true });

function head(version: string, more = ''): string {
  const length = Buffer.byteLength(body);
  return `POST /v1/chat/completions HTTP/${version}\r\nhost: localhost\r\ncontent-type: application/json\r\n${more}content-length: ${length}\r\n\r\n`;
}

/** Sends it, and gathers what comes until the gateway hangs up. */
function saying({ url }: TestGateway, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(text));
    socket.on('data', (piece) => pieces.push(piece)).on('error', reject);
    socket.on('close', () => resolve(Buffer.concat(pieces).toString()));
  });
}

test('a client of HTTP/1.0 gets a stream without frames, whose end is the end of the connection', async () => {
  running = await gatewayWith();
  running.simulator.answer({ text: 'Grüß dich' });

  const answer = await saying(running, head('1.0') + body);
  const [heading = '', ...rest] = answer.split('\r\n\r\n');

  expect(heading).not.toMatch(/transfer-encoding/i);
  expect(rest.join('\r\n\r\n')).toMatch(/^data: .*data: \[DONE\]\n\n$/s);
});

test('requests that are sent at once are answered one after the other, each in frames of its own', async () => {
  running = await gatewayWith(fourModels, { simulator: { chunkIntervalMs: 5 } });
  running.simulator.answer({ text: 'Grüß dich, und noch einmal' });
  running.simulator.answer({ text: 'Grüß dich, und noch einmal' });

  const answer = await saying(running, head('1.1') + body + head('1.1', 'connection: close\r\n') + body);
  const answers = answer.split('HTTP/1.1 200 OK').slice(1);

  expect(answers).toHaveLength(2);
  for (const one of answers)
    expect(one).toMatch(/transfer-encoding: chunked.*\r\n\r\n[0-9a-f]+\r\ndata: .*\[DONE\]\n\n\r\n0\r\n\r\n$/is);
});

test('a client that leaves ends the answer that it is at, and none that it had on the same connection', async () => {
  running = await gatewayWith(fourModels, { simulator: { chunkIntervalMs: 20 } });
  for (let count = 0; count < 2; count++) running.simulator.answer({ text: 'one two three four five six seven eight nine ten' });
  const { url, gateway } = running;
  let text = '';
  const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(head('1.1') + body));
  socket.on('data', (piece: Buffer) => (text += String(piece)));
  await vi.waitFor(() => expect(text).toContain('[DONE]'), { timeout: 10_000, interval: 5 });

  socket.write(head('1.1') + body);
  await vi.waitFor(() => expect(text.split('HTTP/1.1 200 OK')).toHaveLength(3), { timeout: 10_000, interval: 5 });
  socket.destroy();
  await vi.waitFor(() => expect(gateway.tracker.rows()).toHaveLength(2), { timeout: 10_000, interval: 5 });

  expect(gateway.tracker.rows().map(({ outcome }) => outcome)).toEqual(['answered', 'aborted']);
});

test('a client that leaves has left all requests that it had sent at once', async () => {
  const logged: string[] = [];
  running = await gatewayWith(fourModels, {
    simulator: { chunkIntervalMs: 20 },
    logTo: { write: (lines) => void logged.push(...lines.trim().split('\n')) },
  });
  const { url, gateway } = running;
  const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write((head('1.1') + body).repeat(3)));
  await new Promise((resolve) => void socket.once('data', resolve));

  socket.destroy();
  await vi.waitFor(() => expect(logged).toHaveLength(3), { timeout: 10_000, interval: 5 });

  const told = logged.map((line) => JSON.parse(line) as { outcome: string; status: number });
  expect(told.map(({ outcome, status }) => `${outcome} ${status}`)).toEqual(['aborted 499', 'aborted 499', 'aborted 499']);
  expect(gateway.tracker.rows().map(({ outcome }) => outcome)).toEqual(['aborted', 'aborted', 'aborted']);
});

test('a client that leaves before its body has come is no bug of ours', async () => {
  const logged: string[] = [];
  running = await gatewayWith(fourModels, { logTo: { write: (lines) => void logged.push(...lines.trim().split('\n')) } });
  const socket = connect(Number(new URL(running.url).port), '127.0.0.1', () => socket.write(head('1.1') + body.slice(0, 20)));
  await delay(100);

  socket.destroy();
  for (let tries = 0; tries < 100 && logged.length === 0; tries++) await delay(10);

  expect(logged.map((line) => JSON.parse(line) as object)).toMatchObject([
    { event: 'refused', status: 400, code: 'body_cut', level: 'info' },
  ]);
});

test('garbage behind a request cuts the answer, and does not stand in its middle', async () => {
  running = await gatewayWith(fourModels, { simulator: { chunkIntervalMs: 30 } });
  running.simulator.answer({ text: 'one two three four five six seven eight nine ten' });
  const { url } = running;

  const answer = await new Promise<string>((resolve) => {
    let text = '';
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(head('1.1') + body));
    socket.on('data', (piece: Buffer) => {
      if (text === '') socket.write('this is no HTTP\r\n\r\n');
      text += String(piece);
    });
    socket.on('close', () => resolve(text));
  });

  expect(answer).toMatch(/^HTTP\/1.1 200 OK/);
  expect(answer).not.toContain('400 Bad Request');
  expect(answer).not.toContain('[DONE]');
});

test('a gateway that is to stop ends a connection that is never idle', async () => {
  running = await gatewayWith();
  const { url, gateway } = running;
  const plain = JSON.stringify({ model: 'groq', messages: [{ role: 'user', content: 'Hello' }] });
  const request = `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${plain.length}\r\n\r\n${plain}`;
  let answered = 0;
  let last = '';
  const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(request + request)); // one is always waiting
  socket
    .on('error', () => undefined)
    .on('data', (piece: Buffer) => {
      last = String(piece);
      if (!last.includes('HTTP/1.1 200')) return;
      answered += 1;
      socket.write(request);
    });
  await vi.waitFor(() => expect(answered).toBeGreaterThan(5), { timeout: 10_000, interval: 5 });

  const start = performance.now();
  const hungUp = new Promise((resolve) => socket.once('close', resolve));
  await gateway.close({ graceMs: 20_000 });
  await hungUp;

  expect(performance.now() - start).toBeLessThan(10_000);
  expect(last).toMatch(/connection: close/i);
});

test('a gateway that is to stop lets a slow reader have the whole of his answer', async () => {
  running = await gatewayWith();
  const { url, gateway, simulator } = running;
  const text = 'x'.repeat(12_000_000); // more than the buffers of both ends hold
  simulator.answer({ text });
  const plain = JSON.stringify({ model: 'groq', messages: [{ role: 'user', content: 'Hello' }] });
  let length = 0;
  const socket = connect(Number(new URL(url).port), '127.0.0.1', () =>
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${plain.length}\r\n\r\n${plain}`,
    ),
  );
  socket.on('error', () => undefined).on('data', (piece: Buffer) => (length += piece.length));
  await new Promise((resolve) => socket.once('data', resolve));
  socket.pause();

  const hungUp = new Promise((resolve) => socket.once('close', resolve));
  const closing = gateway.close({ graceMs: 20_000 });
  await delay(300);
  socket.resume();
  await Promise.all([closing, hungUp]);

  expect(length).toBeGreaterThan(text.length);
});
