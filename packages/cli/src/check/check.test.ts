import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { guideConfig, rolecall, scene, type Scene, vectorsConfig } from '../../test/cli.ts';

// Commands load their code when they are asked, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 30_000 });

let here: Scene;
beforeAll(async () => {
  here = await scene();
  await here.write('guide.yaml', guideConfig());
}, 60_000);
beforeEach(() => here.simulator.reset());
afterAll(() => here.simulator.close());

const models = ['gpt-4', 'claude-sonnet', 'groq-fast', 'local-mistral', 'local-llama'];

test('it prints a line for each of the five models of the guide, and exits with 0', async () => {
  const { exitCode, stdout, stderr } = await rolecall(['check', 'guide.yaml'], here);

  const [, title, , ...lines] = stdout.split('\n');
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(title).toBe('ROUTING TEST SUMMARY');
  expect(lines.slice(0, 5).map((line) => /^✅ (\S+) +- \d+ms +\S+\/\S+$/.exec(line)?.[1])).toEqual(models);
  expect(stdout).toContain('All models answer.');
  expect(here.simulator.requests.filter(({ method }) => method === 'POST')).toHaveLength(5);
});

test('with one backend down it says which and why, and exits with 1', async () => {
  await here.simulator.takeDown('groq');

  const { exitCode, stdout } = await rolecall(['check', 'guide.yaml'], here);
  await here.simulator.bringUp('groq');

  expect(exitCode).toBe(1);
  expect(stdout).toMatch(/❌ groq-fast +- N\/A +network: .*ECONNREFUSED/);
  expect(stdout.match(/✅/g)).toHaveLength(4);
  expect(stdout).toContain('1 of 5 models failed.');
});

test('an error of the provider is told with its status and its words', async () => {
  here.simulator.fault({ provider: 'anthropic', kind: 'status', status: 401, message: 'invalid x-api-key' });

  const { exitCode, stdout } = await rolecall(['check', 'guide.yaml', '--models', 'claude-sonnet'], here);

  expect(exitCode).toBe(1);
  expect(stdout).toMatch(/❌ claude-sonnet +- N\/A +auth, HTTP 401: .*invalid x-api-key/);
});

test('a key that is not set is said before, and fails its model alone', async () => {
  const { OPENAI_API_KEY: _, ...env } = here.env;

  const { exitCode, stdout, stderr } = await rolecall(['check', 'guide.yaml'], { ...here, env });

  expect(exitCode).toBe(1);
  expect(stderr).toContain('the variable OPENAI_API_KEY is not set');
  expect(stdout).toMatch(/❌ gpt-4 +- N\/A +not_configured: the variable OPENAI_API_KEY is not set/);
});

test('a model that does not answer in time is given up', async () => {
  here.simulator.fault({ provider: 'openai', kind: 'silence' });

  const { exitCode, stdout } = await rolecall(['check', 'guide.yaml', '-m', 'gpt-4', '--timeout', '100ms'], here);

  expect(exitCode).toBe(1);
  expect(stdout).toMatch(/❌ gpt-4 +- N\/A +attempt_timeout/);
});

test('a model with nothing to say is alive all the same', async () => {
  here.simulator.fault({ provider: 'openai', kind: 'empty_answer' });

  const { exitCode, stdout } = await rolecall(['check', 'guide.yaml', '-m', 'gpt-4'], here);

  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/✅ gpt-4 +- \d+ms +empty_answer/);
});

test('--json has the same, and --strict counts advice', async () => {
  const { exitCode, stdout } = await rolecall(['check', 'guide.yaml', '--json', '--strict'], here);

  const report = JSON.parse(stdout) as { models: { id: string; ok: boolean }[]; advice: { code: string; link: string }[] };
  expect(exitCode).toBe(1);
  expect(report.models.map(({ id }) => id)).toEqual(models);
  expect(report.advice.map(({ code }) => code)).toContain('retired-model');
  expect(report.advice.every(({ code, link }) => link.endsWith(`#${code}`))).toBe(true);
});

test('deployments behind one name are checked one by one', async () => {
  await here.write(
    'pool.yaml',
    'model_list:\n  - { model_name: fast, litellm_params: { model: groq/a } }\n  - { model_name: fast, litellm_params: { model: groq/b } }\n',
  );

  const { stdout } = await rolecall(['check', 'pool.yaml'], here);

  expect(stdout).toMatch(/✅ fast#1 [\s\S]*✅ fast#2 /);
});

test('a file with mistakes is refused with every one of them, and nobody is called', async () => {
  await here.write(
    'wrong.yaml',
    'model_list:\n  - { model_name: a, litellm_params: { model: 3 } }\nrouter_settings: { routing_strategy: best }\n',
  );

  const { exitCode, stderr } = await rolecall(['check', 'wrong.yaml'], here);

  expect(exitCode).toBe(2);
  expect(stderr).toMatch(/wrong\.yaml has 2 mistakes[\s\S]*wrong\.yaml:2:[\s\S]*wrong\.yaml:3:/);
  expect(here.simulator.requests).toEqual([]);
});

test('a model that is not in the file is named, with those that are', async () => {
  const { exitCode, stderr } = await rolecall(['check', 'guide.yaml', '-m', 'gpt-5'], here);

  expect(exitCode).toBe(2);
  expect(stderr).toContain(`There is no model named "gpt-5" in the file; there are: ${models.join(', ')}.`);
});

test('a model of embeddings is asked for one, and not to chat', async () => {
  await here.write('vectors.yaml', vectorsConfig);

  const { exitCode, stdout } = await rolecall(['check', 'vectors.yaml', '-m', 'vectors'], here);

  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/✅ vectors +- \d+ms +openai/);
  expect(stdout).not.toMatch(/no-pinned-version|unpriced-model/);
  expect(here.simulator.requests.map(({ path }) => path)).toEqual(['/v1/embeddings']);
});

test('an embedding costs what the file says of its input, though nothing is said of output', async () => {
  const priced = vectorsConfig.replace('-3-small }', '-3-small, input_cost_per_token: 0.5 }');
  await here.write('priced.yaml', priced);

  const { stdout } = await rolecall(['check', 'priced.yaml', '-m', 'vectors', '--json'], here);

  const { costUsd, unpriced } = JSON.parse(stdout) as { costUsd: number; unpriced: number };
  expect(costUsd).toBeGreaterThanOrEqual(0.5);
  expect(unpriced).toBe(0);
});
