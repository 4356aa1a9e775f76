import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { durable } from '../../restate/src/index.ts';
import { connectTo } from './connect-to.ts';
import { startModel } from './counting-model.ts';
import { binary, endAll, startServer } from './processes.ts';
import { testCrew } from './test-crew.ts';

/** Of the client; a call and an absence take longer. */
const requestTimeoutMs = 5_000;
const longMs = 6_500;

test.skipIf(!binary)(
  'a client that follows a run waits through a call and an absence of workers, each longer than any of its requests',
  async () => {
    const [model, server] = await Promise.all([startModel(), startServer()]);
    onTestFinished(async () => {
      await endAll();
      model.close();
    });
    const crew = testCrew({ url: model.url, name: 'patient' });
    const quiet = { onLog: () => undefined };
    const first = await durable(crew, quiet).listen(0);
    onTestFinished(() => first.close({ graceMs: 0 }));
    const runs = connectTo(server);
    await runs.register(`http://127.0.0.1:${first.port}`);
    model.latencyMs = longMs;
    await runs.kickoff(crew, { topic: 'x' }, { runId: 'patient' }); // a busy machine may take its time for it
    const run = connectTo(server, { requestTimeoutMs }).attach('patient', crew);
    await expect.poll(() => model.calls.length, { timeout: 60_000 }).toBe(1);

    const result = run.result();
    const closed = first.close();
    model.latencyMs = 20; // of the calls after that one
    const again = closed.then(() => delay(longMs)).then(() => durable(crew, quiet).listen(first.port));
    const told: string[] = [];
    for await (const { type } of run.events()) told.push(type);
    const { text } = await result;
    await (await again).close();

    expect(text).toBe('edit for patient');
    expect(told.filter((type) => type === 'task_finished')).toHaveLength(3);
    expect(told.filter((type) => type === 'model_call_started')).toHaveLength(4);
    expect(told.at(-1)).toBe('crew_finished');
    expect(model.calls).toHaveLength(5);
  },
  120_000,
);
