import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { rolldown } from 'rolldown';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';

/** Each of the three tasks asks the model, runs the tool, and asks the model again. */
const stepsInAll = 9;

/** The program and the sources it uses in one file, as starting from many takes a second each time, and it is started fifty times. */
const program = join(import.meta.dirname, '../../node_modules/.cache/crew-until-killed.mjs');
beforeAll(async () => {
  const bundle = await rolldown({
    input: join(import.meta.dirname, '../../test/crew-until-killed.ts'),
    external: (id) => !id.startsWith('.') && !id.startsWith('/'),
    platform: 'node',
  });
  await bundle.write({ file: program, format: 'esm' });
  await bundle.close();
});
afterAll(() => rm(program));

let folder = '';
let server: Server;
let url = '';
/** How often each step was asked for, in order of their first call. */
let counts: Map<string, number>;
let requests: { at: number; status: number }[];
/** Called with the number of a request before it is answered, and after. */
let before: (request: number) => void;
let after: (request: number) => void;
let failFirst = false;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rolecall-kill-'));
  [counts, requests, failFirst] = [new Map(), [], false];
  before = after = () => undefined;
  server = createServer((request, response) => void answer(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true });
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  const { role, turn = 0, idempotencyKey = '' } = JSON.parse(body) as { role: string; turn?: number; idempotencyKey?: string };
  const status = failFirst && requests.length === 0 ? 503 : 200;
  const number = requests.push({ at: performance.now(), status });
  const step = [request.url, role, turn, idempotencyKey].join(' ');
  counts.set(step, (counts.get(step) ?? 0) + 1);
  before(number);
  await delay(5);
  const calls = turn === 2 ? [{ id: '1', name: 'look', arguments: JSON.stringify({ role }) }] : [];
  response
    .writeHead(status)
    .end(JSON.stringify({ text: calls.length > 0 ? '' : `${request.url} for ${role}`, toolCalls: calls }), () => after(number));
}

interface Running {
  readonly process: ChildProcess;
  readonly said: Promise<Record<string, unknown>>;
  readonly gone: Promise<unknown>;
}

function start(retryAfterMs = ''): Running {
  const child = spawn(process.execPath, [program, url, folder, retryAfterMs], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  const gone = once(child, 'close');
  return { process: child, gone, said: gone.then(() => (said === '' ? {} : (JSON.parse(said) as Record<string, unknown>))) };
}

const unbroken = {
  text: '/model for editor',
  texts: ['/model for researcher', '/model for writer', '/model for editor'],
};

/** Runs the crew, kills it when told to, tears the journal's last line, and runs it again. */
async function killAndResume(when: 'inside' | 'after', step: number, waitMs: number): Promise<Record<string, unknown>> {
  const first = start();
  const kill = (number: number): void => {
    if (number !== step) return;
    if (waitMs === 0) first.process.kill('SIGKILL');
    else setTimeout(() => first.process.kill('SIGKILL'), waitMs);
  };
  if (when === 'inside') before = kill;
  else after = kill;
  await first.gone;
  before = after = () => undefined;
  await appendFile(join(folder, 'run', 'journal.jsonl'), '{"type":"step","step":"torn');
  return start().said;
}

test.each(Array.from({ length: stepsInAll }, (_, index) => index + 1))(
  'killed inside step %i, the crew goes on: that step is asked for twice, and every other once',
  async (step) => {
    const result = await killAndResume('inside', step, 0);

    expect([...counts.values()]).toEqual(Array.from({ length: stepsInAll }, (_, index) => (index + 1 === step ? 2 : 1)));
    expect(result).toMatchObject(unbroken);
    const isTool = step % 3 === 2;
    expect(result).toMatchObject(isTool ? { interrupted: 0, calls: 6 } : { interrupted: 1, calls: 7 });
    expect(result['warnings']).toEqual([isTool ? 'possibly_repeated' : 'possibly_billed']);
    expect(result['usage']).toEqual({ inputTokens: 6 });
  },
  30_000,
);

test.each(Array.from({ length: stepsInAll }, (_, index) => index + 1))(
  'killed about the end of step %i, the crew goes on: no step before it is asked for again, and none thrice',
  async (step) => {
    const result = await killAndResume('after', step, Math.random() * 6);

    const asked = [...counts.values()];
    expect(asked).toHaveLength(stepsInAll);
    expect(asked.slice(0, step - 1)).toEqual(asked.slice(0, step - 1).map(() => 1));
    expect(Math.max(...asked)).toBeLessThanOrEqual(2);
    expect(asked.filter((count) => count === 2).length).toBeLessThanOrEqual(1);
    expect(result).toMatchObject(unbroken);
  },
  30_000,
);

test('killed many times at random, the crew still ends, and pays for one more call a kill at most', async () => {
  let kills = 0;
  for (;;) {
    const running = start();
    const asked = requests.length;
    const aim = asked + 1 + Math.floor(Math.random() * 3);
    before = (number) => {
      if (number === aim && kills < 5) setTimeout(() => running.process.kill('SIGKILL'), Math.random() * 8);
    };
    const said = await running.said;
    if (said['text'] !== undefined) {
      expect(said).toMatchObject(unbroken);
      break;
    }
    kills += 1;
  }

  expect(requests.length).toBeLessThanOrEqual(stepsInAll + kills);
}, 60_000);

test('a finished run is not asked for again', async () => {
  const first = await start().said;

  expect(await start().said).toEqual(first);
  expect(requests).toHaveLength(stepsInAll);
}, 30_000);

test('killed while it waits for the backends, the crew asks again when the wait is over, and not before', async () => {
  failFirst = true;
  const waiting = start('2000');
  after = () => void setTimeout(() => waiting.process.kill('SIGKILL'), 200);
  await waiting.gone;
  after = () => undefined;

  const result = await start('2000').said;

  expect(result).toMatchObject({ ...unbroken, warnings: ['waited'] });
  expect((requests[1]?.at ?? 0) - (requests[0]?.at ?? 0)).toBeGreaterThanOrEqual(1_990);
}, 30_000);

test('a second process on the same run is refused, and the first one ends well', async () => {
  let second: Running | undefined;
  before = (number) => {
    if (number === 1) second = start();
  };
  const first = start();
  await expect.poll(() => second !== undefined, { timeout: 10_000 }).toBe(true);
  first.process.kill('SIGSTOP'); // alive, and slow

  expect(await second?.said).toMatchObject({
    code: 'locked',
    error: expect.stringContaining(`is open in process ${first.process.pid}`),
  });
  first.process.kill('SIGCONT');
  expect(await first.said).toMatchObject(unbroken);
  expect(requests).toHaveLength(stepsInAll);
}, 30_000);
