import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { BudgetAlert } from './budget-alert.ts';
import type { BudgetOptions } from './budget-options.ts';
import { CostTracker } from './cost-tracker.ts';
import type { CostTrackerOptions } from './tracker-options.ts';
import { perThousand } from './own-prices.ts';
import { webhook } from './webhook.ts';

const spend = (tracker: CostTracker, usd: number, more: object = {}): void =>
  void tracker.record({ model: 'm', inputTokens: usd * 1_000, outputTokens: 0, ...more });

function trackerWith(budget: Partial<BudgetOptions>, onAlert: CostTrackerOptions['onAlert']): CostTracker {
  return new CostTracker({ prices: { m: perThousand(1) }, budgets: [{ limitUsd: 10, ...budget } as BudgetOptions], onAlert });
}

let warnings: string[] = [];
beforeEach(() => {
  warnings = [];
  vi.spyOn(process, 'emitWarning').mockImplementation((message) => void warnings.push(String(message)));
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

test('every threshold is told once, also when one call passes several', () => {
  const alerts: BudgetAlert[] = [];
  const tracker = trackerWith({}, (alert) => void alerts.push(alert));

  for (const usd of [4, 1, 2, 4, 5]) spend(tracker, usd);

  expect(alerts.map(({ threshold, spent }) => [threshold, spent])).toEqual([
    [0.5, 5],
    [0.8, 11],
    [1, 11],
  ]);
  expect(alerts[0]).toEqual({
    type: 'budget',
    budget: 'usd in total',
    scope: 'process',
    subject: null,
    threshold: 0.5,
    unit: 'usd',
    limit: 10,
    spent: 5,
    reserved: 0,
    windowStart: null,
    windowEnd: null,
    message: 'Budget "usd in total": 5 USD of 10 USD spent',
  });
});

test('they are told again in the next window, and for each subject', () => {
  vi.useFakeTimers({ now: Date.parse('2026-11-22T12:30:00Z') });
  const alerts: BudgetAlert[] = [];
  const tracker = trackerWith({ window: 'hour', scope: 'each_agent', thresholds: [1] }, (alert) => void alerts.push(alert));

  for (const agent of ['a', 'b', 'a']) spend(tracker, 10, { agent });
  vi.advanceTimersByTime(1_800_000);
  spend(tracker, 10, { agent: 'a' });

  expect(alerts.map(({ subject, windowStart }) => [subject, windowStart])).toEqual([
    ['a', '2026-11-22T12:00:00.000Z'],
    ['b', '2026-11-22T12:00:00.000Z'],
    ['a', '2026-11-22T13:00:00.000Z'],
  ]);
});

test('a refused call reaches the last threshold, once, however little is spent', async () => {
  const alerts: BudgetAlert[] = [];
  const tracker = trackerWith({ reserve: 'worst' }, (alert) => void alerts.push(alert));
  const model = tracker.wrap(Object.assign(async () => ({ model: 'm', usage: {} }), { id: 'm' }));
  const request = { role: 'writer', settings: { maxOutputTokens: 20_000 } };

  for (let count = 0; count < 3; count++) await expect(model(request)).rejects.toThrow('refused');
  spend(tracker, 20);

  expect(alerts.map(({ threshold, spent }) => [threshold, spent])).toEqual([
    [1, 0],
    [0.5, 20],
    [0.8, 20],
  ]);
  expect(alerts[0]?.message).toContain('a call was refused');
});

test.each([
  ['throws', () => { throw new Error('no pager'); }], // prettier-ignore
  ['rejects', () => Promise.reject(new Error('no pager'))],
])('an onAlert that %s is a warning, once, and nobody else notices', async (_, onAlert) => {
  const tracker = trackerWith({}, onAlert);

  expect(() => spend(tracker, 20)).not.toThrow();
  await tracker.flush();

  expect(warnings).toEqual([expect.stringContaining('An alert was not delivered')]);
  expect(warnings[0]).toContain('no pager');
});

interface Receiver {
  readonly url: string;
  readonly received: { readonly headers: IncomingMessage['headers']; readonly alert: BudgetAlert }[];
}

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

/** Answers with these statuses, the last one for ever; 0 is no answer at all. */
async function receiver(...statuses: number[]): Promise<Receiver> {
  const received: Receiver['received'][number][] = [];
  const server = createServer(async (request, response) => {
    const body = Buffer.concat((await request.toArray()) as Buffer[]);
    received.push({ headers: request.headers, alert: JSON.parse(body.toString()) });
    const status = statuses.length > 1 ? statuses.shift() : statuses[0];
    if (status) response.writeHead(status).end('thanks');
  });
  servers.push(server);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?key=secret`, received };
}

test('a webhook arrives once per threshold, as JSON, and flush waits for it', async () => {
  const { url, received } = await receiver(204);
  const tracker = trackerWith({}, webhook(url, { headers: { authorization: 'Bearer x' } }));

  for (const usd of [5, 3, 2, 5]) spend(tracker, usd);
  await tracker.flush();

  expect(received).toHaveLength(3);
  expect(new Set(received.map(({ alert }) => alert.threshold))).toEqual(new Set([0.5, 0.8, 1]));
  expect(received[0]?.headers).toMatchObject({ 'content-type': 'application/json', authorization: 'Bearer x' });
  expect(warnings).toEqual([]);
});

test('a webhook that fails is tried once more', async () => {
  const { url, received } = await receiver(503, 200);
  const tracker = trackerWith({ thresholds: [1] }, webhook(url));

  spend(tracker, 10);
  await tracker.flush();

  expect(received).toHaveLength(2);
  expect(warnings).toEqual([]);
});

test('a webhook that never answers is given up, twice, and the warning has no secret', async () => {
  const { url, received } = await receiver(0);
  const tracker = trackerWith({ thresholds: [1] }, webhook(url, { timeoutMs: 50 }));

  spend(tracker, 10);
  await tracker.flush();

  expect(received).toHaveLength(2);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).not.toContain('secret');
});

test.each([
  ['https://elsewhere.example/in?key=theirs', 'https://elsewhere.example'],
  ['https://null.example', 'https://null.example'],
  ['mailto:theirs@example.com', 'no web address'],
  ['/in?key=theirs', 'another address of its own'],
])('a webhook that redirects to %s is asked once, and the warning tells both by their origins', async (location, where) => {
  const fetch = vi
    .spyOn(globalThis, 'fetch')
    .mockImplementation(() => Promise.resolve(new Response(null, { status: 308, headers: { location } })));
  const tracker = trackerWith({ thresholds: [1] }, webhook('https://example.com/hook?key=secret'));

  spend(tracker, 10);
  await tracker.flush();

  expect(fetch.mock.calls.map(([, init]) => init?.redirect)).toEqual(['manual']);
  expect(warnings).toEqual([
    expect.stringContaining(`: https://example.com redirects to ${where}, where nothing was sent: if that is right, `),
  ]);
});

test.each(['ftp://example.com', 'example.com/hook?key=secret', ''])('%j is no address for a webhook', (url) => {
  expect(() => webhook(url)).toThrow(new TypeError('webhook: the address is no http or https URL'));
  expect(() => webhook('http://localhost', { timeoutMs: 0 })).toThrow('timeoutMs: 0');
  expect(() => webhook('http://localhost', { headers: { authorization: 'Bearer secret\nx' } })).toThrow(
    new TypeError('webhook: headers: there is one that cannot be sent; neither names nor values have line breaks'),
  );
});
