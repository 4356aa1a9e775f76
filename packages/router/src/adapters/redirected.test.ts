import type { Model } from '@rolecall/core';
import { expect, test } from 'vitest';
import { serve } from '../../test/serve.ts';
import { ModelError } from '../errors.ts';
import { anthropic } from './anthropic.ts';
import { groq } from './groq.ts';
import { ollama } from './ollama.ts';
import { openai } from './openai.ts';

type Make = (baseURL: string, fetch?: typeof globalThis.fetch) => Model;

const adapters: readonly (readonly [string, Make])[] = [
  ['openai', (baseURL, fetch) => openai('m', { baseURL, apiKey: 'sk-secret', fetch })],
  ['groq', (baseURL, fetch) => groq('m', { baseURL, apiKey: 'sk-secret', fetch })],
  ['anthropic', (baseURL, fetch) => anthropic('m', { baseURL, apiKey: 'sk-secret', fetch })],
  ['ollama', (host, fetch) => ollama('m', { host, fetch, headers: { authorization: 'Bearer sk-secret' } })],
];

test.each(
  adapters.flatMap(([name, make]) => [
    [name, 'its own', (url: string) => make(url)] as const,
    [name, "the user's", (url: string) => make(url, fetch)] as const,
  ]),
)('%s on %s fetch takes prompt and key to no other origin, and says where it was led', async (_, __, make) => {
  let reached = 0;
  const elsewhere = await serve((request, response) => {
    reached += 1;
    request.resume().on('end', () => response.end('{}'));
  });
  const provider = await serve((request, response) => {
    request.resume().on('end', () => response.writeHead(307, { location: `${elsewhere}${request.url}` }).end());
  });
  const model = make(provider);
  const ask = (): Promise<unknown> =>
    model({ messages: [{ role: 'user', content: 'a secret' }] }).catch((error: unknown) => error);

  const failures = [await ask(), await ask()]; // the second goes past the SDK

  for (const failure of failures) {
    expect(failure).toBeInstanceOf(ModelError);
    expect(failure).toMatchObject({ code: 'not_found', possiblyBilled: false });
    expect((failure as ModelError).message).toContain(`${provider} redirects to ${elsewhere}`);
  }
  expect(reached).toBe(0);
});
