import { expectTypeOf, test } from 'vitest';
import type { Fault, ScriptedAnswer, SeenRequest, Simulator, SimulatorOptions } from './index.ts';

test('a fault has what its kind needs, and nothing else', () => {
  expectTypeOf<{ kind: 'status'; status: 429; headers: { 'retry-after': '1' }; times: number }>().toExtend<Fault>();
  expectTypeOf<{ kind: 'reset' }>().toExtend<Fault>();
  expectTypeOf<{ kind: 'cut'; afterChunks: 2; provider: 'groq' }>().toExtend<Fault>();
  // @ts-expect-error a status fault says which status
  ({ kind: 'status' }) satisfies Fault;
  // @ts-expect-error a slow one says how slow
  ({ kind: 'slow' }) satisfies Fault;
  // @ts-expect-error there is no such provider
  ({ kind: 'reset', provider: 'cohere' }) satisfies Fault;
  // @ts-expect-error a reset has no status
  ({ kind: 'reset', status: 500 }) satisfies Fault;
});

test('options that are passed on may be undefined', () => {
  expectTypeOf<{ seed: undefined; latencyMs: undefined; ports: { ollama: undefined } }>().toExtend<SimulatorOptions>();
  expectTypeOf<{ text: undefined; usage: { inputTokens: undefined } }>().toExtend<ScriptedAnswer>();
});

test('what was seen can be read and not written', () => {
  expectTypeOf<Simulator['requests']>().toEqualTypeOf<readonly SeenRequest[]>();
});
