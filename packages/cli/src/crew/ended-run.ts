/** What a run came to, for a person and for a program. */
import type { Spend } from '@rolecall/core';
import type { Io } from '../io.ts';
import { paintFor } from '../paint.ts';
import { dollars, plural } from '../text.ts';

/** What of a result is printed, wherever the run was. */
export interface EndedRun extends Spend {
  readonly runId: string;
  readonly taskOutputs: readonly unknown[];
  readonly toString: () => string;
}

/** The answer is on stdout, so that it can be written to a file; what it cost is on stderr. */
export function printResult(result: EndedRun, { json = false }: { readonly json?: boolean | undefined }, io: Io): void {
  io.stdout.write(json ? `${JSON.stringify(result, undefined, 2)}\n` : `${String(result)}\n`);
  const tasks = plural(result.taskOutputs.length, 'task', 'tasks');
  io.stderr.write(`Run ${result.runId} finished: ${tasks}, ${spendLine(result)}\n`);
}

export function printFailure(message: string, spend: Spend | undefined, io: Io): void {
  io.stderr.write(`${paintFor(io.stderr, io.env).red('failed')}: ${message}\n`);
  if (spend) io.stderr.write(`Spent: ${spendLine(spend)}\n`);
}

function spendLine({ usage, costUsd, unpriced, attempts }: Spend): string {
  const tokens = `${(usage.inputTokens ?? 0).toLocaleString('en-US')} tokens in, ${(usage.outputTokens ?? 0).toLocaleString('en-US')} out`;
  const cost = costUsd === null ? 'cost unknown' : `${dollars(costUsd)} USD`;
  const lost = attempts.filter(({ possiblyBilled }) => possiblyBilled === true).length;
  return [
    tokens,
    cost,
    ...(unpriced > 0 && costUsd !== null ? [`${plural(unpriced, 'call', 'calls')} of unknown price`] : []),
    ...(lost > 0 ? [`${plural(lost, 'call', 'calls')} cut off and possibly billed`] : []),
  ].join(', ');
}
