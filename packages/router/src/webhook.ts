import { type ModelError, RouteError } from './errors.ts';
import { delay } from './delay.ts';
import type { ExhaustedListener } from './on-exhausted.ts';
import { aFunction, checkOptions, hasPassword, positiveOrInfinity, someHeaders } from './options-check.ts';
import { isRedirect } from './transport/redirects.ts';

export interface WebhookOptions {
  /** Sent along, a token for one. @default {} */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Longest that one of the two tries may take, in milliseconds. @default 5_000 */
  readonly timeoutMs?: number | undefined;
  /** Sends the message. @default globalThis.fetch */
  readonly fetch?: typeof globalThis.fetch | undefined;
}

/** What is posted, as JSON. Prompts, answers and what providers said are not in it. */
export interface WebhookMessage {
  readonly event: 'router_exhausted';
  /** In words, where Slack, Mattermost and Teams look for it. */
  readonly text: string;
  readonly role?: string | undefined;
  readonly model?: string | undefined;
  readonly code: string;
  readonly status?: number | undefined;
  readonly retryAfterMs?: number | undefined;
  /** ISO 8601. */
  readonly at: string;
  readonly attempts: readonly {
    readonly name?: string | undefined;
    readonly model: string;
    readonly deployment?: string | undefined;
    readonly outcome: string;
    readonly code?: string | undefined;
    readonly status?: number | undefined;
    readonly waitMs: number;
    readonly durationMs: number;
  }[];
}

const pauseMs = 1_000;

/**
 * Posts what happened to a URL when every backend has failed; tried twice. For `onExhausted`.
 *
 * @example
 * const router = createRouter({ models: { 'gpt-4': openai('gpt-4') }, onExhausted: webhook('https://hooks.example.com/services/T0') });
 *
 * @throws {TypeError} when the URL or an option is not valid.
 */
export function webhook(url: string, options: WebhookOptions = {}): ExhaustedListener {
  if (typeof url !== 'string' || !URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new TypeError('webhook: the url is not valid; it must be one such as https://example.com/hook.'); // unsaid: it is often a secret
  }
  if (hasPassword(url))
    throw new TypeError('webhook: the url has a password in it; it must be without one, and headers can carry it.');
  checkOptions('webhook', options, {
    headers: someHeaders,
    timeoutMs: positiveOrInfinity,
    fetch: aFunction,
  });

  return async (error) => {
    const body = JSON.stringify(messageOf(error));
    try {
      await post(url, body, options);
    } catch (failure) {
      if (failure instanceof Error && failure.cause instanceof Moved) throw failure; // it may have been taken, and would be led away again
      await delay(pauseMs);
      await post(url, body, options);
    }
  };
}

/** Throws when it was not taken; what is thrown says where the message went, but never the whole URL. */
async function post(
  url: string,
  body: string,
  { headers, timeoutMs = 5_000, fetch = globalThis.fetch }: WebhookOptions,
): Promise<void> {
  const controller = new AbortController();
  const timer = timeoutMs === Infinity ? undefined : setTimeout(() => controller.abort(), timeoutMs);
  try {
    const { signal } = controller;
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
      redirect: 'manual',
      signal,
    });
    await response.body?.cancel();
    if (isRedirect(response)) throw new Moved(whereTo(url, response));
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
  } catch (cause) {
    const { host, href } = new URL(url);
    const said = cause instanceof Error ? cause.message.replaceAll(url, host).replaceAll(href, host) : 'it failed'; // some name the URL
    const why = controller.signal.aborted ? `no answer within ${timeoutMs} ms` : said;
    throw new Error(`webhook: ${host}: ${why}`, { cause });
  } finally {
    clearTimeout(timer);
  }
}

class Moved extends Error {}

/** No redirect is followed: it would take the message and its headers to others, or ask again without the message. */
function whereTo(url: string, { headers }: Response): string {
  const { origin } = new URL(url);
  const location = headers.get('location') ?? '';
  const to = URL.canParse(location, url) ? new URL(location, url) : undefined;
  const isWeb = to?.protocol === 'http:' || to?.protocol === 'https:';
  const where = to?.origin === origin ? 'another address of its own' : isWeb ? to.origin : 'no web address';
  return `${origin} redirects to ${where}, where nothing was sent: if that is right, configure it as the address`;
}

function messageOf(error: RouteError | ModelError): WebhookMessage {
  const { role, model } = RouteError.isInstance(error) ? error : { role: undefined, model: undefined };
  const attempts = error.attempts ?? [];
  const who = [role === undefined ? [] : `role "${role}"`, model === undefined ? [] : `model "${model}"`].flat().join(', ');
  const tried = attempts.map(
    ({ name, model: backend, code, status }) =>
      `${name ?? backend}: ${code ?? 'failed'}${status === undefined ? '' : ` (HTTP ${status})`}`,
  );
  return {
    event: 'router_exhausted',
    text: `No backend answered${who === '' ? '' : ` for ${who}`}: ${tried.join('; ') || error.code}`,
    role,
    model,
    code: error.code,
    status: error.status,
    retryAfterMs: error.retryAfterMs,
    at: new Date().toISOString(),
    attempts: attempts.map(({ name, model: backend, deployment, outcome, code, status, waitMs, durationMs }) => {
      return {
        name,
        model: backend,
        deployment,
        outcome,
        code,
        status,
        waitMs: Math.round(waitMs),
        durationMs: Math.round(durationMs),
      };
    }),
  };
}
