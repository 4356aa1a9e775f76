import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { workOf, type Setting } from '../../test/agent-work.ts';
import { Agent } from '../agent.ts';
import { runAgent, type Answer, type Work } from '../agent-loop.ts';
import { Crew } from '../crew.ts';
import type { CrewEvent } from '../events.ts';
import { RpmLimits } from '../max-rpm.ts';
import type { Attempt, Model } from '../model.ts';
import { Task } from '../task.ts';
import { scriptedModel, type ScriptedStep } from '../testing.ts';
import { tool } from '../tool.ts';
import { spendOf } from '../usage.ts';
import { fileJournal } from './file-journal.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rolecall-resume-'));
});
afterEach(() => rm(folder, { recursive: true }));

const keys: string[] = [];
const look = tool({
  name: 'look',
  description: 'Looks.',
  parameters: z.object({}),
  execute: (_args, { idempotencyKey }) => {
    keys.push(idempotencyKey);
    return 'seen';
  },
});
const calling = { toolCalls: [{ id: 'c1', name: 'look', arguments: '' }] };
const paid = (id: string, costUsd: number): Attempt => ({
  id,
  model: 'a/b',
  startedAt: 0,
  waitMs: 0,
  durationMs: 1,
  outcome: 'answered',
  costUsd,
  usage: { inputTokens: 1, source: { api: 'x', payload: { huge: true } } },
});

interface Taken {
  readonly answer?: Answer;
  readonly error?: unknown;
  readonly work: Work;
  readonly spent: readonly Attempt[];
}

/** One process: opens the run, works, and closes it, well or not. */
async function take(model: Model, facts: Setting = {}, change: Partial<Work> = {}): Promise<Taken> {
  const opened = await fileJournal(folder).open('run');
  const work = { ...workOf(model, { ...facts, ...opened, durable: true, agent: { tools: [look] } }), ...change };
  try {
    return { answer: await runAgent(work), work, spent: work.run.spent() };
  } catch (error) {
    return { error, work, spent: work.run.spent() };
  } finally {
    await opened.close();
  }
}

test('a run that was finished asks for nothing again, and gives the same answer and the same costs', async () => {
  keys.length = 0;
  const model = scriptedModel([
    { ...calling, attempts: [paid('1', 0.1)] },
    { text: 'done', attempts: [paid('2', 0.2)] },
  ]);
  const first = await take(model);
  const events: CrewEvent[] = [];

  const second = await take(scriptedModel([]), { events, stream: true });

  expect(second.answer).toEqual(first.answer);
  expect(keys).toHaveLength(1);
  expect(spendOf(second.spent)).toMatchObject({ costUsd: 0.3, usage: { inputTokens: 2 }, unpriced: 0 });
  expect(second.spent.map(({ id }) => id)).toEqual(['1', '2']);
  const told = events.map((event) => [event.type, 'replayed' in event ? event.replayed : undefined]);
  expect(told).toEqual([
    ['model_call_started', undefined],
    ['model_call_finished', true],
    ['tool_started', undefined],
    ['tool_finished', true],
    ['model_call_started', undefined],
    ['delta', undefined],
    ['model_call_finished', true],
  ]);
});

test('what an agent was asked beside its task is no part of a stream, nor of its replay', async () => {
  const aside: Partial<Work> = { tag: { task: 'write', taskIndex: 0, role: 'judge', attempt: 1, aside: 'guardrail' } };
  const events: CrewEvent[] = [];

  const first = await take(scriptedModel(['fine']), { events, stream: true }, aside);
  const second = await take(scriptedModel([]), { events, stream: true }, aside);

  expect([first.answer?.text, second.answer?.text]).toEqual(['fine', 'fine']);
  const types = ['model_call_started', 'model_call_finished'];
  expect(events.map(({ type }) => type)).toEqual([...types, ...types]);
});

test('a run that failed goes on at the call that failed, and has on its bill what that had cost, once', async () => {
  const failed = Object.assign(new Error('down'), { attempts: [{ ...paid('2', 0.02), outcome: 'failed' }] });
  await take(scriptedModel([{ ...calling, attempts: [paid('1', 0.1)] }, failed]));

  const again = await take(scriptedModel([Object.assign(new Error('down again'), { attempts: [paid('3', 0.03)] })]));
  expect(again.error).toMatchObject({ message: 'down again' });
  const last = await take(scriptedModel([{ text: 'done', attempts: [paid('4', 0.2)] }]));

  expect(last.answer?.text).toBe('done');
  expect(last.spent.map(({ id }) => id)).toEqual(['1', '2', '3', '4']);
  expect(spendOf(last.spent).costUsd).toBe(0.35);
});

test('a wait for the backends goes on after a crash, and the step is done again when it is over', async () => {
  const allFailed = Object.assign(new Error('all down'), { isRouteError: true, attempts: [paid('1', 0)] });
  const controller = new AbortController();
  const failing: Model = async () => {
    setTimeout(() => controller.abort(), 20); // in the wait, however slow the machine was until here
    throw allFailed;
  };
  const startedAt = Date.now();
  await take(failing, { retryAfterMs: 400, signal: controller.signal });

  const { answer } = await take(scriptedModel(['done']), { retryAfterMs: 400 });

  expect(answer?.text).toBe('done');
  expect(Date.now() - startedAt).toBeGreaterThanOrEqual(395);
});

test('work that was replaced stays on the bill', async () => {
  await take(scriptedModel([{ text: 'old', attempts: [paid('1', 0.1)] }]), {}, { prefix: 'write@old' });

  const { answer, spent } = await take(scriptedModel([{ text: 'new', attempts: [paid('2', 0.2)] }]), {}, { prefix: 'write@new' });

  expect(answer?.text).toBe('new');
  expect(spendOf(spent).costUsd).toBe(0.3);
});

test('a call that a crash cut off is made again, and is on the bill as perhaps billed', async () => {
  const opened = await fileJournal(folder).open('run');
  const hanging = workOf(() => new Promise(() => {}), { ...opened, durable: true });
  void runAgent(hanging);
  await new Promise((resolve) => setTimeout(resolve, 50));
  await opened.close(); // the step never ends, as after a crash

  const { answer, spent, work } = await take(scriptedModel([{ text: 'done', attempts: [paid('1', 0.1)] }]));

  expect(answer?.text).toBe('done');
  expect(spent).toMatchObject([{ outcome: 'aborted', code: 'interrupted', possiblyBilled: true }, { id: '1' }]);
  expect(spendOf(spent)).toMatchObject({ costUsd: 0.1, unpriced: 1 });
  expect(work.run.warnings.map(({ code }) => code)).toEqual(['possibly_billed']);
});

test("a call that a crash cut off while it waited for its turn was never made, and is on nobody's bill", async () => {
  const limits = new RpmLimits(1);
  await limits.of(undefined)?.take(undefined); // the minute is used up
  const opened = await fileJournal(folder).open('run');
  const model = scriptedModel([]);
  const controller = new AbortController();
  const waiting = runAgent(workOf(model, { ...opened, durable: true, limits, signal: controller.signal }));
  await new Promise((resolve) => setTimeout(resolve, 50));
  await opened.close(); // as after a crash: nothing more is written
  controller.abort();
  await expect(waiting).rejects.toThrow('aborted');

  const { spent, work } = await take(scriptedModel([{ text: 'done', attempts: [paid('1', 0.1)] }]));

  expect(model.requests).toEqual([]);
  expect(spent.map(({ id }) => id)).toEqual(['1']);
  expect(work.run.warnings).toEqual([]);
});

test('a run that was finished waits for no turn, as it asks for nothing', async () => {
  await take(scriptedModel(['done']));
  const limits = new RpmLimits(1);
  await limits.of(undefined)?.take(undefined);

  expect((await take(scriptedModel([]), { limits })).answer?.text).toBe('done');
});

test('a tool that a crash cut off is run again with the same key, and that is said', async () => {
  keys.length = 0;
  const opened = await fileJournal(folder).open('run');
  const stuck = tool({
    name: 'look',
    description: 'Hangs.',
    parameters: z.object({}),
    execute: (_args, { idempotencyKey }) => {
      keys.push(idempotencyKey);
      return new Promise(() => {});
    },
  });
  void runAgent({ ...workOf(scriptedModel([calling]), { ...opened, durable: true }), tools: [stuck] });
  await expect.poll(() => keys).toHaveLength(1);
  await opened.close();

  const { work } = await take(scriptedModel(['done']));

  expect(keys).toEqual([keys[0], keys[0]]);
  expect(work.run.warnings.map(({ code }) => code)).toEqual(['possibly_repeated']);
});

test.each<[string, ScriptedStep]>([
  ['an answer with what no JSON holds', { text: 'done', metadata: { raw: 7n } }],
  ['a usage with a payload that refers to itself', { text: 'done', usage: { source: { api: 'x', payload: globalThis } } }],
])('%s is written down without it', async (_what, step) => {
  await take(scriptedModel([step]));

  expect((await take(scriptedModel([]))).answer?.text).toBe('done');
});

test('two equal summaries in one context are two steps, and both are there when the run is taken up again', async () => {
  const person = new Agent({ role: 'r', goal: 'g', backstory: 'b' });
  const one = new Task({ name: 'one', description: 'd', expectedOutput: 'e', agent: person });
  const edge = { task: one, summarizedBy: person };
  const two = new Task({ name: 'two', description: 'd', expectedOutput: 'e', agent: person, context: [edge, edge] });
  const options = { journal: fileJournal(folder), runId: 'run' };
  const kickoff = (model: Model): Promise<unknown> => new Crew({ tasks: [one, two], model }).kickoff({}, options).then(String);
  const model = scriptedModel(['first', 'short', 'shorter', 'second']);

  const texts = [await kickoff(model), await kickoff(scriptedModel([]))];

  expect(texts).toEqual(['second', 'second']);
  expect(JSON.stringify(model.requests.at(-1)?.messages)).toMatch(/short[\s\S]*shorter/);
});
