// What durability costs: runs of three steps on a Restate server, beside the file journal and no journal, the model taking 20 ms.
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { isFull, print } from './harness.mjs';

const dist = (name) => import(new URL(`../${name}/dist/index.js`, import.meta.url).href);
const { Agent, Crew, fileJournal, Task } = await dist('core');
const { connect, durable } = await dist('restate');

const count = isFull ? 1_000 : 100;
const modelMs = 20;
const steps = 3;
let calls = 0;

async function model() {
  calls += 1;
  await delay(modelMs);
  return { model: 'none/at-all', text: 'Text.', toolCalls: [], finishReason: 'stop', usage: { inputTokens: 1 } };
}

const crewNamed = (name) => {
  const agent = new Agent({ role: 'writer', goal: 'Write', backstory: 'Old' });
  const tasks = Array.from(
    { length: steps },
    (_, index) => new Task({ name: `task-${index}`, description: 'Write', expectedOutput: 'Text', agent }),
  );
  return new Crew({ name, tasks, model });
};

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

/** All at once for runs a second, then one by one for what a step takes above the model. */
async function timed(name, run) {
  await run(`${name}-warm`);
  calls = 0;
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: count }, (_, index) => run(`${name}-${index}`)));
  const allMs = performance.now() - startedAt;
  const doubles = calls - count * steps;
  const alone = [];
  for (let index = 0; index < 20; index++) {
    const begunAt = performance.now();
    await run(`${name}-alone-${index}`);
    alone.push((performance.now() - begunAt) / steps - modelMs);
  }
  const perStep = alone.toSorted((a, b) => a - b)[10];
  return [name, ((count / allMs) * 1_000).toFixed(0), perStep.toFixed(1), String(doubles)];
}

const folder = mkdtempSync(join(tmpdir(), 'rolecall-bench-'));
const rows = [];
const plain = crewNamed('plain');
rows.push(await timed('no journal', (runId) => plain.kickoff({}, { runId })));
const journal = fileJournal(join(folder, 'runs'));
rows.push(await timed('file journal', (name) => plain.kickoff({}, { runId: name.replaceAll(' ', '-'), journal })));

const command = binary();
if (command === undefined) {
  console.log(`No binary of the Restate server for ${process.platform}-${process.arch}: its rows are left out.`);
} else {
  const [ingress, admin, node] = [18_080, 19_070, 15_122].map((port) => port + (process.pid % 900));
  const env = {
    ...process.env,
    RESTATE_BIND_IP: '127.0.0.1',
    RESTATE_LISTEN_MODE: 'tcp',
    RESTATE_DISABLE_TELEMETRY: 'true',
    RESTATE_LOG_FILTER: 'off',
    RESTATE_BIND_PORT: String(node),
    RESTATE_ADVERTISED_ADDRESS: `http://127.0.0.1:${node}`,
    RESTATE_INGRESS__BIND_PORT: String(ingress),
    RESTATE_ADMIN__BIND_PORT: String(admin),
  };
  const server = spawn(command, ['--no-logo', '--node-name', 'n1', '--base-dir', join(folder, 'restate')], {
    env,
    stdio: 'ignore',
  });
  try {
    const urls = [`http://127.0.0.1:${admin}/health`, `http://127.0.0.1:${ingress}/restate/health`];
    for (const url of urls) while (!(await fetch(url).catch(() => undefined))?.ok) await delay(50);
    const runs = connect({ ingress: `http://127.0.0.1:${ingress}`, admin: `http://127.0.0.1:${admin}` });
    const variants = [
      ['Restate, bare', { events: false, recordLost: false }],
      ['Restate, with events', { recordLost: false }],
      ['Restate, with events and intents', {}],
    ];
    for (const [index, [name, options]] of variants.entries()) {
      const crew = crewNamed(`bench-${index}`);
      const worker = await durable(crew, { ...options, maxLiveTasks: 1_000, onLog: () => undefined }).listen(0);
      await runs.register(`http://127.0.0.1:${worker.port}`);
      rows.push(await timed(name, async (runId) => (await runs.kickoff(crew, {}, { runId })).result()));
      await worker.close();
    }
  } finally {
    server.kill('SIGKILL');
  }
}
rmSync(folder, { recursive: true, force: true });
print(
  `${count} runs of ${steps} tasks at once, ${modelMs} ms a call; then one by one`,
  ['', 'runs a second', 'ms a step above the model', 'calls twice'],
  rows,
);
