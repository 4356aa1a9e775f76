import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { StoredLedger } from './stored-ledger.ts';

const rounds = 20;
const writers = ['one', 'other'];

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rolecall-kill-'));
});
afterEach(() => rm(folder, { recursive: true }));

interface Writer {
  readonly agent: string;
  readonly process: ChildProcess;
  /** What it has said to be on the disk. */
  acknowledged: number;
}

function startWriter(agent: string, durability: string): Writer {
  const program = join(import.meta.dirname, 'append-until-killed.ts');
  const flags = ['--conditions=@rolecall/source', '--import', 'tsx', program, folder, agent, durability, 'x'.repeat(2_000)];
  const child = spawn(process.execPath, flags, { stdio: ['ignore', 'pipe', 'inherit'] });
  const writer: Writer = { agent, process: child, acknowledged: 0 };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (writer.acknowledged = Number(text.trim().split('\n').at(-1))));
  return writer;
}

async function sizeOf(): Promise<number> {
  const sizes = await Promise.all((await readdir(folder)).map(async (name) => (await stat(join(folder, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Some are killed at any time, and some while a file is growing, which is inside a write. */
async function kill({ process: child }: Writer, insideWrite: boolean): Promise<void> {
  await delay(Math.random() * 300);
  if (insideWrite) {
    const before = await sizeOf();
    for (let tries = 0; tries < 2_000 && (await sizeOf()) === before; tries++);
  }
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

async function read(): Promise<{ counts: Map<string, number[]>; broken: number }> {
  const counts = new Map<string, number[]>(writers.map((agent) => [agent, []]));
  const skipped = { broken: 0, newer: 0 };
  for await (const { agent = '', usage } of (await StoredLedger.open(folder)).rows(skipped)) {
    counts.get(agent)?.push(usage.inputTokens ?? -1);
  }
  return { counts, broken: skipped.broken };
}

test('after kill -9 of two writers, twenty times, every acknowledged row is there once', async () => {
  let [acknowledged, stored, broken] = [0, 0, 0];
  for (let round = 0; round < rounds; round++) {
    await rm(folder, { recursive: true });
    folder = await mkdtemp(join(tmpdir(), 'rolecall-kill-'));
    const running = writers.map((agent) => startWriter(agent, round % 5 === 4 ? 'each' : 'batch'));
    await Promise.all(running.map(({ process: child }) => once(child.stdout!, 'data')));

    await Promise.all(running.map((writer) => kill(writer, round % 2 === 0)));
    const found = await read();

    broken += found.broken;
    for (const { agent, acknowledged: promised } of running) {
      const rows = found.counts.get(agent) ?? [];
      acknowledged += promised;
      stored += rows.length;
      expect(new Set(rows).size).toBe(rows.length);
      // Rows are written in order: what is there is everything up to some row, acknowledged ones first.
      expect(rows).toEqual(Array.from({ length: rows.length }, (_, index) => index));
      expect(rows.length).toBeGreaterThanOrEqual(promised);
    }
  }
  console.log(`${rounds} rounds: ${acknowledged} rows acknowledged, ${stored} found, ${broken} torn lines dropped`);
  expect(acknowledged).toBeGreaterThan(rounds);
}, 600_000);
