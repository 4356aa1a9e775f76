import { Refusal } from './refusal.ts';
import type { Route } from './route.ts';

/** Finds the route of a request. @throws {Refusal} when there is none: 404, or 405 where another method would do. */
export type FindRoute = (method: string, path: string) => Route;

export function routeFinder(routes: readonly Route[]): FindRoute {
  const exact = new Map<string, readonly Route[]>(
    routes.map(({ path }) => [path, routes.filter((route) => route.path === path)]),
  );
  const prefixes = routes
    .filter(({ path }) => path.endsWith('*'))
    .map((route) => ({ route, prefix: route.path.slice(0, -1) }))
    .toSorted((a, b) => b.prefix.length - a.prefix.length);

  return (asked, path) => {
    const method = asked === 'HEAD' ? 'GET' : asked;
    const found =
      exact.get(path)?.find((route) => route.method === method) ??
      prefixes.find(({ route, prefix }) => route.method === method && path.startsWith(prefix))?.route;
    if (found) return found;
    const others = routes.filter((route) => fits(route, path)).map((route) => route.method);
    throw others.length === 0 ? noRoute() : noMethod([...new Set(others)]);
  };
}

function fits({ path: written }: Route, path: string): boolean {
  return written.endsWith('*') ? path.startsWith(written.slice(0, -1)) : written === path;
}

function noRoute(): Refusal {
  const message = 'There is no such path here. The API is under /v1: chat/completions, messages, responses, embeddings, models.';
  return new Refusal({ status: 404, type: 'invalid_request_error', code: 'unknown_path', message });
}

function noMethod(methods: readonly string[]): Refusal {
  const message = `This path takes ${methods.join(' and ')} only.`;
  const headers = { allow: methods.join(', ') };
  return new Refusal({ status: 405, type: 'invalid_request_error', code: 'method_not_allowed', message, headers });
}
