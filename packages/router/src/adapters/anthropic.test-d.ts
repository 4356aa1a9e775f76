import Anthropic from '@anthropic-ai/sdk';
import type { Model } from '@rolecall/core';
import { expectTypeOf, test } from 'vitest';
import { anthropic, type AnthropicClient } from './anthropic.ts';

test('a client of the SDK is a client for the adapter', () => {
  expectTypeOf<Anthropic>().toExtend<AnthropicClient>();
  expectTypeOf(anthropic('claude-sonnet-5-5', { client: new Anthropic({ apiKey: 'key' }) })).toEqualTypeOf<Model>();
});

test('options that are passed on may be undefined', () => {
  const apiKey: string | undefined = process.env['SOME_KEY'];
  expectTypeOf(anthropic('claude-sonnet-5-5', { apiKey, client: undefined })).toEqualTypeOf<Model>();
});

test('an unknown API version is no option', () => {
  // @ts-expect-error: there is no such version
  anthropic('claude-sonnet-5-5', { apiVersion: '2024-01-01' });
});
