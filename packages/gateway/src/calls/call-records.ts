/** Puts every model call on record once it is over: metrics, dashboard, alerts, traces, log. */
import type { Logger } from 'pino';
import type { Alerts } from '../alerts/alerts.ts';
import type { CallLimits, CallWatch } from '../alerts/call-watch.ts';
import type { CallEnding, RefusedRequest } from '../http/route.ts';
import { bugFacts } from '../log/bug-facts.ts';
import { logCall } from '../log/request-log.ts';
import type { CallMetrics } from '../metrics/call-metrics.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { RequestFeed } from '../ui/request-feed.ts';

export interface CallRecordsParts {
  readonly metrics: CallMetrics;
  readonly feed: RequestFeed;
  readonly watch: CallWatch;
  readonly alerts: Alerts;
  readonly log: Logger;
  readonly limits: () => CallLimits;
  readonly telemetry: Telemetry | undefined;
  /** The name that was asked for is one of the configuration. */
  readonly isKnown: (name: string) => boolean;
}

export class CallRecords {
  readonly #parts: CallRecordsParts;

  constructor(parts: CallRecordsParts) {
    this.#parts = parts;
  }

  add(ending: CallEnding): void {
    const { metrics, feed, watch, alerts, log, limits, telemetry, isKnown } = this.#parts;
    const { model } = ending.ask;
    metrics.add(ending, isKnown(model));
    feed.add(ending);
    watch.add(ending, limits());
    telemetry?.add(ending);
    logCall(log, ending);
    if (ending.outcome === 'answered') alerts.clear('all_backends_down', model.slice(0, 200));
  }

  refused({ callId, path, status, code, error }: RefusedRequest): void {
    const facts = { event: 'refused', call_id: callId, path: path.slice(0, 200), status, code };
    const bug = code === 'internal_error' ? bugFacts(error) : undefined;
    this.#parts.log[status >= 500 ? 'error' : 'info']({ ...facts, ...bug }, 'refused');
  }
}
