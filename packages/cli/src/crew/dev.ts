import { resolve } from 'node:path';
import { CommandError, exitCodes } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { untilStopped } from '../until-stopped.ts';
import { loadCrew, type LoadedCrew } from './load-crew.ts';
import { binaryFor, startRestate, type RestateProgram } from './restate-program.ts';
import { registerAt, serve, stop, type ServeOptions } from './worker.ts';

export interface DevCommandOptions extends ServeOptions {
  readonly durable?: boolean | undefined;
  readonly ingressPort: number;
  readonly adminPort: number;
  readonly baseDir: string;
}

/** A server and a worker for a crew, on this machine, until it is stopped. */
export async function dev(path: string, options: DevCommandOptions, io: Io): Promise<number> {
  if (!options.durable)
    throw new CommandError(
      `dev starts what durable runs need, a Restate server and a worker: rolecall dev --durable ${path}. To run the crew in this process, nothing has to be started: rolecall run ${path}`,
    );
  const loaded = await loadCrew(path, io);
  const folder = resolve(io.cwd, options.baseDir);
  const server = await startRestate(binaryFor(loaded.file), { ...options, folder }, io);
  try {
    return await serveFrom(server, loaded, options, io);
  } finally {
    await server.stop();
  }
}

async function serveFrom(server: RestateProgram, loaded: LoadedCrew, options: DevCommandOptions, io: Io): Promise<number> {
  const worker = await serve(loaded, { ...options, host: '127.0.0.1' }, io);
  try {
    await registerAt(loaded, server.admin, `http://127.0.0.1:${worker.port}`, io);
    io.stderr.write(introduction(server, loaded, options));
    await Promise.race([untilStopped(io.signal), server.ended]);
  } finally {
    await stop(worker, options, io);
  }
  if (io.signal.aborted) return exitCodes.fine;
  io.stderr.write('The Restate server has ended, and nobody told it to: look at what it wrote above\n');
  return exitCodes.failed;
}

function introduction({ ingress, admin }: RestateProgram, { crew, path }: LoadedCrew, { baseDir }: DevCommandOptions): string {
  const inputs = crew.inputNames.map((name) => ` --input ${name}=…`).join('');
  const where = [
    ...(ingress.endsWith(':8080') ? [] : [` --ingress ${ingress}`]),
    ...(admin.endsWith(':9070') ? [] : [` --admin ${admin}`]),
  ];
  return `Crew "${crew.name}" is ready (press Ctrl-C to stop; runs go on at the next start)
  the server: ${ingress}, with its page at ${admin}, and its state in ${baseDir}
  in another terminal: rolecall run ${path} --durable${where.join('')}${inputs} --follow
`;
}
