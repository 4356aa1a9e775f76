/** One crew over many inputs: so many at a time, in order, and each on its own. */
import { untilAborted } from './abort.ts';
import { invalid, requireCount } from './check.ts';
import { messageOf } from './errors.ts';
import { kickoffOptions, type KickoffOptions } from './kickoff-options.ts';
import { requireOptions, type OptionNames } from './option-names.ts';
import { limited } from './schedule.ts';
import type { Warning } from './warning.ts';

export interface ForEachOptions extends KickoffOptions {
  /** How many runs are under way at once. @default 4 */
  readonly concurrency?: number | undefined;
  /** Told when a run starts and how it ended, in the order in which that happens. What it waits for holds up no run, only the outcomes. @default nobody */
  readonly onItem?: ((progress: ItemProgress) => void | Promise<void>) | undefined;
}

const forEachOptions: OptionNames<ForEachOptions> = {
  ...kickoffOptions,
  concurrency: true,
  onItem: true,
};

/** How one of many runs ended. `warnings` are of its progress, such as an `onItem` that threw: its own are in its result or error. */
export type ItemOutcome<Result> =
  | { readonly status: 'finished'; readonly index: number; readonly result: Result; readonly warnings: readonly Warning[] }
  | { readonly status: 'failed'; readonly index: number; readonly error: unknown; readonly warnings: readonly Warning[] };

export interface ItemProgress {
  readonly type: 'item_started' | 'item_finished' | 'item_failed';
  /** The place of its inputs, from 0. */
  readonly index: number;
  readonly total: number;
  /** How many are under way, have ended well, and have failed, this change included. */
  readonly running: number;
  readonly finished: number;
  readonly failed: number;
  readonly error?: unknown;
}

/** @throws {TypeError} when an option is not valid. */
export function checkForEach(inputs: unknown, options: ForEachOptions): asserts inputs is readonly unknown[] {
  if (!Array.isArray(inputs)) throw invalid('kickoffForEach', 'inputs', inputs, 'an array with the inputs of each run');
  requireOptions('kickoffForEach', options, forEachOptions);
  requireCount('kickoffForEach', 'concurrency', options.concurrency);
  const { onItem } = options;
  if (onItem !== undefined && typeof onItem !== 'function') throw invalid('kickoffForEach', 'onItem', onItem, 'a function');
}

/** Never rejects for a run that fails: its error is its outcome. */
export async function runEach<Result>(
  total: number,
  { concurrency = 4, onItem, signal }: Pick<ForEachOptions, 'concurrency' | 'onItem' | 'signal'>,
  run: (index: number) => Promise<Result>,
): Promise<readonly ItemOutcome<Result>[]> {
  const counts = { running: 0, finished: 0, failed: 0 };
  const tell = async (type: ItemProgress['type'], index: number, warnings: Warning[], error?: unknown): Promise<void> => {
    try {
      await onItem?.({ type, index, total, ...counts, error });
    } catch (cause) {
      warnings.push({ code: 'listener_failed', message: `onItem threw at ${type}: ${messageOf(cause)}`, cause });
    }
  };
  const inTurn = limited(concurrency);
  const told: Promise<void>[] = [];
  const one = async (index: number): Promise<ItemOutcome<Result>> => {
    const warnings: Warning[] = [];
    counts.running += 1;
    told.push(tell('item_started', index, warnings));
    try {
      const result = await run(index);
      counts.running -= 1;
      counts.finished += 1;
      told.push(tell('item_finished', index, warnings));
      return { status: 'finished', index, result, warnings };
    } catch (error) {
      counts.running -= 1;
      counts.failed += 1;
      told.push(tell('item_failed', index, warnings, error));
      return { status: 'failed', index, error, warnings };
    }
  };
  const outcomes = await Promise.all(Array.from({ length: total }, (_, index) => inTurn(() => one(index))));
  await untilAborted(Promise.all(told), signal).catch(() => undefined); // rejects for an abort alone, which each run reports
  return outcomes;
}
