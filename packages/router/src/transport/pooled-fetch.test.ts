import { type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { serve } from '../../test/serve.ts';
import { pooledFetch } from './pooled-fetch.ts';

const pooled = pooledFetch();
afterEach(() => void vi.unstubAllGlobals());

/** Answers with what it was asked. */
async function echo(): Promise<string> {
  return serve(async (request, response) => {
    const { method, url: path, headers } = request;
    const body = await text(request);
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ method, path, headers, body }));
  });
}

interface Echo {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

describe('an answer', () => {
  test('of JSON is all that a response is', async () => {
    const url = await serve((_, response) => {
      response.writeHead(201, { 'content-type': 'application/json; charset=utf-8', 'set-cookie': ['a=1', 'b=2'], 'x-id': '7' });
      response.end('{"said":"Ahoï 🌊"}');
    });

    const response = await pooled(`${url}/a?b=c`);

    expect(response).toMatchObject({ ok: true, status: 201, statusText: 'Created', redirected: false, url: `${url}/a?b=c` });
    expect(response.headers).toBeInstanceOf(Headers);
    expect(response.headers.get('X-Id')).toBe('7');
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(response.bodyUsed).toBe(false);
    expect(await response.json()).toEqual({ said: 'Ahoï 🌊' });
    expect(response.bodyUsed).toBe(true);
    await expect(response.text()).rejects.toThrow('already been read');
    await expect(response.body?.getReader().read()).rejects.toThrow('already been read');
    expect(() => response.clone()).toThrow('already been read');
  });

  test.each<[string, (response: Response) => Promise<unknown>]>([
    ['text', (response) => response.text()],
    ['bytes', async (response) => Buffer.from(await response.arrayBuffer()).toString()],
    ['text, though somebody holds its stream', async (response) => (response.body?.locked ? '' : response.text())],
    ['a blob', async (response) => (await response.blob()).text()],
    ['a stream', async ({ body }) => (body ? text(body) : undefined)],
    ['a clone', async (response) => [await response.clone().text(), await response.text()].toSorted()[0]],
    ['what fetch would have given', async (response) => await new Response(response.body, response).text()],
  ])('of JSON can be read as %s', async (_, read) => {
    const url = await serve((request, response) => {
      request.resume();
      response.setHeader('content-type', 'application/json').end('{"n":1}');
    });

    expect(await read(await pooled(url))).toBe('{"n":1}');
  });

  test.each([
    ['text/event-stream', false],
    ['text/plain', true],
  ])('of %s is read as it comes', async (type, isReal) => {
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-type': type });
      response.write('data: one\n\n');
      setTimeout(() => response.end('data: two\n\n'), 20);
    });

    const response = await pooled(url);
    const pieces = [];
    for await (const piece of response.body ?? []) pieces.push(Buffer.from(piece).toString());

    expect(response instanceof Response).toBe(isReal);
    expect(response).toMatchObject({ status: 200, url: `${url}/`, redirected: false });
    expect(pieces).toEqual(['data: one\n\n', 'data: two\n\n']);
  });

  test.each([204, 304])('%i has no body', async (status) => {
    const url = await serve((_, response) => void response.writeHead(status, { 'content-type': 'application/json' }).end());

    const response = await pooled(url);

    expect(response.status).toBe(status);
    expect(response.body).toBeNull();
  });

  test('of an error status is no error', async () => {
    const url = await serve(
      (_, response) => void response.writeHead(429, { 'content-type': 'application/json' }).end('{"error":{}}'),
    );

    const response = await pooled(url);

    expect([response.ok, response.status, response.statusText]).toEqual([false, 429, 'Too Many Requests']);
    expect(await response.json()).toEqual({ error: {} });
  });
});

const ask = async (init: RequestInit, fetch = pooled): Promise<Echo> => (await (await fetch(await echo(), init)).json()) as Echo;

describe('a request', () => {
  test('carries what it was given, and counts its own length', async () => {
    const headers = { 'Content-Type': 'application/json', 'content-length': '3', Authorization: 'Bearer k', Accept: 'a/b' };

    const { method, headers: seen, body } = await ask({ method: 'post', headers, body: '{"é":1}' });

    expect([method, body]).toEqual(['POST', '{"é":1}']);
    expect(seen).toMatchObject({
      'content-type': 'application/json',
      'content-length': '8',
      authorization: 'Bearer k',
      accept: 'a/b',
    });
    expect(seen['transfer-encoding']).toBeUndefined();
  });

  test.each<[string, RequestInit['headers']]>([
    ['headers', new Headers({ 'x-a': '1' })],
    ['pairs', [['x-a', '1']]],
    ['nothing', undefined],
  ])('takes %s, and says what fetch says unasked', async (_, headers) => {
    const { headers: seen } = await ask({ method: 'POST', body: 'plain', ...(headers && { headers }) });

    expect(seen['x-a']).toBe(headers && '1');
    expect(seen).toMatchObject({
      accept: '*/*',
      'accept-encoding': 'gzip, deflate, br',
      'content-type': 'text/plain;charset=UTF-8',
    });
  });

  test('may have bytes for a body', async () => {
    const { headers, body } = await ask({ method: 'PUT', body: new TextEncoder().encode('bytes') });

    expect([headers['content-length'], body]).toEqual(['5', 'bytes']);
  });

  test.each<[string, () => RequestInit['body'], string]>([
    ['a form', () => Object.assign(new FormData(), {}), 'multipart/form-data'],
    ['search parameters', () => new URLSearchParams({ a: 'b' }), 'application/x-www-form-urlencoded'],
    ['a blob', () => new Blob(['a'], { type: 'text/x-blob' }), 'text/x-blob'],
  ])('with %s goes out as fetch would send it', async (_, make, type) => {
    const body = make();
    if (body instanceof FormData) body.set('file', new Blob(['content']), 'a.txt');

    const { headers } = await ask({ method: 'POST', body: body ?? null });

    expect(headers['content-type']).toContain(type);
  });

  test('with a stream for a body, or as an object, goes out as fetch would send it', async () => {
    const url = await echo();
    const stream = new ReadableStream({ pull: (controller) => (controller.enqueue(Buffer.from('piece')), controller.close()) });

    const streamed = (await (await pooled(url, { method: 'POST', body: stream, duplex: 'half' })).json()) as Echo;
    const object = (await (await pooled(new Request(url, { method: 'PATCH', body: 'b' }))).json()) as Echo;

    expect(streamed.body).toBe('piece');
    expect([object.method, object.body]).toEqual(['PATCH', 'b']);
  });

  test('to an address with a password fails as with fetch, and does not print it', async () => {
    const failure = await pooled('http://user:secret@127.0.0.1:1/').catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(TypeError);
  });
});

describe('it steps aside', () => {
  test('while somebody has replaced fetch', async () => {
    const url = await echo();
    vi.stubGlobal('fetch', async () => new Response('theirs'));
    const theirs = await pooled(url);
    vi.unstubAllGlobals();
    const ours = await pooled(url);

    expect(await theirs.text()).toBe('theirs');
    expect(ours.headers.get('content-type')).toBe('application/json');
  });

  test("while somebody has replaced what is below Node's fetch", async () => {
    const url = await echo();
    const { getGlobalDispatcher, MockAgent, setGlobalDispatcher } = await import('undici');
    const before = getGlobalDispatcher();
    const agent = new MockAgent();
    agent.get(url).intercept({ path: '/' }).reply(200, 'mocked');
    setGlobalDispatcher(agent);
    const mocked = await pooled(url).finally(() => setGlobalDispatcher(before));

    expect(await mocked.text()).toBe('mocked');
  });
});

test.each([
  [{ keepAlive: 5 }, 'has no option "keepAlive"; it has: keepAliveMs'],
  [{ keepAliveMs: 0 }, 'keepAliveMs is 0'],
  [{ idleTimeoutMs: { secret: 'k' } }, 'idleTimeoutMs is an object'],
])('the options %j are refused', (options, words) => {
  expect(() => pooledFetch(options as object)).toThrow(TypeError);
  expect(() => pooledFetch(options as object)).toThrow(words);
});
