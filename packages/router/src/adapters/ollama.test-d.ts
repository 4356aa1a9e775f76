import type { Model } from '@rolecall/core';
import { Ollama } from 'ollama';
import { expectTypeOf, test } from 'vitest';
import { ollama, type OllamaClient } from './ollama.ts';

test('a client of the SDK is a client for the adapter', () => {
  expectTypeOf<Ollama>().toExtend<OllamaClient>();
  expectTypeOf(ollama('mistral', { client: new Ollama() })).toEqualTypeOf<Model>();
});

test('options that are passed on may be undefined', () => {
  const host: string | undefined = process.env['SOME_HOST'];
  expectTypeOf(ollama('mistral', { host, client: undefined })).toEqualTypeOf<Model>();
});

test('a client without chat is none', () => {
  // @ts-expect-error: it cannot be asked anything
  ollama('mistral', { client: { generate: async () => ({}) } });
});
