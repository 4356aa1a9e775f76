// What a gateway costs: CPU per request, requests per second, what it adds to a call, and a relayed chunk, next to its peers.
// The gateway has one core, provider and load the other; the peers take turns. `--full` for figures to quote, `--soak` for memory.
import { spawnSync } from 'node:child_process';
import { chunksOfStream, load, paced, pinned, plain, portOf, usedBy, within } from './gateway-load.mjs';
import { isFull, median, ofBase, print } from './harness.mjs';

const names = ['relay', 'parsing', 'rolecall', 'hono', 'portkey'];
const isTalkative = process.argv.includes('--samples');
/** A gateway runs for days: in the full form V8 has compiled all that it will before anything is measured, which takes some 15,000 requests. */
const form = isFull
  ? { rounds: 15, warm: 20_000, requests: 2_000, single: 300, streams: 8 }
  : { rounds: 4, warm: 2_000, requests: 1_000, single: 150, streams: 4 };
/** Far more than any of them needs. */
const limitMs = 120_000;
const turnMs = 300_000;

spawnSync('taskset', ['-a', '-cp', '1', String(process.pid)]);
const upstream = pinned(1, 'upstream.mjs', []);
const upstreamPort = await portOf(upstream, 'the provider');

if (process.argv.includes('--soak')) await soak();
else await compare();
upstream.kill();

/** All of them run at once and take turns, so that a machine that changes its speed changes it for all. */
async function compare() {
  const gateways = [];
  for (const name of names) gateways.push(await started(name));
  for (const { name, send } of gateways) await send(plain, form.warm, 64).catch((error) => complain(name, error));
  for (let round = 0; round < form.rounds; round++) {
    const direct = median(await sent(upstreamPort, plain, form.single, 1));
    for (const gateway of round % 2 === 0 ? gateways : gateways.toReversed()) {
      const taken = within(turnMs, gateway.name, turn(gateway, direct));
      gateway.taken.push(await taken.catch((error) => complain(gateway.name, error)));
      if (isTalkative) console.log(gateway.name, gateway.taken.at(-1));
    }
  }
  for (const { process } of gateways) process.kill('SIGKILL');
  tell(Object.fromEntries(gateways.map(({ name, taken }) => [name, taken])));
}

async function started(name) {
  const process = pinned(0, 'gateways.mjs', [name, `http://127.0.0.1:${upstreamPort}`]);
  const port = await portOf(process, name).catch((error) => void complain(name, error)); // its rows are empty, then
  return { name, process, taken: [], send: (...asked) => sent(port, ...asked) };
}

/** What one of them cannot do is no reason to know nothing of the others. */
function complain(name, error) {
  console.error(`${name}: ${error.message}`);
  return { cpuUs: Number.NaN, perSecond: Number.NaN, addedUs: Number.NaN, chunkUs: Number.NaN, residentMb: Number.NaN };
}

function sent(port, body, count, concurrency) {
  return load(port, upstreamPort, { body, count, concurrency, limitMs });
}

async function turn({ process: { pid }, send, taken }, direct) {
  const before = usedBy(pid);
  const start = performance.now();
  await send(plain, form.requests, 64);
  const perSecond = (form.requests / (performance.now() - start)) * 1_000;
  const { cpuUs, residentMb } = usedBy(pid);
  const addedUs = median(await send(plain, form.single, 1)) - direct;
  const streams = taken.every(({ chunkUs }) => !Number.isNaN(chunkUs)); // who failed once is not asked again
  const chunkUs = streams ? await chunkCost(pid, send) : Number.NaN;
  return { cpuUs: (cpuUs - before.cpuUs) / form.requests, perSecond, addedUs, chunkUs, residentMb };
}

async function chunkCost(pid, send) {
  try {
    await send(paced, 4, 4);
    const before = usedBy(pid);
    await send(paced, form.streams, 4);
    return (usedBy(pid).cpuUs - before.cpuUs) / form.streams / chunksOfStream;
  } catch {
    return Number.NaN; // it answers no streams
  }
}

function tell(taken) {
  const medianOf = (name, figure, digits = 0) => median(taken[name].map((one) => one[figure])).toFixed(digits);
  const of = (name, base, figure) => ofBase(taken[name], taken[base], figure);
  print(
    'Gateways on one core',
    ['', 'CPU us/request', 'of Hono', 'requests/s', 'of Hono', 'added p50 us', 'of Hono', 'us/chunk', 'MB'],
    names.map((name) => [
      name,
      ...['cpuUs', 'perSecond', 'addedUs'].flatMap((figure) => [medianOf(name, figure), of(name, 'hono', figure)]),
      medianOf(name, 'chunkUs', 2),
      medianOf(name, 'residentMb'),
    ]),
  );
  print(
    'Against the targets',
    ['', 'measured', 'target'],
    [
      ['CPU per request, of the Hono proxy', of('rolecall', 'hono', 'cpuUs'), '<= 0.50x'],
      ['CPU per request, of Portkey', of('rolecall', 'portkey', 'cpuUs'), '<= 0.25x'],
      ['requests per second, of the Hono proxy', of('rolecall', 'hono', 'perSecond'), '>= 1.60x'],
      ['added p50, of the Hono proxy', of('rolecall', 'hono', 'addedUs'), '<= 0.80x'],
      ['a relayed chunk, of the byte relay', of('rolecall', 'relay', 'chunkUs'), '<= 1.30x'],
    ],
  );
}

/** 200,000 requests with 64 streams beside them all the while, in ten parts: the memory after each. A tenth of it in the short form. */
async function soak() {
  const requests = isFull ? 20_000 : 2_000;
  const gateway = pinned(0, 'gateways.mjs', ['rolecall', `http://127.0.0.1:${upstreamPort}`]);
  const port = await portOf(gateway, 'rolecall');
  const rows = [];
  try {
    for (let part = 1; part <= 10; part++) {
      const ten = { limitMs: 600_000 };
      const streams = streaming(port, ten);
      await load(port, upstreamPort, { body: plain, count: requests, concurrency: 64, ...ten });
      const streamed = await streams.stop();
      rows.push([`${part * requests} requests`, streamed, usedBy(gateway.pid).residentMb.toFixed(0)]);
    }
  } finally {
    gateway.kill('SIGKILL');
  }
  print('Memory of the gateway', ['', 'streams beside', 'MB'], rows);
}

/** Keeps 64 streams going until it is stopped. */
function streaming(port, limits) {
  const stopped = new AbortController();
  let streamed = 0;
  const going = (async () => {
    while (!stopped.signal.aborted) {
      await load(port, upstreamPort, { body: paced, count: 64, concurrency: 64, ...limits });
      streamed += 64;
    }
  })();
  return {
    stop: async () => {
      stopped.abort();
      await going;
      return streamed;
    },
  };
}
