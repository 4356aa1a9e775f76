/** Every path of the gateway's own, with and without `/v1`. */
import type { Exchange, Route } from '../http/route.ts';
import { chat } from '../wire/chat.ts';
import type { Dialect } from '../wire/dialect.ts';
import { messages } from '../wire/messages.ts';
import { responses } from '../wire/responses.ts';
import { embeddings } from './embeddings.ts';
import { type House, serveModel } from './model-call.ts';
import { listModels, modelInfo, showModel } from './models.ts';

const apis: readonly (readonly [string, Dialect])[] = [
  ['/chat/completions', chat],
  ['/messages', messages],
  ['/responses', responses],
  ['/embeddings', embeddings],
];

/** `house` is asked for at each request: a reload replaces it. */
export function modelRoutes(house: () => House): readonly Route[] {
  const asks = apis.flatMap(([path, dialect]) =>
    both(path).map((written): Route => ({
      method: 'POST',
      path: written,
      area: 'key',
      handle: (exchange) => serveModel(exchange, dialect, house()),
    })),
  );
  return [
    ...asks,
    ...both('/models').map((path) => look(path, (exchange) => listModels(exchange, house().offer))),
    ...both('/models/*').map((path) => look(path, (exchange) => showModel(exchange, house().offer))),
    ...both('/model/info').map((path) => look(path, (exchange) => modelInfo(exchange, house().offer))),
  ];
}

function look(path: string, show: (exchange: Exchange) => void): Route {
  return { method: 'GET', path, area: 'key', handle: show };
}

function both(path: string): readonly string[] {
  return [`/v1${path}`, path];
}

/** The API in whose words an error of this path is told. */
export function dialectOf(path: string): Dialect {
  return /\/messages(\/|$)/.test(path) ? messages : chat;
}
