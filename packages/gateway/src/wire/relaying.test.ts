import type { ModelRequest, ModelResponse } from '@rolecall/core';
import type { Backend } from '@rolecall/router';
import { expect, test } from 'vitest';
import { MockFailure } from './mock-failure.ts';
import { type CallRequest, Progress, progress, type ProgressFacts } from './progress.ts';
import { relaying } from './relaying.ts';

const messages = [{ role: 'user', content: 'Hello' }] as const;
const answer: ModelResponse = {
  model: 'm',
  text: 'Hi',
  toolCalls: [],
  finishReason: 'stop',
  usage: {},
  metadata: { raw: { its: 'own' } },
};
const placeOf = (name: string) => ({ name, deployment: `${name}#1`, model: `openai/${name}` });
const around = { track: (model: Backend) => model, onAnswer: () => undefined };

function progressOf(more: Partial<ProgressFacts> = {}): Progress {
  return new Progress({ messages, settings: {}, words: { temperature: 'temperature' }, wireOnly: [], mock: undefined, ...more });
}

function requestOf(call: Progress, heard: string[] = []): CallRequest {
  const onBytes = (bytes: Uint8Array): void => void heard.push(`bytes ${String(Buffer.from(bytes))}`);
  const wire = { api: 'chat.completions', body: { stream: true }, onBytes };
  return { messages, wire, onDelta: (delta) => void heard.push(delta.type), labels: { [progress]: call } };
}

const speaker: Backend = Object.assign(
  async (request: ModelRequest) => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    await request.wire?.onBytes?.(Buffer.from('data: 1\n\n'));
    await request.onDelta?.({ type: 'text', text: '1' });
    return answer;
  },
  { id: 'groq/speaks', speaks: ['chat.completions'] },
);
const stranger: Backend = Object.assign(
  async (request: ModelRequest) => {
    await request.onDelta?.({ type: 'text', text: '2' });
    return answer;
  },
  { id: 'ollama/strange' },
);

test('two attempts at once, one relayed and one translated, do not take each other for themselves', async () => {
  const call = progressOf();
  const [relayed, translated]: [string[], string[]] = [[], []];

  const slow = relaying(speaker, placeOf('speaks'), around)(requestOf(call, relayed));
  const quick = relaying(stranger, placeOf('strange'), around)(requestOf(call, translated));
  const [one, other] = await Promise.all([slow, quick]);

  expect([relayed, translated]).toEqual([['bytes data: 1\n\n'], ['text']]);
  expect([one.metadata?.raw, other.metadata?.raw]).toEqual([{ its: 'own' }, undefined]);
  expect(call.place?.name).toBe('speaks'); // whose answer came last
  expect(call).toMatchObject({ calls: 2, names: 2 });
  expect(call.upstreamMs).toBeGreaterThan(15);
  expect(call.upstreamMs).toBe(call.upstreamMs); // over, both of them
});

/** What comes of asking these names in turn. */
async function outcome(code: 'overloaded' | 'rate_limited', names: readonly string[]): Promise<readonly string[]> {
  const call = progressOf({ mock: new MockFailure(code) });
  const ask = async (name: string): Promise<string> =>
    relaying(
      stranger,
      placeOf(name),
      around,
    )(requestOf(call)).then(
      ({ text }) => text,
      (error: { code: string; unasked: boolean }) => `${error.code} ${error.unasked}`,
    );
  const told: string[] = [];
  for (const name of names) told.push(await ask(name));
  return told;
}

test('a failure that is ordered is that of the first name alone, and a rate limit that of the first call', async () => {
  expect(await outcome('overloaded', ['a', 'a', 'b'])).toEqual(['overloaded true', 'overloaded true', 'Hi']);
  expect(await outcome('rate_limited', ['a', 'a', 'b'])).toEqual(['rate_limited true', 'Hi', 'Hi']);
});
