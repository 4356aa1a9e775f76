/** What a request to a provider asks for, read as an SDK hands it to `fetch`. */
import type { UsageApi } from '../usage-from.ts';
import { isPayload, type Payload } from '../usage/payload.ts';
import { isLocalHost, isVendor, providerAt, takesUsageOption } from './hosts.ts';

export interface TrackOptions {
  /** Whose prices apply, as `openai` for something that stands in for it. @default told by the address */
  readonly provider?: string | undefined;
  /** The models run on your own machines: nobody sends a bill. @default true at a local address, unless `provider` is one of the vendors */
  readonly local?: boolean | undefined;
  /** Asks for the usage of a chat completion's stream, and hides it from a caller who did not. @default true for providers known to accept it */
  readonly includeUsage?: boolean | undefined;
}

export interface TappedBody {
  readonly api: UsageApi;
  /** Absent while nobody knows: then a simulator stands in for `vendor`, and anybody else is only compatible with it. */
  readonly provider: string | undefined;
  /** Whose API it is. */
  readonly vendor: string;
  readonly local: boolean | undefined;
  /** As the request names it. */
  readonly model: string | undefined;
  readonly stream: boolean;
  readonly body: Payload;
  /** The body to send in place of the caller's, which asks for usage that the caller is not shown. */
  readonly askingBody: string | undefined;
  readonly headers: Headers;
  /** Where it goes and what it says: the same in every retry of an SDK. */
  readonly address: string;
  readonly text: string;
}

const paths: readonly (readonly [path: RegExp, api: UsageApi, vendor: string])[] = [
  [/\/api\/chat$/, 'ollama.chat', 'ollama'],
  [/\/api\/(?:generate|embed)$/, 'ollama.generate', 'ollama'],
  [/\/v1\/messages$/, 'messages', 'anthropic'],
  [/^\/openai\/v1\/chat\/completions$/, 'chat.completions', 'groq'],
  [/^\/openai\/v1\/embeddings$/, 'embeddings', 'groq'],
  [/\/completions$/, 'chat.completions', 'openai'],
  [/\/responses$/, 'responses', 'openai'],
  [/(?<!\/api)\/embeddings$/, 'embeddings', 'openai'],
];

/** Absent for requests that no tokens are charged for, and for those that no SDK sends. */
export function readRequest(input: unknown, init: RequestInit | undefined, options: TrackOptions): TappedBody | undefined {
  const address = typeof input === 'string' ? input : input instanceof URL ? input.href : undefined;
  if (address === undefined || init?.method?.toUpperCase() !== 'POST' || typeof init.body !== 'string') return undefined;
  const { hostname, pathname } = new URL(address);
  const [, api, vendor] = paths.find(([path]) => path.test(pathname)) ?? [];
  if (api === undefined || vendor === undefined) return undefined;

  const body = parse(init.body);
  const provider = options.provider ?? providerAt(hostname);
  const stream = body['stream'] === true || (vendor === 'ollama' && body['stream'] === undefined && !pathname.endsWith('/embed'));
  const asks = options.includeUsage ?? takesUsageOption(provider);
  return {
    api,
    provider,
    vendor,
    local: options.local ?? localAt(hostname, provider),
    model: typeof body['model'] === 'string' ? body['model'] : deploymentIn(pathname),
    stream,
    body,
    askingBody: asks && api === 'chat.completions' && stream ? withUsage(init.body, body) : undefined,
    headers: new Headers(init.headers),
    address,
    text: init.body,
  };
}

/** Azure names the model in the path. */
function deploymentIn(pathname: string): string | undefined {
  return /\/deployments\/([^/]+)\//.exec(pathname)?.[1];
}

/** Ollama's own rule stands in `isLocal`; its cloud is somebody else's machine. */
function localAt(hostname: string, provider: string | undefined): boolean | undefined {
  if (provider === 'ollama') return isLocalHost(hostname) ? undefined : false;
  return provider === undefined || !isVendor(provider) ? isLocalHost(hostname) || undefined : undefined;
}

function parse(text: string): Payload {
  try {
    const body: unknown = JSON.parse(text);
    return isPayload(body) ? body : {};
  } catch {
    return {}; // for the provider to refuse
  }
}

/** The same bytes and the option; unless the caller has an opinion on it. */
function withUsage(text: string, { stream_options: options }: Payload): string | undefined {
  if (options === undefined) return text.replace(/\}\s*$/, ',"stream_options":{"include_usage":true}}');
  if (!isPayload(options) || options['include_usage'] !== undefined) return undefined;
  return JSON.stringify({ ...parse(text), stream_options: { ...options, include_usage: true } });
}
