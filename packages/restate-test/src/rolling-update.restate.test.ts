/** An update that nobody notices: workers behind HAProxy are stopped and started one after the other. */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startProcess, type CliProcess } from '../../cli/test/process.ts';
import { connectTo } from './connect-to.ts';
import { hasHaproxy, startBalancer } from './balancer.ts';
import { startModel, type CountingModel } from './counting-model.ts';
import { binary, endAll, programs, startServer } from './processes.ts';
import { testCrew } from './test-crew.ts';

const runCount = 20;
const callsOfRun = 5;
/** HAProxy asks every half second, and believes the second answer. */
const healthyAfterMs = 1_500;
const name = 'updated';
let model: CountingModel;
const workers: CliProcess[] = [];

async function startWorker(port = '0'): Promise<{ worker: CliProcess; url: string }> {
  const env = { MODEL_URL: model.url, CREW_NAME: name };
  const program = [join(programs, 'rolecall.js')];
  const worker = startProcess(['worker', 'cli-crew.js', '--port', port], { cwd: programs, env, program });
  workers.push(worker);
  const [, url = ''] = /on (http:\S+) \(press/.exec(await worker.said('(press')) ?? [];
  return { worker, url };
}

/** Resolves when it has ended its calls, and given its runs back. */
async function stop({ worker }: { worker: CliProcess }): Promise<number> {
  worker.signal('SIGTERM');
  return (await worker.ended).exitCode;
}

describe.skipIf(!binary || !hasHaproxy)('two workers behind HAProxy', () => {
  beforeAll(async () => {
    model = await startModel();
    model.latencyMs = 700;
  });
  afterAll(async () => {
    for (const worker of workers) worker.signal('SIGKILL');
    await endAll();
    model.close();
  });

  test('are stopped and started one after the other under live runs, and no call is made twice', async () => {
    const [server, first, second] = await Promise.all([startServer(), startWorker(), startWorker()]);
    const runs = connectTo(server);
    await runs.register(await startBalancer(first.url, second.url));
    const crew = testCrew({ url: model.url, name });
    const ids = Array.from({ length: runCount }, (_, index) => `run-${index}`);
    const begun = await Promise.all(ids.map((runId) => runs.kickoff(crew, { topic: 'x' }, { runId, tenant: 'updated' })));
    await expect.poll(() => model.calls.length, { timeout: 30_000 }).toBeGreaterThan(runCount);

    const codes = [await stop(first)];
    const third = await startWorker(new URL(first.url).port);
    await delay(healthyAfterMs);
    codes.push(await stop(second));
    const texts = await Promise.all(begun.map(async (run) => (await run.result()).text));
    const ledger = await runs.ledger('updated'); // which a worker keeps too
    codes.push(await stop(third));

    expect(texts).toEqual(ids.map((id) => `edit for ${id}`));
    expect(codes).toEqual([0, 0, 0]);
    expect([...model.counts].filter(([, count]) => count > 1)).toEqual([]);
    expect(model.calls).toHaveLength(runCount * callsOfRun);
    expect(ledger).toMatchObject({ possiblyBilled: 0 });
  }, 120_000);
});
