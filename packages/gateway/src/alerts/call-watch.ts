/** Looks at the calls of the last five minutes: too many failures, or too slow. */
import type { CallEnding } from '../http/route.ts';
import { wasOrdered } from '../wire/mock-failure.ts';
import type { Alerts } from './alerts.ts';

export interface CallLimits {
  readonly errorRate: number;
  readonly slowP95Ms: number;
}

interface Seen {
  readonly at: number;
  readonly hasFailed: boolean;
  readonly durationMs: number;
}

/** What is wrong with a request says nothing of the backends. */
const callersOwn: ReadonlySet<number> = new Set([400, 404, 413, 422]);

const windowMs = 5 * 60_000;
const maxSeen = 5_000;
const fewest = 20;
const everyMs = 1_000;

export class CallWatch {
  readonly #alerts: Alerts;
  #seen: Seen[] = [];
  #lookedAt = 0;

  constructor(alerts: Alerts) {
    this.#alerts = alerts;
  }

  /** A request that was refused, whose client left or which ordered its failure says nothing of the backends. */
  add({ outcome, status, durationMs, attempts }: CallEnding, limits: CallLimits): void {
    if (outcome === 'refused' || outcome === 'aborted' || wasOrdered(attempts)) return;
    const now = Date.now();
    this.#seen.push({ at: now, hasFailed: outcome === 'cut' || (outcome === 'failed' && !callersOwn.has(status)), durationMs });
    if (now - this.#lookedAt < everyMs && this.#seen.length !== fewest) return;
    this.#lookedAt = now;
    this.#seen = this.#seen.slice(-maxSeen).filter(({ at }) => at > now - windowMs);
    if (this.#seen.length >= fewest) this.#look(limits);
  }

  #look({ errorRate, slowP95Ms }: CallLimits): void {
    const count = this.#seen.length;
    const share = this.#seen.filter(({ hasFailed }) => hasFailed).length / count;
    if (share < errorRate || share === 0) this.#alerts.clear('error_rate', 'gateway');
    else {
      const message = `${Math.round(share * 100)} % of the last ${count} calls failed.`;
      this.#alerts.raise({ kind: 'error_rate', subject: 'gateway', message, facts: { share, calls: count } });
    }
    const durations = new Float64Array(this.#seen.map(({ durationMs }) => durationMs)).toSorted(); // all of them numbers, which sort quickest so
    const p95Ms = durations[Math.ceil(count * 0.95) - 1] ?? 0;
    if (p95Ms < slowP95Ms) this.#alerts.clear('slow_p95', 'gateway');
    else {
      const message = `One of twenty calls takes ${(p95Ms / 1_000).toFixed(1)} s or longer.`;
      this.#alerts.raise({ kind: 'slow_p95', subject: 'gateway', message, facts: { p95_ms: Math.round(p95Ms), calls: count } });
    }
  }
}
