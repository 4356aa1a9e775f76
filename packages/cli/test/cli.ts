/** Runs commands in this process, with outputs that can be read. */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CostTracker } from '@rolecall/cost-tracker';
import { startSimulator, type Simulator } from '@rolecall/simulator';
import type { Io } from '../src/io.ts';
import { run } from '../src/run.ts';

export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  /** Resolves with what has been written, when `text` has. */
  said(text: string): Promise<string>;
  stop(): void;
  readonly ended: Promise<Ran>;
}

type Circumstances = Partial<Pick<Io, 'env' | 'cwd' | 'ask' | 'onHangup'>> & { readonly terminal?: boolean };

export function start(
  argv: readonly string[],
  { env = {}, cwd = tmpdir(), ask, onHangup, terminal = false }: Circumstances = {},
): Running {
  const stopper = new AbortController();
  const written = { stdout: '', stderr: '' };
  let wake: (() => void) | undefined;
  const outputTo = (name: 'stdout' | 'stderr'): Io['stdout'] => ({
    isTTY: terminal,
    columns: 100,
    write: (text) => {
      written[name] += text;
      wake?.();
    },
  });
  const io: Io = { stdout: outputTo('stdout'), stderr: outputTo('stderr'), env, cwd, ask, onHangup, signal: stopper.signal };
  const ended = run(argv, io).then((exitCode) => ({ exitCode, ...written }));
  return {
    ended,
    stop: () => stopper.abort(),
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

export function rolecall(argv: readonly string[], circumstances: Circumstances = {}): Promise<Ran> {
  return start(argv, circumstances).ended;
}

/** The variables that "rolecall simulate" says to export. */
function environmentOf({ urls }: Simulator): Record<string, string> {
  return {
    OPENAI_BASE_URL: urls.openai,
    ANTHROPIC_BASE_URL: urls.anthropic,
    GROQ_BASE_URL: urls.groq,
    OLLAMA_HOST: urls.ollama,
    OPENAI_API_KEY: 'simulated',
    ANTHROPIC_API_KEY: 'simulated',
    GROQ_API_KEY: 'simulated',
  };
}

function entry(name: string, model: string, key = ''): string {
  return `  - model_name: ${name}\n    litellm_params:\n      model: ${model}\n${key && `      api_key: os.environ/${key}\n`}`;
}

/** The models of the guide, with the address of Ollama left to the environment; more YAML may follow. */
export function guideConfig(more = ''): string {
  return `model_list:
${entry('gpt-4', 'gpt-4', 'OPENAI_API_KEY')}${entry('claude-sonnet', 'claude-3-5-sonnet-20241022', 'ANTHROPIC_API_KEY')}${entry('groq-fast', 'groq/llama-3.1-70b-versatile', 'GROQ_API_KEY')}${entry('local-mistral', 'ollama/mistral')}${entry('local-llama', 'ollama/llama3.2')}
router_settings:
  num_retries: 0
${more}`;
}

/** One model to chat with, and one that makes embeddings. */
export const vectorsConfig = `model_list:
  - { model_name: vectors, litellm_params: { model: openai/text-embedding-3-small }, model_info: { mode: embedding } }
  - { model_name: chat, litellm_params: { model: openai/gpt-4.1-2025-04-14 } }
`;

export interface Scene {
  readonly simulator: Simulator;
  readonly env: Record<string, string>;
  readonly cwd: string;
  /** Writes a file into the folder. */
  write(name: string, text: string): Promise<void>;
}

/** The simulator, and a folder to be in. The folder is the system's to clear. */
export async function scene(): Promise<Scene> {
  // A busy machine takes seconds to read them, which no test should be timed with.
  await Promise.all([import('openai'), import('@anthropic-ai/sdk'), import('groq-sdk'), import('ollama')]);
  const commands = [import('../src/check/check.ts'), import('../src/bench/bench.ts'), import('../src/load/load.ts')];
  await Promise.all([...commands, import('../src/gateway.ts')]);
  CostTracker.warm();
  const simulator = await startSimulator();
  const cwd = await mkdtemp(join(tmpdir(), 'rolecall-cli-'));
  return { simulator, cwd, env: environmentOf(simulator), write: (name, text) => writeFile(join(cwd, name), text) };
}

/** A folder with a crew file for commands in this process, where TypeScript is loaded already. The folder is the system's to clear. */
export async function crewFolder(): Promise<string> {
  const cwd = await mkdtemp(join(tmpdir(), 'rolecall-crew-'));
  await writeFile(join(cwd, 'blog.mjs'), `export { crew } from '${join(import.meta.dirname, 'crews/blog.ts')}';\n`);
  return cwd;
}
