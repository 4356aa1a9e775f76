/** How the gateway is: whether it lives, whether it should get requests, and how its backends are. */
import type { DeploymentHealth, Router } from '@rolecall/router';
import { Refusal } from '../http/refusal.ts';
import { sendJson } from '../http/reply.ts';
import type { Exchange, Route } from '../http/route.ts';

export interface HealthRoutesOptions {
  readonly router: () => Router | undefined;
  readonly isDraining: () => boolean;
  /** `undefined`: there is none. */
  readonly redisUp: () => boolean | undefined;
  readonly version: string;
}

const alive = ({ response }: Exchange): void => sendJson(response, 200, JSON.stringify("I'm alive!"));

export function healthRoutes(options: HealthRoutesOptions): readonly Route[] {
  const ready = ({ response }: Exchange): void => {
    const isReady = !options.isDraining() && options.router() !== undefined;
    const up = options.redisUp();
    const redis = up === undefined ? 'not configured' : up ? 'connected' : 'away';
    const body = {
      status: isReady ? 'healthy' : 'draining',
      redis,
      cache: up === undefined ? 'local' : 'redis',
      version: options.version,
    };
    sendJson(response, isReady ? 200 : 503, body, isReady ? {} : { 'retry-after': '1' });
  };
  return [
    { method: 'GET', path: '/health/liveliness', area: 'open', handle: alive },
    { method: 'GET', path: '/health/liveness', area: 'open', handle: alive },
    { method: 'GET', path: '/health/readiness', area: 'open', handle: ready },
    { method: 'GET', path: '/health', area: 'key', handle: (exchange) => health(exchange, options.router()) },
  ];
}

async function health({ query, caller, response, signal }: Exchange, router: Router | undefined): Promise<void> {
  const probe = query.get('probe') === 'true';
  if (probe && !caller.isAdmin) {
    throw new Refusal({
      status: 403,
      type: 'permission_error',
      code: 'master_key_needed',
      message: 'Probes cost money: they are for the master key alone.',
    });
  }
  const states = probe ? await router?.health({ probe, signal }) : router?.health();
  const all = states ?? [];
  const healthy = all.filter(isHealthy);
  const unhealthy = all.filter((one) => !isHealthy(one));
  sendJson(response, 200, {
    healthy_endpoints: healthy.map(shown),
    unhealthy_endpoints: unhealthy.map(shown),
    healthy_count: healthy.length,
    unhealthy_count: unhealthy.length,
    probed: probe,
  });
}

function isHealthy({ isConfigured, state, probe }: DeploymentHealth): boolean {
  return probe ? probe.isAlive : isConfigured && state !== 'open';
}

/** What a provider said stays here: it may quote a prompt. */
export function shown(deployment: DeploymentHealth): object {
  const { id, name, model, isConfigured, state, openUntil, inFlight, queued, answered, failed, latencyMs, firstTokenMs } =
    deployment;
  const { lastError, probe } = deployment;
  return {
    model,
    model_name: name,
    deployment: id,
    configured: isConfigured,
    state,
    open_until: openUntil === undefined ? null : new Date(openUntil).toISOString(),
    in_flight: inFlight,
    queued,
    answered,
    failed,
    latency_ms: latencyMs ?? null,
    first_token_ms: firstTokenMs ?? null,
    last_error: lastError
      ? { code: lastError.code ?? null, status: lastError.status ?? null, at: new Date(lastError.at).toISOString() }
      : null,
    ...(probe && { probe: { alive: probe.isAlive, duration_ms: Math.round(probe.durationMs), code: probe.code ?? null } }),
  };
}
