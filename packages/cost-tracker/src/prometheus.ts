import type { MetricFamily, MetricSample } from './metric-families.ts';

/** Metrics in Prometheus' text format, version 0.0.4. */
export function prometheusText(families: readonly MetricFamily[]): string {
  return families
    .map(({ name, help, type, samples }) =>
      [`# HELP ${name} ${escaped(help)}`, `# TYPE ${name} ${type}`, ...samples.map(lineOf), ''].join('\n'),
    )
    .join('');
}

function lineOf({ name, labels, value }: MetricSample): string {
  // To Prometheus an empty label and none are the same.
  const pairs = Object.entries(labels).filter(([, text]) => text !== '');
  const list = pairs.map(([label, text]) => `${label}="${escaped(text).replaceAll('"', '\\"')}"`).join(',');
  return `${name}${list === '' ? '' : `{${list}}`} ${value}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}
