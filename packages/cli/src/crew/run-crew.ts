import { resolve } from 'node:path';
import { CommandError, exitCodes } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { printFailure, printResult } from './ended-run.ts';
import { loadCrew, type LoadedCrew } from './load-crew.ts';
import { loadCore } from './project-module.ts';

export interface RunCommandOptions {
  readonly input?: Readonly<Record<string, string>> | undefined;
  readonly follow?: boolean | undefined;
  readonly runId?: string | undefined;
  readonly json?: boolean | undefined;
  readonly journal?: string | undefined;
  readonly durable?: boolean | undefined;
  readonly ingress?: string | undefined;
  readonly admin?: string | undefined;
  readonly tenant?: string | undefined;
  readonly detach?: boolean | undefined;
}

/** Runs a crew once: in this process, or, asked to, on a Restate server. */
export async function runCrew(path: string, options: RunCommandOptions, io: Io): Promise<number> {
  const { input = {}, durable, ingress, admin } = options;
  const isDurable = durable === true || ingress !== undefined || admin !== undefined;
  checkTogether(options, isDurable);
  const loaded = await loadCrew(path, io);
  try {
    loaded.crew.checkInputs(input);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const message = error.message.replace(/^kickoff: /, '');
    throw new CommandError(`${path}: ${message}. Give each with --input name=value.`, { cause: error });
  }
  if (!isDurable) return runHere(loaded, options, io);
  const { runDurably } = await import('./run-durably.ts');
  return runDurably(loaded, options, io);
}

function checkTogether(options: RunCommandOptions, isDurable: boolean): void {
  const foreign = (isDurable ? (['journal'] as const) : (['tenant', 'detach'] as const)).find((name) => options[name]);
  if (foreign === undefined) return;
  const advice = isDurable ? 'A durable run is kept by its server: leave it out' : 'Give it together with --durable';
  throw new CommandError(`--${foreign} is for runs ${isDurable ? 'in this process' : 'on a Restate server'}. ${advice}.`);
}

async function runHere({ crew, file, path }: LoadedCrew, options: RunCommandOptions, io: Io): Promise<number> {
  const { fileJournal, JournalError, progress, TaskError } = await loadCore(file);
  const { input = {}, runId, journal = '.rolecall/runs', follow } = options;
  const board = follow ? progress(crew, { output: io.stderr }) : undefined;
  const kept = runId === undefined ? {} : { runId, journal: fileJournal(resolve(io.cwd, journal)) };
  try {
    printResult(await crew.kickoff(input, { ...kept, signal: io.signal, onEvent: board?.onEvent }), options, io);
    return exitCodes.fine;
  } catch (error) {
    if (error instanceof TypeError || JournalError.isInstance(error)) throw new CommandError(error.message, { cause: error });
    if (TaskError.isInstance(error)) printFailure(error.message, error, io);
    else printFailure(error instanceof Error ? (error.stack ?? error.message) : String(error), undefined, io);
    const again = `rolecall run ${path} --run-id ${runId ?? '<id>'}${options.journal ? ` --journal ${options.journal}` : ''}`;
    io.stderr.write(
      runId === undefined
        ? `Nothing of it is kept. With a run id, a run is, and goes on where it ended: ${again}\n`
        : `What is finished is kept, and not paid for again: ${again} with the same inputs\n`,
    );
    return io.signal.aborted ? exitCodes.interrupted : exitCodes.failed;
  } finally {
    board?.close();
  }
}
