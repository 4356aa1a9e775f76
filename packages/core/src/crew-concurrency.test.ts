import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { Agent } from './agent.ts';
import { Crew } from './crew.ts';
import type { CrewEvent } from './events.ts';
import type { Model } from './model.ts';
import { Task } from './task.ts';
import { tool } from './tool.ts';

const runs = 1_000;

const double = tool({
  name: 'double',
  description: 'Doubles a number.',
  parameters: z.object({ number: z.number() }),
  execute: async ({ number }) => {
    await sleep(Math.random() * 5);
    return number * 2;
  },
});
const calculator = new Agent({ name: 'calculator', role: 'Calculator of {number}', goal: 'g', backstory: 'b', tools: [double] });
const writer = new Agent({ name: 'writer', role: 'Writer', goal: 'g', backstory: 'b' });
const calculate = new Task({ name: 'calculate', description: 'Double {number}', expectedOutput: 'e', agent: calculator });
const write = new Task({ name: 'write', description: 'Write on {number}', expectedOutput: 'e', agent: writer });

const asText = (content: unknown): string => (typeof content === 'string' ? content : JSON.stringify(content));

/** Answers from what it was asked alone, in its own time; each call uses as many tokens as the number it was asked about. */
const model: Model = async ({ messages, onDelta }) => {
  await sleep(Math.random() * 5);
  const asked = JSON.stringify(messages);
  const number = Number(/(?:Double|Write on) (\d+)/.exec(asked)?.[1]);
  const last = messages.at(-1);
  const call = asked.includes('Double') && last?.role !== 'tool';
  const toolCalls = call ? [{ id: '1', name: 'double', arguments: JSON.stringify({ number }) }] : [];
  const context = /by Calculator of (\d+) ---\\n(\d+)/.exec(asked)?.slice(1).join('/');
  const text = call ? '' : last?.role === 'tool' ? asText(last.content) : `${number}: ${context}`;
  await onDelta?.({ type: 'text', text });
  return { model: 'a/b', text, toolCalls, finishReason: call ? 'tool_calls' : 'stop', usage: { inputTokens: number } };
};

test(
  'one crew serves a thousand runs at once, and each has its own inputs, outputs, events and usage',
  { timeout: 30_000 },
  async () => {
    const crew = new Crew({ tasks: [calculate, write], model });
    const heard = new Map<string, CrewEvent[]>();
    const onEvent = (event: CrewEvent): void => void heard.set(event.runId, [...(heard.get(event.runId) ?? []), event]);

    const results = await Promise.all(
      Array.from({ length: runs }, (_, number) => crew.kickoff({ number }, { runId: `run-${number}`, onEvent, stream: true })),
    );

    for (const [number, result] of results.entries()) {
      expect(result.runId).toBe(`run-${number}`);
      expect(result.tasks.calculate.text).toBe(String(number * 2));
      expect(result.text).toBe(`${number}: ${number}/${number * 2}`);
      expect(result.usage).toEqual({ inputTokens: number * 3 });
      expect(result.attempts).toHaveLength(3);
      const deltas = heard.get(result.runId)?.flatMap((event) => (event.type === 'delta' ? event.text : [])) ?? [];
      expect(deltas.join('|')).toBe(`|${number * 2}|${result.text}`);
    }
  },
);

/** Bytes in use when nothing that nobody holds is left. */
async function heapInUse(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let pass = 0; pass < 3; pass++) {
    await sleep(20);
    collect();
  }
  return process.memoryUsage().heapUsed;
}

test('after a thousand runs at once, no memory is held by any of them', { timeout: 60_000 }, async () => {
  const crew = new Crew({ tasks: [calculate, write], model });
  const { signal } = new AbortController();
  const atOnce = async (count: number): Promise<void> => {
    await Promise.all(
      Array.from({ length: count }, (_, number) => crew.kickoff({ number }, { signal, runId: 'x'.repeat(1_000) + number })),
    );
  };
  await atOnce(100); // code is compiled, and pools are filled
  const before = await heapInUse();

  await atOnce(runs);

  const heldPerRun = ((await heapInUse()) - before) / runs;
  expect(heldPerRun).toBeLessThan(1_000); // its id alone would be as much
});

test('many runs under one signal end together, without a warning about listeners', async () => {
  const controller = new AbortController();
  const warnings: Error[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);
  process.on('warning', onWarning);
  const crew = new Crew({ tasks: [calculate, write], model });

  const all = Array.from({ length: 100 }, (_, number) => crew.kickoff({ number }, { signal: controller.signal }));
  controller.abort();
  const outcomes = await Promise.allSettled(all);
  await sleep(10);
  process.off('warning', onWarning);

  expect(outcomes.every((outcome) => outcome.status === 'rejected' && outcome.reason.code === 'aborted')).toBe(true);
  expect(warnings).toEqual([]);
});
