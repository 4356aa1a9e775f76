import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { guideConfig, rolecall, scene, start, type Scene, vectorsConfig } from '../../test/cli.ts';
import { percentile, runLoad } from './run-load.ts';

// Commands load their code when they are asked, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 30_000 });

let here: Scene;
beforeAll(async () => {
  here = await scene();
  await here.write('guide.yaml', guideConfig('fallbacks: [{ groq-fast: [local-mistral] }]\n'));
}, 60_000);
beforeEach(() => here.simulator.reset());
afterAll(() => here.simulator.close());

interface Report {
  readonly sent: number;
  readonly answered: number;
  readonly failed: number;
  readonly errorRate: number;
  readonly errors: Record<string, number>;
  readonly fallbacks: number;
  readonly rateLimited: number;
  readonly costUsd: number;
  readonly unsent: number;
  readonly stopped: string | null;
  readonly latencyMs: Record<'p50' | 'p99', number>;
}

async function load(...more: readonly string[]): Promise<Report & { exitCode: number }> {
  const { exitCode, stdout, stderr } = await rolecall(
    ['load', 'guide.yaml', '--json', '--max-cost', '1', '--duration', '300ms', ...more],
    here,
  );
  if (stdout === '') throw new Error(stderr);
  return { exitCode, ...(JSON.parse(stdout) as Report) };
}

test('it sends at the rate it was told, and reports what came of it', async () => {
  const { exitCode, sent, answered, failed, errorRate, costUsd, latencyMs } = await load('--model', 'groq-fast', '--rps', '50');

  expect(exitCode).toBe(0);
  expect(sent).toBeGreaterThan(5);
  expect(sent).toBeLessThanOrEqual(15);
  expect({ answered, failed, errorRate }).toEqual({ answered: sent, failed: 0, errorRate: 0 });
  expect(costUsd).toBeGreaterThan(0);
  expect(latencyMs.p99).toBeGreaterThanOrEqual(latencyMs.p50);
});

test('refusals and the stand-ins that answered are counted', async () => {
  here.simulator.fault({ provider: 'groq', kind: 'status', status: 429, times: Infinity });

  const { exitCode, answered, fallbacks, rateLimited, failed } = await load(
    '--model',
    'groq-fast',
    '--concurrency',
    '2',
    '--rps',
    '20',
  );

  expect({ exitCode, failed }).toEqual({ exitCode: 0, failed: 0 });
  expect(fallbacks).toBe(answered);
  expect(rateLimited).toBeGreaterThan(0);
});

test('too many errors make the exit code 1, and are told by their code', async () => {
  here.simulator.fault({ provider: 'groq', kind: 'status', status: 400, times: Infinity });

  const { exitCode, errors, errorRate } = await load('--model', 'groq-fast', '--rps', '20');

  expect(exitCode).toBe(1);
  expect(Object.keys(errors)).toEqual(['invalid_request']);
  expect(errorRate).toBe(1);
});

test('it stops before it costs more than allowed', async () => {
  const { exitCode, stopped, costUsd } = await load(
    '--model',
    'groq-fast',
    '--max-cost',
    '0.0005',
    '--duration',
    '10s',
    '--concurrency',
    '4',
  );

  expect(exitCode).toBe(1);
  expect(stopped).toMatch(/ceiling/);
  expect(costUsd).toBeLessThanOrEqual(0.0005);
});

test('what has no price is not sent, unless it is allowed', async () => {
  await here.write('unpriced.yaml', 'model_list: [{ model_name: m, litellm_params: { model: groq/nobody-knows } }]\n');
  const argv = ['load', 'unpriced.yaml', '--model', 'm', '--max-cost', '1', '--duration', '100ms', '--rps', '20'];

  const refused = await rolecall(argv, here);
  const allowed = await rolecall([...argv, '--allow-unpriced'], here);

  expect(refused.exitCode).toBe(1);
  expect(refused.stdout).toContain('the price of groq/nobody-knows is not known');
  expect(refused.stdout).toContain('--allow-unpriced');
  expect(allowed.exitCode).toBe(0);
});

test('slots that are busy when a request is due are told, not hidden', async () => {
  here.simulator.fault({ provider: 'groq', kind: 'slow', delayMs: 100, times: Infinity });

  const { sent, unsent, latencyMs } = await load('--model', 'groq-fast', '--rps', '100', '--concurrency', '1');

  expect(sent + unsent).toBe(30);
  expect(unsent).toBeGreaterThan(10);
  expect(latencyMs.p99).toBeGreaterThan(150); // the later ones were due long before they were sent
});

test('without a ceiling nothing is sent, and whoever is at the terminal is asked for one', async () => {
  const argv = ['load', 'guide.yaml', '--model', 'local-llama', '--duration', '100ms', '--rps', '20'];
  const questions: string[] = [];
  const ask = (answer: string) => async (question: string) => {
    questions.push(question);
    return answer;
  };

  const silent = await rolecall(argv, here);
  const unclear = await rolecall(argv, { ...here, ask: ask('a bit') });
  const answered = await rolecall(argv, { ...here, ask: ask('$0.10') });

  expect(silent).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--max-cost') as string });
  expect(unclear).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('Nothing was sent') as string });
  expect(answered.exitCode).toBe(0);
  expect(questions[0]).toBe('This sends up to 2 requests in 0.1 s. What may it cost at most, in US dollars? ');
  expect(answered.stdout).toMatch(
    /Requests +\d+ in [\s\S]*Throughput[\s\S]*Errors +0\.0 %[\s\S]*Latency +p50[\s\S]*Fallbacks[\s\S]*HTTP 429[\s\S]*0\.1000 allowed/,
  );
});

test('one that is interrupted tells what was sent and what it cost', async () => {
  const argv = ['load', 'guide.yaml', '--model', 'groq-fast', '--max-cost', '1', '--rps', '100', '--concurrency', '2'];

  const running = start(argv, here);
  await vi.waitFor(() => expect(here.simulator.requests.length).toBeGreaterThan(2), { timeout: 20_000, interval: 5 });
  running.stop();

  const { exitCode, stdout } = await running.ended;
  expect(exitCode).toBe(130);
  expect(stdout).toMatch(/Requests +\d+ in [\s\S]*Cost [\s\S]*Stopped early: it was interrupted\n$/);
});

test('who is asked has to be clear', async () => {
  const { exitCode, stderr } = await rolecall(['load', 'guide.yaml', '--max-cost', '1'], here);

  expect(exitCode).toBe(2);
  expect(stderr).toMatch(/\w\. Name who is asked with --role or --model\.\n$/);
});

test('percentiles are values that were measured', () => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index);

  expect([0.5, 0.95, 0.99, 1].map((part) => percentile(values, part))).toEqual([50, 95, 99, 100]);
  expect(percentile([], 0.5)).toBeNull();
});

test('a fault of ours ends all slots, and is thrown as it is', async () => {
  let calls = 0;
  const model = async (): Promise<never> => {
    calls += 1;
    throw new TypeError('a bug');
  };
  const plan = { concurrency: 4, durationMs: 60_000, request: { messages: [] }, signal: new AbortController().signal };

  await expect(runLoad(model, plan)).rejects.toThrow('a bug');

  expect(calls).toBeLessThanOrEqual(4);
});

test('a role that is not there is said before anything is sent in its name', async () => {
  await here.write('roles.yaml', guideConfig('roles: { writer: [gpt-4], default: [groq-fast] }\n'));

  const { stderr } = await rolecall(['load', 'roles.yaml', '--role', 'wrter', '--max-cost', '1', '--duration', '50ms'], here);

  expect(stderr).toContain('warning: there is no role "wrter" in the file, so "default" stands in; there are: writer, default.');
  expect(stderr).toContain('Did you mean "writer"?');
});

test('a role that is called as what every object has is none either', async () => {
  await here.write('roles.yaml', guideConfig('roles: { writer: [gpt-4], default: [groq-fast] }\n'));
  const argv = ['load', 'roles.yaml', '--role', 'constructor', '--max-cost', '1', '--duration', '50ms', '--json'];

  const { exitCode, stdout, stderr } = await rolecall(argv, here);

  expect(stderr).toContain('there is no role "constructor"');
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ errorRate: 0 });
});

test.each([
  ['--model', 'vectors'],
  ['--model', 'alias'],
  ['--role', 'finder'],
])('a model of embeddings is not sent chats: %s %s', async (...who) => {
  const more = 'router_settings: { model_group_alias: { alias: vectors } }\nroles: { finder: vectors, default: chat }\n';
  await here.write('vectors.yaml', `${vectorsConfig}${more}`);

  const { exitCode, stderr } = await rolecall(['load', 'vectors.yaml', ...who, '--max-cost', '1'], here);

  expect(exitCode).toBe(2);
  expect(stderr).toContain('"vectors" makes embeddings (model_info.mode) and takes no chat.');
});
