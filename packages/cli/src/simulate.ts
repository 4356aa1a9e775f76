import { type ProviderName, type Simulator, startSimulator } from '@rolecall/simulator';
import { codeOf } from './config-file.ts';
import { CommandError, exitCodes } from './exit-codes.ts';
import type { Io } from './io.ts';
import { untilStopped } from './until-stopped.ts';

export interface SimulateOptions {
  readonly openai: number;
  readonly anthropic: number;
  readonly groq: number;
  readonly ollama: number;
  readonly latency?: number | undefined;
  readonly chunkInterval?: number | undefined;
  readonly ollamaModels?: readonly string[] | undefined;
  readonly down?: readonly string[] | undefined;
}

const providers: readonly ProviderName[] = ['openai', 'anthropic', 'groq', 'ollama'];

/** Runs the four providers on loopback until it is stopped, and prints what to export. */
export async function simulate(options: SimulateOptions, io: Io): Promise<number> {
  const { down = [] } = options;
  const stranger = down.find((name) => !providers.includes(name as ProviderName));
  if (stranger !== undefined) throw new CommandError(`--down takes ${providers.join(', ')}, not "${stranger}".`);
  const simulator = await start(options);
  try {
    for (const provider of down) await simulator.takeDown(provider as ProviderName);
    io.stdout.write(`${exportsOf(simulator).join('\n')}\n`);
    io.stderr.write(
      `The simulator answers at these addresses, and is no model: what it writes is fixed.${down.length > 0 ? ` Down: ${down.join(', ')}.` : ''}\nSet the lines above in another terminal. Ctrl-C ends it.\n`,
    );
    await untilStopped(io.signal);
  } finally {
    await simulator.close();
  }
  return exitCodes.fine;
}

async function start({
  openai,
  anthropic,
  groq,
  ollama,
  latency = 0,
  chunkInterval = 0,
  ollamaModels,
}: SimulateOptions): Promise<Simulator> {
  try {
    return await startSimulator({
      ports: { openai, anthropic, groq, ollama },
      latencyMs: latency,
      chunkIntervalMs: chunkInterval,
      models: { ollama: ollamaModels },
    });
  } catch (error) {
    if (codeOf(error) !== 'EADDRINUSE') throw error;
    const { port } = error as { port?: number };
    const provider = { [openai]: 'openai', [anthropic]: 'anthropic', [groq]: 'groq', [ollama]: 'ollama' }[port ?? -1] ?? 'ollama';
    throw new CommandError(
      `Port ${port} is taken${port === 11_434 ? ' (Ollama itself may be running)' : ''}. Choose another with --${provider} <port>; 0 takes any.`,
      {
        cause: error,
      },
    );
  }
}

function exportsOf({ urls }: Simulator): readonly string[] {
  return [
    `export OPENAI_BASE_URL=${urls.openai} OPENAI_API_KEY=simulated`,
    `export ANTHROPIC_BASE_URL=${urls.anthropic} ANTHROPIC_API_KEY=simulated`,
    `export GROQ_BASE_URL=${urls.groq} GROQ_API_KEY=simulated`,
    `export OLLAMA_HOST=${urls.ollama}`,
  ];
}
