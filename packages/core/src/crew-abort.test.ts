/** Every place where a run of a crew waits for something that is not its own: an abort ends the wait, and nothing follows. */
import { getEventListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import { Agent, Crew, Task, tool, type CrewEvent, type CrewOptions, type KickoffOptions, type TaskList } from './index.ts';
import { scriptedModel, type ScriptedStep } from './testing.ts';

let reached: () => void = () => undefined;
afterEach(() => {
  reached = () => undefined;
});

/** Says that it was reached, and never ends, whatever the signal says. */
const hang = (): Promise<never> => {
  reached();
  return new Promise(() => undefined);
};
const quiet = { remember: async () => undefined, recall: async () => [], search: async () => [] };
const person = (name: string, more: object = {}): Agent => new Agent({ name, role: name, goal: 'g', backstory: 'b', ...more });
const writer = person('writer');
const task = (name: string, more: object = {}): Task =>
  new Task({ name, description: `Do ${name}`, expectedOutput: 'e', agent: writer, ...more });
const one = task('one');
const hangingTool = tool({ name: 'wait', description: 'Waits.', parameters: z.object({}), execute: hang });
const calls = { toolCalls: [{ id: '1', name: 'wait', arguments: '{}' }] };
const delegates = { toolCalls: [{ id: '1', name: 'delegate', arguments: '{"coworker":"writer","task":"Do it"}' }] };
const hangingSchema = z.object({}).refine(hang);
/** A step whose model never answers. */
const silence: ScriptedStep = () => hang();
const allFailed = Object.assign(new Error('all down'), { isRouteError: true, attempts: [] });

interface Place {
  /** After the task "one". */
  readonly after?: readonly Task[];
  readonly crew?: Partial<CrewOptions<TaskList>>;
  readonly kickoff?: KickoffOptions;
  /** The first answers the task "one". */
  readonly steps?: readonly ScriptedStep[];
  /** How many outputs the error carries. @default 1 */
  readonly finished?: number;
  /** When no function of ours is asked: the event that says it is there. */
  readonly at?: CrewEvent['type'];
}

const places: Readonly<Record<string, Place>> = {
  'a hook before the run': { crew: { beforeKickoff: hang }, finished: 0, steps: [] },
  'a planner': { crew: { planning: true }, finished: 0, steps: [silence] },
  'the model': { after: [task('two')], steps: ['1', silence] },
  'a condition': { after: [task('two', { when: hang })] },
  'the map of a context': { after: [task('two', { context: [{ task: one, map: hang }] })] },
  'a summary for a context': {
    after: [task('two', { context: [{ task: one, summarizedBy: person('clerk') }] })],
    steps: ['1', silence],
  },
  'a recall from memory': { after: [task('two', { agent: person('two', { memory: { ...quiet, recall: hang } }) })] },
  'a search in knowledge': { after: [task('two', { agent: person('two', { knowledge: { search: hang } }) })] },
  'a tool': { after: [task('two', { tools: [hangingTool] })], steps: ['1', calls] },
  "a coworker's model": { after: [task('two')], crew: { manager: person('boss') }, steps: ['1', delegates, silence] },
  'the check of a schema': { after: [task('two', { output: hangingSchema })], steps: ['1', '{}'] },
  'a guardrail': { after: [task('two', { guardrails: hang })], steps: ['1', '2'] },
  'the judge of a guardrail': { after: [task('two', { guardrails: 'Is it good?' })], steps: ['1', '2', silence] },
  'a person': { after: [task('two', { human: hang })], steps: ['1', '2'] },
  'an answer asked for again': {
    after: [task('two', { guardrails: () => ({ feedback: 'again' }) })],
    steps: ['1', '2', silence],
  },
  'a memory that keeps an answer': {
    after: [task('two', { agent: person('two', { memory: { ...quiet, remember: hang } }) })],
    steps: ['1', '2'],
    finished: 2,
  },
  'a callback': { after: [task('two', { callback: hang })], steps: ['1', '2'], finished: 2 },
  "the crew's callback": { crew: { taskCallback: hang } },
  'a listener': { kickoff: { onEvent: hang }, finished: 0 },
  'a turn under maxRpm': { after: [task('two')], crew: { maxRpm: 1 }, at: 'task_started' },
  'a wait for all backends': {
    after: [task('two')],
    steps: ['1', allFailed],
    kickoff: { retryAfterMs: 60_000 },
    at: 'warning',
  },
  'tasks side by side': { after: [task('two', { async: true }), task('three', { async: true })], steps: ['1', silence, silence] },
};

test.each(Object.entries(places))('an abort ends the wait for %s, and nothing follows', async (_where, place) => {
  const { after = [], crew = {}, kickoff = {}, steps = ['1'], finished = 1, at } = place;
  const model = scriptedModel(steps);
  const controller = new AbortController();
  const events: CrewEvent[] = [];
  let abortedAt = 0;
  const abort = (): void => {
    abortedAt = performance.now();
    controller.abort(new Error('enough'));
  };
  reached = () => void setTimeout(abort, 5);
  const onEvent = (event: CrewEvent): void => {
    events.push(event);
    if (event.type === at && (event.type !== 'task_started' || event.task === 'two')) reached();
  };

  const running = new Crew({ tasks: [one, ...after], model, ...crew }).kickoff(undefined, {
    onEvent,
    ...kickoff,
    signal: controller.signal,
  });

  const error: unknown = await running.then(
    () => expect.unreachable('the run was not aborted'),
    (reason: unknown) => reason,
  );
  const [tookMs, asked, heard] = [performance.now() - abortedAt, model.requests.length, events.length];
  await sleep(20);

  expect(error).toMatchObject({ code: 'aborted', cause: { message: 'enough' } });
  expect((error as { finished: unknown[] }).finished).toHaveLength(finished);
  expect(tookMs).toBeLessThan(2_000);
  expect([model.requests.length, events.length]).toEqual([asked, heard]);
  expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
});

test('an abort while a hook looks at the result keeps the result, and says which hook was left', async () => {
  const controller = new AbortController();
  reached = () => void setTimeout(() => controller.abort(new Error('enough')), 5);
  const crew = new Crew({ tasks: [one], model: scriptedModel(['1']), afterKickoff: hang });

  const result = await crew.kickoff(undefined, { signal: controller.signal });

  expect(result.text).toBe('1');
  expect(result.warnings).toMatchObject([{ code: 'callback_failed', message: 'afterKickoff threw: enough' }]);
});

test('a run whose journal cannot be opened lets go of the signal', async () => {
  const { signal } = new AbortController();
  const journal = { open: () => Promise.reject(new Error('locked')) };
  const crew = new Crew({ tasks: [task('two', { async: true })], model: scriptedModel([]) });

  const running = crew.kickoff(undefined, { signal, journal, runId: 'id' });

  await expect(running).rejects.toThrow('locked');
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

test('an abort ends all of many runs, and those that had not begun ask for nothing', async () => {
  const controller = new AbortController();
  reached = () => void setTimeout(() => controller.abort(new Error('enough')), 5);
  const model = scriptedModel(Array.from({ length: 10 }, () => silence));
  const crew = new Crew({ tasks: [one], model });

  const outcomes = await crew.kickoffForEach(
    Array.from({ length: 10 }, () => ({})),
    { concurrency: 2, signal: controller.signal },
  );

  expect(outcomes.map((outcome) => outcome.status === 'failed' && outcome.error)).toMatchObject(
    Array.from({ length: 10 }, () => ({ code: 'aborted' })),
  );
  expect(model.requests).toHaveLength(2);
});
