import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { ModelError, RouteError } from './errors.ts';
import { createRouter } from './router.ts';
import { webhook, type WebhookMessage } from './webhook.ts';

const down = () =>
  Promise.reject(new ModelError('overloaded', { model: 'x/a', status: 529, reason: 'the prompt "secret plans" is too much' }));
const messages = [{ role: 'user', content: 'secret plans' }] as const;
const closing: (() => void)[] = [];
const hanging: typeof fetch = (_, init) =>
  new Promise((__, reject) => init?.signal?.addEventListener('abort', () => reject(new Error('aborted'))));
const refusing: typeof fetch = () => Promise.reject(new TypeError('fetch failed'));

afterEach(() => {
  vi.restoreAllMocks();
  for (const close of closing.splice(0)) close();
});

/** A server that answers with these statuses in turn. */
async function hook(
  ...statuses: readonly number[]
): Promise<{ url: string; got: { headers: IncomingHttpHeaders; message: WebhookMessage }[] }> {
  const got: { headers: IncomingHttpHeaders; message: WebhookMessage }[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      got.push({ headers: request.headers, message: JSON.parse(Buffer.concat(chunks).toString()) as WebhookMessage });
      response.writeHead(statuses[got.length - 1] ?? 200).end('ok');
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  closing.push(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/services/T0/secret-path`, got };
}

test('what happened is posted when every backend has failed, and nothing that was said', async () => {
  const { url, got } = await hook();
  const router = createRouter({
    models: { a: down },
    roles: { writer: 'a' },
    retry: { retries: 1, baseDelayMs: 0, throttledBaseDelayMs: 0 },
    onExhausted: webhook(url, { headers: { authorization: 'Bearer hook-token' } }),
  });

  const error = await router({ role: 'writer', messages }).catch((thrown: unknown) => thrown);
  await vi.waitFor(() => expect(got).toHaveLength(1));

  expect(error).toBeInstanceOf(RouteError);
  expect(got[0]?.headers).toMatchObject({ 'content-type': 'application/json', authorization: 'Bearer hook-token' });
  expect(got[0]?.message).toMatchObject({
    event: 'router_exhausted',
    text: 'No backend answered for role "writer": a: overloaded (HTTP 529); a: overloaded (HTTP 529)',
    role: 'writer',
    code: 'overloaded',
    status: 529,
    attempts: [{ name: 'a', model: 'x/a', deployment: 'a', outcome: 'failed', code: 'overloaded' }, { outcome: 'failed' }],
  });
  expect(JSON.stringify(got[0]?.message)).not.toContain('secret');
});

test('it is tried twice, and no more', async () => {
  const { url, got } = await hook(500, 503);
  const error = new ModelError('deadline_exceeded', { model: 'x/a' });

  await expect(webhook(url)(error)).rejects.toThrow(/^webhook: 127\.0\.0\.1:\d+: HTTP 503$/);

  expect(got).toHaveLength(2);
});

test('a hook that hangs is given up on', async () => {
  const error = new ModelError('deadline_exceeded', { model: 'x/a' });

  await expect(webhook('https://example.com/x', { timeoutMs: 20, fetch: hanging })(error)).rejects.toThrow(
    'webhook: example.com: no answer within 20 ms',
  );
});

test('a hook that fails is reported once, without its address, and changes no error', async () => {
  const warn = vi.spyOn(process, 'emitWarning').mockReturnValue();
  const onExhausted = webhook('https://example.com/services/secret-path', { fetch: refusing });
  const router = createRouter({ models: { a: down }, retry: false, cooldown: false, onExhausted });

  await expect(router({ model: 'a', messages })).rejects.toMatchObject({ name: 'RouteError' });
  await vi.waitFor(() => expect(warn).toHaveBeenCalledTimes(1), 5_000);

  expect(warn.mock.calls[0]?.[0]).toBe('onExhausted failed: Error: webhook: example.com: fetch failed');
});

test('a fetch that names the address does not get it into the warning', async () => {
  const url = 'https://example.com/services/secret-path';
  const fetch = () => Promise.reject(new Error(`request to ${url} failed`));

  await expect(webhook(url, { fetch })(new ModelError('deadline_exceeded', { model: 'x/a' }))).rejects.toThrow(
    'webhook: example.com: request to example.com failed',
  );
});

test.each([
  ['https://elsewhere.example/in?token=theirs', 'https://elsewhere.example'],
  ['/services/secret-path/', 'another address of its own'],
  ['mailto:secret@example.com', 'no web address'],
  ['https://', 'no web address'],
])('a redirect to %s is not followed, and told by its origins', async (location, where) => {
  const asked: unknown[] = [];
  const fetch: typeof globalThis.fetch = (input, init) => {
    asked.push([input, init?.redirect]);
    return Promise.resolve(new Response(null, { status: 307, headers: { location } }));
  };
  const url = 'https://example.com/services/secret-path';

  await expect(webhook(url, { fetch })(new ModelError('deadline_exceeded', { model: 'x/a' }))).rejects.toThrow(
    new Error(
      `webhook: example.com: https://example.com redirects to ${where}, where nothing was sent: if that is right, configure it as the address`,
    ),
  );

  expect(asked).toEqual([[url, 'manual']]); // once: who answers so may have taken the message, and gets it twice otherwise
});

test('headers that cannot be sent are refused, and not shown', () => {
  expect(() => webhook('https://example.com/', { headers: { authorization: 'Bearer hunter2\nx' } })).toThrow(
    new TypeError('webhook: headers is an object; it must be an object of strings that headers can have, without line breaks.'),
  );
});

test('a url with a password is refused, and not shown', () => {
  expect(() => webhook('https://user:hunter2@example.com/')).toThrow(
    new TypeError('webhook: the url has a password in it; it must be without one, and headers can carry it.'),
  );
});

test.each(['example.com', 'ftp://example.com', ''])('the url %j is refused', (url) => {
  expect(() => webhook(url)).toThrow(
    new TypeError('webhook: the url is not valid; it must be one such as https://example.com/hook.'),
  );
});
