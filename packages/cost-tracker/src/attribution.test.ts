import { startSimulator, type Simulator } from '@rolecall/simulator';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { ask, newClient } from '../test/openai-client.ts';
import { CostTracker } from './cost-tracker.ts';
import type { TrackedModel, TrackedRequest, TrackedResponse } from './model-call.ts';

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ chunkIntervalMs: 1 });
});
afterAll(() => simulator.close());
beforeEach(() => {
  simulator.reset();
  vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
});

const model: TrackedModel<TrackedRequest, TrackedResponse> = async () => ({ model: 'acme/m', usage: {} });

test('calls within a run are, however deep and however many at once', async () => {
  const tracker = new CostTracker();
  const client = tracker.track(newClient(simulator));
  const call = async (): Promise<void> => {
    await Promise.resolve();
    await client.chat.completions.create(ask);
  };

  await Promise.all(
    ['a', 'b', 'c'].map((agent) =>
      tracker.run({ agent, workflow: 'post-1', tags: ['blog'] }, async () => {
        await call();
        await tracker.run({ task: 'again', tags: ['retry', 'blog'] }, call);
      }),
    ),
  );
  await call();

  const accounts = tracker.rows().map(({ agent, workflow, task, tags }) => [agent, workflow, task, tags.join()].join('/'));
  expect(accounts.toSorted()).toEqual(
    ['///', ...['a', 'b', 'c'].flatMap((agent) => [`${agent}/post-1//blog`, `${agent}/post-1/again/retry,blog`])].toSorted(),
  );
});

test('a stream that is read elsewhere stays where it was asked for', async () => {
  const tracker = new CostTracker();
  const client = tracker.track(newClient(simulator));
  const stream = await tracker.run({ agent: 'a' }, () => client.chat.completions.create({ ...ask, stream: true }));

  await tracker.run({ agent: 'b' }, async () => {
    for await (const _ of stream);
  });

  expect(tracker.rows()).toMatchObject([{ agent: 'a' }]);
});

test('records by hand and wrapped models are, too; what they say themselves comes first', async () => {
  const tracker = new CostTracker();

  await tracker.run({ agent: 'a', workflow: 'w', tags: ['x'] }, async () => {
    tracker.record({ model: 'm', agent: 'own', tags: ['y'] });
    await tracker.wrap(model)({ role: 'own', labels: { tags: ['y'] } });
    await tracker.wrap(model)({});
  });

  expect(tracker.rows().map(({ agent, workflow, tags }) => [agent, workflow, tags])).toEqual([
    ['own', 'w', ['y', 'x']],
    ['own', 'w', ['y', 'x']],
    ['a', 'w', ['x']],
  ]);
});

test.each([
  [null, /run: null is not \{ agent, workflow, task, tags \}/],
  [{ agent: 5 }, /run\.agent: number is not a text/],
  [{ tags: 'a,b' }, /run\.tags: expected an array of texts/],
  [{ customer: 'x' }, /run\.customer: no such field; there are agent, workflow, task, tags/],
])('a run of %o is a TypeError', (attribution, message) => {
  expect(() => new CostTracker().run(attribution as never, () => 1)).toThrow(message);
});
