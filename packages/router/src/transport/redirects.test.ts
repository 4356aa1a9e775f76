import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { serve } from '../../test/serve.ts';
import { pooledFetch } from './pooled-fetch.ts';
import { withinOrigin } from './redirects.ts';

const pooled = pooledFetch();

interface Seen {
  readonly method: string | undefined;
  readonly authorization: string | undefined;
  readonly key: string | undefined;
  readonly type: string | undefined;
  readonly body: string;
}

const leadingTo = (location: string, status: number) =>
  serve((request, response) => void request.resume().on('end', () => response.writeHead(status, { location }).end('moved')));

const post: RequestInit = {
  method: 'POST',
  headers: { authorization: 'Bearer k', 'x-api-key': 'k', 'content-type': 'application/json' },
  body: '{}',
};

/** A server that leads its root elsewhere on itself, and says there what it was sent. */
const leadingHome = (status: number): Promise<string> =>
  serve(async (request, response) => {
    const { 'x-api-key': key, 'content-type': type, authorization } = request.headers;
    const body = await text(request);
    if (request.url === '/') return void response.writeHead(status, { location: '/there' }).end('moved');
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ method: request.method, authorization, key, type, body }));
  });

const fetches: readonly (readonly [string, typeof fetch])[] = [
  ['pooled', pooled],
  ['another', withinOrigin(fetch)],
];

describe.each(fetches)('%s fetch', (_, send) => {
  test.each([
    [307, 'POST', '{}'],
    [308, 'POST', '{}'],
    [301, 'GET', ''],
    [302, 'GET', ''],
    [303, 'GET', ''],
  ])('%i makes of a POST a %s, and the key goes along', async (status, method, body) => {
    const url = await leadingHome(status);

    const response = await send(url, post);
    const seen = (await response.json()) as Seen;

    expect(seen).toMatchObject({ method, body, authorization: 'Bearer k', key: 'k' });
    expect(seen.type).toBe(method === 'GET' ? undefined : 'application/json');
    expect(response.url).toBe(`${url}/there`);
  });

  test.each([301, 302, 303, 307, 308])('%i to another origin is refused, and nothing is sent there', async (status) => {
    const reached: unknown[] = [];
    const elsewhere = await serve((request, response) => {
      reached.push(request.headers);
      response.end();
    });
    const url = await leadingTo(`${elsewhere}/v1?token=secret`, status);

    const failure = await send(url, post).catch((error: unknown) => error as TypeError);

    expect(failure).toMatchObject({
      message: 'fetch failed',
      cause: {
        message: `${url} redirects to ${elsewhere}, where nothing was sent: if that is right, configure it as the address`,
      },
    });
    expect(reached).toEqual([]);
  });

  test.each(['/again', 'ftp://example.com/', 'http://['])('a way to %s that leads nowhere ends', async (location) => {
    const url = await leadingTo(location, 302);

    await expect(send(url)).rejects.toThrow('fetch failed');
  });
});

test('a Request goes to nobody else either', async () => {
  const url = await leadingTo('http://127.0.0.1:1/', 307);

  await expect(pooled(new Request(url, post))).rejects.toThrow('fetch failed');
});

test('a body that is a form is kept at home as well', async () => {
  const url = await leadingTo('http://127.0.0.1:1/', 307);
  const form = new FormData();
  form.set('file', 'a prompt');

  await expect(pooled(url, { method: 'POST', body: form })).rejects.toMatchObject({ cause: { code: 'ERR_REDIRECT_REFUSED' } });
});

test('manual gives the redirect itself, and error refuses it', async () => {
  const url = await leadingTo('http://127.0.0.1:1/', 302);

  const manual = await pooled(url, { redirect: 'manual' });

  expect([manual.status, manual.headers.get('location')]).toEqual([302, 'http://127.0.0.1:1/']);
  await expect(pooled(url, { redirect: 'error' })).rejects.toThrow('fetch failed');
});

test('a redirect without an address is an answer', async () => {
  const url = await serve((_, response) => void response.writeHead(302).end('where?'));

  expect(await (await pooled(url)).text()).toBe('where?');
});
