import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { pooledFetch } from '../transport/pooled-fetch.ts';
import { readBody } from './body.ts';

const pooled = pooledFetch();
const transfer = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;

/** An event stream that is written as one, in pieces of its own. */
async function streaming(pieces: readonly string[], end = '0\r\n\r\n'): Promise<Response> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.once('data', () => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n`);
      setTimeout(() => socket.end(`${pieces.map(transfer).join('')}${end}`), 20);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return await pooled(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

const letters = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

test('what came together is taken together, once', async () => {
  const taken: string[] = [];

  await readBody(await streaming(letters), (bytes) => void taken.push(String(Buffer.from(bytes))));

  expect(taken).toEqual(['abcdefgh']);
});

test('what came before the body broke off is taken before that is said', async () => {
  const taken: string[] = [];

  const reading = readBody(await streaming(letters, ''), (bytes) => void taken.push(String(Buffer.from(bytes))));

  await expect(reading).rejects.toThrow('terminated');
  expect(taken.join('')).toBe('abcdefgh');
});

test('whoever takes a piece is waited for, and no end is told before', async () => {
  const heard: string[] = [];

  await readBody(await streaming(letters), async (bytes) => {
    await new Promise((resolve) => setTimeout(resolve, 30));
    heard.push(String(Buffer.from(bytes)));
  });

  expect(heard.join('')).toBe('abcdefgh');
});

test('what its taker throws ends it', async () => {
  const mishap = new Error('the reader is full');

  const reading = readBody(await streaming(letters), () => {
    throw mishap;
  });

  await expect(reading).rejects.toBe(mishap);
});
