import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseConfig } from '@rolecall/router/config';
import { expect, test } from 'vitest';
import { adviceCodes, adviceOn, type Advice } from './advice.ts';
import { entriesOf } from './entries.ts';
import { memoryOf } from './local-models.ts';

const env = { OPENAI_API_KEY: 'k', ANTHROPIC_API_KEY: 'k', GROQ_API_KEY: 'k', OLLAMA_HOST: 'http://127.0.0.1:9' };

async function advise(text: string, host = env.OLLAMA_HOST): Promise<readonly Advice[]> {
  const own = { ...env, OLLAMA_HOST: host };
  const { options, file: data } = parseConfig(text, { env: own });
  const entries = entriesOf(data);
  const memory = await memoryOf(entries, own);
  return adviceOn({ options, data, entries, env: own, before: memory, after: memory });
}

function models(...list: readonly string[]): string {
  return `model_list:\n${list.map((model, index) => `  - { model_name: m${index + 1}, litellm_params: { model: ${model} } }\n`).join('')}`;
}

const sound = `${models('openai/gpt-4.1-2025-04-14', 'groq/openai/gpt-oss-120b')}
roles: { writer: [m1, m2], editor: [m2, m1] }
router_settings: { timeout: 30 }
litellm_settings: { max_budget: 10 }
`;

test('a sound file gets none', async () => {
  expect(await advise(sound)).toEqual([]);
});

test.each([
  ['no-fallback', sound.replace('writer: [m1, m2]', 'writer: m1'), 'The role "writer" is without a fallback'],
  ['no-fallback', sound.replace(/roles: .*\n/, ''), 'The models "m1", "m2" are without a fallback'],
  ['one-model', sound.replace('editor: [m2, m1]', 'editor: [m1, m2]'), 'All 2 roles ask "m1" first'],
  ['no-pinned-version', sound.replace('gpt-4.1-2025-04-14', 'gpt-4.1'), '"m1" (gpt-4.1)'],
  ['no-pinned-version', sound.replace('openai/gpt-4.1-2025-04-14', 'ollama/mistral'), '"m1" (mistral)'],
  ['retired-model', sound.replace('openai/gpt-4.1-2025-04-14', 'claude-3-5-sonnet-20241022'), 'retired on 2025-10-28'],
  [
    'unpriced-model',
    sound.replace('openai/gpt-4.1-2025-04-14', 'openai/nobody-knows-2025-01-01'),
    'No price is known of the model "m1"',
  ],
  [
    'unpriced-model',
    sound.replace('openai/gpt-4.1-2025-04-14', 'openai/gpt-4.1-2025-04-14, input_cost_per_token: 0.000002'),
    'No price is known of the model "m1"',
  ],
  ['no-budget', sound.replace(/litellm_settings: .*\n/, ''), 'Nothing here limits'],
  ['no-timeout', sound.replace(/router_settings: .*\n/, ''), 'There is no timeout'],
])('%s is said of a file that has it', async (code, text, words) => {
  const advice = await advise(text);

  expect(advice.map((one) => one.code)).toEqual([code]);
  expect(advice[0]?.text).toContain(words);
});

test.each([
  [
    'a fallback of the model stands in for a second link',
    sound.replace('writer: [m1, m2]', 'writer: m1').concat('fallbacks: [{ m1: [m2] }]\n'),
  ],
  [
    'a price in the file is a price',
    sound.replace(
      'model: openai/gpt-4.1-2025-04-14',
      'model: openai/mine-2025-01-01, input_cost_per_token: 0.1, output_cost_per_token: 0.1',
    ),
  ],
  ['a tag pins a local model', sound.replace('openai/gpt-4.1-2025-04-14', 'ollama/mistral:7b-instruct-v0.3-q4_0')],
  [
    'nobody stands in for a model of embeddings',
    sound
      .replace(/roles: .*\n/, 'fallbacks: [{ m1: [m2] }]\n')
      .replace('groq/openai/gpt-oss-120b }', 'openai/text-embedding-3-small }, model_info: { mode: embedding }'),
  ],
  ['Anthropic’s names since 4.6 are versions', sound.replace('openai/gpt-4.1-2025-04-14', 'anthropic/claude-sonnet-5')],
])('%s', async (_, text) => {
  const given = await advise(text);

  expect(given.map(({ code }) => code).filter((code) => code !== 'unpriced-model')).toEqual([]);
});

test('a local model that is not in memory, and one that is partly outside the GPU, are told', async () => {
  const server = createServer((_, response) => {
    response.end(JSON.stringify({ models: [{ name: 'llama3.2:3b', size: 4_000, size_vram: 1_000 }] }));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  const text = sound
    .replace('openai/gpt-4.1-2025-04-14', 'ollama/mistral:7b')
    .replace('groq/openai/gpt-oss-120b', 'ollama/llama3.2:3b');
  const advice = await advise(text, `127.0.0.1:${port}`);
  server.closeAllConnections();
  await new Promise((resolve) => void server.close(resolve));

  expect(advice.map(({ code }) => code)).toEqual(['local-not-loaded', 'local-partly-on-cpu']);
  expect(advice[0]?.text).toContain('The local model "m1" is not in memory');
  expect(advice[1]?.text).toContain('"m2" has 25 % of itself in GPU memory');
});

test('every code has its heading where its link leads', () => {
  const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');

  const headings = [...readme.matchAll(/^### (\S+)$/gm)].map(([, heading]) => heading);
  expect(headings).toEqual([...adviceCodes]);
});
