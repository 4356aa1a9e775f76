import { EventEmitter, once } from 'node:events';
import type { StepContext } from '@rolecall/core';
import { expect, test } from 'vitest';
import { HandOver } from './hand-over.ts';

const context: StepContext = { idempotencyKey: 'key', interruptedAt: [] };
const steps = {
  step: <Value>(_name: string, work: (context: StepContext) => Promise<Value>) => work(context),
  sleep: () => Promise.resolve(),
  now: () => Promise.resolve(0),
  uuid: () => Promise.resolve('id'),
  waitFor: () => Promise.resolve(null),
  clock: () => 7,
};

async function isOpen(promise: Promise<unknown>): Promise<boolean> {
  const open = Symbol('open');
  const turn = new Promise((resolve) => setImmediate(() => resolve(open)));
  return (await Promise.race([promise.catch(() => 'rejected'), turn])) === open;
}

test('steps pass, until the worker is told to stop', async () => {
  const part = new HandOver().join(steps);

  expect(await part.steps.step('turn-1', () => Promise.resolve('said'))).toBe('said');
  expect(part.steps.clock?.()).toBe(7);
  expect(await isOpen(part.givenBack)).toBe(true);
});

test('a step under way ends, no other is begun, and then the run is given back', async () => {
  const handOver = new HandOver();
  const part = handOver.join(steps);
  const server = new EventEmitter();
  let begun = 0;
  const underWay = part.steps.step('turn-1', () => once(server, 'said'));

  handOver.stop();
  const next = part.steps.step('turn-2', async () => (begun += 1));
  const waits = [await isOpen(part.givenBack), await isOpen(next)];
  server.emit('said', 'text');

  expect(waits).toEqual([true, true]);
  expect(await underWay).toEqual(['text']);
  await expect(part.givenBack).rejects.toThrow('This worker is stopping');
  expect(await isOpen(next)).toBe(true);
  expect(begun).toBe(0);
});

test('a run that waits, or comes late, is given back at once; one that has left is let be', async () => {
  const handOver = new HandOver();
  const [waiting, over] = [handOver.join(steps), handOver.join(steps)];
  over.leave();

  handOver.stop();
  const late = handOver.join(steps);

  await expect(waiting.givenBack).rejects.toThrow('another');
  await expect(late.givenBack).rejects.toThrow('another');
  expect(await isOpen(over.givenBack)).toBe(true);
});
