/** A worker: it does the steps of a crew's runs, when the server asks it to. */
import { createServer, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import {
  createEndpointHandler,
  handlers,
  TerminalError,
  TimeoutError,
  workflow,
  type JournalValueCodec,
  type WorkflowContext,
  type WorkflowDefinition,
  type WorkflowSharedContext,
} from '@restatedev/restate-sdk';
import { TaskError, type JsonValue, type KickoffOptions } from '@rolecall/core';
import { invalidOption, requirePositive } from './check.ts';
import { changesBetween, definitionOf, type AnyCrew, type Definition } from './definition.ts';
import { ledger } from './ledger.ts';
import { LiveRuns } from './live-runs.ts';
import { portable } from './portable.ts';
import { batchName, RestateSteps, signalName, type EventBatch, type Signalled } from './restate-steps.ts';
import { serviceNameOf } from './service-name.ts';
import { provideWithResolvers } from './with-resolvers.ts';

export interface DurableOptions {
  /** The longest that one model or tool call may take before the server gives up on the worker, and the call is made again. @default 900_000 */
  readonly callTimeoutMs?: number | undefined;
  /** How long ended runs are kept: after that, the same run id begins a new run. @default 30 */
  readonly retentionDays?: number | undefined;
  /** How many model and tool calls this worker has under way at once, those of all its runs together. @default 64 */
  readonly maxLiveTasks?: number | undefined;
  /** How long to wait when every backend has failed, before that step is done again. @default 60_000 */
  readonly retryAfterMs?: number | undefined;
  /** How often one step waits so before the run fails. @default 1440, which is a day of the default waits */
  readonly maxWaits?: number | undefined;
  /** The most that one step may give. @default 8_388_608 */
  readonly maxValueBytes?: number | undefined;
  /** Keeps the events of every run, for whoever asks. @default true */
  readonly events?: boolean | undefined;
  /** Journals the beginning of every step, so that a call lost in a crash is on the ledger as `possiblyBilled`. @default true */
  readonly recordLost?: boolean | undefined;
  /** Public keys of the servers that may call this worker. @default any may that reaches its port */
  readonly identityKeys?: readonly string[] | undefined;
  /** Told what the engine has to say. @default warnings and errors go to the console */
  readonly onLog?: ((level: string, message: string) => void) | undefined;
}

/** A crew whose runs outlive this process. */
export interface DurableCrew {
  /**
   * Begins to serve, over HTTP/2; port 0 is any that is free.
   *
   * @default 9080
   */
  readonly listen: (port?: number) => Promise<Worker>;
}

export interface Worker {
  readonly port: number;
  /** Ends every connection. The server goes on with the runs at another worker, or when this one is back. */
  readonly close: () => Promise<void>;
}

/** What a client asks for. */
export interface RunRequest {
  readonly inputs: JsonValue;
  readonly tenant: string;
  /** Of the crew that the client has. */
  readonly definition: Definition;
}

/** How a run ended. */
export interface RunFailure {
  readonly status: 'failed' | 'cancelled';
  readonly message: string;
  readonly error?: JsonValue | undefined;
}

/**
 * Makes a crew's runs durable: every model and tool call is kept by a Restate server, and a run goes on wherever a
 * worker is left.
 *
 * @example
 * const worker = await durable(crew, { retentionDays: 30 }).listen(9080);
 *
 * @throws {TypeError} when an option is not valid.
 */
export function durable(crew: AnyCrew, options: DurableOptions = {}): DurableCrew {
  const { callTimeoutMs = 900_000, retentionDays = 30, maxValueBytes = 8 * 2 ** 20 } = options;
  requirePositive('durable', 'callTimeoutMs', callTimeoutMs, 'milliseconds');
  requirePositive('durable', 'retentionDays', retentionDays, 'days');
  requirePositive('durable', 'maxValueBytes', maxValueBytes, 'bytes');
  if (typeof crew?.kickoff !== 'function') throw invalidOption('durable', 'crew', crew, 'a Crew');
  provideWithResolvers();
  const services = [runsOf(crew, { ...options, callTimeoutMs, retentionDays, maxValueBytes }), ledger];
  const { identityKeys, onLog = toConsole } = options;
  const handle = createEndpointHandler({
    services,
    journalValueCodecProvider: () => Promise.resolve(asItIs),
    logger: ({ level }, message: unknown, ...more: unknown[]) => onLog(level, [message, ...more].map(String).join(' ')),
    ...(identityKeys && { identityKeys: [...identityKeys] }),
  });
  return { listen: (port = 9080) => listen(handle, port) };
}

/** With a codec, even one that does nothing, a value that was journaled counts, and not what a replay would say (times, ids). */
const asItIs: JournalValueCodec = { encode: (entry) => entry, decode: (entry) => Promise.resolve(entry) };

function toConsole(level: string, message: string): void {
  if (level === 'warn' || level === 'error') console.warn(`[restate] ${message}`);
}

async function listen(handle: ReturnType<typeof createEndpointHandler>, port: number): Promise<Worker> {
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer(handle);
  server.on('session', (session) => {
    sessions.add(session);
    session.on('error', () => undefined); // a connection that is reset: the server makes another
    session.once('close', () => sessions.delete(session));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, resolve);
  });
  const close = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const session of sessions) session.destroy();
    await closed;
  };
  return { port: (server.address() as AddressInfo).port, close };
}

interface Settings extends DurableOptions {
  readonly callTimeoutMs: number;
  readonly retentionDays: number;
  readonly maxValueBytes: number;
}

const msPerDay = 86_400_000;

/** A workflow keyed by run id: that there is one run an id is the server's promise. */
function runsOf(crew: AnyCrew, settings: Settings): WorkflowDefinition<string, unknown> {
  const { callTimeoutMs, retentionDays, maxLiveTasks = 64 } = settings;
  const runs = new LiveRuns(maxLiveTasks);
  return workflow({
    name: serviceNameOf(crew.name),
    handlers: {
      run: (ctx: WorkflowContext, request: RunRequest) => runCrew(crew, ctx, request, { settings, runs }),
      events: handlers.workflow.shared(eventsFrom),
      signal: handlers.workflow.shared(
        async (ctx: WorkflowSharedContext, { name, value }: { name: string; value: JsonValue }) => {
          await ctx.promise<Signalled>(signalName(name)).resolve({ value, at: Date.now() });
        },
      ),
      failure: handlers.workflow.shared((ctx: WorkflowSharedContext) => ctx.get<RunFailure>('failure')),
    },
    options: {
      workflowRetention: retentionDays * msPerDay,
      journalRetention: retentionDays * msPerDay,
      inactivityTimeout: callTimeoutMs,
      abortTimeout: callTimeoutMs,
      retryPolicy: {
        initialInterval: 100,
        maxInterval: 2_000,
        exponentiationFactor: 2,
        maxAttempts: 100_000,
        onMaxAttempts: 'pause',
      },
    },
  });
}

interface Serving {
  readonly settings: Settings;
  readonly runs: LiveRuns;
}

async function runCrew(
  crew: AnyCrew,
  ctx: WorkflowContext,
  request: RunRequest,
  { settings, runs }: Serving,
): Promise<JsonValue> {
  const begunAt = await requireSameCrew(crew, ctx, request);
  const { inputs, tenant } = request;
  const { id, attemptCompletedSignal } = ctx.request();
  const live = runs.enter(id, attemptCompletedSignal);
  const { maxValueBytes, events = true, recordLost = true, retryAfterMs = 60_000, maxWaits = 1_440 } = settings;
  const { signal } = live.attempt();
  const facts = {
    ctx,
    runId: ctx.key,
    tenant,
    begunAt,
    live,
    signal,
    runs,
    maxValueBytes,
    hasEvents: events,
    recordsLost: recordLost,
  };
  const steps = new RestateSteps(facts);
  const options: KickoffOptions = { runId: ctx.key, steps, signal, retryAfterMs, maxWaits };
  // The worker knows a crew only as some crew: what the inputs have to be is checked by the crew itself.
  const kickoff = crew.kickoff.bind(crew) as unknown as (given: JsonValue, options: KickoffOptions) => Promise<unknown>;
  try {
    const result = portable(await kickoff(inputs, options));
    await steps.end();
    return result;
  } catch (error) {
    await steps.end();
    const failure = failureOf(error, signal.aborted);
    ctx.set<RunFailure>('failure', failure);
    throw new TerminalError(failure.message, { errorCode: signal.aborted ? cancelledCode : failedCode });
  } finally {
    runs.leave(id);
  }
}

function failureOf(error: unknown, isCancelled: boolean): RunFailure {
  const message = error instanceof Error ? error.message : String(error);
  const facts = TaskError.isInstance(error) ? portable(error) : undefined;
  return { status: isCancelled ? 'cancelled' : 'failed', message, error: facts };
}

/**
 * A run that nobody has begun is refused for good. One that was begun with another crew fails as long as this worker has
 * its place, and goes on when the crew it began with is back. Gives the time when it began.
 */
async function requireSameCrew(crew: AnyCrew, ctx: WorkflowContext, { definition }: RunRequest): Promise<number> {
  const now = definitionOf(crew);
  let isBeginning = false;
  const begun = await ctx.run('crew', () => {
    isBeginning = true;
    return { definition: now, at: Date.now() };
  });
  const asked = changesBetween(definition, now);
  const advice = 'Register a worker with the changed crew beside the old one, which finishes its own runs';
  if (isBeginning && asked !== undefined) {
    const message = `Crew "${crew.name}" of this worker is not that of the client, by ${asked}. ${advice}`;
    throw new TerminalError(message, { errorCode: changedCode });
  }
  const changes = changesBetween(begun.definition, now);
  if (changes === undefined) return begun.at;
  throw new Error(`${changedMark}: "${crew.name}" is not the crew that run "${ctx.key}" began with, by ${changes}. ${advice}`);
}

/** As the server answers when somebody waits for the run: none of these is what a server says of itself. */
const cancelledCode = 409;
const changedCode = 412;
const failedCode = 422;
/** Begins the message by which a client knows why a run does not go on. */
export const changedMark = 'Changed crew';

/** How long one request waits for an event that has not happened. */
const pollMs = 30_000;
const mostBatches = 64;

async function eventsFrom(ctx: WorkflowSharedContext, { from }: { from: number }): Promise<readonly EventBatch[]> {
  const batches: EventBatch[] = [];
  try {
    batches.push(await ctx.promise<EventBatch>(batchName(from)).get().orTimeout(pollMs));
  } catch (error) {
    if (error instanceof TimeoutError) return batches;
    throw error;
  }
  while (batches.length < mostBatches && batches.at(-1)?.isLast === false) {
    const next = await ctx.promise<EventBatch>(batchName(from + batches.length)).peek();
    if (next === undefined) break;
    batches.push(next);
  }
  return batches;
}
