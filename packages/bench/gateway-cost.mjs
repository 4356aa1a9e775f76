// What a gateway costs: CPU per request, requests per second, what it adds to a call, and a relayed chunk, next to its peers.
// The gateway has one core, provider and load the other; the peers take turns. `--full` for figures to quote, `--soak` for memory.
import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Pool } from 'undici';
import { isFull, print, ratio } from './harness.mjs';

const names = ['relay', 'rolecall', 'hono', 'portkey'];
const isTalkative = process.argv.includes('--samples');
const form = isFull
  ? { rounds: 5, requests: 8_000, single: 1_500, streams: 24 }
  : { rounds: 2, requests: 2_500, single: 500, streams: 8 };
const chunksOfStream = 1_000;
const messages = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: 'When does the tide come in? '.repeat(8) },
];
const plain = JSON.stringify({ model: 'gpt-4o', messages });
const paced = JSON.stringify({ model: 'gpt-4o', messages, user: 'paced', stream: true });

function pinned(core, file, args) {
  const child = fork(new URL(file, import.meta.url), args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  spawnSync('taskset', ['-a', '-cp', String(core), String(child.pid)]);
  return child;
}

/** User and system time of a process so far, and its memory, as Linux counts them. */
function usedBy(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  const residentMb = (Number(fields[21]) * 4_096) / 1e6;
  return { cpuUs: (Number(fields[11]) + Number(fields[12])) * 10_000, residentMb };
}

/** Sends `count` requests, `concurrency` at a time, and returns how long each took, in microseconds. */
async function load(port, upstreamPort, { body, count, concurrency }) {
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: concurrency });
  const headers = {
    'content-type': 'application/json',
    authorization: 'Bearer any',
    'x-portkey-provider': 'openai',
    'x-portkey-custom-host': `http://127.0.0.1:${upstreamPort}/v1`,
  };
  const taken = [];
  let left = count;
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (left-- > 0) {
        const start = performance.now();
        const answer = await pool.request({ path: '/v1/chat/completions', method: 'POST', headers, body });
        const bytes = await answer.body.arrayBuffer();
        if (answer.statusCode !== 200 || bytes.byteLength < 300) throw new Error(`answered ${answer.statusCode}`);
        taken.push((performance.now() - start) * 1_000);
      }
    }),
  );
  await pool.close();
  return taken;
}

async function sample(name, upstreamPort) {
  const gateway = pinned(0, 'gateways.mjs', [name, `http://127.0.0.1:${upstreamPort}`]);
  const [port] = await Promise.race([once(gateway, 'message'), gone(gateway, name)]);
  await load(port, upstreamPort, { body: plain, count: 1_000, concurrency: 32 });

  const before = usedBy(gateway.pid);
  const start = performance.now();
  await load(port, upstreamPort, { body: plain, count: form.requests, concurrency: 64 });
  const perSecond = (form.requests / (performance.now() - start)) * 1_000;
  const after = usedBy(gateway.pid);
  const alone = median(await load(port, upstreamPort, { body: plain, count: form.single, concurrency: 1 }));
  const chunkUs = await load(port, upstreamPort, { body: paced, count: 2, concurrency: 2 }).then(
    async () => {
      const idle = usedBy(gateway.pid);
      await load(port, upstreamPort, { body: paced, count: form.streams, concurrency: 4 });
      return (usedBy(gateway.pid).cpuUs - idle.cpuUs) / form.streams / chunksOfStream;
    },
    () => Number.NaN, // it answers no streams
  );
  gateway.removeAllListeners('exit').kill();
  return { cpuUs: (after.cpuUs - before.cpuUs) / form.requests, perSecond, alone, chunkUs, residentMb: after.residentMb };
}

async function gone(gateway, name) {
  await once(gateway, 'exit');
  throw new Error(`${name} did not start`);
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)];
}

spawnSync('taskset', ['-a', '-cp', '1', String(process.pid)]);
const upstream = pinned(1, 'upstream.mjs', []);
const [upstreamPort] = await once(upstream, 'message');

if (process.argv.includes('--soak')) await soak();
else await compare();
upstream.kill();

async function compare() {
  const direct = median(await load(upstreamPort, upstreamPort, { body: plain, count: form.single, concurrency: 1 }));
  const samples = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < form.rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      samples[name].push(await sample(name, upstreamPort));
      if (isTalkative) console.log(name, samples[name].at(-1));
    }
  }
  const of = (name, key) => median(samples[name].map((one) => one[key]));
  const added = (name) => of(name, 'alone') - direct;
  print(
    'Gateways on one core',
    ['', 'CPU us/request', 'requests/s', 'added p50 us', 'us/chunk', 'MB'],
    names.map((name) => [
      name,
      of(name, 'cpuUs').toFixed(0),
      of(name, 'perSecond').toFixed(0),
      added(name).toFixed(0),
      of(name, 'chunkUs').toFixed(2),
      of(name, 'residentMb').toFixed(0),
    ]),
  );
  print(
    'Against the targets',
    ['', 'measured', 'target'],
    [
      ['CPU per request, of the Hono proxy', ratio(of('rolecall', 'cpuUs'), of('hono', 'cpuUs')), '<= 0.50x'],
      ['CPU per request, of Portkey', ratio(of('rolecall', 'cpuUs'), of('portkey', 'cpuUs')), '<= 0.25x'],
      ['requests per second, of the Hono proxy', ratio(of('rolecall', 'perSecond'), of('hono', 'perSecond')), '>= 1.60x'],
      ['added p50, of the Hono proxy', ratio(added('rolecall'), added('hono')), '<= 0.80x'],
      ['a relayed chunk, of the byte relay', ratio(of('rolecall', 'chunkUs'), of('relay', 'chunkUs')), '<= 1.30x'],
    ],
  );
}

/** 200,000 requests with 64 streams beside them, in ten parts: the memory after each. */
async function soak() {
  const gateway = pinned(0, 'gateways.mjs', ['rolecall', `http://127.0.0.1:${upstreamPort}`]);
  const [port] = await once(gateway, 'message');
  const rows = [];
  for (let part = 1; part <= 10; part++) {
    await Promise.all([
      load(port, upstreamPort, { body: plain, count: 20_000, concurrency: 64 }),
      load(port, upstreamPort, { body: paced, count: 64, concurrency: 64 }),
    ]);
    rows.push([`${part * 20_000} requests`, usedBy(gateway.pid).residentMb.toFixed(0)]);
  }
  gateway.kill();
  print('Memory of the gateway', ['', 'MB'], rows);
}
