import { type Io, widthOf } from '../io.ts';
import { paintFor } from '../paint.ts';
import { costText, plural, wrapped } from '../text.ts';
import type { Advice } from './advice.ts';
import type { Checked } from './check.ts';

export interface CheckReport {
  readonly models: readonly Checked[];
  readonly advice: readonly Advice[];
  readonly costUsd: number | null;
  readonly unpriced: number;
  readonly simulated: number;
}

const ruleWidth = 60;
const narrowestName = 20;

export function printCheck({ models, advice, costUsd, unpriced, simulated }: CheckReport, { stdout, env }: Io): void {
  const paint = paintFor(stdout, env);
  const rule = '='.repeat(ruleWidth);
  const nameWidth = Math.max(narrowestName, ...models.map(({ id }) => id.length));
  const lines = models.map((one) => line(one, nameWidth, paint));
  const failed = models.filter(({ ok }) => !ok).length;
  const verdict =
    failed === 0
      ? paint.green('All models answer.')
      : paint.red(`${failed} of ${plural(models.length, 'model', 'models')} failed.`);
  const cost = `The check cost ${costText(costUsd, unpriced)}${simulated > 0 ? `; a simulator gave ${plural(simulated, 'answer', 'answers')}` : ''}.`;
  stdout.write(`${[rule, paint.bold('ROUTING TEST SUMMARY'), rule, ...lines, '', `${verdict} ${cost}`].join('\n')}\n`);
  if (advice.length === 0) return;
  const indent = '    ';
  stdout.write(`\n${paint.bold('Advice')}\n`);
  for (const { code, text, link } of advice) {
    stdout.write(`  ${paint.yellow(code)}\n${wrapped(text, widthOf(stdout), indent).join('\n')}\n${indent}${paint.dim(link)}\n`);
  }
}

function line(one: Checked, width: number, paint: ReturnType<typeof paintFor>): string {
  const { id, ok, latencyMs, model, servedModel, code, status, reason } = one;
  const time = ok ? `${latencyMs.toFixed(0)}ms` : 'N/A';
  const served = servedModel === undefined || model.endsWith(`/${servedModel}`) ? model : `${model}, served by ${servedModel}`;
  const why = [code ?? [], status === undefined ? [] : `HTTP ${status}`].flat().join(', ');
  const facts =
    code === undefined ? paint.dim(served) : `${ok ? why : paint.red(why)}${reason === undefined ? '' : `: ${reason}`}`;
  return `${ok ? '✅' : '❌'} ${id.padEnd(width)} - ${time.padEnd(8)} ${facts}`.trimEnd();
}
