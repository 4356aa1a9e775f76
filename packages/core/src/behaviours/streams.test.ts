/** Behaviour 39, and the rest of what a stream promises. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Agent, Crew, Task, type CrewEvent, type Model } from '../index.ts';
import { scriptedModel } from '../testing.ts';

const agent = new Agent({ name: 'writer', role: 'Writer', goal: 'g', backstory: 'b' });
const one = new Task({ name: 'one', description: 'On {topic}', expectedOutput: 'e', agent });
const two = new Task({ name: 'two', description: 'More', expectedOutput: 'e', agent });

/** Streams its letters one by one, and counts them. */
function letters(text: string): Model & { sent: number } {
  const model = async ({ onDelta, signal }: Parameters<Model>[0]) => {
    for (const letter of text) {
      signal?.throwIfAborted();
      counting.sent += 1;
      await onDelta?.({ type: 'text', text: letter });
    }
    return { model: 'a/b', text, toolCalls: [], finishReason: 'stop' as const, usage: {} };
  };
  const counting = Object.assign(model, { sent: 0 });
  return counting;
}

/** Streams the topic it was asked about, a letter a millisecond. */
const echo: Model = async ({ messages, onDelta }) => {
  const text = /On (\w+)/.exec(JSON.stringify(messages))?.[1] ?? '';
  for (const letter of text) {
    await sleep(1);
    await onDelta?.({ type: 'text', text: letter });
  }
  return { model: 'a/b', text, toolCalls: [], finishReason: 'stop', usage: {} };
};

test('39. chunks are tagged, and the result is there at the end', async () => {
  const stream = new Crew({ tasks: [one, two], model: scriptedModel(['First', 'Second']) }).stream({ topic: 'bees' });
  const texts: Record<string, string> = {};

  for await (const event of stream) {
    if (event.type === 'delta')
      texts[`${event.taskIndex} ${event.task} ${event.role}`] =
        (texts[`${event.taskIndex} ${event.task} ${event.role}`] ?? '') + event.text;
  }

  expect(texts).toEqual({ '0 one writer': 'First', '1 two writer': 'Second' });
  expect((await stream.result).text).toBe('Second');
  await stream.close();
  await stream.close();
});

test('39b. errors surface from the iterator, once, and from the result', async () => {
  const stream = new Crew({ tasks: [one], model: scriptedModel([new Error('down')]) }).stream({ topic: 'bees' });
  const types: string[] = [];

  const reading = (async () => {
    for await (const { type } of stream) types.push(type);
  })();

  await expect(reading).rejects.toMatchObject({ code: 'model_failed' });
  expect(types.at(-1)).toBe('crew_failed');
  await expect(stream.result).rejects.toMatchObject({ code: 'model_failed' });
  expect(await stream.next()).toEqual({ value: undefined, done: true });
});

test('39c. two streams of one crew do not mix', async () => {
  const crew = new Crew({ tasks: [one], model: echo });
  const read = async (topic: string): Promise<string> => {
    let text = '';
    for await (const event of crew.stream({ topic }, { runId: topic })) {
      expect(event.runId).toBe(topic);
      if (event.type === 'delta') text += event.text;
    }
    return text;
  };

  expect(await Promise.all([read('butterflies'), read('bumblebees')])).toEqual(['butterflies', 'bumblebees']);
});

test('events that are asked for all at once come all, in order', async () => {
  const stream = new Crew({ tasks: [one], model: scriptedModel(['First']) }).stream({ topic: 'bees' });

  const events = await Promise.all(Array.from({ length: 10 }, () => stream.next()));

  const types = events.map(({ value }) => value?.type);
  expect(types.slice(0, 3)).toEqual(['crew_started', 'task_started', 'model_call_started']);
  expect(types.indexOf(undefined)).toBe(types.indexOf('crew_finished') + 1);
});

const failing = (): never => {
  throw new Error('my bug');
};

test('a listener beside the reader that throws takes no event from it', async () => {
  const stream = new Crew({ tasks: [one], model: scriptedModel(['First']) }).stream({ topic: 'bees' }, { onEvent: failing });
  const types: string[] = [];

  for await (const { type } of stream) types.push(type);

  expect([types[0], types.at(-1)]).toEqual(['crew_started', 'crew_finished']);
  expect((await stream.result).warnings).toMatchObject([{ code: 'listener_failed', message: 'onEvent threw: my bug' }]);
});

test('a slow reader holds the model back', async () => {
  const model = letters('abcdefghij');
  const stream = new Crew({ tasks: [one], model }).stream({ topic: 'bees' });
  let read = 0;

  for await (const event of stream) {
    if (event.type !== 'delta') continue;
    read += 1;
    await sleep(2);
    expect(model.sent).toBe(read);
  }

  expect(read).toBe(10);
});

test('leaving the loop aborts the run, and nothing more is asked', async () => {
  const model = letters('abcdefghij');
  const stream = new Crew({ tasks: [one, two], model }).stream({ topic: 'bees' });

  for await (const { type } of stream) if (type === 'delta') break;

  expect(model.sent).toBe(1);
  await expect(stream.result).rejects.toMatchObject({ code: 'aborted' });
  expect(await stream.next()).toMatchObject({ done: true });
});

test.each(['to its end', 'and left'])('a stream that was read %s is not read again', async (how) => {
  const stream = new Crew({ tasks: [one], model: letters('abc') }).stream({ topic: 'bees' });
  for await (const { type } of stream) if (how === 'and left' && type === 'delta') break;

  const again = async (): Promise<void> => {
    for await (const { type } of stream) expect(type).toBe('never');
  };

  await expect(again()).rejects.toThrow('The events of this stream were read already');
});

test('the result alone lets the events go by', async () => {
  const model = letters('abc');

  expect((await new Crew({ tasks: [one], model }).stream({ topic: 'bees' }).result).text).toBe('abc');
});

test('a stream that nobody reads asks for nothing, and one that is closed before it began never does', async () => {
  const model = letters('abc');
  const stream = new Crew({ tasks: [one], model }).stream({ topic: 'bees' });

  await stream.close();

  await expect(stream.result).rejects.toMatchObject({
    name: 'TaskError',
    code: 'aborted',
    task: 'one',
    message: 'Task "one" (writer) was aborted: The stream was closed',
  });
  expect(await stream.next()).toMatchObject({ done: true });
  expect(model.sent).toBe(0);
});

test('no text is shown twice without a reset before it', async () => {
  const strict = new Task({
    name: 'strict',
    description: 'd',
    expectedOutput: 'e',
    agent,
    guardrails: ({ text }) => text === 'good' || { feedback: 'no' },
  });
  const stream = new Crew({ tasks: [strict], model: scriptedModel(['bad', 'worse', 'good']) }).stream();
  const shown: string[] = [];
  const resets: CrewEvent[] = [];

  for await (const event of stream) {
    if (event.type === 'delta') shown.push(event.text);
    if (event.type !== 'reset') continue;
    resets.push(event);
    shown.length = 0;
  }

  expect(shown.join('')).toBe('good');
  expect(resets).toMatchObject([
    { task: 'strict', attempt: 1, reason: 'guardrail' },
    { task: 'strict', attempt: 2, reason: 'guardrail' },
  ]);
});

test('a listener of its own hears the same events, and an outer signal ends the run', async () => {
  const stop = new AbortController();
  const heard: CrewEvent[] = [];
  const read: CrewEvent[] = [];
  const stream = new Crew({ tasks: [one], model: letters('abc') }).stream(
    { topic: 'bees' },
    { signal: stop.signal, onEvent: (event) => void heard.push(event) },
  );

  const reading = (async () => {
    for await (const event of stream) {
      read.push(event);
      if (event.type === 'delta') stop.abort(new Error('enough'));
    }
  })();

  await expect(reading).rejects.toMatchObject({ code: 'aborted', message: expect.stringContaining('enough') });
  expect(heard.slice(0, read.length)).toEqual(read);
});
