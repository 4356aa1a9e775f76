import type { ModelRequest } from '@rolecall/core';
import { CostTracker } from '@rolecall/cost-tracker';
import { ModelError, timeout } from '@rolecall/router';
import { pricesOf, printWarnings, readConfig, type Target, targetsOf } from '../config-file.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { loadSdks } from '../load-sdks.ts';
import { adviceOn } from './advice.ts';
import { entriesOf } from './entries.ts';
import { memoryOf } from './local-models.ts';
import { printCheck } from './print-check.ts';

export interface CheckOptions {
  readonly models?: readonly string[] | undefined;
  readonly timeout: number;
  readonly strict?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/** How one deployment answered. */
export interface Checked {
  readonly id: string;
  readonly model: string;
  readonly ok: boolean;
  readonly latencyMs: number;
  readonly servedModel?: string | undefined;
  readonly code?: string | undefined;
  readonly status?: number | undefined;
  readonly reason?: string | undefined;
}

/** Calls every model once, and says what is wrong, and what will be. */
export async function check(path: string, options: CheckOptions, io: Io): Promise<number> {
  const config = await readConfig(path, io);
  printWarnings(config, io);
  const targets = targetsOf(config, options.models);
  const entries = entriesOf(config.file);
  const before = await memoryOf(entries, io.env);

  await loadSdks(targets);
  const tracker = new CostTracker({ prices: pricesOf(config) });
  const results = await askAll(targets, tracker, options, io);
  const after = await memoryOf(entries, io.env);
  const advice = adviceOn({ options: config.options, data: config.file, entries, env: io.env, before, after });

  const { costUsd, unpriced, simulated } = tracker.summary();
  const report = { models: results, advice, costUsd, unpriced, simulated: simulated.requests };
  if (options.json) io.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
  else printCheck(report, io);
  const isFine = results.every(({ ok }) => ok) && !(options.strict && advice.length > 0);
  return isFine ? exitCodes.fine : exitCodes.failed;
}

/** All at once, but local models one after the other: they share the memory of a machine. */
async function askAll(
  targets: readonly Target[],
  tracker: CostTracker,
  options: CheckOptions,
  io: Io,
): Promise<readonly Checked[]> {
  let last: Promise<unknown> = Promise.resolve();
  const asked = targets.map((target) => {
    if (!target.model.id?.startsWith('ollama/')) return ask(target, tracker, options, io);
    const turn = last.then(() => ask(target, tracker, options, io));
    last = turn;
    return turn;
  });
  return Promise.all(asked);
}

const word: ModelRequest = {
  messages: [{ role: 'user', content: "Say 'hello' in one word" }],
  settings: { maxOutputTokens: 16 },
};
const vector: ModelRequest = { messages: [], wire: { api: 'embeddings', body: { input: 'hello' } } };

async function ask(
  { id, name, model, isEmbedding }: Target,
  tracker: CostTracker,
  options: CheckOptions,
  io: Io,
): Promise<Checked> {
  const limited = timeout({ attemptMs: options.timeout })(tracker.wrap(model));
  const known = model.id ?? name;
  const start = performance.now();
  try {
    const { model: answered, metadata } = await limited({
      model: name,
      ...(isEmbedding ? vector : word),
      labels: { tags: ['check'] },
      signal: io.signal,
    });
    return { id, model: answered, ok: true, latencyMs: performance.now() - start, servedModel: metadata?.servedModel };
  } catch (error) {
    if (io.signal.aborted || !ModelError.isInstance(error)) throw error;
    const { code, status, reason } = error;
    // It spoke, if not to the point: sixteen tokens are few for a model that thinks first.
    const ok = code === 'empty_answer' || code === 'content_filtered';
    return { id, model: known, ok, latencyMs: performance.now() - start, code, status, reason };
  }
}
