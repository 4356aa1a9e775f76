/** Spans and metrics for OpenTelemetry, to wherever the process sends them. Loaded when the configuration asks for it. */
import type { Meter, SpanKind, SpanStatusCode, Tracer } from '@opentelemetry/api';
import type { CostTracker } from '@rolecall/cost-tracker';
import type { CallEnding } from '../http/route.ts';

export interface Telemetry {
  /** A span for a model call over HTTP. Those of its attempts have its call id as `rolecall.workflow`. */
  add(ending: CallEnding): void;
  close(): void;
}

export interface TelemetryTargets {
  /** @default the process' own: `metrics.getMeter('rolecall')` */
  readonly meter?: Meter | undefined;
  /** @default the process' own: `trace.getTracer('rolecall')` */
  readonly tracer?: Tracer | undefined;
}

// Types alone are imported of the API, so that there can be no second copy of it: these are its own figures.
// oxlint-disable typescript/no-unsafe-enum-assignment
const serverKind = 1 as SpanKind.SERVER;
const errorStatus = 2 as SpanStatusCode.ERROR;
// oxlint-enable typescript/no-unsafe-enum-assignment

/** @throws {Error} when `@opentelemetry/api` is not installed. */
export async function openTelemetry(tracker: CostTracker, targets: TelemetryTargets = {}): Promise<Telemetry> {
  const { metrics, trace } = await import('@opentelemetry/api');
  const { openTelemetry: followRows } = await import('@rolecall/cost-tracker/otel');
  const { meter = metrics.getMeter('rolecall'), tracer = trace.getTracer('rolecall') } = targets;
  const stop = followRows(tracker, { meter, tracer });
  const durations = meter.createHistogram('rolecall.gateway.request.duration', { unit: 's' });
  return {
    add: (ending) => {
      const { api, status, outcome, durationMs } = ending;
      durations.record(durationMs / 1_000, {
        'rolecall.api': api,
        'rolecall.outcome': outcome,
        'http.response.status_code': status,
      });
      addSpan(tracer, ending);
    },
    close: stop,
  };
}

function addSpan(tracer: Tracer, ending: CallEnding): void {
  const { callId, api, ask, caller, status, outcome, code, startedAt, durationMs, attempts, deployment } = ending;
  const asked = ask.model.slice(0, 200);
  const span = tracer.startSpan(`gateway ${api}`, {
    kind: serverKind,
    startTime: new Date(startedAt),
    attributes: {
      'rolecall.call_id': callId,
      'gen_ai.request.model': asked,
      'rolecall.key': caller.keyName ?? '',
      'rolecall.outcome': outcome,
      'rolecall.attempts': attempts.length,
      'rolecall.deployment': deployment ?? '',
      'http.response.status_code': status,
      ...(code !== undefined && { 'error.type': code }),
    },
  });
  if (status >= 500 || outcome === 'cut') span.setStatus({ code: errorStatus });
  span.end(new Date(startedAt + durationMs));
}
