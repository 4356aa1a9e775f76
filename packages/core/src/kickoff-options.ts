/** What a kickoff may be told besides its inputs, and the steps it gets from that. */
import { invalid, requireCount, requireText } from './check.ts';
import type { CrewListener } from './events.ts';
import type { Attempt } from './model.ts';
import { requireOptions, type OptionNames } from './option-names.ts';
import type { Journal, OpenRun } from './journal/journal.ts';
import { plainSteps, type Steps } from './steps.ts';

export interface KickoffOptions {
  /** Ends the run: it reaches the model and the tools. @default never */
  readonly signal?: AbortSignal | undefined;
  /** Told what happens, as it happens. @default nobody */
  readonly onEvent?: CrewListener | undefined;
  /** Asks models to stream, and emits their text as `delta` events. @default false */
  readonly stream?: boolean | undefined;
  /** Identifies the run in events, ledgers, traces and the journal: the same id goes on where that run ended. @default a random UUID */
  readonly runId?: string | undefined;
  /** Keeps what every step gives, so that the same call after a crash pays for no finished step again. @default none */
  readonly journal?: Journal | undefined;
  /** The steps of another engine, in the place of a journal's. @default steps that just run */
  readonly steps?: Steps | undefined;
  /** How long to wait when every backend has failed (a `RouteError`), before that step is done again. @default no waiting */
  readonly retryAfterMs?: number | undefined;
  /** How often one step waits so before the run fails. @default 10 */
  readonly maxWaits?: number | undefined;
}

export const kickoffOptions: OptionNames<KickoffOptions> = {
  signal: true,
  onEvent: true,
  stream: true,
  runId: true,
  journal: true,
  steps: true,
  retryAfterMs: true,
  maxWaits: true,
};

/** @throws {TypeError} when an option is not valid. */
export function checkKickoff(options: KickoffOptions): void {
  requireOptions('kickoff', options, kickoffOptions);
  const { signal, onEvent, stream, runId, journal, steps, retryAfterMs, maxWaits } = options;
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw invalid('kickoff', 'signal', signal, 'an AbortSignal');
  if (onEvent !== undefined && typeof onEvent !== 'function') throw invalid('kickoff', 'onEvent', onEvent, 'a function');
  if (stream !== undefined && typeof stream !== 'boolean') throw invalid('kickoff', 'stream', stream, 'true or false');
  if (runId !== undefined) requireText('kickoff', 'runId', runId);
  if (journal !== undefined && typeof journal?.open !== 'function') {
    throw invalid('kickoff', 'journal', journal, 'a journal, such as fileJournal(folder)');
  }
  if (steps !== undefined && typeof steps?.step !== 'function') throw invalid('kickoff', 'steps', steps, 'Steps of an engine');
  if (journal && steps) throw new TypeError('kickoff: journal and steps are both given, and each would do the work of the other');
  if (journal && runId === undefined)
    throw new TypeError('kickoff: a journal needs a runId, or no later call could find the run');
  requireCount('kickoff', 'retryAfterMs', retryAfterMs, 'milliseconds');
  requireCount('kickoff', 'maxWaits', maxWaits);
}

/** The steps of one kickoff. */
export interface OpenSteps extends OpenRun {
  /** Finished steps outlive the process: what they are named has to say what they depend on. */
  readonly durable: boolean;
}

const nothing: readonly Attempt[] = Object.freeze([]);

/** @throws {JournalError} when the journal cannot be used. */
export async function openSteps({ journal, steps }: KickoffOptions, runId: string): Promise<OpenSteps> {
  if (journal) return { ...(await journal.open(runId)), durable: true };
  return {
    steps: steps ?? plainSteps(runId),
    durable: steps !== undefined,
    superseded: () => nothing,
    close: () => Promise.resolve(),
  };
}
