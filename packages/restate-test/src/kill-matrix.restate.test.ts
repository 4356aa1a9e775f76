import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { CrewEvent, CrewResult, TaskOutput } from '../../core/src/index.ts';
import { DurableError, type DurableRun, type DurableRuns, type LedgerTotals } from '../../restate/src/index.ts';
import { connectTo } from './connect-to.ts';
import { atCall, startModel, type CountingModel } from './counting-model.ts';
import { binary, endAll, startServer, startWorker, type ServerProgram, type WorkerProgram } from './processes.ts';
import { testCrew } from './test-crew.ts';

const retryAfterMs = 1_000;
const latencyMs = 150;

let model: CountingModel;
let server: ServerProgram;
let worker: WorkerProgram;
let runs: DurableRuns;

const told = (events: readonly CrewEvent[]): readonly string[] =>
  events
    .filter(({ type }) => type !== 'warning')
    .map((event) => `${event.type} ${'task' in event ? event.task : ''} ${'turn' in event ? event.turn : ''}`);

/** What was said of a task when it ended, and what the result says of it, though a crash was in between. */
const timesIn = (outputs: readonly TaskOutput[]): readonly number[] =>
  outputs.flatMap(({ startedAt, durationMs }) => [startedAt, durationMs]);

async function patient(work: () => Promise<void>): Promise<void> {
  await expect
    .poll(
      () =>
        work().then(
          () => true,
          () => false,
        ),
      { timeout: 10_000 },
    )
    .toBe(true);
}

/** Says yes for a person as soon as one is asked, and gives all events. */
async function follow(run: DurableRun): Promise<readonly CrewEvent[]> {
  const events: CrewEvent[] = [];
  for await (const event of run.events()) {
    events.push(event);
    if (event.type === 'human_requested') await patient(() => run.signal(event.signal, true));
  }
  return events;
}

describe.skipIf(!binary)('killed with signal 9, a run ends as if nothing had happened', () => {
  beforeAll(async () => {
    model = await startModel();
    [server, worker] = await Promise.all([startServer(), startWorker({ url: model.url, human: true }, { retryAfterMs })]);
    runs = connectTo(server);
    await runs.register(worker.url);
  }, 60_000);
  afterAll(async () => {
    await endAll();
    model.close();
  });
  beforeEach(() => {
    model.counts.clear();
    model.calls.length = model.closed.length = 0;
    model.latencyMs = latencyMs;
  });
  afterEach(() => {
    model.before = model.after = () => undefined;
    model.status = () => 200;
  });

  type Victim = 'nobody' | 'worker' | 'server' | 'both' | 'client';
  const victims: readonly Victim[] = ['nobody', 'client', 'server', 'worker', 'both'];

  /** Kills, and starts again what was killed. The client is this process: it forgets all it knows. */
  async function strike(victim: Victim): Promise<void> {
    const dying = { nobody: [], client: [], worker: [worker], server: [server], both: [server, worker] }[victim];
    await Promise.all(dying.map((program) => program.kill()));
    await Promise.all(dying.map((program) => program.start()));
    if (victim === 'client') runs = connectTo(server);
  }

  /** When to strike: resolves at that moment of a run. */
  type Moment = (run: DurableRun) => Promise<void>;
  const callsInAll = 5;
  const moments: Record<string, Moment> = {
    'before the first step': () => Promise.resolve(),
    'inside a model call': () => atCall(model, 'before', 4, 50),
    'inside a tool call': () => atCall(model, 'before', 2, 50),
    'between two steps': () => atCall(model, 'after', 3),
    'in a durable sleep': () => {
      model.status = ({ number }) => (number === 4 ? 503 : 200);
      return atCall(model, 'after', 4, 200);
    },
    'after the last call': () => atCall(model, 'after', callsInAll),
    'while it waits for a person': async (run) => {
      for await (const { type } of run.events()) if (type === 'human_requested') return;
    },
  };

  const unbroken = new Map<string, { told: readonly string[]; texts: readonly string[] }>();

  const cases = Object.keys(moments).flatMap((moment) => victims.map((victim) => ({ moment, victim })));

  test.each(cases)(
    '$victim, $moment',
    async ({ moment, victim }) => {
      const runId = `${moment}, ${victim}`;
      const crew = testCrew({ url: model.url, human: true });
      const arm = moments[moment] as Moment;
      const struck = moment === 'while it waits for a person' ? undefined : arm(undefined as never);
      const begun = await runs.kickoff(crew, { topic: 'x' }, { runId, tenant: runId });
      await (struck ?? arm(begun));
      await strike(victim);

      const run = runs.attach(runId);
      const events = await follow(run);
      const result = await run.result();
      const late: CrewEvent[] = [];
      for await (const event of run.events()) late.push(event);

      const steps = 4 + (moment === 'in a durable sleep' ? 1 : 0);
      await expect.poll(async () => (await runs.ledger(runId)).steps, { timeout: 5_000 }).toBe(steps);
      checkCalls(moment, victim, result, await runs.ledger(runId));
      expect(late).toEqual(events);
      expect(timesIn(events.flatMap((event) => (event.type === 'task_finished' ? event.output : [])))).toEqual(
        timesIn(result.taskOutputs),
      );
      const seen = { told: told(events), texts: result.taskOutputs.map(({ text }) => text.replaceAll(runId, 'id')) };
      if (victim === 'nobody') unbroken.set(moment, seen);
      expect(seen).toEqual(unbroken.get(moment));
    },
    45_000,
  );

  function checkCalls(moment: string, victim: Victim, result: CrewResult, ledger: LedgerTotals): void {
    const waits = moment === 'in a durable sleep' ? 1 : 0;
    const counts = [...model.counts].map(([key, count]) => ({ key, extra: count - 1 - (key.includes(' write ') ? waits : 0) }));
    const repeated = counts.filter(({ extra }) => extra > 0);
    const isWorkerDead = victim === 'worker' || victim === 'both';

    expect(counts).toHaveLength(callsInAll);
    expect(repeated.length).toBeLessThanOrEqual(isWorkerDead ? 1 : 0);
    expect(repeated.every(({ extra }) => extra === 1)).toBe(true);
    if (isWorkerDead && moment.startsWith('inside')) expect(repeated).toHaveLength(1);

    const isModel = repeated.some(({ key }) => !key.includes('tool'));
    expect(ledger).toMatchObject({ usage: result.usage, steps: 4 + waits });
    expect(result.usage).toEqual({ inputTokens: 40, outputTokens: 4 });
    if (isModel) expect(ledger.possiblyBilled).toBe(1);
    if (!isWorkerDead) expect(ledger.possiblyBilled).toBe(0);
    if (waits > 0) {
      const [first = 0, second = 0] = model.calls.filter(({ key }) => key.includes(' write ')).map(({ at }) => at);
      expect(second - first).toBeGreaterThanOrEqual(retryAfterMs - 20);
    }
  }

  test.each(victims)(
    '%s, while it is being cancelled',
    async (victim) => {
      model.latencyMs = 3_000;
      const runId = `cancel, ${victim}`;
      const begun = atCall(model, 'before', 1, 100);
      const run: DurableRun<unknown> = await runs.kickoff(
        testCrew({ url: model.url, human: true }),
        { topic: 'x' },
        { runId, tenant: runId },
      );
      await begun;
      await run.cancel();
      await strike(victim);

      const error = await runs
        .attach(runId)
        .result()
        .catch((thrown: unknown) => thrown);
      await delay(200);

      expect(error).toBeInstanceOf(DurableError);
      expect(error).toMatchObject({ code: 'cancelled' });
      expect(model.calls).toHaveLength(1);
      expect(model.closed).toHaveLength(1);
      expect(await runs.attach(runId).status()).toMatchObject({ status: 'cancelled' });
      await expect.poll(() => runs.ledger(runId), { timeout: 5_000 }).toMatchObject({ possiblyBilled: 1, attempts: 1 });
    },
    45_000,
  );
});

test('the server has a binary for this platform, or that is said aloud', () => {
  if (binary === undefined)
    console.warn(`skipped: no binary of the Restate server for ${process.platform}-${process.arch} is installed`);
  expect(binary !== undefined || !process.env['CI']).toBe(true);
});
