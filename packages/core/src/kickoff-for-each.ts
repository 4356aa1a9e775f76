/** One crew over many inputs: so many at a time, in order, and each on its own. */
import { invalid, requireCount } from './check.ts';
import { messageOf } from './errors.ts';
import { kickoffOptions, type KickoffOptions } from './kickoff-options.ts';
import { requireOptions, type OptionNames } from './option-names.ts';
import { limited } from './schedule.ts';
import type { Warning } from './warning.ts';

export interface ForEachOptions extends KickoffOptions {
  /** How many runs are under way at once. @default 4 */
  readonly concurrency?: number | undefined;
  /** Told when a run starts and how it ended, in the order in which that happens. @default nobody */
  readonly onItem?: ((progress: ItemProgress) => void) | undefined;
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
  { concurrency = 4, onItem }: Pick<ForEachOptions, 'concurrency' | 'onItem'>,
  run: (index: number) => Promise<Result>,
): Promise<readonly ItemOutcome<Result>[]> {
  const counts = { running: 0, finished: 0, failed: 0 };
  const tell = (type: ItemProgress['type'], index: number, warnings: Warning[], error?: unknown): void => {
    try {
      onItem?.({ type, index, total, ...counts, error });
    } catch (cause) {
      warnings.push({ code: 'listener_failed', message: `onItem threw at ${type}: ${messageOf(cause)}`, cause });
    }
  };
  const inTurn = limited(concurrency);
  const one = async (index: number): Promise<ItemOutcome<Result>> => {
    const warnings: Warning[] = [];
    counts.running += 1;
    tell('item_started', index, warnings);
    try {
      const result = await run(index);
      counts.running -= 1;
      counts.finished += 1;
      tell('item_finished', index, warnings);
      return { status: 'finished', index, result, warnings };
    } catch (error) {
      counts.running -= 1;
      counts.failed += 1;
      tell('item_failed', index, warnings, error);
      return { status: 'failed', index, error, warnings };
    }
  };
  return Promise.all(Array.from({ length: total }, (_, index) => inTurn(() => one(index))));
}
