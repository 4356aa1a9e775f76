import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { durable, type DurableRuns } from '../../restate/src/index.ts';
import { connectTo } from './connect-to.ts';
import { atCall, startModel, type CountingModel } from './counting-model.ts';
import { binary, endAll, startServer, startWorker, type ServerProgram, type WorkerProgram } from './processes.ts';
import { testCrew } from './test-crew.ts';

let model: CountingModel;
let server: ServerProgram;
let worker: WorkerProgram;
let runs: DurableRuns;

describe.skipIf(!binary)('tasks side by side go on in the order that the journal knows', () => {
  beforeAll(async () => {
    model = await startModel();
    model.latencyMs = 100;
    [server, worker] = await Promise.all([startServer(), startWorker({ url: model.url, sideBySide: true })]);
    runs = connectTo(server);
    await runs.register(worker.url);
  }, 60_000);
  afterAll(async () => {
    await endAll();
    model.close();
  });
  afterEach(() => {
    model.before = () => undefined;
    model.counts.clear();
    model.calls.length = 0;
  });

  test.each((['worker', 'server'] as const).flatMap((victim) => [2, 4].map((number) => ({ victim, number }))))(
    'when the $victim is killed in call $number',
    async ({ victim, number }) => {
      const runId = `${victim}-${number}`;
      const struck = atCall(model, 'before', number, 30);

      const run = await runs.kickoff(testCrew({ url: model.url, sideBySide: true }), { topic: 'x' }, { runId, tenant: runId });
      await struck;
      const dying = victim === 'worker' ? worker : server;
      await dying.kill();
      await dying.start();
      const { taskOutputs, usage } = await run.result();

      expect(taskOutputs.map(({ text }) => text)).toEqual(['research', 'write', 'edit'].map((role) => `${role} for ${runId}`));
      expect(usage).toEqual({ inputTokens: 40, outputTokens: 4 });
      expect(model.counts.size).toBe(5);
      const extra = model.calls.length - 5;
      expect(extra).toBeLessThanOrEqual(victim === 'worker' ? 2 : 0);
      expect(Math.max(...model.counts.values())).toBeLessThanOrEqual(2);
      await expect.poll(async () => (await runs.ledger(runId)).steps, { timeout: 5_000 }).toBe(4);
    },
    45_000,
  );

  test('which begin together and do not make the engine give the attempt up', async () => {
    const told: string[] = [];
    const crew = testCrew({ url: model.url, sideBySide: true, name: 'together' });
    const options = { events: false, recordLost: false, onLog: (_level: string, message: string) => told.push(message) };
    const own = await durable(crew, options).listen(0);
    await runs.register(`http://127.0.0.1:${own.port}`);

    await (await runs.kickoff(crew, { topic: 'x' })).result();
    await own.close();

    expect(told.filter((message) => message.startsWith('Starting invocation'))).not.toEqual([]);
    expect(told.filter((message) => message.startsWith('Replaying invocation'))).toEqual([]);
  }, 45_000);
});
