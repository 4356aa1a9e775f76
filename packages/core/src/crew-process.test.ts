/** Tasks side by side, managers, plans, many inputs, time limits. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { z } from 'zod';
import {
  Agent,
  Crew,
  Task,
  tool,
  type CrewOptions,
  type ItemProgress,
  type Model,
  type ModelRequest,
  type TaskList,
} from './index.ts';
import { scriptedModel } from './testing.ts';

const agent = new Agent({ name: 'writer', role: 'Writer', goal: 'g', backstory: 'b' });
const taskOf = (name: string, options: object = {}): Task =>
  new Task({ name, description: `Do ${name}`, expectedOutput: 'e', agent, ...options });
const reply = (text: string): Awaited<ReturnType<Model>> => ({
  model: 'a/b',
  text,
  toolCalls: [],
  finishReason: 'stop',
  usage: {},
});

/** Answers with the task's name in capitals, after a while, and notes who was under way at once. */
function slow(ms: number): { model: Model; log: string[]; most: () => number; prompts: Map<string, string> } {
  const log: string[] = [];
  const prompts = new Map<string, string>();
  let running = 0;
  let most = 0;
  const model: Model = async ({ labels, messages, signal }: ModelRequest) => {
    const task = labels?.task ?? '';
    log.push(`+${task}`);
    prompts.set(task, JSON.stringify(messages[1]?.content));
    most = Math.max(most, ++running);
    try {
      await sleep(ms, undefined, { signal });
    } finally {
      running -= 1;
    }
    if (task === 'broken') throw new Error('down');
    log.push(`-${task}`);
    return reply(task.toUpperCase());
  };
  return { model, log, most: () => most, prompts };
}

test('async tasks run side by side, and what comes after waits for those it builds on', async () => {
  const { model, log, prompts } = slow(20);
  const [a, b] = [taskOf('a', { async: true }), taskOf('b', { async: true })];
  const tasks = [a, b, taskOf('c', { context: [b, a] }), taskOf('d', { context: [] })];

  const result = await new Crew({ tasks, model }).kickoff();

  expect(log.slice(0, 2)).toEqual(['+a', '+b']);
  expect(log.slice(4)).toEqual(['+c', '-c', '+d', '-d']);
  expect(prompts.get('a')).not.toContain('Output of');
  expect(prompts.get('b')).not.toContain('Output of');
  expect(prompts.get('c')).toMatch(/\\nB\\n.*\\nA\\n/);
  expect(result.taskOutputs.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd']);
});

test('a task in order does not wait for an async one it does not build on; the result does', async () => {
  const { model, log } = slow(10);
  const tasks = [taskOf('side', { async: true }), taskOf('main', { context: [] })];

  const result = await new Crew({ tasks, model }).kickoff();

  expect(log.slice(0, 2).toSorted()).toEqual(['+main', '+side']);
  expect(result.taskOutputs.map(({ text }) => text)).toEqual(['SIDE', 'MAIN']);
});

test('no more tasks are under way than the crew allows', async () => {
  const { model, most } = slow(3);
  const tasks = Array.from({ length: 9 }, (_, index) => taskOf(`t${index}`, { async: true }));

  await new Crew({ tasks, model, concurrency: 3 }).kickoff();

  expect(most()).toBe(3);
});

test('when one of several fails, the others are stopped, the error is its own, and what was done is kept', async () => {
  const { model } = slow(10);
  const tasks = [taskOf('first'), taskOf('broken', { async: true }), taskOf('beside', { async: true }), taskOf('after')];
  const types: string[] = [];

  const run = new Crew({ tasks, model }).kickoff({}, { onEvent: ({ type }) => void types.push(type) });

  await expect(run).rejects.toMatchObject({ code: 'model_failed', task: 'broken', finished: [{ name: 'first' }] });
  expect(types.at(-1)).toBe('crew_failed');
  expect(types.filter((type) => type === 'task_started')).toHaveLength(3);
});

test.each([
  ['a manager', { agent: undefined }, { agents: [agent], manager: new Agent({ role: 'Boss', goal: 'g', backstory: 'b' }) }],
  [
    'allowDelegation',
    { agent: new Agent({ role: 'Boss', goal: 'g', backstory: 'b', allowDelegation: true }) },
    { agents: [agent] },
  ],
])('a tool of a task with a name that %s needs is refused', (giver, more, crew) => {
  const ask = tool({ name: 'ask', description: 'Asks.', parameters: z.object({}), execute: () => 'mine' });
  const make = (): Crew => new Crew({ tasks: [taskOf('one', { tools: [ask], ...more })], model: scriptedModel([]), ...crew });

  expect(make).toThrow(TypeError);
  expect(make).toThrow(`Crew: task "one": tools has "ask", which ${giver} gives to a tool of its own`);
});

test.each<[string, Partial<CrewOptions<TaskList>>]>([
  ['a manager', { manager: new Agent({ role: 'Boss', goal: 'g', backstory: 'b' }) }],
  ['an agent that may hand work on', { agents: [new Agent({ role: 'Boss', goal: 'g', backstory: 'b', allowDelegation: true })] }],
])('two coworkers of one name are refused where %s could reach only one', (_who, { agents = [], manager }) => {
  const twin = new Agent({ name: 'writer', role: 'Another', goal: 'g', backstory: 'b' });
  const tasks = [taskOf('one'), taskOf('two', { agent: twin })];
  const make = (): Crew => new Crew({ tasks, model: scriptedModel([]), agents, manager });

  expect(make).toThrow(TypeError);
  expect(make).toThrow('Crew: agent "Boss" could not tell two coworkers "writer" apart: give each a name of its own');
  expect(() => new Crew({ tasks, model: scriptedModel([]) })).not.toThrow();
});

/** Fails at the task `broken`; at any other it waits until it is aborted. */
const untilAborted: Model = async ({ labels, signal }) => {
  if (labels?.task === 'broken') throw Object.assign(new Error('down'), { model: 'a/b', code: 'server_error' });
  await new Promise((_resolve, reject) => signal?.addEventListener('abort', reject, { once: true }));
  throw new Error('it was aborted');
};

test('the error of a run counts what was under way beside the task that failed', async () => {
  const tasks = [taskOf('beside', { async: true }), taskOf('broken', { async: true })];
  const told: unknown[] = [];

  const run = new Crew({ tasks, model: untilAborted }).kickoff(
    {},
    { onEvent: (event) => void told.push('error' in event && event.error) },
  );

  const error: unknown = await run.catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    code: 'model_failed',
    task: 'broken',
    message: 'Task "broken" (writer) failed: down',
    attempts: [{ outcome: 'failed' }, { outcome: 'aborted', possiblyBilled: true }],
    unpriced: 1,
  });
  expect(told.at(-1)).toBe(error);
});

test('a manager does every task with the coworkers it hands work to, agentless tasks too', async () => {
  const manager = new Agent({ name: 'boss', role: 'Boss', goal: 'g', backstory: 'b' });
  const orphan = new Task({ name: 'orphan', description: 'Do it', expectedOutput: 'e' });
  const model = scriptedModel([
    (request) => {
      const delegate = request.tools?.find(({ name }) => name === 'delegate');
      expect(delegate).toBeDefined();
      return {
        toolCalls: [
          {
            id: '1',
            name: 'delegate',
            arguments: JSON.stringify({ coworker: 'writer', task: 'Write it', context: 'All of it' }),
          },
        ],
      };
    },
    'WRITTEN',
    'CHECKED',
  ]);

  const result = await new Crew({ tasks: [orphan], agents: [agent], manager, model }).kickoff();

  expect(result.text).toBe('CHECKED');
  expect(model.requests.map(({ role }) => role)).toEqual(['boss', 'writer', 'boss']);
  expect(JSON.stringify(model.requests[1]?.messages)).toContain('Write it');
  expect(JSON.stringify(model.requests[2]?.messages)).toContain('WRITTEN');
  expect(result.tasks.orphan).toMatchObject({ role: 'boss', attempts: { length: 3 } });
});

test('planning asks once, before the first task, and each plan reaches the prompt of its task', async () => {
  const plans = [{ task: 'a', plan: '1. Look twice' }];
  const model = scriptedModel([JSON.stringify({ plans }), 'A', 'B']);

  const result = await new Crew({ tasks: [taskOf('a'), taskOf('b')], model, planning: true }).kickoff();

  expect(model.requests.map(({ role }) => role)).toEqual(['planner', 'writer', 'writer']);
  expect(model.requests[0]?.messages[1]?.content).toMatch(/"a", done by Writer[\s\S]*Do b/);
  expect(model.requests[1]?.messages[1]?.content).toContain('1. Look twice');
  expect(model.requests[2]?.messages[1]?.content).not.toContain('plan');
  expect(result.warnings).toMatchObject([{ code: 'plan_unreadable', message: 'The planner gave no plan for b' }]);
  expect(result.attempts).toHaveLength(3);
});

test('a planner that fails ends the run as a task would', async () => {
  const planning = new Agent({ name: 'chief', role: 'Chief', goal: 'g', backstory: 'b' });

  await expect(
    new Crew({ tasks: [taskOf('a')], model: scriptedModel([new Error('down')]), planning }).kickoff(),
  ).rejects.toMatchObject({
    code: 'model_failed',
    task: 'planning',
    role: 'chief',
  });
});

const dawdle: Model = async ({ onDelta, signal }) => {
  await onDelta?.({ type: 'text', text: 'half an ans' });
  return sleep(5_000, reply('late'), { signal });
};

test('a task is stopped when its time is up, and what it had said is kept', async () => {
  const late: string[] = [];
  const startedAt = performance.now();

  const run = new Crew({ tasks: [taskOf('a', { timeoutMs: 20 })], model: dawdle }).kickoff(
    {},
    { stream: true, onEvent: ({ type }) => void late.push(type) },
  );

  await expect(run).rejects.toMatchObject({ code: 'timeout', partialText: 'half an ans', attempts: { length: 1 } });
  expect(performance.now() - startedAt).toBeLessThan(1_500);
  expect(late.at(-1)).toBe('crew_failed');
});

test('many inputs run so many at a time, in order, and one that fails loses no other', async () => {
  let running = 0;
  let most = 0;
  const model: Model = async ({ messages }) => {
    most = Math.max(most, ++running);
    await sleep(Math.random() * 4);
    running -= 1;
    const number = Number(/Double (\d+)/.exec(JSON.stringify(messages))?.[1]);
    if (number % 5 === 0) throw new Error(`no ${number}`);
    return reply(String(number * 2));
  };
  const double = new Task({ name: 'double', description: 'Double {number}', expectedOutput: 'e', agent });
  const crew = new Crew({ tasks: [double], model });
  const progress: ItemProgress[] = [];
  const inputs = Array.from({ length: 50 }, (_, number) => ({ number }));

  const outcomes = await crew.kickoffForEach(inputs, {
    concurrency: 7,
    runId: 'batch',
    onItem: (item) => void progress.push(item),
  });

  expect(most).toBe(7);
  for (const [number, outcome] of outcomes.entries()) {
    expect(outcome.index).toBe(number);
    if (outcome.status === 'finished')
      expect([outcome.result.text, outcome.result.runId]).toEqual([String(number * 2), `batch-${number}`]);
    else expect([number % 5, outcome.error]).toMatchObject([0, { code: 'model_failed' }]);
  }
  expect(progress).toHaveLength(100);
  expect(progress.at(-1)).toMatchObject({ total: 50, running: 0, finished: 40, failed: 10 });
  expect(Math.max(...progress.map((item) => item.running))).toBe(7);
});

const throwing = ({ type, index }: ItemProgress): void => {
  if (type !== 'item_started') throw new Error(`my bug ${index}`);
};

const rejecting = async (item: ItemProgress): Promise<void> => {
  await new Promise((resolve) => setTimeout(resolve, 10));
  throwing(item);
};

test.each([
  ['throws', throwing],
  ['rejects', rejecting],
])('an onItem that %s loses nothing, and is reported with the outcome', async (_how, onItem) => {
  const crew = new Crew({ tasks: [taskOf('t')], model: scriptedModel(['one', new Error('down')]) });

  const outcomes = await crew.kickoffForEach([{}, {}], { concurrency: 1, onItem });

  expect(outcomes).toMatchObject([
    { status: 'finished', warnings: [{ code: 'listener_failed', message: 'onItem threw at item_finished: my bug 0' }] },
    { status: 'failed', warnings: [{ code: 'listener_failed', message: 'onItem threw at item_failed: my bug 1' }] },
  ]);
});

test('an onItem that never ends is not waited for after an abort', async () => {
  const crew = new Crew({ tasks: [taskOf('t')], model: scriptedModel(['one']) });
  const controller = new AbortController();
  const onItem = ({ type }: ItemProgress): Promise<void> => {
    if (type === 'item_finished') setTimeout(() => controller.abort(), 10);
    return new Promise(() => undefined);
  };

  const outcomes = await crew.kickoffForEach([{}], { signal: controller.signal, onItem });

  expect(outcomes).toMatchObject([{ status: 'finished' }]);
});

test.each<[string, object, string]>([
  ['a version', { version: '' }, 'Crew: version is ""'],
  ['a manager', { manager: 'boss' }, 'manager is "boss", and has to be an Agent'],
  ['a manager among the members', { manager: agent }, 'manager "writer" is also a member'],
  ['planning', { planning: 'yes' }, 'planning is "yes", and has to be true, false or an Agent'],
  ['concurrency', { concurrency: 0 }, 'concurrency is 0, and has to be a whole number'],
  ['an output root', { outputRoot: 1 }, 'outputRoot is 1'],
  ['a hook', { beforeKickoff: [1] }, 'beforeKickoff is 1, and has to be a function'],
  ['an after-hook', { afterKickoff: 'x' }, 'afterKickoff is "x"'],
  ['a callback', { taskCallback: {} }, 'taskCallback is an object (Object), and has to be a function'],
  ['compat', { compat: 'langchain' }, 'compat is "langchain", and has to be "crewai"'],
  ['maxRpm', { maxRpm: -1 }, 'maxRpm is -1'],
  ['a first task with when', { tasks: [taskOf('a', { when: () => true })] }, 'the first task, "a", has a when'],
])('a crew with a wrong %s is refused', (_what, change, message) => {
  const make = (): Crew => new Crew({ tasks: [taskOf('t')], model: scriptedModel([]), ...change });

  expect(make).toThrow(TypeError);
  expect(make).toThrow(message);
});

test.each<[string, object, string]>([
  ['guardrails', { guardrails: [1] }, 'guardrails[0] is 1, and has to be a function, a text, or { criteria, judge }'],
  ['a judge', { guardrails: { criteria: 'a', judge: 'b' } }, 'guardrails[0].judge is "b", and has to be an Agent'],
  ['retries', { maxRetries: -1 }, 'maxRetries is -1'],
  ['a time limit', { timeoutMs: 0 }, 'timeoutMs is 0'],
  ['a flag', { markdown: 'yes' }, 'markdown is "yes", and has to be true or false'],
  ['a callback', { callback: 'log' }, 'callback is "log", and has to be a function'],
  ['a person', { human: true }, 'human is true, and has to be a function'],
  ['a condition', { when: true }, 'when is true, and has to be a function'],
  ['a condition beside async', { when: () => true, async: true }, 'when and async exclude each other'],
  ['a policy', { context: [{ task: taskOf('x'), maxTokens: 0 }] }, 'context[0].maxTokens is 0'],
  ['two policies', { context: [{ task: taskOf('x'), maxTokens: 1, map: String }] }, 'context[0] has several policies'],
  [
    'an unknown policy',
    { context: [{ task: taskOf('x'), maxToken: 1 }] },
    'context[0] has no "maxToken"; valid are task, maxTokens',
  ],
])('a task with wrong %s is refused', (_what, change, message) => {
  expect(() => taskOf('t', change)).toThrow(TypeError);
  expect(() => taskOf('t', change)).toThrow(message);
});

test('kickoffForEach refuses what is no list, and wrong options', async () => {
  const crew = new Crew({ tasks: [taskOf('t')], model: scriptedModel([]) });

  await expect(crew.kickoffForEach({} as never)).rejects.toThrow('inputs is an object (Object)');
  await expect(crew.kickoffForEach([], { concurrency: 0 })).rejects.toThrow('concurrency is 0');
  await expect(crew.kickoffForEach([], { onItem: 1 as never })).rejects.toThrow('onItem is 1');
  expect(() => crew.stream({}, { signal: 1 as never })).toThrow('signal is 1');
});
