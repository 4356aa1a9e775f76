import { InMemorySpanExporter, SimpleSpanProcessor, BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { CostTracker } from '@rolecall/cost-tracker';
import { expect, test } from 'vitest';
import type { CallEnding } from '../http/route.ts';
import { openTelemetry } from './telemetry.ts';

test('a call over HTTP is a span and a duration, its attempts are spans of their own, and no prompt is in either', async () => {
  const spans = new InMemorySpanExporter();
  const tracing = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
  const figures = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter: figures, exportIntervalMillis: 60_000 });
  const metering = new MeterProvider({ readers: [reader] });
  const tracker = new CostTracker();
  const telemetry = await openTelemetry(tracker, { tracer: tracing.getTracer('test'), meter: metering.getMeter('test') });
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

  tracker.record({ model: 'openai/gpt-4', workflow: 'call-1', inputTokens: 1, outputTokens: 1, latencyMs: 5 });
  telemetry.add(ending);
  telemetry.close();
  tracker.record({ model: 'openai/gpt-4', inputTokens: 1, outputTokens: 1 });
  await reader.forceFlush();

  const ended = spans.getFinishedSpans();
  expect(ended.map(({ name }) => name)).toEqual(['chat gpt-4', 'gateway chat.completions']);
  expect(ended[1]).toMatchObject({ status: { code: 2 }, attributes: { 'rolecall.call_id': 'call-1', 'rolecall.key': 'blog' } });
  const names = figures
    .getMetrics()
    .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics.map(({ descriptor }) => descriptor.name)));
  expect(names).toContain('rolecall.gateway.request.duration');
  await metering.shutdown();
});
