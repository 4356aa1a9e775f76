/** Counters, gauges and histograms in Prometheus' text format, with a cap on how many series each may have. */

export type Labels = Readonly<Record<string, string>>;

/** What a metric looks like when it is read: the same figures may be shown under several names. */
export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

const maxSeries = 1_000;
const otherLabel = '__other__';

/** All labels of a family have the same names in the same order, so that their values tell them apart. */
function keyOf(labels: Labels): string {
  let key = '';
  for (const name in labels) key += `${labels[name]}\0`;
  return key;
}

class Family<Series> {
  readonly #series = new Map<string, { readonly labels: Labels; readonly series: Series }>();
  readonly #make: () => Series;

  constructor(make: () => Series) {
    this.#make = make;
  }

  of(labels: Labels): Series {
    const found = this.#series.get(keyOf(labels));
    if (found) return found.series;
    const isFull = this.#series.size >= maxSeries;
    const kept = isFull ? Object.fromEntries(Object.keys(labels).map((name) => [name, otherLabel])) : labels;
    const key = keyOf(kept);
    const entry = this.#series.get(key) ?? { labels: kept, series: this.#make() };
    this.#series.set(key, entry);
    return entry.series;
  }

  all(): readonly { readonly labels: Labels; readonly series: Series }[] {
    return [...this.#series.values()];
  }
}

/** One series of a counter. */
export interface Count {
  value: number;
}

export class Counter {
  readonly #family = new Family((): Count => ({ value: 0 }));

  add(labels: Labels, amount: number = 1): void {
    this.#family.of(labels).value += amount;
  }

  /** The series of these labels, for whoever counts in it often. */
  of(labels: Labels): Count {
    return this.#family.of(labels);
  }

  samples(): readonly Sample[] {
    return this.#family.all().map(({ labels, series: { value } }) => ({ labels, value }));
  }
}

const bounds = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

export interface Distribution {
  readonly labels: Labels;
  readonly counts: readonly number[];
  readonly sum: number;
}

/** One series of a histogram. */
export class Durations {
  readonly counts: number[] = Array.from({ length: bounds.length + 1 }, () => 0);
  sum = 0;

  add(seconds: number): void {
    let index = 0;
    while (index < bounds.length && seconds > (bounds[index] ?? 0)) index += 1;
    this.counts[index] = (this.counts[index] ?? 0) + 1;
    this.sum += seconds;
  }
}

export class Histogram {
  readonly #family = new Family(() => new Durations());

  /** The series of these labels. */
  of(labels: Labels): Durations {
    return this.#family.of(labels);
  }

  distributions(): readonly Distribution[] {
    return this.#family.all().map(({ labels, series: { counts, sum } }) => ({ labels, counts, sum }));
  }
}

/** Gathers the text of a scrape. */
export class Page {
  readonly #lines: string[] = [];

  counter(name: string, help: string, samples: readonly Sample[]): this {
    return this.#family(name, help, 'counter', samples);
  }

  gauge(name: string, help: string, samples: readonly Sample[]): this {
    return this.#family(name, help, 'gauge', samples);
  }

  histogram(name: string, help: string, distributions: readonly Distribution[]): this {
    if (distributions.length === 0) return this;
    this.#head(name, help, 'histogram');
    for (const { labels, counts, sum } of distributions) {
      let below = 0;
      counts.forEach((count, index) => {
        below += count;
        this.#line(`${name}_bucket`, { ...labels, le: String(bounds[index] ?? '+Inf') }, below);
      });
      this.#line(`${name}_sum`, labels, sum);
      this.#line(`${name}_count`, labels, below);
    }
    return this;
  }

  text(): string {
    return this.#lines.join('');
  }

  #family(name: string, help: string, type: string, samples: readonly Sample[]): this {
    if (samples.length === 0) return this;
    this.#head(name, help, type);
    for (const { labels, value } of samples) this.#line(name, labels, value);
    return this;
  }

  #head(name: string, help: string, type: string): void {
    this.#lines.push(`# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`);
  }

  #line(name: string, labels: Labels, value: number): void {
    const pairs = Object.entries(labels).filter(([, text]) => text !== '');
    const list = pairs.map(([label, text]) => `${label}="${escaped(text)}"`).join(',');
    this.#lines.push(`${name}${list === '' ? '' : `{${list}}`} ${value}\n`);
  }
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}

/** Samples with other labels: an alias has the names that its dashboards know. */
export function renamed<Series extends { readonly labels: Labels }>(
  all: readonly Series[],
  names: Readonly<Record<string, string>>,
): readonly Series[] {
  return all.map((series) => ({
    ...series,
    labels: Object.fromEntries(
      Object.entries(names).flatMap(([ours, theirs]) => {
        const text = series.labels[ours];
        return text === undefined ? [] : [[theirs, text] as const];
      }),
    ),
  }));
}

/** One sample for each set of the labels that are left, summed over the others. */
export function summed(all: readonly Sample[], keep: readonly string[]): readonly Sample[] {
  const sums = new Map<string, Sample>();
  for (const { labels, value } of all) {
    const kept = Object.fromEntries(keep.map((name) => [name, labels[name] ?? '']));
    const key = JSON.stringify(kept);
    sums.set(key, { labels: kept, value: value + (sums.get(key)?.value ?? 0) });
  }
  return [...sums.values()];
}
