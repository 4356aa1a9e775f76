/** The connections behind `pooledFetch`: a pool for each origin, through the proxy that the environment names. */
import type { Dispatcher } from 'undici';
import type { PoolOptions } from './pool-options.ts';

export type Pool = Pick<Dispatcher, 'dispatch'>;

/** Makes a pool at the first call, for all callers: undici takes too long to load for those who never call. */
export function lazyPool(options: PoolOptions): () => Promise<Pool> {
  let pool: Promise<Pool> | undefined;
  return () => (pool ??= openPool(options));
}

async function openPool(options: PoolOptions): Promise<Pool> {
  const { keepAliveMs, maxConnections, connectTimeoutMs, headersTimeoutMs, idleTimeoutMs } = options;
  // Node's own `fetch` must be loaded first: undici would otherwise take its place in the whole process.
  void globalThis.Headers;
  const { Agent, EnvHttpProxyAgent } = await import('undici');
  const settings = {
    keepAliveTimeout: keepAliveMs ?? 4_000, // many servers close what was idle for 5 s: whoever closes first never writes into the void
    connections: maxConnections ?? null,
    connect: { timeout: connectTimeoutMs ?? 10_000 },
    headersTimeout: headersTimeoutMs ?? 630_000,
    bodyTimeout: idleTimeoutMs ?? 300_000,
  };
  const noProxy = variable('no_proxy');
  const isDirect = noProxy === '*' || !(variable('http_proxy') ?? variable('https_proxy'));
  if (isDirect) return new Agent(settings);
  const loopback = 'localhost,127.0.0.1,[::1]'; // the proxy's own is not ours
  return new EnvHttpProxyAgent({ ...settings, noProxy: noProxy === undefined ? loopback : `${noProxy},${loopback}` });
}

/** A variable that is empty is not set. */
function variable(name: string): string | undefined {
  return (process.env[name] ?? process.env[name.toUpperCase()])?.trim() || undefined;
}
