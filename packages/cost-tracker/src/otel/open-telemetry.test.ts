import { context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Attributes } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { AsyncLocalStorage } from 'node:async_hooks';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CostTracker } from '../cost-tracker.ts';
import { openTelemetry, spanAttributes, type OpenTelemetryOptions } from './open-telemetry.ts';

// Calls without a price are warned about; these tests have some.
beforeEach(() => void vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined));
afterEach(() => void vi.restoreAllMocks());

const prices = { m: { input: 1, output: 2, cacheRead: 0.1 } };
const usage = { inputTokens: 1_000, outputTokens: 200, cacheReadTokens: 400, reasoningTokens: 50, audioInputTokens: 100 };
const call = { model: 'mistral/m', agent: 'writer', workflow: 'run-1', ...usage, latencyMs: 1_500, firstTokenMs: 300, at: 5_000 };

function newTracker(): CostTracker {
  return new CostTracker({ prices: { m: { ...prices.m, audioInput: 1 } }, priceSource: { resolve: () => null } });
}

interface Point {
  unit: string;
  attributes: Attributes;
  value: unknown;
}

/** What an exporter gets of these calls, by metric. */
async function metricsOf(
  record: (tracker: CostTracker) => void,
  options: Omit<OpenTelemetryOptions, 'meter'> = {},
): Promise<Record<string, Point[]>> {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader] });
  const tracker = newTracker();
  openTelemetry(tracker, { ...options, meter: provider.getMeter('test') });

  record(tracker);
  await provider.forceFlush();

  const metrics = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
  await provider.shutdown();
  return Object.fromEntries(
    metrics.map(({ descriptor: { name, unit }, dataPoints }) => [
      name,
      dataPoints.map(({ attributes, value }) => ({ unit, attributes, value })),
    ]),
  );
}

function boundariesOf(points: readonly Point[] = []): unknown {
  return points.map(({ value }) => (value as { buckets: { boundaries: unknown } }).buckets.boundaries)[0];
}

test('metrics have the names, units and attributes of v1.41', async () => {
  const metrics = await metricsOf((tracker) => tracker.record(call));

  const attributes = { 'gen_ai.operation.name': 'chat', 'gen_ai.provider.name': 'mistral_ai', 'gen_ai.request.model': 'm' };
  expect(Object.keys(metrics).toSorted()).toEqual([
    'gen_ai.client.operation.duration',
    'gen_ai.client.operation.time_to_first_chunk',
    'gen_ai.client.token.usage',
    'rolecall.cost.usd',
  ]);
  expect(metrics['gen_ai.client.token.usage']).toMatchObject([
    { unit: '{token}', attributes: { ...attributes, 'gen_ai.token.type': 'input' }, value: { count: 1, sum: 1_000 } },
    { unit: '{token}', attributes: { ...attributes, 'gen_ai.token.type': 'output' }, value: { count: 1, sum: 200 } },
  ]);
  expect(metrics['gen_ai.client.operation.duration']).toMatchObject([{ unit: 's', value: { count: 1, sum: 1.5 } }]);
  expect(metrics['gen_ai.client.operation.time_to_first_chunk']).toMatchObject([{ unit: 's', value: { sum: 0.3 } }]);
  expect(metrics['rolecall.cost.usd']).toEqual([{ unit: '{USD}', attributes, value: 0.00104 }]);
});

test('the buckets are those of the conventions', async () => {
  const metrics = await metricsOf((tracker) => tracker.record(call));

  expect(boundariesOf(metrics['gen_ai.client.token.usage'])).toEqual([
    1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864,
  ]);
  expect(boundariesOf(metrics['gen_ai.client.operation.duration'])).toEqual([
    0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
  ]);
});

test('the unreleased names are there for who asks for the latest', async () => {
  const metrics = await metricsOf((tracker) => tracker.record(call), { semconv: 'latest' });

  expect(metrics['gen_ai.client.token.usage']).toBeUndefined();
  const sums = Object.entries(metrics).filter(([name]) => name.includes('.usage.'));
  expect(
    sums.map(([name, points]) => [name, points.map(({ attributes, value }) => [attributes['gen_ai.token.modality'], value])]),
  ).toEqual([
    [
      'gen_ai.client.inference.usage.input_tokens',
      [
        ['audio', 100],
        ['unknown', 900],
      ],
    ],
    ['gen_ai.client.inference.usage.output_tokens', [['unknown', 200]]],
    ['gen_ai.client.inference.usage.cache_read.input_tokens', [['unknown', 400]]],
    ['gen_ai.client.inference.usage.reasoning.output_tokens', [['unknown', 50]]],
  ]);
  expect(metrics['gen_ai.client.inference.operation.input_tokens']).toMatchObject([{ value: { sum: 1_000 } }]);
  expect(metrics['gen_ai.client.inference.duration']).toMatchObject([{ value: { sum: 1.5 } }]);
  expect(metrics['gen_ai.client.inference.time_to_first_chunk']).toMatchObject([{ value: { sum: 0.3 } }]);
  expect(metrics['gen_ai.client.operation.cost']).toMatchObject([
    { attributes: { 'gen_ai.usage.cost.currency': 'USD', 'gen_ai.usage.cost.source': 'local' }, value: { sum: 0.00104 } },
  ]);
});

test('agent and workflow are attributes of metrics only if asked for', async () => {
  const without = await metricsOf((tracker) => tracker.record(call));
  const withBoth = await metricsOf((tracker) => tracker.record(call), { metricAttributes: ['agent', 'workflow'] });

  expect(Object.keys(without['rolecall.cost.usd']?.[0]?.attributes ?? {})).toHaveLength(3);
  expect(withBoth['rolecall.cost.usd']).toMatchObject([
    { attributes: { 'gen_ai.agent.name': 'writer', 'rolecall.workflow.id': 'run-1' } },
  ]);
});

test('a call without a price is counted, one that failed says why, and a cache hit is no call', async () => {
  const metrics = await metricsOf((tracker) => {
    tracker.record({ model: 'acme/unknown', inputTokens: 1, outputTokens: 1, simulated: true });
    tracker.record({ model: 'm', outcome: 'failed', code: 'overloaded', latencyMs: 100 });
    tracker.record({ model: 'm', outcome: 'cache_hit', latencyMs: 1 });
  });

  expect(metrics['rolecall.requests.unpriced']).toMatchObject([{ attributes: { 'rolecall.simulated': true }, value: 1 }]);
  expect(metrics['gen_ai.client.operation.duration']).toMatchObject([
    { attributes: { 'error.type': 'overloaded', 'gen_ai.provider.name': 'unknown' }, value: { count: 1 } },
  ]);
});

test('each call is a span of its own, below the active one, with its own times', async () => {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const tracer = provider.getTracer('test');
  const storage = new AsyncLocalStorage<typeof ROOT_CONTEXT>();
  context.setGlobalContextManager({
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (active, run, self, ...args) => storage.run(active, () => run.call(self, ...args)),
    bind: (_, target) => target,
    enable: () => context as never,
    disable: () => context as never,
  });
  const tracker = newTracker();
  const stop = openTelemetry(tracker, { tracer });
  const parent = tracer.startSpan('kickoff');

  context.with(trace.setSpan(context.active(), parent), () => tracker.record(call));
  tracker.record({ model: 'm', outcome: 'failed', code: 'rate_limited', status: 429, at: 10 });
  tracker.record({ model: 'm', outcome: 'cache_hit' });
  stop();
  tracker.record(call);
  context.disable();

  const [answered, failed, ...others] = exporter.getFinishedSpans();
  expect(others).toEqual([]);
  expect(answered).toMatchObject({
    name: 'chat m',
    kind: SpanKind.CLIENT,
    startTime: [5, 0],
    endTime: [6, 500_000_000],
    parentSpanContext: { spanId: parent.spanContext().spanId },
    status: { code: SpanStatusCode.UNSET },
    attributes: {
      'gen_ai.agent.name': 'writer',
      'rolecall.workflow.id': 'run-1',
      'gen_ai.usage.input_tokens': 1_000,
      'gen_ai.usage.cache_read.input_tokens': 400,
      'rolecall.cost.usd': 0.00104,
    },
  });
  expect(failed).toMatchObject({
    startTime: [0, 10_000_000],
    status: { code: SpanStatusCode.ERROR, message: 'rate_limited' },
    attributes: { 'error.type': 'rate_limited', 'http.response.status_code': 429 },
  });
});

test('the attributes of a row are there for a span of one’s own, under old names and new', () => {
  const row = newTracker().record({ ...call, cacheWriteTokens: 7 });

  expect(spanAttributes(row)).toMatchObject({ 'gen_ai.usage.cache_creation.input_tokens': 7, 'rolecall.cost.source': 'own' });
  expect(spanAttributes(row, 'latest')).toMatchObject({
    'gen_ai.usage.cache_write.input_tokens': 7,
    'gen_ai.usage.cost.amount': row.costUsd,
    'gen_ai.usage.cost.currency': 'USD',
  });
});

test('a meter that throws does not end the request', () => {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  const tracker = newTracker();
  const broken = { add: () => expect.fail('this counter is broken'), record: () => expect.fail('this histogram is broken') };
  openTelemetry(tracker, {
    meter: Object.assign(new MeterProvider().getMeter('test'), { createCounter: () => broken, createHistogram: () => broken }),
  });

  expect(tracker.record(call).costUsd).toBe(0.00104);
  expect(warn).toHaveBeenCalledWith(expect.stringContaining('is broken'), expect.anything());
});

const meter = new MeterProvider().getMeter('test');

test.each([
  ['neither a meter nor a tracer', {}],
  ['meter: "main" is no meter', { meter: 'main' }],
  ['tracer: an object is no tracer', { tracer: { key: 'secret' } }],
  ['semconv: "newest" is neither', { meter, semconv: 'newest' }],
  ['metricAttributes: "tag" is none of', { meter, metricAttributes: ['tag'] }],
  ['"meters": no such option', { meters: [] }],
])('wrong options are a TypeError: %s', (message, options) => {
  const start = (): unknown => openTelemetry(newTracker(), options as OpenTelemetryOptions);

  expect(start).toThrow(TypeError);
  expect(start).toThrow(message);
});
