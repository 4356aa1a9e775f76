/** How calls end before their time, and what becomes of their connections. */
import { spawn } from 'node:child_process';
import { getEventListeners, once } from 'node:events';
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createNetServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { pooledFetch } from './pooled-fetch.ts';

const pooled = pooledFetch();

async function serve(answer: RequestListener): Promise<{ url: string; sockets: Set<Socket>; server: Server }> {
  const server = createHttpServer(answer).listen(0, '127.0.0.1');
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => void sockets.add(socket).size);
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, sockets, server };
}

/** The head, and a first piece, and then nothing more. */
const begun = (type: string) => serve((_, response) => void response.writeHead(200, { 'content-type': type }).write('{"begun":'));
const allClosed = (sockets: Set<Socket>) => vi.waitFor(() => expect([...sockets].every(({ destroyed }) => destroyed)).toBe(true));

describe('an abort', () => {
  const reason = new Error('enough');

  test('before the call asks nobody', async () => {
    const { url, sockets } = await serve((_, response) => void response.end());

    await expect(pooled(url, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(sockets.size).toBe(0);
  });

  test('while it waits for a connection leaves at once', async () => {
    const { url } = await serve(() => {});
    const one = pooledFetch({ maxConnections: 1 });
    const caller = new AbortController();
    const first = one(url, { signal: caller.signal });
    const second = new AbortController();

    const queued = one(url, { signal: second.signal });
    second.abort(reason);

    await expect(queued).rejects.toBe(reason);
    caller.abort(reason);
    await expect(first).rejects.toBe(reason);
  });

  test('before the head closes the connection', async () => {
    const { url, sockets } = await serve(() => {});
    const caller = new AbortController();
    const answer = pooled(url, { signal: caller.signal });
    await vi.waitFor(() => expect(sockets.size).toBe(1));

    caller.abort(reason);

    await expect(answer).rejects.toBe(reason);
    await allClosed(sockets);
  });

  test.each(['application/json', 'text/event-stream'])('within a body of %s closes the connection', async (type) => {
    const { url, sockets } = await begun(type);
    const caller = new AbortController();
    const response = await pooled(url, { signal: caller.signal });
    const body = response.text();

    caller.abort(reason);

    await expect(body).rejects.toBe(reason);
    await allClosed(sockets);
    expect(getEventListeners(caller.signal, 'abort')).toHaveLength(0);
  });

  test.each(['application/json', 'text/event-stream'])(
    'of a body of %s that nobody reads is no unhandled rejection',
    async (type) => {
      const { url, sockets } = await begun(type);
      const caller = new AbortController();
      const response = await pooled(url, { signal: caller.signal });

      caller.abort(reason);
      await allClosed(sockets);

      await expect(response.text()).rejects.toBe(reason);
    },
  );

  test('after the end finds no listener', async () => {
    const { url } = await serve((_, response) => void response.setHeader('content-type', 'application/json').end('{}'));
    const { signal } = new AbortController();

    await (await pooled(url, { signal })).json();
    await pooled('http://127.0.0.1:1/', { signal }).catch(() => {});

    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });
});

describe('a body', () => {
  test('that is cancelled closes the connection', async () => {
    const { url, sockets } = await begun('text/event-stream');
    const { body } = await pooled(url);

    await body?.cancel();

    await allClosed(sockets);
  });

  test('that nobody reads fast is held back at the sender', async () => {
    let written = 0;
    const { url } = await serve((_, response) => {
      const more = (): void => {
        while (written < 200_000_000 && response.write(Buffer.alloc(65_536))) written += 65_536;
      };
      response.on('drain', more);
      more();
    });

    const { body } = await pooled(url);
    await sleep(100);
    const whileIdle = written;
    await body?.cancel();

    expect(whileIdle).toBeLessThan(20_000_000);
  });

  test.each(['application/json', 'text/event-stream'])('of %s that breaks off says so as fetch does', async (type) => {
    const { url } = await serve((_, response) => {
      response.writeHead(200, { 'content-type': type }).write('{"begun":', () => setTimeout(() => response.destroy(), 10));
    });

    const failure: unknown = await (await pooled(url)).text().catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(TypeError);
    expect(failure).toMatchObject({ message: 'terminated', cause: { code: 'UND_ERR_SOCKET' } });
  });

  test('that falls silent for too long ends', async () => {
    const { url } = await begun('text/event-stream');

    const body = pooledFetch({ idleTimeoutMs: 1 })(url).then((response) => response.text());

    await expect(body).rejects.toMatchObject({ message: 'terminated', cause: { code: 'UND_ERR_BODY_TIMEOUT' } });
  });
});

describe('a connection', () => {
  test('that cannot be made, or breaks before the head, says so as fetch does', async () => {
    const server = createNetServer((socket) => socket.once('data', () => socket.destroy())).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

    const broken: unknown = await pooled(url).catch((error: unknown) => error);
    server.close();
    await once(server, 'close');
    const refused: unknown = await pooled(url).catch((error: unknown) => error);

    expect(broken).toMatchObject({ name: 'TypeError', message: 'fetch failed', cause: { code: 'UND_ERR_SOCKET' } });
    expect(refused).toMatchObject({ name: 'TypeError', message: 'fetch failed', cause: { code: 'ECONNREFUSED' } });
  });

  test('is used again, by all who ask for nothing special', async () => {
    const { url, sockets } = await serve((_, response) => void response.setHeader('content-type', 'application/json').end('{}'));

    for (let n = 0; n < 10; n++) await (await pooledFetch()(url)).json();

    expect(sockets.size).toBeLessThanOrEqual(2); // undici lets one rest for a turn of the event loop
  });

  test('that the server closed while it was idle is not used again', async () => {
    const { url, sockets, server } = await serve((_, response) => void response.end('fine'));

    for (let n = 0; n < 20; n++) {
      expect(await (await pooled(url)).text()).toBe('fine');
      server.closeIdleConnections();
      await allClosed(sockets);
      await sleep(1); // the news is on its way
    }

    expect(sockets.size).toBe(20);
  });

  test('is closed in good time when the server says how long it waits', async () => {
    const { url, sockets, server } = await serve((_, response) => void response.end('fine'));
    server.keepAliveTimeout = 3_000; // Node says so in a header

    await (await pooled(url)).text();

    await vi.waitFor(() => expect([...sockets].every(({ destroyed }) => destroyed)).toBe(true), { timeout: 2_500 });
  });
});

/** Runs a program that has `pooled` and `url`, and gives what it printed. */
async function run(program: string, url: string): Promise<string> {
  const module = new URL('pooled-fetch.ts', import.meta.url).href;
  const script = `const { pooledFetch } = await import('${module}'); const pooled = pooledFetch(); const url = '${url}'; ${program}`;
  const options = { stdio: ['ignore', 'pipe', 'inherit'] as ['ignore', 'pipe', 'inherit'], cwd: import.meta.dirname };
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], options);
  return text(child.stdout);
}

describe('a process', () => {
  test('ends although its connections are still open', async () => {
    const { url, server } = await serve((_, response) => void response.setHeader('content-type', 'application/json').end('{}'));
    server.keepAliveTimeout = 60_000;

    const printed = await run(
      `await (await pooled(url)).json(); const at = Date.now(); process.on('exit', () => console.log(Date.now() - at));`,
      url,
    );

    expect(Number(printed)).toBeLessThan(3_000); // the connection would be kept for four seconds
  }, 20_000);

  test("keeps Node's own dispatcher for its own fetch", async () => {
    const { url } = await serve((_, response) => void response.setHeader('content-type', 'application/json').end('{}'));

    const printed = await run(
      `await (await pooled(url)).json();
       const { Agent } = await import('undici');
       console.log(globalThis[Symbol.for('undici.globalDispatcher.1')] instanceof Agent, (await fetch(url)).status);`,
      url,
    );

    expect(printed.trim()).toBe('false 200');
  }, 20_000);
});
