/** Clients that speak HTTP in ways of their own. */
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
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

test('a client that leaves before its body has come is no bug of ours', async () => {
  const logged: string[] = [];
  running = await gatewayWith(fourModels, { logTo: { write: (line) => void logged.push(line) } });
  const socket = connect(Number(new URL(running.url).port), '127.0.0.1', () => socket.write(head('1.1') + body.slice(0, 20)));
  await delay(100);

  socket.destroy();
  for (let tries = 0; tries < 100 && logged.length === 0; tries++) await delay(10);

  expect(logged.map((line) => JSON.parse(line) as object)).toMatchObject([
    { event: 'refused', status: 400, code: 'body_cut', level: 'info' },
  ]);
});
