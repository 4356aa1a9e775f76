import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { durable, type DurableOptions, type DurableRun, type DurableRuns, type Worker } from '../../restate/src/index.ts';
import { connectTo } from './connect-to.ts';
import { startModel, type CountingModel } from './counting-model.ts';
import { binary, endAll, startServer, startWorker, type ServerProgram } from './processes.ts';
import { testCrew, type CrewFacts } from './test-crew.ts';

const execute = promisify(execFile);
let model: CountingModel;
let server: ServerProgram;
let runs: DurableRuns;
const workers: Worker[] = [];

async function serve(crew: Omit<CrewFacts, 'url'>, options: DurableOptions = {}): Promise<ReturnType<typeof testCrew>> {
  const made = testCrew({ ...crew, url: model.url });
  const worker = await durable(made, { onLog: () => undefined, ...options }).listen(0);
  workers.push(worker);
  await runs.register(`http://127.0.0.1:${worker.port}`);
  return made;
}

describe.skipIf(!binary)('runs on a real server', () => {
  beforeAll(async () => {
    [model, server] = await Promise.all([startModel(), startServer()]);
    runs = connectTo(server);
  }, 60_000);
  afterAll(async () => {
    await Promise.all(workers.map((worker) => worker.close()));
    await endAll();
    model.close();
  });
  beforeEach(() => {
    model.counts.clear();
    model.calls.length = 0;
    model.latencyMs = 20;
  });
  afterEach(() => {
    model.status = () => 200;
    model.before = () => undefined;
  });

  test('the same run id from two clients is one run, with one result', async () => {
    const crew = await serve({ name: 'same-id' });
    const [one, other] = [runs, connectTo(server)];

    const begun = await Promise.all([one, other].map((each) => each.kickoff(crew, { topic: 'x' }, { runId: 'same' })));
    const results = await Promise.all(begun.map((run) => run.result()));

    expect(results[0]).toEqual(results[1]);
    expect(model.calls).toHaveLength(5);
    expect(String(results[0])).toBe('edit for same');
    expect(results[0]?.taskOutputs.map(({ text }) => text)).toEqual(['research for same', 'write for same', 'edit for same']);
  }, 30_000);

  test('many inputs are as many runs, so many at a time, and one that fails is an outcome', async () => {
    const crew = await serve({ name: 'for-each' });
    let most = 0;
    model.status = ({ key }) => (key.startsWith('each-2 ') ? 401 : 200);
    model.before = () => (most = Math.max(most, new Set(model.calls.slice(-2).map(({ key }) => key.split(' ')[0])).size));

    const outcomes = await runs.kickoffForEach(
      crew,
      [1, 2, 3, 4].map((topic) => ({ topic })),
      { runId: 'each', concurrency: 2 },
    );

    expect(outcomes.map(({ status }) => status)).toEqual(['finished', 'finished', 'failed', 'finished']);
    expect(outcomes[2]).toMatchObject({ error: { code: 'failed', taskError: { code: 'model_failed', task: 'research' } } });
    expect(model.counts.get('each-2 research 2')).toBe(1);
    expect(most).toBeLessThanOrEqual(2);
  }, 30_000);

  test('a person sends an answer back, and accepts the next', async () => {
    const crew = await serve({ name: 'person', human: true });
    const run = await runs.kickoff(crew, { topic: 'x' }, { runId: 'person' });
    const asked: string[] = [];
    for await (const event of run.events()) {
      if (event.type !== 'human_requested') continue;
      asked.push(event.signal);
      await run.signal(event.signal, asked.length === 1 ? 'Shorter, please' : true);
    }

    expect(asked).toEqual(['edit/human-1', 'edit/human-2']);
    expect((await run.result()).taskOutputs.at(-1)).toMatchObject({ retries: { human: 1 } });
    expect(model.counts.get('person edit 4')).toBe(1);
  }, 30_000);

  test('all backends are down, worker and server are killed meanwhile, and the run ends well when the wait is over', async () => {
    const worker = await startWorker({ url: model.url, name: 'outage' }, { retryAfterMs: 3_000 });
    await runs.register(worker.url);
    model.status = ({ number }) => (number === 1 ? 503 : 200);
    const crew = testCrew({ url: model.url, name: 'outage' });
    const run = await runs.kickoff(crew, { topic: 'x' }, { runId: 'outage' });
    await expect.poll(() => model.calls.length, { timeout: 10_000 }).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 200));
    await Promise.all([worker.kill(), server.kill()]);
    await Promise.all([worker.start(), server.start()]);

    const { text, warnings } = await run.result();
    const [first, second] = model.calls;

    expect(text).toBe('edit for outage');
    expect(warnings.map(({ code }) => code)).toContain('waited');
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(2_980);
    expect(model.calls).toHaveLength(6);
  }, 60_000);

  test('a call that waits for its turn when its worker is killed was not made, and is not on the ledger', async () => {
    const facts = { url: model.url, name: 'turns', maxRpm: 1 };
    const worker = await startWorker(facts);
    await runs.register(worker.url);
    const run: DurableRun<unknown> = await runs.kickoff(testCrew(facts), { topic: 'x' }, { runId: 'turns', tenant: 'turns' });
    await expect.poll(() => model.calls.length, { timeout: 10_000 }).toBe(2); // a model and a tool: the next turn has to wait
    await new Promise((resolve) => setTimeout(resolve, 300));
    await worker.kill();
    await worker.start(); // it knows nothing of the minute before
    await expect.poll(() => model.calls.length, { timeout: 10_000 }).toBe(3);
    await new Promise((resolve) => setTimeout(resolve, 300));
    await run.cancel();

    await expect(run.result()).rejects.toMatchObject({ code: 'cancelled' });
    await expect.poll(() => runs.ledger('turns'), { timeout: 5_000 }).toMatchObject({ attempts: 2, possiblyBilled: 0 });
  }, 30_000);

  test('a call that waits for a place in a busy worker when that is killed was not made, and is not on the ledger', async () => {
    const facts = { url: model.url, name: 'places', short: true };
    const worker = await startWorker(facts, { maxLiveTasks: 1 });
    await runs.register(worker.url);
    model.latencyMs = 1_000;
    const begin = (id: string): Promise<DurableRun<unknown>> =>
      runs.kickoff(testCrew(facts), { topic: 'x' }, { runId: id, tenant: id });
    const busy = await begin('places-busy');
    await expect.poll(() => model.calls.length, { timeout: 10_000 }).toBe(1);
    const waiting = await begin('places-waiting');
    await new Promise((resolve) => setTimeout(resolve, 300));
    model.latencyMs = 20;
    await worker.kill();
    await worker.start();
    await Promise.all([busy.result(), waiting.result()]);

    await expect.poll(() => runs.ledger('places-busy'), { timeout: 5_000 }).toMatchObject({ steps: 3, possiblyBilled: 1 });
    await expect.poll(() => runs.ledger('places-waiting'), { timeout: 5_000 }).toMatchObject({ steps: 3, possiblyBilled: 0 });
  }, 30_000);

  test('a run goes on with the crew it began with alone, and the changed crew is told apart by name', async () => {
    const before = await serve({ name: 'changing', version: '1', human: true });
    const old = workers.at(-1) as Worker;
    const begun = await runs.kickoff(before, { topic: 'x' }, { runId: 'old' });
    for await (const { type } of begun.events()) if (type === 'human_requested') break;

    const after = await serve({ name: 'changing', version: '2', human: true });
    const refused = await runs.kickoff(before, { topic: 'x' }, { runId: 'refused' });
    await expect(refused.result()).rejects.toMatchObject({
      code: 'changed',
      message: expect.stringContaining('version (1 became 2)'),
    });
    const next = await runs.kickoff(after, { topic: 'x' }, { runId: 'new' });
    for (const run of [begun, next]) await run.signal('edit/human-1', true);
    expect(await Promise.all([begun, next].map(async (run) => (await run.result()).text))).toEqual([
      'edit for old',
      'edit for new',
    ]);
    expect(old.port).not.toBe(workers.at(-1)?.port);
  }, 30_000);

  test('a crew changed under a run that is under way stops it, and the old crew lets it end', async () => {
    const crew = { url: model.url, name: 'swapped', version: '1', human: true };
    const first = await startWorker(crew);
    await runs.register(first.url);
    const run = await runs.kickoff(testCrew(crew), { topic: 'x' }, { runId: 'swapped' });
    for await (const { type } of run.events()) if (type === 'human_requested') break;
    await first.kill();
    const port = Number(new URL(first.url).port);
    const other = await durable(testCrew({ ...crew, version: '2' }), { onLog: () => undefined }).listen(port);

    await run.signal('edit/human-1', true);
    const inHaste = connectTo(server, { requestTimeoutMs: 6_000 }); // it soon asks how a run is that has not ended
    await expect(inHaste.attach('swapped').result()).rejects.toMatchObject({
      code: 'changed',
      message: expect.stringContaining('version (1 became 2)'),
    });
    await other.close();
    await first.start();

    await expect.poll(async () => (await run.status()).status, { timeout: 15_000 }).toBe('finished');
    expect(model.calls).toHaveLength(5);
  }, 60_000);

  test('a step that gives too much ends the run, and says what to do', async () => {
    const crew = await serve({ name: 'large' }, { maxValueBytes: 100 });
    const run: DurableRun<unknown> = await runs.kickoff(crew, { topic: 'x' }, { runId: 'large' });

    await expect(run.result()).rejects.toMatchObject({ code: 'failed', message: expect.stringContaining('raise maxValueBytes') });
    expect(model.calls).toHaveLength(1);
  }, 30_000);

  test('the example ends well, though its worker is killed', async () => {
    const folder = join(import.meta.dirname, '../../../examples/durable-crew');
    const env = { ...process.env, RESTATE_INGRESS: server.ingress, RESTATE_ADMIN: server.admin };
    const { stdout } = await execute(process.execPath, ['--conditions=@rolecall/source', '--import', 'tsx', 'main.ts'], {
      cwd: folder,
      env,
    });

    expect(stdout).toMatch(/task_finished research\n--- kill -9 [\s\S]*task_finished write\n/);
    expect(stdout.match(/task_started/g)).toHaveLength(2);
    expect(stdout).toContain('finished: What a writer says.\nThe researcher was asked 1 time');
    expect(stdout).toContain('it is the same run');
  }, 30_000);

  test('a crew that nobody serves, a run that nobody began and a missing input are said to be so', async () => {
    const unknown = testCrew({ url: model.url, name: 'unknown' });
    await expect(runs.kickoff(unknown, { topic: 'x' })).rejects.toMatchObject({
      code: 'not_registered',
      message: expect.stringContaining('register('),
    });
    const crew = await serve({ name: 'inputs' });
    await expect(runs.kickoff(crew, {}, { runId: 'inputs' })).rejects.toThrow('kickoff: no input for "topic"');
    await Promise.all(
      [runs.attach('nobody'), runs.attach('inputs', crew)].map((run) =>
        expect(run.status()).rejects.toMatchObject({ code: 'not_found' }),
      ),
    );
  }, 30_000);
});
