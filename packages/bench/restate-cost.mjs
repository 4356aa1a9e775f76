// What durability costs: crews on a Restate server, beside bare steps of Restate's own, the file journal and no journal. The model takes 20 ms.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isFull, print } from './harness.mjs';
import { runAlone, startAlone } from './restate-alone.mjs';
import { binary, startServer } from './restate-server.mjs';

const dist = (name) => import(new URL(`../${name}/dist/index.js`, import.meta.url).href);
const { Agent, Crew, fileJournal, Task } = await dist('core');
const { connect, durable } = await dist('restate');

const atOnce = isFull ? 1_000 : 100;
const alone = isFull ? 20 : 8;
const rounds = isFull ? 3 : 2;
const [short, crewSize, long] = [1, 3, 11];
/** What the model takes: in runs at once the first, in runs one by one first one and then the other. */
const [slowMs, instantMs] = [20, 0];
/** After a result the ledger is still told of it, which is not to fall into the next run. */
const settleMs = 50;
const [loopRow, plainRow, leastRow] = ['the model in a loop', 'no journal', 'Restate alone, its steps'];
const folder = mkdtempSync(join(tmpdir(), 'rolecall-bench-'));
const closers = [];
let calls = 0;
let modelMs = slowMs;

async function model() {
  calls += 1;
  if (modelMs > 0) await delay(modelMs);
  return { model: 'none/at-all', text: 'Text.', toolCalls: [], finishReason: 'stop', usage: { inputTokens: 1 } };
}

const agent = new Agent({ role: 'writer', goal: 'Write', backstory: 'Old' });
const taskOf = (index) => new Task({ name: `task-${index}`, description: 'Write', expectedOutput: 'Text', agent });
const crewOf = (name, steps) => new Crew({ name, tasks: Array.from({ length: steps }, (_, index) => taskOf(index)), model });

/** By the name of a row, what runs a crew of so many steps. */
const subjects = new Map();
/** By the name of a row, what its runs of three steps are called at the server. */
const services = new Map();
/** By the name of a row, the one that does the same without its engine, its journal or its crew. */
const without = new Map([
  [loopRow, loopRow],
  [plainRow, loopRow],
]);

function addPlain() {
  subjects.set(loopRow, async (steps) => {
    for (let step = 0; step < steps; step++) await model();
  });
  const journal = fileJournal(join(folder, 'runs'));
  const crews = new Map([short, crewSize, long].map((steps) => [steps, crewOf('plain', steps)]));
  subjects.set(plainRow, (steps, runId) => crews.get(steps).kickoff({}, { runId }));
  subjects.set('file journal', (steps, runId) => crews.get(steps).kickoff({}, { runId, journal }));
}

async function addDurable(row, name, server, options) {
  const { ingress, admin } = server;
  const runs = connect({ ingress, admin });
  const crews = new Map([short, crewSize, long].map((steps) => [steps, crewOf(`${name}-${steps}`, steps)]));
  for (const crew of crews.values()) {
    const worker = await durable(crew, { ...options, maxLiveTasks: 1_000, onLog: () => undefined }).listen(0);
    closers.push(() => worker.close());
    await runs.register(`http://127.0.0.1:${worker.port}`);
  }
  services.set(row, `rolecall.${name}-${crewSize}`);
  subjects.set(row, async (steps, runId) => (await runs.kickoff(crews.get(steps), {}, { runId })).result());
}

/** The engine without a crew: what its own steps take, and what as many entries of its journal as those of a bare crew. */
async function addAlone(server) {
  const worker = await startAlone(model);
  closers.push(worker.close);
  await connect({ admin: server.admin }).register(worker.url);
  for (const [row, service] of [
    [leastRow, 'steps'],
    ['Restate alone, as many entries', 'entries'],
  ]) {
    services.set(row, service);
    without.set(row, loopRow);
    subjects.set(row, (steps, runId) => runAlone(server, service, steps, runId));
  }
}

/** What a run of three steps has written: what it asked for, and what was told of it. */
async function entriesOf({ admin }, service, runId) {
  const which = `SELECT id FROM sys_invocation WHERE target_service_name = '${service}' AND target_service_key = '${runId}' AND target_handler_name = 'run'`;
  const query = `SELECT count(*) AS entries FROM sys_journal WHERE id IN (${which})`;
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  const response = await fetch(`${admin}/query`, { method: 'POST', headers, body: JSON.stringify({ query }) });
  return (await response.json()).rows[0].entries;
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)];
const idOf = (row, more) => `${row.replaceAll(/\W+/g, '-')}-${more}`;

async function takeAtOnce(row, round, taken) {
  const run = subjects.get(row);
  calls = 0;
  modelMs = slowMs;
  const begunAt = performance.now();
  await Promise.all(Array.from({ length: atOnce }, (_, index) => run(crewSize, idOf(row, `${round}-${index}`))));
  taken.perSecond.push((atOnce / (performance.now() - begunAt)) * 1_000);
  taken.doubles += calls - atOnce * crewSize;
  await delay(isFull ? 5_000 : 1_000); // what goes on behind the results: the ledger is told
}

async function takeAlone(row, name, taken) {
  for (const ms of [instantMs, slowMs]) {
    for (const [steps, times] of [
      [short, taken[ms].shortMs],
      [long, taken[ms].longMs],
    ]) {
      await delay(settleMs);
      modelMs = ms;
      const startedAt = performance.now();
      await subjects.get(row)(steps, idOf(row, `${name}-${ms}-${steps}`));
      times.push(performance.now() - startedAt);
    }
  }
}

const noTimes = () => Object.fromEntries([instantMs, slowMs].map((ms) => [ms, { shortMs: [], longMs: [] }]));

/** Row by row in turns that change their order, one run at a time: the machine may have other things to do. */
async function measured() {
  const taken = new Map([...subjects.keys()].map((row) => [row, { perSecond: [], doubles: 0, ...noTimes() }]));
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

/** A step costs what ten more of them take, in runs one after the other; the rest of a run is what is left of a run of one. */
const stepOf = ({ shortMs, longMs }) => median(longMs.map((ms, index) => (ms - shortMs[index]) / (long - short)));

/** Within each round, which the machine went through in one state. */
function shareOf({ perSecond }, least) {
  return least ? `${median(perSecond.map((each, round) => each / least.perSecond[round])).toFixed(2)}x` : '-';
}

async function rowsOf(taken, server) {
  const rows = [...taken].map(async ([row, figures]) => {
    const more = (ms) => (stepOf(figures[ms]) - stepOf(taken.get(without.get(row) ?? plainRow)[ms])).toFixed(2);
    const besides = median(figures[slowMs].shortMs) - stepOf(figures[slowMs]);
    const entries = services.has(row) ? await entriesOf(server, services.get(row), idOf(row, 'warm-0')) : '-';
    const speed = [median(figures.perSecond).toFixed(0), shareOf(figures, taken.get(leastRow))];
    return [row, ...speed, more(instantMs), more(slowMs), besides.toFixed(1), entries, figures.doubles];
  });
  return Promise.all(rows);
}

let server;
try {
  addPlain();
  const command = binary();
  if (command === undefined) {
    console.log(`No binary of the Restate server for ${process.platform}-${process.arch}: its rows are left out.`);
  } else {
    server = await startServer(command, join(folder, 'restate'));
    closers.push(server.stop);
    await addAlone(server);
    await addDurable('Restate, bare', 'bare', server, { events: false, recordLost: false });
    await addDurable('Restate, with events', 'events', server, { recordLost: false });
    await addDurable('Restate, with events and intents', 'intents', server, {});
  }
  const taken = await measured();
  print(
    `${atOnce} runs of ${crewSize} tasks at once, ${slowMs} ms a call; then one by one, of ${short} and of ${long} tasks: ms a step more than without`,
    ['', 'runs a second', 'of the engine', 'instant model', `${slowMs} ms a call`, 'ms a run besides', 'entries', 'calls twice'],
    await rowsOf(taken, server),
  );
  if ([...taken.values()].some(({ doubles }) => doubles !== 0)) process.exitCode = 1;
} finally {
  for (const close of closers.toReversed()) await close();
  rmSync(folder, { recursive: true, force: true });
}
