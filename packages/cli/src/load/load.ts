import { CostTracker } from '@rolecall/cost-tracker';
import { createRouter } from '@rolecall/router';
import type { ConfigOptions } from '@rolecall/router/config';
import { usd } from '../arguments.ts';
import { chainOf } from '../check/advice.ts';
import { chattersOf, pricesOf, printWarnings, readConfig, targetsOf } from '../config-file.ts';
import { CommandError, exitCodes } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { loadSdks } from '../load-sdks.ts';
import { paintFor } from '../paint.ts';
import { warnOfStandIn } from '../stand-in.ts';
import { costText, dollars, milliseconds, percentage, plural } from '../text.ts';
import { type LoadFigures, percentile, runLoad } from './run-load.ts';

export interface LoadOptions {
  readonly concurrency: number;
  readonly rps?: number | undefined;
  readonly duration: number;
  readonly role?: string | undefined;
  readonly model?: string | undefined;
  readonly prompt: string;
  readonly maxTokens: number;
  readonly maxCost?: number | undefined;
  readonly allowUnpriced?: boolean | undefined;
  readonly maxErrors: number;
  readonly json?: boolean | undefined;
}

/** Sends many requests through the router of a file, and says what came of them. Never costs more than was allowed. */
export async function load(path: string, options: LoadOptions, io: Io): Promise<number> {
  const config = await readConfig(path, io);
  printWarnings(config, io);
  warnOfStandIn(options, config.options, io);
  const limitUsd = options.maxCost ?? (await askForCeiling(options, io));
  const tracker = new CostTracker({
    prices: pricesOf(config),
    keepRows: 0,
    budgets: [
      { limitUsd, name: 'ceiling', reserve: 'worst', onLimit: 'stop', unpriced: options.allowUnpriced ? 'allow' : 'refuse' },
    ],
  });
  const router = createRouter({ ...config.options, wrap: [tracker.wrap] });
  const { role, model } = options;
  const objection = router.check({ role, model });
  if (objection !== undefined) throw new CommandError(`${objection} Name who is asked with --role or --model.`);
  chattersOf(config, namesAsked(options, config.options)); // or refuses them

  await loadSdks(targetsOf(config));
  const figures = await runLoad(router, {
    concurrency: options.concurrency,
    requestsPerSecond: options.rps,
    durationMs: options.duration,
    signal: io.signal,
    request: {
      role,
      model,
      messages: [{ role: 'user', content: options.prompt }],
      settings: { maxOutputTokens: options.maxTokens },
      labels: { tags: ['load'] },
      cache: { reload: true, noStore: true }, // what comes out of a cache is no load
    },
  });
  const report = reportOf(figures, tracker, limitUsd);
  if (options.json) io.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
  else print(report, io);
  if (io.signal.aborted) return exitCodes.interrupted;
  const isBad = report.stopped !== null || report.answered === 0 || report.errorRate > options.maxErrors;
  return isBad ? exitCodes.failed : exitCodes.fine;
}

/** The named models that a request may come to. */
function namesAsked({ role = 'default', model }: LoadOptions, { roles = {}, aliases = {} }: ConfigOptions): readonly string[] {
  const route = Object.hasOwn(roles, role) ? roles[role] : roles['default'];
  const asked = model === undefined && route !== undefined ? chainOf(route) : [model ?? ''];
  return asked.map((name) => (Object.hasOwn(aliases, name) ? (aliases[name] ?? name) : name));
}

async function askForCeiling({ concurrency, rps, duration }: LoadOptions, io: Io): Promise<number> {
  if (!io.ask) throw new CommandError('A load test costs money: say with --max-cost how many US dollars it may cost at most.');
  const many =
    rps === undefined
      ? `as many requests as ${concurrency} at a time can make`
      : `up to ${Math.ceil((rps * duration) / 1_000)} requests`;
  const answer = await io.ask(`This sends ${many} in ${duration / 1_000} s. What may it cost at most, in US dollars? `);
  try {
    return usd(answer.trim());
  } catch {
    throw new CommandError(`"${answer.trim()}" is no amount in US dollars, such as 0.50. Nothing was sent.`);
  }
}

function reportOf(figures: LoadFigures, tracker: CostTracker, ceilingUsd: number) {
  const { latenciesMs, firstTokensMs, sent, unsent, failed, errors, fallbacks, rateLimited, stopped, elapsedMs } = figures;
  const { costUsd, unpriced, tokens, simulated, requests: attempts } = tracker.summary();
  const seconds = elapsedMs / 1_000;
  return {
    seconds,
    sent,
    unsent,
    answered: latenciesMs.length,
    failed,
    errorRate: sent === 0 ? 0 : failed / sent,
    errors: Object.fromEntries(errors),
    requestsPerSecond: latenciesMs.length / seconds,
    outputTokensPerSecond: tokens.output / seconds,
    latencyMs: percentilesOf(latenciesMs),
    firstTokenMs: percentilesOf(firstTokensMs),
    attempts,
    fallbacks,
    rateLimited,
    costUsd,
    unpriced,
    ceilingUsd,
    simulated: simulated.requests,
    stopped: stopped ?? null,
  };
}

function percentilesOf(values: readonly number[]) {
  const [p50, p90, p95, p99, max] = [0.5, 0.9, 0.95, 0.99, 1].map((part) => percentile(values, part));
  return { p50, p90, p95, p99, max };
}

function print(report: ReturnType<typeof reportOf>, { stdout, env }: Io): void {
  const paint = paintFor(stdout, env);
  const codes = Object.entries(report.errors).map(([code, count]) => `${code} ${count}`);
  const facts: readonly (readonly [string, string])[] = [
    [
      'Requests',
      `${report.sent.toLocaleString('en-US')} in ${report.seconds.toFixed(1)} s, in ${plural(report.attempts, 'attempt', 'attempts')}`,
    ],
    [
      'Throughput',
      `${report.requestsPerSecond.toFixed(1)} answers a second, ${milliseconds(report.outputTokensPerSecond)} output tokens a second`,
    ],
    ['Errors', `${percentage(report.errorRate)}${codes.length === 0 ? '' : ` (${codes.join(', ')})`}`],
    ['Latency', percentilesText(report.latencyMs)],
    ['First token', percentilesText(report.firstTokenMs)],
    ['Fallbacks', report.fallbacks.toLocaleString('en-US')],
    ['HTTP 429', report.rateLimited.toLocaleString('en-US')],
    ['Cost', `${costText(report.costUsd, report.unpriced)} of ${dollars(report.ceilingUsd)} allowed`],
    ...(report.unsent > 0
      ? [['Not sent', `${report.unsent.toLocaleString('en-US')}: all slots were busy when they were due`] as const]
      : []),
    ...(report.simulated > 0
      ? [['Simulated', `${plural(report.simulated, 'attempt', 'attempts')}: no money spent`] as const]
      : []),
  ];
  stdout.write(`${paint.bold('Load')}\n${facts.map(([label, value]) => `  ${label.padEnd(12)} ${value}`).join('\n')}\n`);
  if (report.stopped !== null) stdout.write(`\n${paint.red('Stopped early')}: ${report.stopped}\n`);
}

function percentilesText({ p50, p90, p95, p99, max }: ReturnType<typeof percentilesOf>): string {
  return `p50 ${milliseconds(p50)}, p90 ${milliseconds(p90)}, p95 ${milliseconds(p95)}, p99 ${milliseconds(p99)}, max ${milliseconds(max)} ms`;
}
