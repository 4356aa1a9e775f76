import { getEventListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { z } from 'zod';
import { workOf } from '../test/agent-work.ts';
import { runAgent } from './agent-loop.ts';
import type { CrewEvent } from './events.ts';
import { RpmLimits } from './max-rpm.ts';
import type { Model, ToolCall } from './model.ts';
import { scriptedModel } from './testing.ts';
import { tool, type ToolContext, type ToolOptions } from './tool.ts';

const toolOf = (options: Partial<ToolOptions<object>>) =>
  tool({ name: 'look', description: 'Looks.', parameters: z.object({}), execute: () => 'seen', ...options });
const call = (id: string, name = 'look'): ToolCall => ({ id, name, arguments: '' });
const calling = { toolCalls: [call('1')] };

/** Throws so often, then works. */
function failing(times: number) {
  let calls = 0;
  return toolOf({
    onError: 'fail',
    execute: () => {
      calls += 1;
      if (calls <= times) throw new Error('no disk');
      return 'seen';
    },
  });
}

test('(36) a task whose tool must not fail is begun again with an identical prompt, and no cached answer will do', async () => {
  const model = scriptedModel([calling, calling, 'done']);
  const work = workOf(model, { agent: { tools: [failing(1)] } });

  expect((await runAgent(work)).text).toBe('done');

  model.assertComplete();
  expect(model.requests[1]?.messages).toEqual(model.requests[0]?.messages);
  expect(model.requests.map(({ cache }) => cache)).toEqual([undefined, { reload: true }, { reload: true }]);
  expect(work.run.warnings).toMatchObject([
    { code: 'task_retried', message: '"write" was begun again (retry 1 of 3): the tool look failed: no disk' },
  ]);
});

test('(36) the retries are used up for this task and run alone, and then the tool is the reason', async () => {
  const options = { agent: { tools: [failing(99)], maxRetries: 1 } };

  for (const work of [workOf(scriptedModel([calling, calling]), options), workOf(scriptedModel([calling, calling]), options)]) {
    await expect(runAgent(work)).rejects.toMatchObject({
      code: 'tool_failed',
      message: 'the tool look failed: no disk',
      cause: new Error('no disk'),
    });
  }
});

test('what a model throws is not retried, however many retries there are', async () => {
  const model = scriptedModel([new Error('down'), 'never']);

  await expect(runAgent(workOf(model, { agent: { maxRetries: 5 } }))).rejects.toThrow('down');

  expect(model.requests).toHaveLength(1);
});

test('(37) a time limit aborts the request, rejects at once, and nothing comes late', async () => {
  let aborted = false;
  const events: CrewEvent[] = [];
  const model: Model = async ({ signal, onDelta }) => {
    signal?.addEventListener('abort', () => (aborted = true));
    await sleep(150);
    await onDelta?.({ type: 'text', text: 'late' });
    return { model: 'a/b', text: 'late', toolCalls: [], finishReason: 'stop', usage: {} };
  };
  const { signal } = new AbortController();
  const startedAt = performance.now();

  const run = runAgent(workOf(model, { agent: { timeoutMs: 20 }, stream: true, events, signal }));

  await expect(run).rejects.toThrow('Agent "writer" took longer than 20 ms');
  expect(performance.now() - startedAt).toBeLessThan(1_400); // 20 times the 70 ms of limit and grace
  expect(aborted).toBe(true);
  const heard = events.length;
  await sleep(200);
  expect(events).toHaveLength(heard);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

test('a time limit reaches the tools, and one that is not reached leaves nothing behind', async () => {
  const stuck = toolOf({ execute: (_args: object, { signal }: ToolContext) => sleep(10_000, undefined, { signal }) });
  const late = runAgent(workOf(scriptedModel([calling]), { agent: { timeoutMs: 20, tools: [stuck] } }));
  await expect(late).rejects.toThrow('took longer than 20 ms');

  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const { text } = await runAgent(workOf(scriptedModel(['done']), { agent: { timeoutMs: 60_000 } }));
  const timers = vi.getTimerCount();
  vi.useRealTimers();

  expect([text, timers]).toEqual(['done', 0]);
});

test('a limit of requests per minute holds back the model, and an abort ends that wait', async () => {
  const limits = new RpmLimits(1);
  const controller = new AbortController();
  const model = scriptedModel(['one', 'never']);
  await runAgent(workOf(model, { limits }));
  setTimeout(() => controller.abort(new Error('enough')), 20);

  const second = workOf(model, { limits, signal: controller.signal });
  await expect(runAgent(second)).rejects.toThrow('enough');

  expect(model.requests).toHaveLength(1);
  expect(second.attempts).toEqual([]); // nobody was asked, so nothing was spent
});

test('a long result is cut, the model is told so, and no character is torn', async () => {
  const long = toolOf({ execute: () => '🐝'.repeat(100), maxResultCharacters: 51 });
  const model = scriptedModel([calling, 'done']);

  await runAgent(workOf(model, { agent: { tools: [long] } }));

  const told = model.requests[1]?.messages.at(-1)?.content;
  expect(told).toBe(`${'🐝'.repeat(25)}\n[The result was cut: 50 of its 200 characters are shown.]`);
});

test('a result is cut at 50,000 characters when the tool does not say', async () => {
  const model = scriptedModel([calling, 'done']);

  await runAgent(workOf(model, { agent: { tools: [toolOf({ execute: () => 'x'.repeat(60_000) })] } }));

  expect(model.requests[1]?.messages.at(-1)?.content).toMatch(/^x{50000}\n\[The result was cut: 50000 of its 60000/);
});

test('each call of a tool has a key of its own, and the model can ask for a tool twice in a turn', async () => {
  const keys: string[] = [];
  const noting = toolOf({ execute: (_args: object, { idempotencyKey }: ToolContext) => void keys.push(idempotencyKey) });
  const model = scriptedModel([{ toolCalls: [call('same'), call('same')] }, calling, 'done']);

  await runAgent(workOf(model, { agent: { tools: [noting] } }));

  expect(new Set(keys).size).toBe(3);
  expect(keys[0]).toBe('run%2Fwrite%2Fturn-1%2Ftool-1-look');
});

test('when one tool of a turn ends the task, the others are waited for: nothing of the turn comes late', async () => {
  let ended = 0;
  const slow = toolOf({ name: 'slow', execute: () => sleep(40).then(() => (ended += 1)) });
  const model = scriptedModel([{ toolCalls: [call('1'), call('2', 'slow')] }]);

  await expect(runAgent(workOf(model, { agent: { tools: [failing(9), slow], maxRetries: 0 } }))).rejects.toThrow('no disk');

  expect(ended).toBe(1);
});

const window = (maxTokens: number, policy?: 'error' | 'drop_tool_results' | 'summarise') => ({ maxTokens, policy });
const big = toolOf({ execute: () => 'x'.repeat(800) }); // about 200 tokens

test('a conversation that would not fit is refused before anything is sent', async () => {
  const model = scriptedModel([calling, 'never']);

  const run = runAgent(workOf(model, { agent: { tools: [big], contextWindow: window(200) } }));

  await expect(run).rejects.toMatchObject({
    code: 'context_too_long',
    message: expect.stringMatching(/about \d+ tokens, and there is room for \d+/),
  });
  expect(model.requests).toHaveLength(1);
});

test('what is reserved for the answer is taken off the window', async () => {
  const settings = { maxOutputTokens: 990 };

  await expect(runAgent(workOf(scriptedModel([]), { agent: { settings, contextWindow: window(1_000) } }))).rejects.toThrow(
    'there is room for 10',
  );
});

test('the oldest tool results make room for new ones', async () => {
  const model = scriptedModel([calling, calling, 'done']);
  const work = workOf(model, { agent: { tools: [big], contextWindow: window(400, 'drop_tool_results') } });

  await runAgent(work);

  const contents = model.requests[2]?.messages.flatMap(({ role, content }) => (role === 'tool' ? [content] : []));
  expect(contents).toEqual([expect.stringContaining('removed'), 'x'.repeat(800)]);
  expect(work.run.warnings).toMatchObject([
    { code: 'context_shortened', message: expect.stringContaining('oldest tool results') },
  ]);
});

test('the agent sums up its work so far, and goes on from the summary and the last turn', async () => {
  const model = scriptedModel([calling, calling, 'I saw many x.', 'done']);
  const work = workOf(model, { agent: { tools: [big], contextWindow: window(400, 'summarise') } });

  const { text, turns } = await runAgent(work);

  expect([text, turns]).toEqual(['done', 3]);
  expect(model.requests[2]?.tools).toBeUndefined();
  expect(model.requests[3]?.messages.map(({ role }) => role)).toEqual(['system', 'user', 'user', 'assistant', 'tool']);
  expect(JSON.stringify(model.requests[3]?.messages[2])).toContain('I saw many x.');
  expect(work.attempts).toHaveLength(4);
});
