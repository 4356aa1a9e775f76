import { propagation, type TextMapPropagator, trace, TraceFlags } from '@opentelemetry/api';
import { InMemorySpanExporter, SimpleSpanProcessor, BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { CostTracker } from '@rolecall/cost-tracker';
import { expect, onTestFinished, test } from 'vitest';
import type { CallEnding } from '../http/route.ts';
import { openTelemetry } from './telemetry.ts';

const ending: CallEnding = {
  callId: 'call-1',
  api: 'chat.completions',
  caller: { isAdmin: false, keyName: 'blog' },
  ask: { model: 'role:writer', fallbacks: [], tags: [], inputTokens: 3, callId: 'call-1', isIdShared: false },
  status: 502,
  isStream: false,
  outcome: 'failed',
  code: 'upstream_unreachable',
  startedAt: 1_000,
  durationMs: 250,
  attempts: [],
};

test('a call over HTTP is a span and a duration, its attempts are spans below it, and no prompt is in either', async () => {
  const spans = new InMemorySpanExporter();
  const tracing = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
  const figures = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter: figures, exportIntervalMillis: 60_000 });
  const metering = new MeterProvider({ readers: [reader] });
  const tracker = new CostTracker();
  const telemetry = await openTelemetry(tracker, { tracer: tracing.getTracer('test'), meter: metering.getMeter('test') });

  telemetry.begin(ending.ask);
  tracker.record({ model: 'openai/gpt-4', workflow: 'call-1', inputTokens: 1, outputTokens: 1, latencyMs: 5 });
  telemetry.add(ending);
  telemetry.add({ ...ending, ask: { ...ending.ask, callId: 'refused' }, callId: 'refused' }); // before it began
  tracker.record({ model: 'openai/gpt-4o', workflow: 'call-1', inputTokens: 1, outputTokens: 1 }); // lost a race, and is told last
  tracker.record({ model: 'openai/gpt-4o-mini', workflow: 'unheard of', inputTokens: 1, outputTokens: 1 });
  telemetry.close();
  tracker.record({ model: 'openai/gpt-4', inputTokens: 1, outputTokens: 1 });
  await reader.forceFlush();

  const ended = spans.getFinishedSpans();
  const [attempt, call, refused, late, other] = ended;
  expect(ended.map(({ name }) => name)).toEqual([
    'chat gpt-4',
    'gateway chat.completions',
    'gateway chat.completions',
    'chat gpt-4o',
    'chat gpt-4o-mini',
  ]);
  const parent = { spanId: call?.spanContext().spanId };
  expect([attempt, late].map((span) => span?.parentSpanContext)).toMatchObject([parent, parent]);
  expect(attempt?.spanContext().traceId).toBe(call?.spanContext().traceId);
  expect([call, refused, other].map((span) => span?.parentSpanContext)).toEqual([undefined, undefined, undefined]);
  expect(ended[1]).toMatchObject({ status: { code: 2 }, attributes: { 'rolecall.call_id': 'call-1', 'rolecall.key': 'blog' } });
  const names = figures
    .getMetrics()
    .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics.map(({ descriptor }) => descriptor.name)));
  expect(names).toContain('rolecall.gateway.request.duration');
  await metering.shutdown();
});

/** As the one of W3C that an OpenTelemetry SDK brings along. */
const propagator: TextMapPropagator = {
  inject: () => undefined,
  extract: (around, carrier, getter) => {
    const [, traceId = '', spanId = ''] = String(getter.get(carrier, 'traceparent')).split('-');
    return trace.setSpanContext(around, { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true });
  },
  fields: () => ['traceparent'],
};

test('a call goes on with the trace of whoever made it', async () => {
  propagation.setGlobalPropagator(propagator);
  onTestFinished(() => propagation.disable());
  const spans = new InMemorySpanExporter();
  const tracing = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
  const tracker = new CostTracker();
  const telemetry = await openTelemetry(tracker, { tracer: tracing.getTracer('test') });
  const [traceId, spanId] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331'];
  const asked = { ...ending.ask, trace: { traceparent: `00-${traceId}-${spanId}-01` } };

  telemetry.begin(asked);
  tracker.record({ model: 'openai/gpt-4', workflow: 'call-1', inputTokens: 1, outputTokens: 1 });
  telemetry.add({ ...ending, ask: asked });
  telemetry.close();

  const [attempt, call] = spans.getFinishedSpans();
  expect(call?.parentSpanContext).toMatchObject({ traceId, spanId });
  expect(attempt?.parentSpanContext).toMatchObject({ traceId, spanId: call?.spanContext().spanId });
});
