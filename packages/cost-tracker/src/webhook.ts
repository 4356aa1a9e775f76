import type { BudgetAlert, OnAlert } from './budget-alert.ts';
import { checkNames, shown } from './check-options.ts';

export interface WebhookOptions {
  /** Sent along, an `authorization` for one. @default {} */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** How long the receiver may take, each time. @default 5_000 */
  readonly timeoutMs?: number | undefined;
}

const retryAfterMs = 1_000;

/**
 * Posts every alert as JSON to an address, and once more if that fails. No request waits for it; `tracker.flush()` does.
 *
 * @example
 * new CostTracker({ budgets: [{ limitUsd: 5, window: 'day' }], onAlert: webhook('https://hooks.example.com/costs') });
 *
 * @throws {TypeError} when the address is none, or an option is not what it should be.
 */
export function webhook(url: string, options: WebhookOptions = {}): OnAlert {
  checkNames(options, ['headers', 'timeoutMs']);
  const { headers = {}, timeoutMs = 5_000 } = options;
  const target = readAddress(url);
  if (!(Number.isFinite(timeoutMs) && timeoutMs > 0)) {
    throw new TypeError(`timeoutMs: ${shown(timeoutMs)} is not a number of milliseconds above 0`);
  }
  const sent = readHeaders({ 'content-type': 'application/json', ...headers });

  const post = async (alert: BudgetAlert): Promise<void> => {
    const response = await fetch(target, {
      method: 'POST',
      headers: sent,
      body: JSON.stringify(alert),
      redirect: 'manual', // an address that moved is the owner's to change, and headers go nowhere else
      signal: AbortSignal.timeout(timeoutMs),
    });
    await response.body?.cancel();
    const location = response.headers.get('location');
    if (response.status >= 300 && response.status < 400 && location !== null) throw new Moved(target, location);
    if (!response.ok) throw new Error(`the webhook at ${target.host} answered ${response.status}`);
  };

  return async (alert) => {
    try {
      await post(alert);
    } catch (error) {
      if (error instanceof Moved) throw error; // it may have been taken, and would be led away again
      await new Promise((resolve) => setTimeout(resolve, retryAfterMs));
      await post(alert);
    }
  };
}

class Moved extends Error {
  constructor(from: URL, location: string) {
    const to = URL.canParse(location, from.href) ? new URL(location, from).origin : 'null';
    const where = to === from.origin ? 'another address of its own' : to.replace(/^null$/, 'no web address');
    super(`${from.origin} redirects to ${where}, where nothing was sent: if that is right, give it as the address`);
  }
}

/** What is wrong with a header is said without its value, which may be a key. */
function readHeaders(headers: Readonly<Record<string, string>>): Headers {
  try {
    return new Headers(headers);
  } catch {
    throw new TypeError('webhook: headers: there is one that cannot be sent; neither names nor values have line breaks');
  }
}

/** Such addresses hold secrets: an error does not repeat them. */
function readAddress(url: string): URL {
  const address = URL.canParse(url) ? new URL(url) : undefined;
  if (address?.protocol === 'http:' || address?.protocol === 'https:') return address;
  throw new TypeError('webhook: the address is no http or https URL');
}
