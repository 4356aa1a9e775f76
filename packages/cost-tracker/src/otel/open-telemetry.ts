import type { Meter, SpanKind, SpanStatusCode, Tracer } from '@opentelemetry/api';
import { checkNames, shown } from '../check-options.ts';
import type { LedgerRow } from '../row.ts';
import type { RowListener } from '../row-listeners.ts';
import { errorType, identityOf, spanAttributes, type Semconv } from './attributes.ts';
import { metricRecorder } from './instruments.ts';

export { spanAttributes, type Semconv } from './attributes.ts';

export interface OpenTelemetryOptions {
  /** Where metrics go: `metrics.getMeter('my-app')`. @default no metrics */
  readonly meter?: Meter | undefined;
  /** Where spans go, one for each call to a backend, below the span that is active: `trace.getTracer('my-app')`. @default no spans */
  readonly tracer?: Tracer | undefined;
  /** @default '1.41' */
  readonly semconv?: Semconv | undefined;
  /** What metrics are told apart by besides model and provider. Each value is a series for ever, so mind their number. @default [] */
  readonly metricAttributes?: readonly ('agent' | 'workflow')[] | undefined;
}

const names = ['meter', 'tracer', 'semconv', 'metricAttributes'] as const;

/**
 * Sends every new row of a tracker to OpenTelemetry, by its conventions for generative AI, until the function it returns is called.
 *
 * @example
 * const stop = openTelemetry(tracker, { meter: metrics.getMeter('my-app'), tracer: trace.getTracer('my-app') });
 *
 * @throws {TypeError} when an option is not what it should be, or there is neither a meter nor a tracer.
 */
export function openTelemetry(tracker: { onRow(listener: RowListener): () => void }, options: OpenTelemetryOptions): () => void {
  checkOptions(options);
  const { meter, tracer, semconv = '1.41', metricAttributes = [] } = options;
  const record = meter && metricRecorder(meter, semconv, new Set(metricAttributes));
  return tracker.onRow((row) => {
    record?.(row);
    if (tracer && row.outcome !== 'cache_hit') emitSpan(tracer, row, semconv);
  });
}

// Types alone are imported of the API, so that there can be no second copy of it: these are its own figures.
// oxlint-disable typescript/no-unsafe-enum-assignment
const clientKind = 2 as SpanKind.CLIENT;
const errorStatus = 2 as SpanStatusCode.ERROR;
// oxlint-enable typescript/no-unsafe-enum-assignment

/** A row is written when its call has ended: the span is given both times. */
function emitSpan(tracer: Tracer, row: LedgerRow, semconv: Semconv): void {
  const { 'gen_ai.operation.name': operation, 'gen_ai.request.model': model } = identityOf(row);
  const span = tracer.startSpan(`${String(operation)} ${String(model)}`, {
    kind: clientKind,
    startTime: new Date(row.at), // a small number would be read as a time since start-up
    attributes: spanAttributes(row, semconv),
  });
  if (row.outcome === 'failed') span.setStatus({ code: errorStatus, message: errorType(row) ?? '' });
  span.end(new Date(row.at + (row.latencyMs ?? 0)));
}

function checkOptions(options: OpenTelemetryOptions): void {
  checkNames(options, names);
  const { meter, tracer, semconv = '1.41', metricAttributes = [] } = options;
  if (meter === undefined && tracer === undefined) throw new TypeError('options: neither a meter nor a tracer is given');
  if (meter !== undefined && typeof meter?.createCounter !== 'function')
    throw new TypeError(`meter: ${shown(meter)} is no meter`);
  if (tracer !== undefined && typeof tracer?.startSpan !== 'function')
    throw new TypeError(`tracer: ${shown(tracer)} is no tracer`);
  if (semconv !== '1.41' && semconv !== 'latest')
    throw new TypeError(`semconv: ${shown(semconv)} is neither '1.41' nor 'latest'`);
  const wrong: unknown = Array.isArray(metricAttributes)
    ? metricAttributes.find((name) => name !== 'agent' && name !== 'workflow')
    : metricAttributes;
  if (wrong !== undefined) throw new TypeError(`metricAttributes: ${shown(wrong)} is none of 'agent', 'workflow'`);
}
