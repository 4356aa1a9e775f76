import type { Groq } from 'groq-sdk';
import type { AzureOpenAI, OpenAI as OpenAI7 } from 'openai';
import type { OpenAI as OpenAI6 } from 'openai-6';
import { expectTypeOf, test } from 'vitest';
import type { GroqClient } from './groq.ts';
import type { OpenAIClient } from './openai.ts';

test('the clients of the SDKs fit, in every version we promise', () => {
  expectTypeOf<OpenAI7>().toExtend<OpenAIClient>();
  expectTypeOf<AzureOpenAI>().toExtend<OpenAIClient>();
  expectTypeOf<OpenAI6>().toExtend<OpenAIClient>();
  expectTypeOf<Groq>().toExtend<GroqClient>();
});

test('what cannot chat does not fit', () => {
  expectTypeOf<{ chat: { completions: { create(): string } } }>().not.toExtend<OpenAIClient>();
});
