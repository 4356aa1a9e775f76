// What a gateway costs: CPU per request, requests per second, what it adds to a call, and a relayed chunk, next to its peers.
// The gateway has one core, provider and load the other; the peers take turns. `--full` for figures to quote, `--soak` for memory.
import { spawnSync } from 'node:child_process';
import { chunksOfStream, load, median, paced, pinned, plain, portOf, usedBy, within } from './gateway-load.mjs';
import { isFull, print, ratio } from './harness.mjs';

const names = ['relay', 'rolecall', 'hono', 'portkey'];
const isTalkative = process.argv.includes('--samples');
/** A gateway runs for days: in the full form V8 has compiled all that it will before anything is measured, which takes some 15,000 requests. */
const form = isFull
  ? { rounds: 5, warm: 20_000, requests: 10_000, single: 1_500, streams: 24 }
  : { rounds: 3, warm: 2_000, requests: 3_000, single: 500, streams: 8 };
/** Far more than any of them needs. */
const limitMs = 120_000;
const sampleMs = 300_000;

spawnSync('taskset', ['-a', '-cp', '1', String(process.pid)]);
const upstream = pinned(1, 'upstream.mjs', []);
const upstreamPort = await portOf(upstream, 'the provider');

if (process.argv.includes('--soak')) await soak();
else await compare();
upstream.kill();

/** One gateway from its start to its end, however it ends. */
async function sample(name) {
  const gateway = pinned(0, 'gateways.mjs', [name, `http://127.0.0.1:${upstreamPort}`]);
  try {
    return await within(sampleMs, name, measured(gateway, name));
  } catch (error) {
    console.error(`${name}: ${error.message}`);
    return { cpuUs: Number.NaN, perSecond: Number.NaN, alone: Number.NaN, chunkUs: Number.NaN, residentMb: Number.NaN };
  } finally {
    gateway.kill('SIGKILL');
  }
}

async function measured(gateway, name) {
  const port = await portOf(gateway, name);
  const send = (body, count, concurrency) => load(port, upstreamPort, { body, count, concurrency, limitMs });
  await send(plain, form.warm, 64);

  const before = usedBy(gateway.pid);
  const start = performance.now();
  await send(plain, form.requests, 64);
  const perSecond = (form.requests / (performance.now() - start)) * 1_000;
  const { cpuUs, residentMb } = usedBy(gateway.pid);
  const alone = median(await send(plain, form.single, 1));
  return { cpuUs: (cpuUs - before.cpuUs) / form.requests, perSecond, alone, chunkUs: await chunkCost(gateway, send), residentMb };
}

async function chunkCost(gateway, send) {
  try {
    await send(paced, 4, 4);
    const before = usedBy(gateway.pid);
    await send(paced, form.streams, 4);
    return (usedBy(gateway.pid).cpuUs - before.cpuUs) / form.streams / chunksOfStream;
  } catch {
    return Number.NaN; // it answers no streams
  }
}

async function compare() {
  const direct = median(await load(upstreamPort, upstreamPort, { body: plain, count: form.single, concurrency: 1, limitMs }));
  const samples = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < form.rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      samples[name].push(await sample(name));
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
