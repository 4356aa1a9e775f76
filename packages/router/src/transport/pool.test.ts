import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, createServer as createNetServer } from 'node:net';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { networkError } from '../adapters/http.ts';
import { pooledFetch } from './pooled-fetch.ts';

beforeEach(() => {
  for (const name of ['http_proxy', 'https_proxy', 'no_proxy']) {
    vi.stubEnv(name, undefined);
    vi.stubEnv(name.toUpperCase(), undefined);
  }
});
afterEach(() => void vi.unstubAllEnvs());

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const upstream = () =>
  listen(createServer((request, response) => void request.resume().on('end', () => response.end(request.headers.host))));

/** A proxy that opens tunnels, to one place whatever it is asked for. */
async function proxyTo(url: string) {
  const asked: (string | undefined)[] = [];
  const server = createServer();
  server.on('connect', (request, socket) => {
    asked.push(request.url, request.headers['proxy-authorization']);
    const far = connect(Number(new URL(url).port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      far.pipe(socket).pipe(far);
    });
    socket.on('error', () => far.destroy());
    far.on('error', () => socket.destroy());
  });
  return { asked, address: await listen(server) };
}

/** A pool of its own, which reads the environment as it is now. */
const fresh = () => pooledFetch({ keepAliveMs: 1_000 });

test.each(['HTTP_PROXY', 'http_proxy'])('goes through the proxy that %s names, with its password', async (name) => {
  const proxy = await proxyTo(await upstream());
  vi.stubEnv(name, proxy.address.replace('//', '//user:s%20ecret@'));

  const said = await (await fresh()('http://provider.test/v1', { method: 'POST', body: '{}' })).text();

  expect(said).toBe('provider.test');
  expect(proxy.asked).toEqual(['provider.test:80', `Basic ${btoa('user:s ecret')}`]);
});

test('a form goes through it as well', async () => {
  const proxy = await proxyTo(await upstream());
  vi.stubEnv('HTTP_PROXY', proxy.address);

  const said = await (await fresh()('http://provider.test/v1', { method: 'POST', body: new FormData() })).text();

  expect(said).toBe('provider.test');
  expect(proxy.asked).toContain('provider.test:80');
});

test('what is for this machine never goes through a proxy', async () => {
  const url = await upstream();
  const proxy = await proxyTo(url);
  vi.stubEnv('HTTP_PROXY', proxy.address);
  vi.stubEnv('NO_PROXY', 'example.com');
  const { port } = new URL(url);

  for (const host of ['127.0.0.1', 'localhost']) await (await fresh()(`http://${host}:${port}/`)).text();

  expect(proxy.asked).toEqual([]);
});

test.each(['provider.test', '*'])('NO_PROXY=%s is obeyed', async (noProxy) => {
  const proxy = await proxyTo(await upstream());
  vi.stubEnv('HTTP_PROXY', proxy.address);
  vi.stubEnv('NO_PROXY', noProxy);

  await expect(fresh()('http://provider.test:1/')).rejects.toThrow('fetch failed');

  expect(proxy.asked).toEqual([]);
});

test('a proxy that refuses is a failed connection, on which nothing was sent', async () => {
  vi.stubEnv('HTTP_PROXY', await listen(createServer().on('connect', (_, socket) => void socket.end('HTTP/1.1 403 No\r\n\r\n'))));

  const failure: unknown = await fresh()('http://provider.test/').catch((error: unknown) => error);

  expect(failure).toMatchObject({ message: 'fetch failed' });
  expect(networkError(failure)).toEqual({ code: 'network', possiblyBilled: false });
});

test('nothing was sent where the handshake of TLS broke off', async () => {
  const server = createNetServer((socket) => socket.once('data', () => socket.destroy())).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');

  const failure: unknown = await fresh()(`https://127.0.0.1:${(server.address() as AddressInfo).port}`).catch(
    (error: unknown) => error,
  );

  expect(networkError(failure)).toEqual({ code: 'network', possiblyBilled: false });
});

test('a limit on connections is kept', async () => {
  let open = 0;
  let most = 0;
  const url = await listen(
    createServer((_, response) => {
      most = Math.max(most, ++open);
      setTimeout(() => (open--, response.end()), 5);
    }),
  );
  const two = pooledFetch({ maxConnections: 2 });

  await Promise.all(Array.from({ length: 8 }, async () => (await two(url)).text()));

  expect(most).toBe(2);
});
