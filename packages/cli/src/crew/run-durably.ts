import { setTimeout as delay } from 'node:timers/promises';
import type { CrewResult, Progress } from '@rolecall/core';
import type { DurableRun, DurableRuns } from '@rolecall/restate';
import { CommandError, exitCodes } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { printFailure, printResult } from './ended-run.ts';
import type { LoadedCrew } from './load-crew.ts';
import { loadCore, loadRestate } from './project-module.ts';
import type { RunCommandOptions } from './run-crew.ts';

/** Begins a run on a server, or finds the one of that id, and stays until its end. */
export async function runDurably(loaded: LoadedCrew, options: RunCommandOptions, io: Io): Promise<number> {
  const { connect, DurableError } = await loadRestate(loaded.file);
  const { input = {}, runId, tenant, ingress, admin, detach } = options;
  const done = new AbortController(); // no request is left waiting when there is nothing more to hear
  const signal = AbortSignal.any([io.signal, done.signal]);
  let run: DurableRun | undefined;
  try {
    const runs: DurableRuns = connect({ ingress, admin, signal });
    run = await runs.kickoff(loaded.crew, input, { runId, tenant });
    if (detach) io.stdout.write(`${run.runId}\n`);
    else {
      io.stderr.write(`Run ${run.runId} is with the server\n`);
      printResult(await resultOf(run, loaded, { ...options, signal }, io), options, io);
    }
    return exitCodes.fine;
  } catch (error) {
    if (io.signal.aborted) {
      if (run)
        io.stderr.write(`The run goes on. Follow it: rolecall run ${loaded.path} --durable --run-id ${run.runId} --follow\n`);
      return exitCodes.interrupted;
    }
    if (error instanceof TypeError) throw new CommandError(error.message, { cause: error });
    if (!DurableError.isInstance(error)) throw error;
    if (error.code !== 'failed' && error.code !== 'cancelled') {
      throw new CommandError(`${error.message}${adviceOn(error.code, loaded.path, admin)}`, { cause: error });
    }
    printFailure(error.message, error.taskError, io);
    return exitCodes.failed;
  } finally {
    done.abort();
  }
}

function adviceOn(code: string, path: string, admin = 'http://127.0.0.1:9070'): string {
  if (code === 'unreachable') return `. "rolecall dev --durable ${path}" starts one on this machine, with a worker`;
  if (code === 'not_registered') return `; or run: rolecall worker ${path} --register ${admin}`;
  return '';
}

type Following = RunCommandOptions & { readonly signal: AbortSignal };

async function resultOf(run: DurableRun, { crew, file }: LoadedCrew, following: Following, io: Io): Promise<CrewResult> {
  const { progress } = await loadCore(file);
  const board = following.follow ? progress(crew, { output: io.stderr }) : undefined;
  const say = (message: string): void => {
    const facts = { type: 'warning', runId: run.runId, crew: crew.name, at: Date.now() } as const;
    if (board) void board.onEvent({ ...facts, warning: { code: 'waited', message } }); // it knows where on the screen to write
    else io.stderr.write(`! ${message}\n`);
  };
  try {
    const result = run.result();
    const followed = board ? followEvents(run, board, say) : Promise.resolve();
    // A run that cannot go on has no further event: the result says so.
    await Promise.race([Promise.all([result, followed]), tellTroubles(run, following.signal, say)]);
    return await result;
  } finally {
    board?.close();
  }
}

type Say = (message: string) => void;

async function followEvents(run: DurableRun, board: Progress, say: Say): Promise<void> {
  for await (const event of run.events()) {
    await board.onEvent(event);
    if (event.type !== 'human_requested') continue;
    say(`${event.task} waits for a person: connect().attach('${run.runId}').signal('${event.signal}', true)`);
  }
}

const lookEveryMs = 5_000;

/** Says what a run waits for, when that is something amiss, such as a worker that is gone. Never resolves. */
async function tellTroubles(run: DurableRun, signal: AbortSignal, say: Say): Promise<never> {
  let told: string | undefined;
  for (;;) {
    await delay(lookEveryMs, undefined, { signal });
    const { status, failure } = await run.status().catch(() => ({ status: 'pending', failure: undefined }) as const); // the result is patient
    if (failure === undefined || failure === told || (status !== 'waiting' && status !== 'stuck')) continue;
    told = failure;
    say(`the run ${status === 'stuck' ? 'is stuck' : 'waits'}: ${failure}`);
  }
}
