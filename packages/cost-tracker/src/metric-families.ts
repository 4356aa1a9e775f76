import { durationBounds, type Series, type TokenKind } from './metric-series.ts';
import { usdNumber } from './money.ts';

/** A metric by its Prometheus name, with all its samples. */
export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'histogram';
  /** The names of the labels that its samples have, `le` aside. */
  readonly labelNames: readonly string[];
  readonly samples: readonly MetricSample[];
}

export interface MetricSample {
  /** The family's own, or that with `_bucket`, `_sum` or `_count`. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const seriesLabels = ['provider', 'model', 'agent'] as const;

type Samples = (series: Series) => readonly (readonly [extra: Readonly<Record<string, string>>, value: number])[];

interface Counter {
  readonly name: string;
  readonly help: string;
  readonly label?: string;
  readonly samples: Samples;
}

const outcomes = ['answered', 'failed', 'aborted'] as const;

const counters: readonly Counter[] = [
  {
    name: 'rolecall_llm_cost_usd_total',
    help: 'Cost in USD of requests that have a price. What a simulator answered is included.',
    samples: ({ spend }) => [[{}, usdNumber(spend.known ?? 0n)]],
  },
  {
    name: 'rolecall_llm_tokens_total',
    help: 'Tokens by type. The types are disjoint: their sum is all tokens.',
    label: 'type',
    samples: ({ tokens }) => (Object.keys(tokens) as TokenKind[]).map((type) => [{ type }, tokens[type]]),
  },
  {
    name: 'rolecall_llm_requests_total',
    help: 'Requests to a backend, each attempt counted, by outcome: answered, failed, aborted.',
    label: 'outcome',
    samples: ({ requests }) => outcomes.map((outcome) => [{ outcome }, requests[outcome]]),
  },
  {
    name: 'rolecall_llm_unpriced_requests_total',
    help: 'Requests whose cost cannot be known, and is not in the cost.',
    samples: ({ spend }) => [[{}, spend.unpriced]],
  },
  {
    name: 'rolecall_llm_cache_hits_total',
    help: 'Answers from a cache: free, and not among the requests.',
    samples: ({ cacheHits }) => [[{}, cacheHits]],
  },
  {
    name: 'rolecall_llm_simulated_requests_total',
    help: 'Requests that a simulator answered: nobody was paid. They are part of the requests.',
    samples: ({ simulated }) => [[{}, simulated.requests]],
  },
  {
    name: 'rolecall_llm_simulated_cost_usd_total',
    help: 'The part of the cost in USD that nobody was paid, because a simulator answered.',
    samples: ({ simulated }) => [[{}, usdNumber(simulated.known ?? 0n)]],
  },
];

const histograms = [
  {
    name: 'rolecall_llm_request_duration_seconds',
    help: 'How long answered requests took.',
    of: ({ duration }: Series) => duration,
  },
  {
    name: 'rolecall_llm_time_to_first_token_seconds',
    help: 'How long streamed requests took until their first token.',
    of: ({ firstToken }: Series) => firstToken,
  },
] as const;

/** The same figures for every way of showing them to Prometheus. */
export function metricFamilies(all: readonly Series[]): readonly MetricFamily[] {
  const ofCounters = counters.map(({ name, help, label, samples }): MetricFamily => ({
    name,
    help,
    type: 'counter',
    labelNames: label === undefined ? seriesLabels : [...seriesLabels, label],
    samples: all.flatMap((series) =>
      samples(series).map(([extra, value]) => ({ name, labels: { ...series.labels, ...extra }, value })),
    ),
  }));
  const ofHistograms = histograms.map(({ name, help, of }): MetricFamily => ({
    name,
    help,
    type: 'histogram',
    labelNames: seriesLabels,
    samples: all.flatMap((series) => histogramSamples(name, series.labels, of(series))),
  }));
  return [...ofCounters, ...ofHistograms];
}

function histogramSamples(name: string, labels: Series['labels'], { counts, sum }: Series['duration']): MetricSample[] {
  let below = 0;
  const buckets = counts.map((count, index): MetricSample => {
    below += count;
    return { name: `${name}_bucket`, labels: { ...labels, le: String(durationBounds[index] ?? '+Inf') }, value: below };
  });
  if (below === 0) return []; // nothing of this kind was ever measured: a non-streaming agent has no first token
  return [...buckets, { name: `${name}_sum`, labels, value: sum }, { name: `${name}_count`, labels, value: below }];
}
