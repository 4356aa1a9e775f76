// What durability costs: crews on a Restate server, beside bare steps of Restate's own, the file journal and no journal. The model takes 20 ms.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createHttp2Server } from 'node:http2';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { isFull, print } from './harness.mjs';

const dist = (name) => import(new URL(`../${name}/dist/index.js`, import.meta.url).href);
const { Agent, Crew, fileJournal, Task } = await dist('core');
const { connect, durable } = await dist('restate');

const atOnce = isFull ? 1_000 : 100;
const alone = isFull ? 20 : 8;
const rounds = isFull ? 3 : 1;
const [short, crewSize, long] = [1, 3, 11];
const modelMs = 20;
const folder = mkdtempSync(join(tmpdir(), 'rolecall-bench-'));
const closers = [];
let calls = 0;

async function model() {
  calls += 1;
  await delay(modelMs);
  return { model: 'none/at-all', text: 'Text.', toolCalls: [], finishReason: 'stop', usage: { inputTokens: 1 } };
}

const agent = new Agent({ role: 'writer', goal: 'Write', backstory: 'Old' });
const taskOf = (index) => new Task({ name: `task-${index}`, description: 'Write', expectedOutput: 'Text', agent });
const crewOf = (name, steps) => new Crew({ name, tasks: Array.from({ length: steps }, (_, index) => taskOf(index)), model });

/** By the name of a row, what runs a crew of so many steps. */
const subjects = new Map();

function addPlain() {
  const journal = fileJournal(join(folder, 'runs'));
  const crews = new Map([short, crewSize, long].map((steps) => [steps, crewOf('plain', steps)]));
  subjects.set('no journal', (steps, runId) => crews.get(steps).kickoff({}, { runId }));
  subjects.set('file journal', (steps, runId) => crews.get(steps).kickoff({}, { runId, journal }));
}

async function addDurable(row, server, options) {
  const runs = connect(server);
  const crews = new Map([short, crewSize, long].map((steps) => [steps, crewOf(`${row}-${steps}`, steps)]));
  for (const crew of crews.values()) {
    const worker = await durable(crew, { ...options, maxLiveTasks: 1_000, onLog: () => undefined }).listen(0);
    closers.push(() => worker.close());
    await runs.register(`http://127.0.0.1:${worker.port}`);
  }
  subjects.set(row, async (steps, runId) => (await runs.kickoff(crews.get(steps), {}, { runId })).result());
}

/** The least that the engine takes: a workflow of as many `ctx.run`, without a crew. */
async function addBareSteps({ ingress, admin }) {
  const require = createRequire(new URL('../restate/package.json', import.meta.url));
  const { createEndpointHandler, workflow } = require('@restatedev/restate-sdk');
  const handlers = {
    run: async (ctx, steps) => {
      for (let step = 0; step < steps; step++) await ctx.run(`step-${step}`, model);
    },
  };
  const handle = createEndpointHandler({ services: [workflow({ name: 'bare', handlers })], logger: () => undefined });
  const worker = createHttp2Server(handle).listen(0, '127.0.0.1');
  await once(worker, 'listening');
  closers.push(() => worker.close());
  await connect({ ingress, admin }).register(`http://127.0.0.1:${worker.address().port}`);
  const headers = { 'content-type': 'application/json' };
  subjects.set('Restate, its steps alone', async (steps, runId) => {
    await (await fetch(`${ingress}/bare/${runId}/run/send`, { method: 'POST', headers, body: String(steps) })).text();
    const answer = await fetch(`${ingress}/restate/workflow/bare/${runId}/attach`);
    if (!answer.ok) throw new Error(await answer.text());
    await answer.text();
  });
}

function binary() {
  try {
    const require = createRequire(new URL('../restate-test/package.json', import.meta.url));
    const wrapper = createRequire(require.resolve('@restatedev/restate-server/package.json'));
    const manifest = wrapper.resolve(`@restatedev/restate-server-${process.platform}-${process.arch}/package.json`);
    return new URL('bin/restate-server', pathToFileURL(manifest)).pathname;
  } catch {
    return undefined;
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

async function startServer(command) {
  const [ingressPort, adminPort, nodePort] = [await freePort(), await freePort(), await freePort()];
  const env = {
    ...process.env,
    RESTATE_BIND_IP: '127.0.0.1',
    RESTATE_LISTEN_MODE: 'tcp',
    RESTATE_DISABLE_TELEMETRY: 'true',
    RESTATE_LOG_FILTER: 'off',
    RESTATE_BIND_PORT: String(nodePort),
    RESTATE_ADVERTISED_ADDRESS: `http://127.0.0.1:${nodePort}`,
    RESTATE_INGRESS__BIND_PORT: String(ingressPort),
    RESTATE_ADMIN__BIND_PORT: String(adminPort),
  };
  const args = ['--no-logo', '--node-name', 'n1', '--base-dir', join(folder, 'restate')];
  const server = spawn(command, args, { env, stdio: 'ignore' });
  closers.push(() => server.kill('SIGKILL'));
  const [ingress, admin] = [`http://127.0.0.1:${ingressPort}`, `http://127.0.0.1:${adminPort}`];
  const urls = [`${admin}/health`, `${ingress}/restate/health`];
  for (const url of urls) while (!(await fetch(url).catch(() => undefined))?.ok) await delay(50);
  return { ingress, admin };
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)];
const idOf = (row, more) => `${row.replaceAll(/\W+/g, '-')}-${more}`;

async function takeAtOnce(row, round, taken) {
  const run = subjects.get(row);
  calls = 0;
  const begunAt = performance.now();
  await Promise.all(Array.from({ length: atOnce }, (_, index) => run(crewSize, idOf(row, `${round}-${index}`))));
  taken.perSecond.push((atOnce / (performance.now() - begunAt)) * 1_000);
  taken.doubles += calls - atOnce * crewSize;
  await delay(isFull ? 5_000 : 1_000); // what goes on behind the results: the ledger is told
}

async function takeAlone(row, name, taken) {
  for (const [steps, times] of [
    [short, taken.shortMs],
    [long, taken.longMs],
  ]) {
    const startedAt = performance.now();
    await subjects.get(row)(steps, idOf(row, `${name}-${steps}`));
    times.push(performance.now() - startedAt);
  }
}

/** Row by row in turns that change their order, one run at a time: the machine may have other things to do. */
async function measured() {
  const taken = new Map([...subjects.keys()].map((row) => [row, { perSecond: [], shortMs: [], longMs: [], doubles: 0 }]));
  for (const row of subjects.keys()) {
    await Promise.all(Array.from({ length: 30 }, (_, index) => subjects.get(row)(crewSize, idOf(row, `warm-${index}`))));
  }
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? [...subjects.keys()] : [...subjects.keys()].toReversed();
    for (const row of order) await takeAtOnce(row, round, taken.get(row));
    for (let index = 0; index < alone; index++) {
      for (const row of order) await takeAlone(row, `${round}-${index}-alone`, taken.get(row));
    }
  }
  return taken;
}

/** A step costs what ten more of them take; the rest of a run is what is left of a run of one. */
const stepOf = ({ shortMs, longMs }) => (median(longMs) - median(shortMs)) / (long - short);

function rowsOf(taken) {
  const plain = stepOf(taken.get('no journal'));
  return [...taken].map(([row, figures]) => {
    const step = stepOf(figures);
    const besides = median(figures.shortMs) - step;
    return [row, median(figures.perSecond).toFixed(0), (step - plain).toFixed(2), besides.toFixed(1), String(figures.doubles)];
  });
}

try {
  addPlain();
  const command = binary();
  if (command === undefined) {
    console.log(`No binary of the Restate server for ${process.platform}-${process.arch}: its rows are left out.`);
  } else {
    const server = await startServer(command);
    await addDurable('Restate, bare', server, { events: false, recordLost: false });
    await addDurable('Restate, with events', server, { recordLost: false });
    await addDurable('Restate, with events and intents', server, {});
    await addBareSteps(server);
  }
  const taken = await measured();
  print(
    `${atOnce} runs of ${crewSize} tasks at once, ${modelMs} ms a call; then one by one, of ${short} and of ${long} tasks`,
    ['', 'runs a second', 'ms a step more than without', 'ms a run besides', 'calls twice'],
    rowsOf(taken),
  );
  if ([...taken.values()].some(({ doubles }) => doubles !== 0)) process.exitCode = 1;
} finally {
  for (const close of closers.toReversed()) await close();
  rmSync(folder, { recursive: true, force: true });
}
