/** Two gateways behind HAProxy and behind nginx, as docs/deploy sets them up, and one of them is killed while 200 clients ask. */
import { spawnSync } from 'node:child_process';
import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { type LedgerRow, loadLedger } from '@rolecall/cost-tracker';
import { afterEach, expect, test, type TestContext } from 'vitest';
import { type Fleet, masterKey, startFleet } from '../../test/fleet.ts';

const clients = 200;

let fleet: Fleet | undefined;
const agent = new Agent({ keepAlive: true, maxSockets: Infinity });
afterEach(async () => {
  agent.destroy();
  await fleet?.end();
  fleet = undefined;
});

interface Outcome {
  /** 0: no answer at all. */
  readonly status: number;
  readonly text: string;
  /** All of the answer came. */
  readonly isWhole: boolean;
}

/** `fetch` would send a request again by itself when its connection is lost: here nobody but the load balancer does. */
function post(url: string, key: string, path: string, body: object): Promise<Outcome> {
  return new Promise((resolve) => {
    let status = 0;
    let text = '';
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const sent = request(`${url}${path}`, { method: 'POST', agent, headers }, (response) => {
      status = response.statusCode ?? 0;
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('error', () => undefined); // a cut, which 'close' tells as well
      response.on('close', () => resolve({ status, text, isWhole: response.complete }));
    });
    sent.on('error', () => resolve({ status, text, isWhole: false }));
    sent.end(JSON.stringify(body));
  });
}

const question = { model: 'main', max_tokens: 20, messages: [{ role: 'user', content: 'Say something about tea' }] };

function ask(key: string, stream: boolean): Promise<Outcome> {
  return post(fleet?.url ?? '', key, '/v1/chat/completions', { ...question, stream });
}

/** Every client asks that often. Once a quarter of the answers is there, the next requests are given time to be under way: then `kill` is called. */
async function storm(key: string, rounds: number, kill: () => void): Promise<{ plain: Outcome[]; streams: Outcome[] }> {
  const plain: Outcome[] = [];
  const streams: Outcome[] = [];
  const client = async (index: number): Promise<void> => {
    for (let round = 0; round < rounds; round++) {
      const isStream = index % 2 === 1;
      (isStream ? streams : plain).push(await ask(key, isStream));
      if (plain.length + streams.length === (clients * rounds) / 4) void delay(75).then(kill);
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, index) => client(index)));
  return { plain, streams };
}

const isDone = ({ status, text, isWhole }: Outcome): boolean => status === 200 && isWhole && text.includes('[DONE]');

async function newKey(limits: object): Promise<string> {
  const { text } = await post(fleet?.url ?? '', masterKey, '/key/generate', limits);
  return (JSON.parse(text) as { key: string }).key;
}

async function ledgerOf({ folder }: Fleet): Promise<LedgerRow[]> {
  const rows: LedgerRow[] = [];
  for await (const row of (await loadLedger(`${folder}/ledger`)).rows()) rows.push(row);
  return rows;
}

/** Programs from Debian: without them there is nothing to try. */
function skipWithout(context: TestContext, ...programs: readonly string[]): void {
  const missing = programs.filter((program) => spawnSync(program, ['-v']).error);
  if (missing.length > 0 && !process.env['CI']) context.skip(`not installed: ${missing.join(', ')}`);
}

test.for(['haproxy', 'nginx'] as const)(
  '%s: with kill -9 of one of two gateways no request is lost that had not begun to stream, and what is made twice is on record',
  { timeout: 120_000 },
  async (front, context) => {
    skipWithout(context, 'redis-server', front);
    fleet = await startFleet({ front, simulator: { latencyMs: 150, chunkIntervalMs: 20 } });
    const [victim, other] = fleet.gateways;
    const key = await newKey({ key_alias: 'blog' });

    const { plain, streams } = await storm(key, 2, () => void victim.child.kill('SIGKILL'));
    await victim.ended;
    other.child.kill('SIGTERM');
    await other.ended;

    const cut = streams.filter((stream) => !isDone(stream));
    const rows = await ledgerOf(fleet);
    const lost = rows.filter(({ code }) => code === 'gateway_lost');
    const answered = new Set(rows.filter(({ outcome }) => outcome === 'answered').map(({ workflow }) => workflow));
    expect(plain.filter(({ status, isWhole }) => status !== 200 || !isWhole)).toEqual([]);
    expect(cut.filter(({ status, text }) => status !== 200 || !text.includes('data:'))).toEqual([]);
    expect(lost.length).toBeGreaterThan(0);
    expect(lost.every((row) => row.possiblyBilled && row.costUsd === null && answered.has(row.workflow))).toBe(true);
    expect(lost.every(({ tags }) => tags.includes('key:blog'))).toBe(true);
  },
);

test.for(['haproxy', 'nginx'] as const)(
  '%s: with kill -TERM of one of two gateways no request is lost at all, and no stream is cut',
  { timeout: 120_000 },
  async (front, context) => {
    skipWithout(context, 'redis-server', front);
    fleet = await startFleet({ front, simulator: { latencyMs: 150, chunkIntervalMs: 20 } });
    const [leaving] = fleet.gateways;
    const key = await newKey({ key_alias: 'blog' });

    const { plain, streams } = await storm(key, 2, () => void leaving.child.kill('SIGTERM'));

    expect(plain.filter(({ status, isWhole }) => status !== 200 || !isWhole)).toEqual([]);
    expect(streams.filter((stream) => !isDone(stream))).toEqual([]);
    expect(await leaving.ended).toBe(0);
  },
);

test('haproxy: the hard budget of a key holds across both, through a kill -9', async (context) => {
  skipWithout(context, 'redis-server', 'haproxy');
  const limitUsd = 2;
  // So slow that calls are under way in both when one is killed, however late a busy machine does that.
  fleet = await startFleet({ front: 'haproxy', simulator: { latencyMs: 1_000 } });
  const { simulator, gateways } = fleet;
  const [victim, other] = gateways;
  const key = await newKey({ key_alias: 'blog', max_budget: limitUsd });
  const statuses: number[] = [];
  const askOnce = async (): Promise<void> => void statuses.push((await ask(key, false)).status);
  const whenUnderWay = async (): Promise<void> => {
    while (simulator.requests.length < 40) await delay(5);
    victim.child.kill('SIGKILL');
  };

  await Promise.all([whenUnderWay(), ...Array.from({ length: clients }, askOnce)]);
  await victim.ended;
  for (let index = 0; index < 10; index++) await askOnce();
  other.child.kill('SIGTERM');
  await other.ended;

  const rows = await ledgerOf(fleet);
  const callUsd = rows.find(({ outcome }) => outcome === 'answered')?.costUsd ?? 0;
  const paidUsd = simulator.requests.length * callUsd; // whatever became of the answers
  expect(new Set(statuses)).toEqual(new Set([200, 429]));
  expect(rows.filter(({ code }) => code === 'gateway_lost').length).toBeGreaterThan(0);
  expect(paidUsd).toBeGreaterThan(limitUsd / 3); // what the lost one held for calls stays held
  expect(paidUsd).toBeLessThanOrEqual(limitUsd);
}, 120_000);
