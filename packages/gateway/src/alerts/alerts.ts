/** Tells somebody that something is wrong: once, until it is well again or ten minutes have passed. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Counter } from '../metrics/series.ts';

export type AlertKind = 'budget' | 'all_backends_down' | 'error_rate' | 'slow_p95';

export interface Alert {
  readonly kind: AlertKind;
  /** The budget, the route: what there may be several of. */
  readonly subject: string;
  /** A sentence for people, without prompts and keys. */
  readonly message: string;
  readonly facts: Readonly<Record<string, string | number | null>>;
}

export interface AlertTargets {
  /** Gets the whole alert as JSON. */
  readonly webhookUrl?: string | undefined;
  /** Gets it in Slack's words, which Mattermost and Teams understand as well. */
  readonly slackUrl?: string | undefined;
}

/**
 * The route that an alert is about: a model decides before a role, and whoever is not listed goes by the default role. What a caller
 * calls himself makes no alert of its own.
 */
export function alertSubject(asked: string, isKnown: (asked: string) => boolean): string {
  return asked.startsWith('role:') && !isKnown(asked) ? 'role:default' : asked.slice(0, 200);
}

const silenceMs = 10 * 60_000;
const timeoutMs = 5_000;
const pauseMs = 1_000;
const maxTold = 1_000;

export class Alerts {
  readonly #log: Logger;
  readonly #counter: Counter;
  readonly #told = new Map<string, number>();
  readonly #sending = new Set<Promise<void>>();
  readonly #closed = new AbortController();
  #targets: AlertTargets;

  constructor(targets: AlertTargets, log: Logger, counter: Counter) {
    this.#targets = targets;
    this.#log = log;
    this.#counter = counter;
  }

  set targets(targets: AlertTargets) {
    this.#targets = targets;
  }

  raise(alert: Alert): void {
    const name = `${alert.kind} ${alert.subject}`;
    const last = this.#told.get(name);
    if (last !== undefined && Date.now() - last < silenceMs) return;
    if (this.#told.size >= maxTold) this.#told.clear();
    this.#told.set(name, Date.now());
    this.#counter.add({ kind: alert.kind });
    this.#log.warn({ event: 'alert', kind: alert.kind, subject: alert.subject, ...alert.facts }, alert.message);
    const { webhookUrl, slackUrl } = this.#targets;
    const at = new Date().toISOString();
    if (webhookUrl !== undefined) this.#send(alert.kind, webhookUrl, { event: 'alert', at, ...alert });
    if (slackUrl !== undefined) this.#send(alert.kind, slackUrl, { text: `:warning: Rolecall: ${alert.message}` });
  }

  /** It is well again: the next time is news. */
  clear(kind: AlertKind, subject: string): void {
    this.#told.delete(`${kind} ${subject}`);
  }

  /** Gives what is on its way a moment to arrive. */
  async close(): Promise<void> {
    const all = Promise.all(this.#sending);
    await Promise.race([all, delay(500, undefined, { ref: false })]);
    this.#closed.abort();
    await Promise.all(this.#sending);
  }

  #send(kind: AlertKind, url: string, body: object): void {
    const sending = this.#deliver(url, JSON.stringify(body)).catch((error: unknown) => {
      this.#log.error({ event: 'alert_lost', kind, reason: reasonOf(error) }, 'an alert was not delivered');
    });
    this.#sending.add(sending);
    void sending.finally(() => this.#sending.delete(sending));
  }

  async #deliver(url: string, body: string): Promise<void> {
    try {
      await this.#post(url, body);
    } catch (error) {
      if (error instanceof Moved) throw error; // it would be so again
      await delay(pauseMs, undefined, { signal: this.#closed.signal });
      await this.#post(url, body);
    }
  }

  async #post(url: string, body: string): Promise<void> {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      redirect: 'manual', // what is sent goes nowhere else
      signal: AbortSignal.any([this.#closed.signal, AbortSignal.timeout(timeoutMs)]),
    });
    await response.body?.cancel();
    const location = response.headers.get('location');
    if (response.status >= 300 && response.status < 400 && location !== null) throw new Moved(url, location);
    if (!response.ok) throw new NotTaken(`the webhook answered ${response.status}`);
  }
}

/** Has a message without the address, which often is a secret. */
class NotTaken extends Error {}

class Moved extends NotTaken {
  constructor(url: string, location: string) {
    const { origin } = new URL(url);
    const to = URL.canParse(location, url) ? new URL(location, url).origin : 'null'; // as that of what is no web address
    const where = to === origin ? 'another address of its own' : to.replace(/^null$/, 'no web address');
    super(`${origin} redirects to ${where}, where nothing was sent: if that is right, configure it as the address`);
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof NotTaken) return error.message;
  return error instanceof Error ? error.name : typeof error;
}
