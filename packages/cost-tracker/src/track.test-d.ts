import Anthropic from '@anthropic-ai/sdk';
import Groq from 'groq-sdk';
import { Ollama } from 'ollama';
import OpenAI, { AzureOpenAI } from 'openai';
import OpenAI6 from 'openai-6';
import { expectTypeOf, test } from 'vitest';
import { costOf, type CostQuestion } from './cost-of.ts';
import type { CostTracker } from './cost-tracker.ts';
import { usageFrom, type UsageReport } from './usage-from.ts';

declare const tracker: CostTracker;

test('a tracked client has the type of the client', () => {
  expectTypeOf(tracker.track(new OpenAI())).toEqualTypeOf<OpenAI>();
  expectTypeOf(tracker.track(new OpenAI6())).toEqualTypeOf<OpenAI6>();
  expectTypeOf(tracker.track(new AzureOpenAI())).toEqualTypeOf<AzureOpenAI>();
  expectTypeOf(tracker.track(new Anthropic())).toEqualTypeOf<Anthropic>();
  expectTypeOf(tracker.track(new Groq())).toEqualTypeOf<Groq>();
  expectTypeOf(tracker.track(new Ollama())).toEqualTypeOf<Ollama>();
});

test('a run returns what its work does', () => {
  expectTypeOf(tracker.run({ agent: 'a' }, () => 5)).toEqualTypeOf<number>();
  expectTypeOf(tracker.run({ agent: 'a' }, async () => 'x')).toEqualTypeOf<Promise<string>>();
});

test('what usageFrom says is what costOf asks for', () => {
  expectTypeOf<Pick<UsageReport, keyof UsageReport & keyof CostQuestion>>().toExtend<Partial<CostQuestion>>();
  expectTypeOf(costOf({ model: 'm', ...usageFrom('messages', {}) }).usd).toEqualTypeOf<string | null>();
  // @ts-expect-error: there is no such API
  usageFrom('completions', {});
});
