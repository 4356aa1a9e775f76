/** Runs commands as processes of their own: with signals, and with modules that Node loads. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Ran } from './cli.ts';

export interface CliProcess {
  /** Resolves with what has been written, when `text` has. */
  readonly said: (text: string) => Promise<string>;
  readonly signal: (name: NodeJS.Signals) => void;
  readonly ended: Promise<Ran>;
}

interface Circumstances {
  readonly cwd?: string | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** What Node is to run. @default the sources */
  readonly program?: readonly string[] | undefined;
}

const bin = join(import.meta.dirname, '../src/bin.ts');
export const sources: readonly string[] = ['--conditions=@rolecall/source', '--import', import.meta.resolve('tsx'), bin];

export function startProcess(argv: readonly string[], { cwd, env, program = sources }: Circumstances = {}): CliProcess {
  const { FORCE_COLOR: _, NODE_PATH: __, ...inherited } = process.env; // which pnpm sets, and where every package is
  const child = spawn(process.execPath, [...program, ...argv], {
    cwd,
    env: { ...inherited, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 120_000, // a test that failed leaves none behind
  });
  const written = { stdout: '', stderr: '' };
  let wake: (() => void) | undefined;
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (chunk: Buffer) => {
      written[name] += String(chunk);
      wake?.();
    });
  }
  const ended = once(child, 'close').then(([code]) => ({ exitCode: code as number, ...written }));
  return {
    ended,
    signal: (name) => void child.kill(name),
    async said(text) {
      while (!`${written.stdout}${written.stderr}`.includes(text)) {
        const more = new Promise<void>((resolve) => (wake = resolve));
        const end = await Promise.race([more, ended]);
        if (end) throw new Error(`It ended with ${end.exitCode} before it said "${text}": ${end.stdout}${end.stderr}`);
      }
      return `${written.stdout}${written.stderr}`;
    },
  };
}

export function inProcess(argv: readonly string[], circumstances?: Circumstances): Promise<Ran> {
  return startProcess(argv, circumstances).ended;
}
