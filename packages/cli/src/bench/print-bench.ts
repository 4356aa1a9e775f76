import { reportModels } from '@rolecall/cost-tracker';
import { type Io, widthOf } from '../io.ts';
import { isColoured, paintFor } from '../paint.ts';
import { costText, dollars, milliseconds, table } from '../text.ts';
import { sideBySide } from './answers.ts';
import type { BenchOptions, BenchReport } from './bench.ts';
import { type Judgement, usualQuality } from './judge.ts';

export function printBench(report: BenchReport, options: BenchOptions, { stdout, env }: Io): void {
  const paint = paintFor(stdout, env);
  const width = widthOf(stdout);
  const section = (title: string, lines: readonly string[]): void =>
    void stdout.write(`\n${paint.bold(title)}\n${lines.map((line) => `  ${line}`.trimEnd()).join('\n')}\n`);

  stdout.write(`${reportModels(report.comparison, { columns: width, colour: isColoured(stdout, env) }).trimEnd()}\n`);
  section('Speed and cost, on average', [
    ...speedLines(report),
    '',
    howTold,
    ...(options.warmup > 0 ? [`Warming up cost ${dollars(report.warmUpUsd)} USD, which is in no figure here.`] : []),
  ]);
  if (options.answers) section('Answers to the same prompt', sideBySide([...report.answers], width - 2));
  if (report.jury && report.judgements) section(...judgeSection(report, options));
}

const howTold = 'Inference and network are told apart where the provider says how long its own work took.';

function speedLines({ speeds }: BenchReport): string[] {
  const columns = [
    { title: 'Model', align: 'left' as const },
    { title: 'Tokens/s' },
    { title: 'First ms' },
    { title: 'Inference ms' },
    { title: 'Network ms' },
    { title: 'Failed' },
    { title: 'USD' },
  ];
  const rows = speeds.map(({ model, tokensPerSecond, firstTokenMs, inferenceMs, networkMs, errors, requests, costUsd }) => [
    model,
    milliseconds(tokensPerSecond),
    milliseconds(firstTokenMs),
    milliseconds(inferenceMs),
    milliseconds(networkMs),
    `${errors}/${requests}`,
    dollars(costUsd),
  ]);
  return table(columns, rows);
}

function judgeSection({ jury, judgements = [] }: BenchReport, options: BenchOptions): [string, string[]] {
  const { minQuality = usualQuality } = options;
  const columns = [{ title: 'Model', align: 'left' as const }, { title: 'Quality' }, { title: '', align: 'left' as const }];
  const rows = judgements.map((one) => [one.id, one.quality === null ? '-' : one.quality.toFixed(2), remark(one, minQuality)]);
  const { costUsd, unpriced } = jury!.tracker.summary();
  const cost = `Judging cost ${costText(costUsd, unpriced)}, which is in no figure above.`;
  const title = `Quality, by ${jury!.judgeName}: 1.00 is as good as ${jury!.referenceName}`;
  return [title, [...table(columns, rows), '', cost]];
}

function remark({ quality, swayed, note }: Judgement, least: number): string {
  const parts = [
    note ?? [],
    quality !== null && quality < least ? `below ${least}` : [],
    swayed ? 'the order decided: a close call' : [],
  ];
  return parts.flat().join('; ');
}
