/** The dashboard: its page, and what the page reads as JSON. All but the page itself is for the master key, by header or by cookie. */
import type { CostTracker } from '@rolecall/cost-tracker';
import type { Router } from '@rolecall/router';
import { shown } from '../health/health-routes.ts';
import { badRequest, Refusal } from '../http/refusal.ts';
import { sendJson } from '../http/reply.ts';
import type { Exchange, Route } from '../http/route.ts';
import type { KeySpend } from '../keys/key-spend.ts';
import type { KeyStore } from '../keys/key-store.ts';
import type { KnownBalances } from '../state/known-balances.ts';
import type { KeyLine, LiveRequest, RequestAnswer, RouteNow, SummaryAnswer } from './answers.ts';
import type { KeyUsage } from './key-usage.ts';
import type { LiveEvents } from './live-events.ts';
import { type LoginOptions, loginRoutes } from './login-routes.ts';
import { pageRoute } from './page-route.ts';
import type { RequestFeed } from './request-feed.ts';
import { summaryAnswer } from './summary-answer.ts';

export interface DashboardOptions extends LoginOptions {
  readonly feed: RequestFeed;
  readonly events: LiveEvents;
  readonly tracker: CostTracker;
  readonly router: () => Router | undefined;
  readonly keys: KeyStore;
  readonly spend: KeySpend;
  readonly usage: KeyUsage;
  readonly balances: KnownBalances;
  readonly inFlight: () => number;
  readonly startedAt: number;
}

export function dashboardRoutes(options: DashboardOptions): readonly Route[] {
  const { feed, events, router } = options;
  return [
    pageRoute(),
    ...loginRoutes(options),
    get('/ui/api/requests', ({ query }) => ({ requests: feed.latest(countOf(query.get('limit'))) })),
    get('/ui/api/requests/*', ({ path }) => requestAnswer(found(feed, path.slice('/ui/api/requests/'.length)), router())),
    get(
      '/ui/api/summary',
      onceASecond(() => summaryOf(options)),
    ),
    get('/ui/api/backends', () => ({ backends: (router()?.health() ?? []).map(shown) })),
    get('/ui/api/keys', () => ({ keys: keysOf(options) })),
    { method: 'GET', path: '/ui/api/events', area: 'admin', handle: (exchange) => events.serve(exchange) },
  ];
}

const headers = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

function get(path: string, answer: (exchange: Exchange) => object): Route {
  return {
    method: 'GET',
    path,
    area: 'admin',
    handle: (exchange) => sendJson(exchange.response, 200, answer(exchange), headers),
  };
}

/** Many dashboards cost as much as one. */
function onceASecond<Answer extends object>(make: () => Answer): () => Answer {
  let known: { readonly answer: Answer; readonly at: number } | undefined;
  return () => {
    const now = performance.now();
    if (known === undefined || now - known.at >= 1_000) known = { answer: make(), at: now };
    return known.answer;
  };
}

function summaryOf({ tracker, usage, masterKey, startedAt, inFlight }: DashboardOptions): SummaryAnswer {
  return summaryAnswer({
    tracker,
    keys: usage.lines(),
    hasLogin: masterKey() !== undefined,
    since: startedAt,
    inFlight: inFlight(),
  });
}

function found(feed: RequestFeed, id: string): LiveRequest {
  const request = feed.find(id);
  if (request) return request;
  throw new Refusal({
    status: 404,
    type: 'invalid_request_error',
    code: 'request_not_found',
    message: 'That request is not among the latest.',
  });
}

function requestAnswer(request: LiveRequest, router: Router | undefined): RequestAnswer {
  return { request, now: router && routeNow(request, router) };
}

function routeNow({ asked, role, fallbacks }: LiveRequest, router: Router): RouteNow {
  const model = asked.startsWith('role:') ? undefined : asked;
  const { objection, chain } = router.explain({ role, model, ...(fallbacks.length > 0 && { fallbacks }) });
  const links = chain.map(({ name, pick, deployments }) => ({ name, pick, deployments }));
  return objection === undefined ? { chain: links } : { objection: 'Nobody: the configuration has no such name.', chain: links };
}

function keysOf({ keys, spend, balances }: DashboardOptions): readonly KeyLine[] {
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
