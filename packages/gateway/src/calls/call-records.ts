/** Puts every model call on record once it is over: metrics, dashboard, alerts, traces, log. */
import type { Logger } from 'pino';
import { type Alerts, alertSubject } from '../alerts/alerts.ts';
import type { CallLimits, CallWatch } from '../alerts/call-watch.ts';
import type { CallEnding, RefusedRequest } from '../http/route.ts';
import { bugFacts } from '../log/bug-facts.ts';
import type { CallLog } from '../log/request-log.ts';
import type { CallMetrics } from '../metrics/call-metrics.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { RequestFeed } from '../ui/request-feed.ts';

export interface CallRecordsParts {
  readonly metrics: CallMetrics;
  readonly feed: RequestFeed;
  readonly watch: CallWatch;
  readonly alerts: Alerts;
  readonly log: Logger;
  readonly callLog: CallLog;
  readonly limits: () => CallLimits;
  readonly telemetry: Telemetry | undefined;
  /** The name that was asked for is one of the configuration. */
  readonly isKnown: (name: string) => boolean;
}

/** What is on record of a call is written once the answers that are ready have gone out: nobody waits for it. */
export class CallRecords {
  readonly #parts: CallRecordsParts;
  #waiting: CallEnding[] = [];

  constructor(parts: CallRecordsParts) {
    this.#parts = parts;
  }

  add(ending: CallEnding): void {
    if (this.#waiting.push(ending) === 1) setImmediate(() => this.flush());
  }

  /** Writes down what waits. */
  flush(): void {
    const endings = this.#waiting;
    this.#waiting = [];
    for (const ending of endings) guarded(() => this.#write(ending));
    guarded(() => this.#parts.callLog.flush());
  }

  #write(ending: CallEnding): void {
    const { metrics, feed, watch, alerts, callLog, limits, telemetry, isKnown } = this.#parts;
    const { model } = ending.ask;
    metrics.add(ending, isKnown(model));
    feed.add(ending);
    watch.add(ending, limits());
    telemetry?.add(ending);
    callLog.add(ending);
    if (ending.outcome === 'answered') alerts.clear('all_backends_down', alertSubject(model, isKnown));
  }

  refused({ callId, path, status, code, error }: RefusedRequest): void {
    const facts = { event: 'refused', call_id: callId, path: path.slice(0, 200), status, code };
    const bug = code === 'internal_error' ? bugFacts(error) : undefined;
    this.#parts.log[status >= 500 ? 'error' : 'info']({ ...facts, ...bug }, 'refused');
  }
}

/** A record that fails must not keep the others from being made. */
function guarded(record: () => void): void {
  try {
    record();
  } catch (error) {
    const name = error instanceof Error ? error.name : typeof error; // its own words may come from anywhere
    process.emitWarning(`A call could not be put on record (${name}).`, 'RolecallWarning');
  }
}
