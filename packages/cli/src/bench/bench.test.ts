import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { guideConfig, rolecall, scene, start, type Scene, vectorsConfig } from '../../test/cli.ts';

// Commands load their code when they are asked, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 30_000 });

let here: Scene;
beforeAll(async () => {
  here = await scene();
  await here.write('guide.yaml', guideConfig());
}, 60_000);
beforeEach(() => here.simulator.reset());
afterAll(() => here.simulator.close());

const benchOf = (...more: readonly string[]): readonly string[] => ['bench', 'guide.yaml', '-n', '2', '--warmup', '0', ...more];
const asked = (): number => here.simulator.requests.filter(({ method }) => method === 'POST').length;

test('it compares the five models, and names the fastest and the most consistent', async () => {
  here.simulator.fault({ provider: 'openai', kind: 'slow', delayMs: 120, times: 2 });

  const { exitCode, stdout, stderr } = await rolecall(benchOf(), here);

  expect(exitCode).toBe(0);
  expect(asked()).toBe(10);
  expect(stdout).toMatch(/ms +Avg +P50 +P95 +P99 +Min +Max +Answers/);
  for (const name of ['gpt-4', 'claude-sonnet', 'groq-fast', 'local-mistral', 'local-llama'])
    expect(stdout).toMatch(new RegExp(`^ +${name} .* 2$`, 'm'));
  expect(stdout).toMatch(/Fastest +(?!gpt-4)\S+ \(/);
  expect(stdout).toMatch(/Most consistent +\S+ \(/);
  expect(stderr).not.toContain('\r');
});

test('inference and network are told apart where the provider says, and nowhere else', async () => {
  const { stdout } = await rolecall(benchOf('--json', '-m', 'gpt-4,local-llama'), here);

  const { speeds } = JSON.parse(stdout) as { speeds: { model: string; inferenceMs: number | null; networkMs: number | null }[] };
  expect(speeds.find(({ model }) => model === 'gpt-4')).toMatchObject({ inferenceMs: null, networkMs: null });
  expect(speeds.find(({ model }) => model === 'local-llama')?.inferenceMs).toEqual(expect.any(Number));
});

test('calls to warm up are in no figure', async () => {
  const { stdout } = await rolecall(['bench', 'guide.yaml', '-n', '1', '--warmup', '2', '--json', '-m', 'gpt-4'], here);

  const { models } = JSON.parse(stdout) as { models: { answers: number }[] };
  expect(asked()).toBe(3);
  expect(models[0]?.answers).toBe(1);
});

test('a model that fails is counted, told, and makes the exit code 1', async () => {
  here.simulator.fault({ provider: 'groq', kind: 'status', status: 503, times: Infinity });

  const { exitCode, stdout, stderr } = await rolecall(benchOf('-m', 'groq-fast,gpt-4'), here);

  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/groq-fast: .* failed: overloaded \(HTTP 503\)/);
  expect(stdout).toMatch(/groq-fast .* 2\/2 /);
});

test('--html writes a page with the chart of the latencies', async () => {
  const { exitCode, stderr } = await rolecall(benchOf('--html', 'bench.html', '-m', 'gpt-4,groq-fast'), here);

  const page = await readFile(join(here.cwd, 'bench.html'), 'utf8');
  expect(exitCode).toBe(0);
  expect(stderr).toContain('The page is in bench.html');
  expect(page).toContain('<title>Benchmark of guide.yaml</title>');
  expect(page).toContain('<h2>Latency by model</h2>');
  expect(page).toContain('class="whisker"');
});

test('--answers prints the first answer of each model side by side', async () => {
  here.simulator.answer({ model: 'gpt-4', text: 'Clouds scale.' });
  here.simulator.answer({ model: 'mistral', text: 'Clouds are cheap.' });

  const { stdout } = await rolecall(benchOf('--answers', '-m', 'gpt-4,local-mistral', '--prompt', 'Why clouds?'), here);

  expect(stdout).toMatch(/gpt-4 +\| local-mistral\n +-+ \| -+\n +Clouds scale\. +\| Clouds are cheap\./);
});

const verdict = (first: number, second: number): string => JSON.stringify({ first, second });

test('a judge scores blind, in both orders, and states its own cost', async () => {
  here.simulator.answer({ model: 'mistral', text: 'ANSWER OF MISTRAL', times: 2 });
  here.simulator.answer({ model: 'gpt-4', text: 'ANSWER OF GPT', times: 2 });
  here.simulator.answer({ provider: 'groq', text: verdict(4, 8) });
  here.simulator.answer({ provider: 'groq', text: verdict(8, 4) });

  const { exitCode, stdout } = await rolecall(benchOf('-m', 'gpt-4,local-mistral', '--judge', 'groq-fast'), here);

  const judged = here.simulator.requests.filter(({ provider }) => provider === 'groq').map(({ body }) => JSON.stringify(body));
  expect(exitCode).toBe(0);
  expect(judged).toHaveLength(2);
  expect(judged[0]).toMatch(/ANSWER OF MISTRAL.*ANSWER OF GPT/);
  expect(judged[1]).toMatch(/ANSWER OF GPT.*ANSWER OF MISTRAL/);
  expect(judged.join('')).not.toContain('local-mistral');
  expect(stdout).toContain('Quality, by groq-fast: 1.00 is as good as gpt-4');
  expect(stdout).toMatch(/local-mistral +0\.50 +below 0\.9/);
  expect(stdout).toMatch(/Judging cost 0\.\d+ USD, which is in no figure above\./);
});

test('what is below --min-quality makes the exit code 1, and a close call is said to be one', async () => {
  here.simulator.answer({ provider: 'groq', text: verdict(9, 10), times: 2 });

  const { exitCode, stdout } = await rolecall(
    benchOf('-m', 'gpt-4,local-mistral', '--judge', 'groq-fast', '--min-quality', '1.1'),
    here,
  );

  expect(exitCode).toBe(1);
  expect(stdout).toMatch(/local-mistral +1\.00 +below 1\.1; the order decided: a close call/);
});

test.each([
  ['no numbers', 'I like both.', 'the judge did not answer with two numbers'],
  ['numbers out of range', verdict(11, 3), 'the judge did not answer with two numbers'],
  ['no points for the reference', verdict(0, 0), 'the reference got no points'],
])('%s from the judge are no figure', async (_, text, note) => {
  here.simulator.answer({ provider: 'groq', text, times: 2 });

  const { stdout } = await rolecall(benchOf('-m', 'gpt-4,local-mistral', '--judge', 'groq-fast'), here);

  expect(stdout).toMatch(new RegExp(`local-mistral +- +${note}`));
});

test('a reference that is not among the models compared is asked', async () => {
  here.simulator.answer({ provider: 'groq', text: verdict(5, 5), times: 2 });

  const { stdout } = await rolecall(
    benchOf('-m', 'local-mistral', '--judge', 'groq-fast', '--reference', 'claude-sonnet', '--json'),
    here,
  );

  const { judge } = JSON.parse(stdout) as { judge: { reference: string; judgements: { quality: number }[] } };
  expect(judge).toMatchObject({ reference: 'claude-sonnet', judgements: [{ id: 'local-mistral', quality: 1 }] });
  expect(here.simulator.requests.filter(({ provider }) => provider === 'anthropic')).toHaveLength(1);
});

test('a threshold without a judge is a mistake', async () => {
  const { exitCode, stderr } = await rolecall(benchOf('--min-quality', '0.9'), here);

  expect(exitCode).toBe(2);
  expect(stderr).toContain('name one with --judge');
  expect(asked()).toBe(0);
});

test('on a terminal a bar shows how far it is', async () => {
  const { stderr } = await rolecall(benchOf('-m', 'gpt-4'), { ...here, terminal: true });

  expect(stderr).toContain('] 1/2 gpt-4');
  expect(stderr.endsWith('\r\u{1B}[2K')).toBe(true);
});

test('interrupted, it ends at once with 130', async () => {
  here.simulator.fault({ provider: 'openai', kind: 'silence' });
  const running = start(benchOf('-m', 'gpt-4'), { ...here, terminal: true });
  while (asked() === 0) await new Promise((resolve) => setTimeout(resolve, 5));

  running.stop();

  expect((await running.ended).exitCode).toBe(130);
});

test('a model of embeddings is left out, and neither judges nor is the reference', async () => {
  await here.write('vectors.yaml', vectorsConfig);

  const all = await rolecall(['bench', 'vectors.yaml', '-n', '1', '--warmup', '0', '--judge', 'chat', '--json'], here);
  const alone = await rolecall(['bench', 'vectors.yaml', '-m', 'vectors'], here);
  const judge = await rolecall(['bench', 'vectors.yaml', '--judge', 'vectors'], here);

  expect(all.stderr).toContain('vectors makes embeddings (model_info.mode), and is left out.');
  expect(JSON.parse(all.stdout)).toMatchObject({ models: [{ model: 'chat' }], judge: { reference: 'chat' } });
  for (const { exitCode, stderr } of [alone, judge])
    expect([exitCode, stderr]).toEqual([
      2,
      expect.stringContaining('"vectors" makes embeddings (model_info.mode) and takes no chat.'),
    ]);
});
