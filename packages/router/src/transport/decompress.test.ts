import { brotliCompressSync, constants, createGzip, deflateSync, gzipSync } from 'node:zlib';
import { expect, test, vi } from 'vitest';
import { serve } from '../../test/serve.ts';
import { pooledFetch } from './pooled-fetch.ts';

const pooled = pooledFetch();
const json = JSON.stringify({ said: 'Déjà vu 🌊 '.repeat(500) });

test.each<[string, (bytes: string) => Buffer]>([
  ['gzip', gzipSync],
  ['x-gzip', gzipSync],
  ['br', brotliCompressSync],
  ['deflate', deflateSync],
  ['identity', (bytes) => Buffer.from(bytes)],
  ['gzip, br', (bytes) => brotliCompressSync(gzipSync(bytes))],
])('reads %s, as JSON and as anything else', async (encoding, compress) => {
  const url = await serve(({ url: type = '' }, response) => {
    response.writeHead(200, { 'content-type': type.slice(1), 'content-encoding': encoding }).end(compress(json));
  });

  const asJson = await (await pooled(`${url}/application/json`)).text();
  const asText = await (await pooled(`${url}/text/plain`)).text();

  expect(asJson).toBe(json);
  expect(asText).toBe(json);
});

test('leaves as it is what came in a coding that nobody asked for', async () => {
  const url = await serve((_, response) => void response.writeHead(200, { 'content-encoding': 'zstd' }).end('???'));

  expect(await (await pooled(url)).text()).toBe('???');
});

test('passes each piece of a stream on as it comes', async () => {
  const gzip = createGzip();
  const url = await serve((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' });
    gzip.pipe(response);
    gzip.write('data: one\n\n');
    gzip.flush(constants.Z_SYNC_FLUSH);
  });

  const reader = (await pooled(url)).body?.getReader();
  const first = await reader?.read();
  gzip.end('data: two\n\n');
  const second = await reader?.read();

  expect(Buffer.from(first?.value ?? []).toString()).toBe('data: one\n\n');
  expect(Buffer.from(second?.value ?? []).toString()).toBe('data: two\n\n');
});

test.each(['application/json', 'text/plain'])('says so when %s cannot be read', async (type) => {
  const url = await serve(
    (_, response) => void response.writeHead(200, { 'content-type': type, 'content-encoding': 'gzip' }).end('no gzip'),
  );

  await expect((await pooled(url)).text()).rejects.toMatchObject({ message: 'terminated', cause: { code: 'Z_DATA_ERROR' } });
});

test('says so when a compressed body breaks off', async () => {
  const whole = gzipSync(json);
  const url = await serve((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip', 'content-length': whole.length });
    response.write(whole.subarray(0, 20), () => setTimeout(() => response.destroy(), 10));
  });

  await expect((await pooled(url)).text()).rejects.toMatchObject({ message: 'terminated', cause: { code: 'UND_ERR_SOCKET' } });
});

test('cancelling a compressed stream closes the connection', async () => {
  let isClosed = false;
  const url = await serve((_, response) => {
    const gzip = createGzip();
    gzip.pipe(response.writeHead(200, { 'content-encoding': 'gzip' }));
    gzip.write('begun');
    gzip.flush();
    response.on('close', () => (isClosed = true));
  });

  await (await pooled(url)).body?.cancel();

  await vi.waitFor(() => expect(isClosed).toBe(true));
});
