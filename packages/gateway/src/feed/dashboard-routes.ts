/** What the dashboard reads: JSON, and a stream of events. All of it is for the master key, by header or by cookie. */
import type { Router } from '@rolecall/router';
import type { CostTracker } from '@rolecall/cost-tracker';
import { endedCookie, sessionCookie } from '../access/session.ts';
import type { Tries } from '../access/tries.ts';
import { shown } from '../health/health-routes.ts';
import { badRequest, Refusal } from '../http/refusal.ts';
import { sendJson } from '../http/reply.ts';
import type { Exchange, Route } from '../http/route.ts';
import type { KeySpend } from '../keys/key-spend.ts';
import type { KeyStore } from '../keys/key-store.ts';
import { sameText } from '../keys/virtual-key.ts';
import type { KnownBalances } from '../state/known-balances.ts';
import type { RequestFeed } from './request-feed.ts';

export interface DashboardOptions {
  readonly feed: RequestFeed;
  readonly tracker: CostTracker;
  readonly router: () => Router | undefined;
  readonly keys: KeyStore;
  readonly spend: KeySpend;
  readonly balances: KnownBalances;
  readonly masterKey: () => string | undefined;
  readonly tries: Tries;
}

const maxReaders = 50;

function get(path: string, answer: (exchange: Exchange) => object): Route {
  return {
    method: 'GET',
    path,
    area: 'admin',
    handle: (exchange) => sendJson(exchange.response, 200, plainJson(answer(exchange)), { 'cache-control': 'no-store' }),
  };
}

export function dashboardRoutes(options: DashboardOptions): readonly Route[] {
  const { feed, tracker } = options;
  return [
    get('/ui/api/requests', ({ query }) => ({ requests: feed.latest(countOf(query.get('limit'))) })),
    get('/ui/api/requests/*', ({ path }) => found(feed, path.slice('/ui/api/requests/'.length))),
    get('/ui/api/summary', () => tracker.summary()),
    get('/ui/api/backends', () => ({ backends: (options.router()?.health() ?? []).map(shown) })),
    get('/ui/api/keys', () => ({ keys: keysOf(options) })),
    { method: 'GET', path: '/ui/api/events', area: 'admin', handle: (exchange) => events(exchange, feed) },
    { method: 'POST', path: '/ui/login', area: 'open', handle: (exchange) => login(exchange, options) },
    { method: 'POST', path: '/ui/logout', area: 'open', handle: logout },
  ];
}

async function login(exchange: Exchange, { masterKey, tries }: DashboardOptions): Promise<void> {
  const { request, response } = exchange;
  const expected = masterKey();
  if (expected === undefined) return sendJson(response, 200, { ok: true, note: 'there is no master key' });
  const address = request.socket.remoteAddress ?? '';
  tries.count(address);
  const { key } = await exchange.json();
  if (typeof key !== 'string' || !sameText(key, expected)) {
    throw new Refusal({
      status: 401,
      type: 'authentication_error',
      code: 'invalid_api_key',
      message: 'That is not the master key.',
    });
  }
  tries.forgive(address);
  sendJson(response, 200, { ok: true }, { 'set-cookie': sessionCookie(expected, request.headers), 'cache-control': 'no-store' });
}

function logout({ request, response }: Exchange): void {
  sendJson(response, 200, { ok: true }, { 'set-cookie': endedCookie(request.headers) });
}

/** A reader who is too slow misses requests rather than have them kept for him. */
function events({ response, signal }: Exchange, feed: RequestFeed): void {
  if (feed.listeners >= maxReaders) {
    throw new Refusal({ status: 503, type: 'server_error', code: 'too_many_readers', message: 'Too many dashboards are open.' });
  }
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
  response.write(': here is each request as it ends\n\n');
  const unsubscribe = feed.subscribe((request) => {
    if (!response.writableNeedDrain) response.write(`event: request\ndata: ${plainJson(request)}\n\n`);
  });
  const beat = setInterval(() => response.write(': still here\n\n'), 15_000);
  beat.unref();
  const leave = (): void => {
    unsubscribe();
    clearInterval(beat);
    response.end();
  };
  response.once('close', leave);
  signal.addEventListener('abort', leave, { once: true });
}

function found(feed: RequestFeed, id: string): object {
  const request = feed.find(decodeURIComponent(id));
  if (request) return request;
  throw new Refusal({
    status: 404,
    type: 'invalid_request_error',
    code: 'request_not_found',
    message: 'That request is not among the latest.',
  });
}

function keysOf({ keys, spend, balances }: DashboardOptions): readonly object[] {
  return keys.all().map((key) => ({
    id: key.id,
    name: key.name,
    hint: key.hint,
    models: key.models,
    tags: key.tags,
    blocked: key.isBlocked,
    rpm: key.rpm ?? null,
    tpm: key.tpm ?? null,
    expiresAt: key.expiresAt ?? null,
    spentUsd: spend.usdOf(key.name),
    budget:
      key.maxBudgetUsd === undefined
        ? null
        : { limitUsd: key.maxBudgetUsd, window: key.budgetWindow, spentUsd: balances.spentUsd(`key ${key.name}`) },
  }));
}

function countOf(text: string | null): number {
  const count = Number(text ?? 100);
  if (!Number.isInteger(count) || count < 1) throw badRequest('limit must be a whole number of at least 1.', 'limit');
  return Math.min(count, 500);
}

/** Exact amounts have a number beside them, which is enough to look at. */
function plainJson(value: object): string {
  return JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? undefined : part));
}
