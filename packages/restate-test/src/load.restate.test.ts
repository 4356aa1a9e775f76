import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { durable, type DurableRun, type DurableRuns } from '../../restate/src/index.ts';
import { connectTo } from './connect-to.ts';
import { startModel, type CountingModel } from './counting-model.ts';
import { binary, endAll, startServer, startWorker, type ServerProgram } from './processes.ts';
import { testCrew } from './test-crew.ts';

let model: CountingModel;
let server: ServerProgram;
let runs: DurableRuns;

async function typesOf(run: DurableRun<unknown>): Promise<readonly string[]> {
  const types: string[] = [];
  for await (const { type } of run.events()) types.push(type);
  return types;
}

/** What a run has written, in order: its commands, those of its steps by their names. */
async function journalOf(service: string): Promise<readonly string[]> {
  const which = `SELECT id FROM sys_invocation WHERE target_service_name = '${service}'`;
  const query = `SELECT entry_type, name FROM sys_journal WHERE id IN (${which}) ORDER BY index`;
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  const response = await fetch(`${server.admin}/query`, { method: 'POST', headers, body: JSON.stringify({ query }) });
  const { rows } = (await response.json()) as { rows: readonly { entry_type: string; name?: string }[] };
  const commands = rows.filter(({ entry_type: type }) => type.startsWith('Command: '));
  return commands.map(({ entry_type: type, name = '' }) =>
    `${type.slice('Command: '.length)} ${name.replace(/@[^/]+/, '')}`.trim(),
  );
}

describe.skipIf(!binary)('a thousand runs at once', () => {
  beforeAll(async () => {
    model = await startModel();
    const started = await Promise.all([startServer(), startWorker({ url: model.url, short: true }, { maxLiveTasks: 200 })]);
    const [, worker] = started;
    [server] = started;
    runs = connectTo(server);
    await runs.register(worker.url);
  }, 60_000);
  afterAll(async () => {
    await endAll();
    model.close();
  }, 60_000);

  test('ask for each of their three thousand steps once, and are on the ledger once', async () => {
    const crew = testCrew({ url: model.url, short: true });
    const ids = Array.from({ length: 1_000 }, (_, index) => `run-${index}`);
    const startedAt = performance.now();

    const begun = await Promise.all(ids.map((runId) => runs.kickoff(crew, { topic: 'x' }, { runId })));
    const results = await Promise.all(begun.map((run) => run.result()));

    const endedMs = performance.now() - startedAt;
    await expect.poll(async () => (await runs.ledger()).steps, { timeout: 60_000 }).toBe(3_000);
    const knownMs = performance.now() - startedAt;
    console.log(`1,000 runs of 3 steps with events and intents: ${((1_000 / endedMs) * 1_000).toFixed(0)} a second`);
    console.log(`all of them on the ledger ${(knownMs - endedMs).toFixed(0)} ms after the last had ended`);
    expect(results.map(({ text }) => text)).toEqual(ids.map((runId) => `edit for ${runId}`));
    expect(model.counts.size).toBe(3_000);
    expect(model.calls).toHaveLength(3_000);
    expect(await runs.ledger()).toMatchObject({ attempts: 3_000, possiblyBilled: 0, usage: { inputTokens: 30_000 } });
    const step = ['task_started', 'model_call_started', 'model_call_finished', 'task_finished'];
    const told = ['crew_started', ...step, ...step, ...step, 'crew_finished'];
    expect(await Promise.all(begun.slice(0, 10).map(typesOf))).toEqual(Array.from({ length: 10 }, () => told));
  }, 180_000);

  test('a turn of a model is one step in the journal of a run, which else holds its beginning and what it cost', async () => {
    const crew = testCrew({ url: model.url, short: true, name: 'bare' });
    const worker = await durable(crew, { events: false, recordLost: false, onLog: () => undefined }).listen(0);
    await runs.register(`http://127.0.0.1:${worker.port}`);

    await (await runs.kickoff(crew, { topic: 'x' })).result();
    const journal = await journalOf('rolecall.bare');
    await worker.close();

    expect(journal).toEqual([
      'Input',
      'Run crew',
      'Run plan/turn-1',
      'Run write/turn-1',
      'Run edit/turn-1',
      'OneWayCall',
      'Output',
    ]);
  }, 60_000);
});
