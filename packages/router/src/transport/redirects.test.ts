import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { pooledFetch } from './pooled-fetch.ts';

const pooled = pooledFetch();

interface Seen {
  readonly method: string | undefined;
  readonly authorization: string | undefined;
  readonly key: string | undefined;
  readonly type: string | undefined;
  readonly body: string;
}

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A server that says what it was sent. */
async function destination(): Promise<string> {
  return serve(async (request, response) => {
    const { 'x-api-key': key, 'content-type': type, authorization } = request.headers;
    const body = await text(request);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ method: request.method, authorization, key, type, body }));
  });
}

const leadingTo = (location: string, status: number) =>
  serve((request, response) => void request.resume().on('end', () => response.writeHead(status, { location }).end('moved')));

const post: RequestInit = {
  method: 'POST',
  headers: { authorization: 'Bearer k', 'x-api-key': 'k', 'content-type': 'application/json' },
  body: '{}',
};

test.each([
  [307, 'POST', '{}'],
  [308, 'POST', '{}'],
  [301, 'GET', ''],
  [302, 'GET', ''],
  [303, 'GET', ''],
])('%i makes of a POST a %s', async (status, method, body) => {
  const end = await destination();

  const response = await pooled(await leadingTo(`${end}/there`, status), post);
  const seen = (await response.json()) as Seen;

  expect(seen).toMatchObject({ method, body, ...(method === 'GET' ? {} : { type: 'application/json' }) });
  expect(response).toMatchObject({ url: `${end}/there`, redirected: true });
});

test('what is meant for one host is nothing for the next', async () => {
  const response = await pooled(await leadingTo(await destination(), 307), post);

  const seen = (await response.json()) as Seen;

  expect(seen.authorization).toBeUndefined();
  expect(seen.key).toBeUndefined();
});

test('on the same host the key goes along', async () => {
  const url = await serve((request, response) => {
    request.resume();
    if (request.url === '/v1') return void response.writeHead(308, { location: '/v1/' }).end();
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(request.headers));
  });

  const seen = (await (await pooled(`${url}/v1`, post)).json()) as Record<string, string>;

  expect(seen).toMatchObject({ authorization: 'Bearer k', 'x-api-key': 'k' });
});

test('manual gives the redirect itself, and error refuses it', async () => {
  const url = await leadingTo('http://127.0.0.1:1/', 302);

  const manual = await pooled(url, { redirect: 'manual' });

  expect([manual.status, manual.headers.get('location')]).toEqual([302, 'http://127.0.0.1:1/']);
  await expect(pooled(url, { redirect: 'error' })).rejects.toThrow('fetch failed');
});

test.each(['/again', 'ftp://example.com/', 'http://['])('a way to %s that leads nowhere ends', async (location) => {
  const url = await leadingTo(location, 302);

  await expect(pooled(url)).rejects.toThrow('fetch failed');
});

test('a redirect without an address is an answer', async () => {
  const url = await serve((_, response) => void response.writeHead(302).end('where?'));

  expect(await (await pooled(url)).text()).toBe('where?');
});
