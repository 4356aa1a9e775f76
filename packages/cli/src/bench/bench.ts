import { resolve } from 'node:path';
import type { Model } from '@rolecall/core';
import { compareModels, CostTracker } from '@rolecall/cost-tracker';
import { ModelError, timeout } from '@rolecall/router';
import { chattersOf, pricesOf, printWarnings, readConfig, type Target, targetsOf } from '../config-file.ts';
import { CommandError, exitCodes } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { loadSdks } from '../load-sdks.ts';
import { written } from '../written.ts';
import type { Judgement } from './judge.ts';
import { type Answers, Jury } from './jury.ts';
import { printBench } from './print-bench.ts';
import { progressOf } from './progress.ts';
import { speedsOf } from './speeds.ts';

export interface BenchOptions {
  readonly runs: number;
  readonly warmup: number;
  readonly models?: readonly string[] | undefined;
  readonly prompt: string;
  readonly maxTokens: number;
  readonly timeout: number;
  readonly json?: boolean | undefined;
  readonly html?: string | undefined;
  readonly answers?: boolean | undefined;
  readonly judge?: string | undefined;
  readonly reference?: string | undefined;
  readonly minQuality?: number | undefined;
}

/** Asks every model the same, several times, and compares how fast, how steady and, with a judge, how good they are. */
export async function bench(path: string, options: BenchOptions, io: Io): Promise<number> {
  const config = await readConfig(path, io);
  printWarnings(config, io);
  const targets = chattersOf(config, options.models);
  for (const { id, isEmbedding } of targetsOf(config, options.models))
    if (isEmbedding) io.stderr.write(`${id} makes embeddings (model_info.mode), and is left out.\n`);
  if (options.judge === undefined && (options.reference ?? options.minQuality) !== undefined)
    throw new CommandError('--reference and --min-quality are for a judge: name one with --judge.');
  const jury = options.judge === undefined ? undefined : new Jury(config, options, io);

  const prices = pricesOf(config);
  const tracker = new CostTracker({ prices, keepRows: targets.length * options.runs });
  const warmUp = new CostTracker({ prices, keepRows: 0 });
  const answers = await measure(targets, { tracker, warmUp }, options, io);
  const judgements = await jury?.judge(answers);

  const report = {
    comparison: compareModels(tracker),
    speeds: speedsOf(tracker),
    answers,
    judgements,
    jury,
    warmUpUsd: warmUp.summary().costUsd,
  };
  if (options.json) io.stdout.write(`${JSON.stringify(jsonOf(report, tracker), undefined, 2)}\n`);
  else printBench(report, options, io);
  if (options.html !== undefined) {
    await written(options.html, tracker.exportHtml(resolve(io.cwd, options.html), { title: `Benchmark of ${path}` }));
    io.stderr.write(`The page is in ${options.html}\n`);
  }
  const { errors } = tracker.summary();
  const isPoor =
    options.minQuality !== undefined && judgements?.some(({ quality }) => quality === null || quality < options.minQuality!);
  return errors > 0 || isPoor ? exitCodes.failed : exitCodes.fine;
}

interface Books {
  readonly tracker: CostTracker;
  /** For calls that are in no figure: they pay for connections, and for loading what is local. */
  readonly warmUp: CostTracker;
}

/** One call at a time: two would slow each other down. */
async function measure(targets: readonly Target[], books: Books, options: BenchOptions, io: Io): Promise<Answers> {
  const answers = new Map<string, string>();
  const progress = progressOf(targets.length * (options.warmup + options.runs), io);
  try {
    await loadSdks(targets);
    for (const { id, model } of targets) {
      for (let run = -options.warmup; run < options.runs; run++) {
        const tracker = run < 0 ? books.warmUp : books.tracker;
        const ask = tracker.wrap(timeout({ attemptMs: options.timeout })(model));
        const text = await answerOf(ask, id, options, io, run === 0);
        if (run === 0 && text !== undefined) answers.set(id, text);
        progress.step(id);
      }
    }
  } finally {
    progress.end();
  }
  return answers;
}

async function answerOf(ask: Model, id: string, options: BenchOptions, io: Io, isTold: boolean): Promise<string | undefined> {
  try {
    const { text } = await ask({
      model: id,
      messages: [{ role: 'user', content: options.prompt }],
      settings: { maxOutputTokens: options.maxTokens },
      labels: { tags: ['bench'] },
      onDelta: () => undefined, // streamed, so that the first token can be timed
      signal: io.signal,
    });
    return text;
  } catch (error) {
    if (io.signal.aborted || !ModelError.isInstance(error)) throw error;
    if (isTold) io.stderr.write(`${id}: ${error.message}\n`);
    return undefined;
  }
}

/** What was found. */
export interface BenchReport {
  readonly comparison: ReturnType<typeof compareModels>;
  readonly speeds: ReturnType<typeof speedsOf>;
  readonly answers: Answers;
  readonly judgements: readonly Judgement[] | undefined;
  readonly jury: Jury | undefined;
  /** What the calls cost that are in no other figure. */
  readonly warmUpUsd: number | null;
}

function jsonOf({ comparison, speeds, answers, judgements, jury, warmUpUsd }: BenchReport, tracker: CostTracker): unknown {
  const { costUsd, unpriced } = tracker.summary();
  return {
    models: comparison.models,
    fastest: comparison.fastest?.model ?? null,
    mostConsistent: comparison.mostConsistent?.model ?? null,
    speeds,
    costUsd,
    unpriced,
    warmUpUsd,
    simulated: comparison.simulated,
    answers: Object.fromEntries(answers),
    judge: jury && { model: jury.judgeName, reference: jury.referenceName, costUsd: jury.tracker.summary().costUsd, judgements },
  };
}
