import type { Attributes, Counter, Histogram, Meter } from '@opentelemetry/api';
import { durationBounds } from '../metric-series.ts';
import type { LedgerRow } from '../row.ts';
import { costOrigin, errorType, identityOf, present, type Semconv } from './attributes.ts';

type Recorder = (row: LedgerRow, attributes: Attributes) => void;

/** The bounds that the conventions ask for; the two longest are Prometheus' alone. */
const seconds = { explicitBucketBoundaries: durationBounds.slice(0, 14) };
const tokens = { explicitBucketBoundaries: Array.from({ length: 14 }, (_, power) => 4 ** power) };

/** Records rows as metrics. Agent and workflow become attributes only if asked for: each value is a series of its own, for ever. */
export function metricRecorder(
  meter: Meter,
  semconv: Semconv,
  extra: ReadonlySet<'agent' | 'workflow'>,
): (row: LedgerRow) => void {
  const recorders = [
    costRecorder(meter, semconv),
    semconv === 'latest' ? latestTokens(meter) : tokenUsage(meter),
    times(meter, semconv),
  ];
  return (row) => {
    if (row.outcome === 'cache_hit') return; // no backend was called
    const attributes = present({
      ...identityOf(row),
      'gen_ai.agent.name': extra.has('agent') ? row.agent : undefined,
      'rolecall.workflow.id': extra.has('workflow') ? row.workflow : undefined,
      'rolecall.simulated': row.simulated || undefined,
    });
    for (const record of recorders) record(row, attributes);
  };
}

function costRecorder(meter: Meter, semconv: Semconv): Recorder {
  const cost = meter.createCounter('rolecall.cost.usd', { unit: '{USD}', description: 'Cost of the calls that have a price.' });
  const unpriced = meter.createCounter('rolecall.requests.unpriced', {
    unit: '{request}',
    description: 'Calls whose cost cannot be known, and is not in the cost.',
  });
  const proposed =
    semconv === 'latest'
      ? meter.createHistogram('gen_ai.client.operation.cost', { unit: '{USD}', description: 'Cost of a GenAI operation.' })
      : undefined;
  return (row, attributes) => {
    const { costUsd } = row;
    if (costUsd === null) return unpriced.add(1, attributes);
    cost.add(costUsd, attributes);
    proposed?.record(costUsd, { ...attributes, ...costOrigin(row) });
  };
}

function tokenUsage(meter: Meter): Recorder {
  const usage = meter.createHistogram('gen_ai.client.token.usage', {
    unit: '{token}',
    description: 'Number of input and output tokens used.',
    advice: tokens,
  });
  return ({ usage: { inputTokens, outputTokens } }, attributes) => {
    if (inputTokens !== undefined) usage.record(inputTokens, { ...attributes, 'gen_ai.token.type': 'input' });
    if (outputTokens !== undefined) usage.record(outputTokens, { ...attributes, 'gen_ai.token.type': 'output' });
  };
}

/** Counters for sums, histograms for percentiles. A call that reported nothing counts 0, so that it is seen. */
function latestTokens(meter: Meter): Recorder {
  const counter = (kind: string): Counter =>
    meter.createCounter(`gen_ai.client.inference.usage.${kind}`, { unit: '{token}', description: `Tokens used: ${kind}.` });
  const perCall = (kind: string): Histogram =>
    meter.createHistogram(`gen_ai.client.inference.operation.${kind}`, {
      unit: '{token}',
      description: `Tokens used per call: ${kind}.`,
      advice: tokens,
    });
  const [input, output] = [counter('input_tokens'), counter('output_tokens')];
  const [inputPerCall, outputPerCall] = [perCall('input_tokens'), perCall('output_tokens')];
  const cacheRead = counter('cache_read.input_tokens');
  const cacheWrite = counter('cache_write.input_tokens');
  const reasoning = counter('reasoning.output_tokens');

  return ({ usage }, attributes) => {
    const unknown = { ...attributes, 'gen_ai.token.modality': 'unknown' };
    const split = (to: Counter, all: number, audio: number): void => {
      if (audio > 0) to.add(audio, { ...attributes, 'gen_ai.token.modality': 'audio' });
      to.add(all - audio, unknown);
    };
    split(input, usage.inputTokens ?? 0, usage.audioInputTokens ?? 0);
    split(output, usage.outputTokens ?? 0, usage.audioOutputTokens ?? 0);
    if (usage.inputTokens !== undefined) inputPerCall.record(usage.inputTokens, attributes);
    if (usage.outputTokens !== undefined) outputPerCall.record(usage.outputTokens, attributes);
    if (usage.cacheReadTokens !== undefined) cacheRead.add(usage.cacheReadTokens, unknown);
    if (usage.cacheWriteTokens !== undefined) cacheWrite.add(usage.cacheWriteTokens, unknown);
    if (usage.reasoningTokens !== undefined) reasoning.add(usage.reasoningTokens, unknown);
  };
}

function times(meter: Meter, semconv: Semconv): Recorder {
  const latest = semconv === 'latest';
  const duration = meter.createHistogram(latest ? 'gen_ai.client.inference.duration' : 'gen_ai.client.operation.duration', {
    unit: 's',
    description: 'How long a call took.',
    advice: seconds,
  });
  const firstChunk = meter.createHistogram(`gen_ai.client.${latest ? 'inference' : 'operation'}.time_to_first_chunk`, {
    unit: 's',
    description: 'How long a streamed call took until its first token.',
    advice: seconds,
  });
  return (row, attributes) => {
    const { latencyMs, firstTokenMs } = row;
    if (latencyMs !== undefined) duration.record(latencyMs / 1_000, present({ ...attributes, 'error.type': errorType(row) }));
    if (firstTokenMs !== undefined) firstChunk.record(firstTokenMs / 1_000, attributes);
  };
}
