import type { DurableOptions, Worker } from '@rolecall/restate';
import { codeOf } from '../config-file.ts';
import { CommandError, exitCodes } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { untilStopped } from '../until-stopped.ts';
import { loadCrew, type LoadedCrew } from './load-crew.ts';
import { loadRestate } from './project-module.ts';

/** What `worker` and `dev` take alike. */
export interface ServeOptions {
  readonly port: number;
  readonly callTimeout: number;
  readonly retentionDays: number;
  readonly maxLiveTasks: number;
  readonly retryAfter: number;
  readonly maxWaits: number;
  readonly maxValueBytes: number;
  readonly events: boolean;
  readonly recordLost: boolean;
  readonly grace: number;
}

export interface WorkerCommandOptions extends ServeOptions {
  readonly host: string;
  readonly insecure?: boolean | undefined;
  readonly identityKey?: readonly string[] | undefined;
  readonly register?: string | undefined;
  readonly url?: string | undefined;
}

/** Does the steps of a crew's runs until it is stopped. */
export async function worker(path: string, options: WorkerCommandOptions, io: Io): Promise<number> {
  const { host, identityKey: identityKeys, insecure, register } = options;
  if (!/^(127\.|::1$|localhost$)/.test(host) && !identityKeys && !insecure)
    throw new CommandError(
      `Whoever reaches ${host} could have everything done that the crew does. Give the server's public key with --identity-key, or say --insecure where nobody else reaches that port.`,
    );
  const loaded = await loadCrew(path, io);
  const serving = await serve(loaded, { ...options, identityKeys }, io);
  try {
    const url = options.url ?? `http://${host.includes(':') ? `[${host}]` : host}:${serving.port}`;
    io.stderr.write(`Worker for crew "${loaded.crew.name}" on ${url} (press Ctrl-C to stop)\n`);
    if (register === undefined) io.stderr.write('The server has to be told of it once: --register http://127.0.0.1:9070\n');
    else await registerAt(loaded, register, url, io);
    await untilStopped(io.signal);
  } finally {
    await stop(serving, options, io);
  }
  return exitCodes.fine;
}

type Serve = ServeOptions & Pick<DurableOptions, 'identityKeys'> & { readonly host: string };

/** @throws {CommandError} when an option is not valid, or the port is taken. */
export async function serve({ crew, file }: LoadedCrew, options: Serve, io: Io): Promise<Worker> {
  const { durable } = await loadRestate(file);
  const { port, host, retentionDays, maxLiveTasks, maxWaits, maxValueBytes, events, recordLost, identityKeys } = options;
  const onLog: DurableOptions['onLog'] = (level, message) => {
    if (message.includes('request signatures')) return; // there is a rule of ours for that
    if (io.signal.aborted) return; // runs that are given back, which has been said
    if (level === 'warn' || level === 'error') io.stderr.write(`${level}: ${message}\n`);
  };
  try {
    return await durable(crew, {
      callTimeoutMs: options.callTimeout,
      retryAfterMs: options.retryAfter,
      retentionDays,
      maxLiveTasks,
      maxWaits,
      maxValueBytes,
      events,
      recordLost,
      identityKeys,
      onLog,
    }).listen(port, host);
  } catch (error) {
    if (codeOf(error) === 'EADDRINUSE')
      throw new CommandError(`Port ${port} is taken. Choose another with --port; 0 takes any.`, { cause: error });
    if (error instanceof TypeError) throw new CommandError(error.message, { cause: error });
    if ((error as { syscall?: unknown } | null)?.syscall !== 'listen' && codeOf(error) !== 'ENOTFOUND') throw error;
    throw new CommandError(`The worker cannot listen on ${host}:${port} (${codeOf(error)}).`, { cause: error });
  }
}

export async function registerAt({ file }: LoadedCrew, admin: string, url: string, io: Io): Promise<void> {
  const { connect, DurableError } = await loadRestate(file);
  try {
    await connect({ admin, signal: io.signal }).register(url);
  } catch (error) {
    if (!DurableError.isInstance(error) && !(error instanceof TypeError)) throw error;
    throw new CommandError(`The worker is not registered. ${error.message}`, { cause: error });
  }
  io.stderr.write(`Registered with the server at ${admin}\n`);
}

/** Calls under way are paid for: they may end. */
export async function stop(serving: Worker, { grace }: Pick<ServeOptions, 'grace'>, io: Io): Promise<void> {
  if (io.signal.aborted)
    io.stderr.write(
      `Stopping: calls under way may end, for ${grace / 1_000} s at most; then the server has the runs go on elsewhere, or here when a worker is back\n`,
    );
  await serving.close({ graceMs: grace });
  if (io.signal.aborted) io.stderr.write('Stopped\n');
}
