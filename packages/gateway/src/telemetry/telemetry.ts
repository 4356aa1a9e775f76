/** Spans and metrics for OpenTelemetry, to wherever the process sends them. Loaded when the configuration asks for it. */
import type { Meter, Span, SpanKind, SpanStatusCode, Tracer } from '@opentelemetry/api';
import type { CostTracker } from '@rolecall/cost-tracker';
import type { Ask, CallEnding } from '../http/route.ts';
import { CallSpans, type SpanApi } from './call-spans.ts';

export interface Telemetry {
  /** Begins the span of a model call over HTTP. Those of its attempts stand below it. */
  begin(ask: Ask): void;
  /** Ends it; of a call that was refused before it began, there is one all the same. */
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
  const api = await import('@opentelemetry/api');
  const { openTelemetry: followRows } = await import('@rolecall/cost-tracker/otel');
  const { meter = api.metrics.getMeter('rolecall'), tracer = api.trace.getTracer('rolecall') } = targets;
  return new CallTelemetry(tracker, { api, followRows, meter, tracer });
}

interface Loaded extends Required<TelemetryTargets> {
  readonly api: SpanApi;
  readonly followRows: (tracker: CostTracker, targets: { readonly meter: Meter; readonly tracer: Tracer }) => () => void;
  readonly meter: Meter;
  readonly tracer: Tracer;
}

class CallTelemetry implements Telemetry {
  readonly close: () => void;
  readonly #tracer: Tracer;
  readonly #spans: CallSpans;
  readonly #begun = new WeakMap<Ask, Span>();
  readonly #durations: ReturnType<Meter['createHistogram']>;

  constructor(tracker: CostTracker, { api, followRows, meter, tracer }: Loaded) {
    this.#tracer = tracer;
    this.#spans = new CallSpans(api, tracer);
    this.#durations = meter.createHistogram('rolecall.gateway.request.duration', { unit: 's' });
    this.close = followRows(tracker, { meter, tracer: this.#spans.tracer });
  }

  begin(ask: Ask): void {
    const span = this.#start(ask, new Date());
    this.#begun.set(ask, span);
    this.#spans.begin(ask.callId, span);
  }

  add(ending: CallEnding): void {
    const { api, status, outcome, durationMs, ask, startedAt } = ending;
    this.#durations.record(durationMs / 1_000, {
      'rolecall.api': api,
      'rolecall.outcome': outcome,
      'http.response.status_code': status,
    });
    const span = this.#begun.get(ask) ?? this.#start(ask, new Date(startedAt));
    describe(span, ending);
    span.end(new Date(startedAt + durationMs));
  }

  #start({ trace }: Ask, startTime: Date): Span {
    return this.#tracer.startSpan('gateway', { kind: serverKind, startTime }, this.#spans.parentOf(trace));
  }
}

function describe(span: Span, { callId, api, ask, caller, status, outcome, code, attempts, deployment }: CallEnding): void {
  span.updateName(`gateway ${api}`);
  span.setAttributes({
    'rolecall.call_id': callId,
    'gen_ai.request.model': ask.model.slice(0, 200),
    'rolecall.key': caller.keyName ?? '',
    'rolecall.outcome': outcome,
    'rolecall.attempts': attempts.length,
    'rolecall.deployment': deployment ?? '',
    'http.response.status_code': status,
    ...(code !== undefined && { 'error.type': code }),
  });
  if (status >= 500 || outcome === 'cut') span.setStatus({ code: errorStatus });
}
