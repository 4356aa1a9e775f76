/** Listens to the router: which attempts are over, which backends are left alone, and when nobody answers. */
import type { ModelError, RouteError, Router, RouterOptions } from '@rolecall/router';
import type { Logger } from 'pino';
import { type Alerts, alertSubject } from '../alerts/alerts.ts';
import type { Counter } from '../metrics/series.ts';
import type { State } from '../state/state.ts';
import type { RequestFeed } from '../ui/request-feed.ts';
import { wasOrdered } from '../wire/mock-failure.ts';
import type { Cooldowns } from './cooldowns.ts';

export interface RouterWatchParts {
  readonly router: () => Router | undefined;
  readonly state: Pick<State, 'share' | 'tell'>;
  readonly feed: RequestFeed;
  readonly cooldowns: Cooldowns;
  readonly cooled: Counter;
  readonly alerts: Alerts;
  readonly log: Logger;
}

/** What is wrong with a request says nothing of the backends. */
const callersOwn: ReadonlySet<string | undefined> = new Set([
  'invalid_request',
  'context_too_long',
  'content_filtered',
  'budget_exceeded',
  'aborted',
]);

export class RouterWatch {
  readonly #parts: RouterWatchParts;
  #isLooking = false;

  constructor(parts: RouterWatchParts) {
    this.#parts = parts;
  }

  /** The options of a router that is listened to, and shares with other gateways what there is to share. */
  optionsOf(options: RouterOptions): RouterOptions {
    const { onAttempt, onExhausted, roles = {} } = options;
    return {
      ...this.#parts.state.share(options),
      onAttempt: (attempt, request) => {
        onAttempt?.(attempt, request);
        this.#parts.feed.attempt(request.labels?.workflow ?? '', attempt);
        if (attempt.outcome === 'failed') this.#lookSoon();
      },
      onExhausted: async (error) => {
        await onExhausted?.(error);
        this.#exhausted(error, (role) => Object.hasOwn(roles, role));
      },
    };
  }

  /** The circuit judges after this; and in a storm of failures, one look is enough for all of a moment. */
  #lookSoon(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    setImmediate(() => {
      this.#isLooking = false;
      this.#lookForCooldowns();
    });
  }

  #lookForCooldowns(): void {
    const { cooldowns, cooled, log, state } = this.#parts;
    const router = this.#parts.router();
    const opened = router ? cooldowns.news(router) : [];
    for (const { id, name, model = '', lastError } of opened) {
      cooled.add({ name, backend: model, deployment: id });
      log.warn({ event: 'cooldown', deployment: id, name, model, code: lastError?.code }, 'a backend is left alone for a while');
    }
    if (opened.length > 0) state.tell(opened);
  }

  #exhausted(error: RouteError | ModelError, hasRole: (name: string) => boolean): void {
    const attempts = error.attempts ?? [];
    if ([error, ...attempts].every(({ code }) => callersOwn.has(code)) || wasOrdered(attempts)) return;
    const { role = 'default' } = error as Partial<RouteError>;
    const subject = alertSubject(error.model ?? `role:${role}`, (route) => hasRole(route.slice('role:'.length)));
    const message = `No backend of ${subject} answers (${error.code}).`;
    this.#parts.alerts.raise({ kind: 'all_backends_down', subject, message, facts: { code: error.code } });
  }
}
