import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { DurableRuns } from '../../restate/src/index.ts';
import { connectTo } from './connect-to.ts';
import { hasHaproxy, startBalancer } from './balancer.ts';
import { startModel, type CountingModel } from './counting-model.ts';
import {
  binary,
  endAll,
  freePort,
  startNode,
  startServer,
  startWorker,
  temporaryFolder,
  type ServerProgram,
} from './processes.ts';
import { testCrew } from './test-crew.ts';

const deploy = join(import.meta.dirname, '../../../docs/deploy/restate');
const callsOfRun = 5;
const latencyMs = 400;

let model: CountingModel;
/** When each call was answered. */
const answeredAt = new Map<string, number>();

/** So many runs at once, and in the middle of them all a program dies. Says how long they took from then. */
async function killAmong(count: number, runs: DurableRuns, kill: () => Promise<void>): Promise<Ended> {
  const crew = testCrew({ url: model.url });
  const ids = Array.from({ length: count }, (_, index) => `run-${index}`);
  const gate = new AbortController();
  model.held = once(gate.signal, 'abort'); // nobody goes on before all have begun
  const begun = await Promise.all(ids.map((runId) => runs.kickoff(crew, { topic: 'x' }, { runId, tenant: 'fleet' })));
  await expect.poll(() => model.counts.size, { timeout: 60_000 }).toBe(count);
  gate.abort();
  await expect.poll(() => model.counts.size, { timeout: 60_000 }).toBeGreaterThan(count * 2.5); // in their second turns
  const unfinished = ids.filter((runId) => !answeredAt.has(`${runId} edit 2`)).length;
  const killedAt = performance.now();
  await kill();
  const results = await Promise.all(begun.map((run) => run.result()));
  return { unfinished, killedAt, endedMs: performance.now() - killedAt, texts: results.map(({ text }) => text) };
}

interface Ended {
  /** Runs that were under way when it died. */
  readonly unfinished: number;
  readonly killedAt: number;
  /** From the death to the end of the last run. */
  readonly endedMs: number;
  readonly texts: readonly string[];
}

/** The key of a tool's call is the one it is given. */
const isOfModel = (key: string): boolean => !key.includes('%2F');
const repeated = (): readonly string[] => [...model.counts].flatMap(([key, count]) => (count > 1 ? [key] : []));

describe.skipIf(!binary)('a fleet loses a machine', () => {
  beforeAll(async () => {
    model = await startModel();
  });
  beforeEach(() => {
    model.counts.clear();
    answeredAt.clear();
    model.calls.length = 0;
    model.latencyMs = latencyMs;
    model.after = ({ key }) => answeredAt.set(key, performance.now());
  });
  afterEach(endAll);
  afterAll(() => model.close());

  test.skipIf(!hasHaproxy)(
    'of two workers behind HAProxy one is killed: 40 runs end, and no finished step is done again',
    async () => {
      const [server, one, other] = await Promise.all([
        startServer(),
        startWorker({ url: model.url }),
        startWorker({ url: model.url }),
      ]);
      const runs = connectTo(server);
      await runs.register(await startBalancer(one.url, other.url));

      const { unfinished, killedAt, endedMs, texts } = await killAmong(40, runs, () => one.kill());

      const again = repeated();
      // What was answered a moment before may not have been with the server yet.
      const finished = [...answeredAt].filter(([, at]) => at < killedAt - 200).map(([key]) => key);
      console.log(`worker killed: 40 runs ended in ${endedMs.toFixed(0)} ms, ${again.length} calls were made again`);
      expect(texts).toEqual(Array.from({ length: 40 }, (_, index) => `edit for run-${index}`));
      expect(unfinished).toBe(40);
      expect(model.counts.size).toBe(40 * callsOfRun);
      expect(Math.max(...model.counts.values())).toBe(2);
      expect(again.filter((key) => finished.includes(key))).toEqual([]);
      expect(again.length).toBeGreaterThan(0); // it had its share of the runs
      expect(again.length).toBeLessThan(35);
      await expect.poll(async () => (await runs.ledger('fleet')).steps, { timeout: 10_000 }).toBe(40 * 4);
      // A step may have been begun and its call not made yet: nobody is left to say so. A run has one step under way at most.
      const { possiblyBilled } = await runs.ledger('fleet');
      expect(possiblyBilled).toBeGreaterThanOrEqual(again.filter(isOfModel).length);
      expect(possiblyBilled).toBeLessThanOrEqual(40);
    },
    90_000,
  );

  test('of three servers one is killed: 60 runs end, and no call is made twice', async () => {
    const startedAt = performance.now();
    const [first, second] = (await startCluster()) as [ServerProgram, ServerProgram];
    const worker = await startWorker({ url: model.url });
    const runs = connectTo(second);
    await runs.register(worker.url);
    const formedMs = performance.now() - startedAt;

    const { unfinished, endedMs, texts } = await killAmong(60, runs, () => first.kill());

    console.log(`server killed: formed in ${formedMs.toFixed(0)} ms, 60 runs ended ${endedMs.toFixed(0)} ms after the kill`);
    expect(texts).toEqual(Array.from({ length: 60 }, (_, index) => `edit for run-${index}`));
    expect(unfinished).toBe(60);
    expect(model.counts.size).toBe(60 * callsOfRun);
    expect(repeated()).toEqual([]);
    await expect.poll(async () => (await runs.ledger('fleet')).steps, { timeout: 20_000 }).toBe(60 * 4);
    expect(await runs.ledger('fleet')).toMatchObject({ possiblyBilled: 0 });
  }, 120_000);
});

/** With the files of the docs, but for the addresses. */
async function startCluster(): Promise<readonly ServerProgram[]> {
  const ports = [await freePort(), await freePort(), await freePort()];
  const file = join(await temporaryFolder(), 'node.toml');
  const text = await readFile(join(deploy, 'cluster/node.toml'), 'utf8');
  await writeFile(
    file,
    text.replaceAll(/10\.0\.0\.(\d):5122/g, (_, machine: string) => `127.0.0.1:${ports[Number(machine) - 1]}`),
  );
  const nodes = ports.map(async (port, index) => {
    const env = parseEnv(await readFile(join(deploy, `cluster/n${index + 1}.env`), 'utf8'));
    return startNode(port, ['--config-file', file], env);
  });
  return Promise.all(nodes);
}

test('HAProxy is installed, or that is said aloud', () => {
  if (!hasHaproxy) console.warn('skipped: HAProxy is not installed, so no worker is killed behind it');
  expect(hasHaproxy || !process.env['CI']).toBe(true);
});
