/** The guide's file against real SDKs and simulated providers. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSimulator, type Simulator } from '@rolecall/simulator';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { loadConfig, parseConfig } from './config.ts';
import { createRouter } from './router.ts';

const messages = [{ role: 'user', content: 'Hello' }] as const;
const folder = mkdtempSync(join(tmpdir(), 'rolecall-config-'));
const guide = readFileSync(new URL('./config/fixtures/litellm_config.yaml', import.meta.url), 'utf8');
let simulator: Simulator;
let env: Record<string, string>;

beforeAll(async () => {
  simulator = await startSimulator();
  const { openai, anthropic, groq } = simulator.urls;
  env = {
    OPENAI_API_KEY: 'sk-o',
    ANTHROPIC_API_KEY: 'sk-a',
    GROQ_API_KEY: 'gsk-g',
    OPENAI_BASE_URL: openai,
    ANTHROPIC_BASE_URL: anthropic,
    GROQ_BASE_URL: groq,
  };
});
afterEach(() => {
  vi.restoreAllMocks();
  simulator.reset();
});
afterAll(async () => {
  await simulator.close();
  rmSync(folder, { recursive: true });
});

/** The guide's file, where its Ollama is the simulator's. */
const here = (): string => guide.replaceAll('http://localhost:11434', simulator.urls.ollama);

test("every model of the guide's file answers", async () => {
  const router = createRouter(parseConfig(here(), { env }).options);

  const answers = await Promise.all(
    ['gpt-4', 'claude-sonnet', 'groq-fast', 'local-mistral', 'local-llama'].map((model) => router({ model, messages })),
  );

  // A simulator is nobody's own host, so its answers go by the name of nobody's own prices.
  expect(answers.map(({ model }) => model.replace('-compatible', ''))).toEqual([
    'openai/gpt-4',
    'anthropic/claude-3-5-sonnet-20241022',
    'groq/llama-3.1-70b-versatile',
    'ollama/mistral',
    'ollama/llama3.2',
  ]);
});

test('with the first two links of the chain down, local-mistral answers', async () => {
  const { options, warnings } = parseConfig(here(), { env });
  const router = createRouter(options);
  simulator.fault({ provider: 'anthropic', kind: 'status', status: 529, times: 20 });
  simulator.fault({ provider: 'groq', kind: 'status', status: 503, times: 20 });
  vi.spyOn(Math, 'random').mockReturnValue(0); // no back-off

  const { model, attempts = [] } = await router({ model: 'claude-sonnet', messages });

  expect(warnings).toEqual([]);
  expect(model).toBe('ollama/mistral');
  expect(attempts.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual([
    ...Array<string>(4).fill('claude-sonnet failed'),
    'groq-fast failed',
    'local-mistral answered',
  ]);
});

test('a deployment that lacks a variable is skipped, and shown in explain and health', async () => {
  const { ANTHROPIC_API_KEY: _, ...others } = env;
  const router = createRouter(parseConfig(here(), { env: others }).options);

  const { model, attempts = [] } = await router({ model: 'claude-sonnet', messages });
  const health = router.health();

  expect(model).toBe('groq/llama-3.1-70b-versatile');
  expect(attempts[0]).toMatchObject({ name: 'claude-sonnet', outcome: 'skipped', code: 'not_configured' });
  expect(simulator.requests.map(({ provider }) => provider)).toEqual(['groq']);
  expect(JSON.stringify(router.explain({ model: 'claude-sonnet' }))).toContain('ANTHROPIC_API_KEY');
  expect(JSON.stringify(health.find(({ name }) => name === 'claude-sonnet'))).toContain('ANTHROPIC_API_KEY');
});

test('in a pool the deployment that lacks a variable is left aside', async () => {
  const text = `model_list:
  - { model_name: pool, litellm_params: { model: gpt-4, api_key: os.environ/NOT_SET } }
  - { model_name: pool, litellm_params: { model: groq/llama-3.3-70b-versatile } }
`;
  const router = createRouter(parseConfig(text, { env }).options);

  const answers = await Promise.all(Array.from({ length: 20 }, () => router({ model: 'pool', messages })));

  expect(new Set(answers.map(({ model }) => model))).toEqual(new Set(['groq/llama-3.3-70b-versatile']));
});

test('a role asks by its chain, with its settings', async () => {
  const router = createRouter(
    parseConfig(`${here()}\nroles: { writer: { chain: [groq-fast], settings: { temperature: 0.7 } } }`, { env }).options,
  );

  await router({ role: 'writer', messages });

  expect(simulator.requests[0]).toMatchObject({ provider: 'groq', body: { temperature: 0.7 } });
});

test('an alias is the model it stands for, in requests, in fallbacks and in chains, and shares its limits', async () => {
  const text = `${here()}  - model: gpt-4
    fallback_models: [fast]
`.replace('router_settings:', 'router_settings:\n  model_group_alias: { fast: groq-fast, good: { model: gpt-4, hidden: true } }');
  const router = createRouter(parseConfig(text, { env }).options);
  simulator.fault({ provider: 'openai', kind: 'status', status: 401 });

  const { model, attempts } = await router({ model: 'good', messages });
  const asked = await router({ model: 'gpt-4', fallbacks: ['fast'], messages });

  expect(model).toBe('groq/llama-3.1-70b-versatile');
  expect(attempts?.map(({ name }) => name)).toEqual(['gpt-4', 'groq-fast']);
  expect(asked.model).toBe('groq/llama-3.1-70b-versatile');
  expect(router.check({ model: 'fast' })).toBeUndefined();
  expect(router.health().map(({ id }) => id)).toEqual(['gpt-4', 'claude-sonnet', 'groq-fast', 'local-mistral', 'local-llama']);
});

test('loadConfig reads a file, and names it in what it says', async () => {
  const path = join(folder, 'litellm_config.yaml');
  writeFileSync(path, guide);
  const broken = join(folder, 'broken.yaml');
  writeFileSync(broken, 'model_list: [');

  expect((await loadConfig(path, { env: {} })).warnings[0]).toContain(`${path}:6:7: the variable OPENAI_API_KEY is not set`);
  await expect(loadConfig(broken)).rejects.toThrow(new RegExp(`^${broken}:1:\\d+: the YAML is broken`));
  await expect(loadConfig(join(folder, 'none.yaml'))).rejects.toMatchObject({ code: 'ENOENT' });
});
