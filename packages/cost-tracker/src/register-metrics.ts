import { shown } from './check-options.ts';
import type { MetricFamily } from './metric-families.ts';

/** The part of a `prom-client` registry that is used here. */
export interface MetricRegistry {
  registerMetric(metric: never): void;
}

/**
 * Adds a tracker's metrics to a registry of `prom-client`: each scrape reads the tracker, and nothing is counted twice.
 *
 * @throws {TypeError} when it is no registry.
 * @throws {Error} when the registry has metrics of these names already, another tracker's for instance.
 */
export function registerMetrics(tracker: { metrics(): readonly MetricFamily[] }, registry: MetricRegistry): void {
  if (typeof registry?.registerMetric !== 'function')
    throw new TypeError(`registry: ${shown(registry)} is no registry of prom-client`);
  for (const family of tracker.metrics()) {
    const read = (): MetricFamily => tracker.metrics().find(({ name }) => name === family.name) ?? family;
    registry.registerMetric(new RegisteredFamily(family, read) as never);
  }
}

/** What a registry asks of a metric. It goes by these members, and not by the class. */
class RegisteredFamily {
  /** The registry shortens it when it prints OpenMetrics. */
  name: string;
  readonly type: MetricFamily['type'];
  readonly #read: () => MetricFamily;

  constructor({ name, type }: MetricFamily, read: () => MetricFamily) {
    this.name = name;
    this.type = type;
    this.#read = read;
  }

  async get(): Promise<object> {
    const { name, type } = this;
    const { help, samples } = this.#read();
    const values = samples.map(({ name: metricName, labels, value }) =>
      type === 'counter' ? { labels, value } : { metricName, labels, value },
    );
    return { name, help, type, aggregator: 'sum', values };
  }

  /** The tracker goes on counting: a registry cannot reset what was spent. */
  reset(): void {}
}
