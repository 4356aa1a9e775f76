/** One run, as a client anywhere follows it. */
import { setTimeout as delay } from 'node:timers/promises';
import type { CrewEvent, CrewResult, JsonValue, TaskOutput } from '@rolecall/core';
import { invalidOption } from './check.ts';
import { DurableError, type TaskFacts } from './errors.ts';
import { changedMark, type RunFailure } from './run-request.ts';
import type { EventBatch } from './run-events.ts';
import { patiently } from './patiently.ts';
import { messageIn, type Invocation, type RestateServer } from './restate-server.ts';

export interface RunStatus {
  /** `waiting`: for a backend, a person or a worker. `stuck`: the server has given up until somebody looks at it. */
  readonly status: 'pending' | 'running' | 'waiting' | 'stuck' | 'finished' | 'failed' | 'cancelled';
  /** What went wrong last, in the server's words. */
  readonly failure?: string | undefined;
}

/** A run that goes on without this process. */
export interface DurableRun<Result = CrewResult> {
  readonly runId: string;
  /** @throws {DurableError} `not_found` when there is no such run, or no longer. */
  readonly status: () => Promise<RunStatus>;
  /**
   * What the crew gave, as soon as it has. What a schema made of an answer is here as JSON says it.
   *
   * @throws {DurableError} `failed`, `cancelled` or `changed`; what the run had spent is in `taskError`.
   */
  readonly result: () => Promise<Result>;
  /** Every event of the run from its beginning, or without the first so many, each once, until it has ended. */
  readonly events: (skip?: number) => AsyncGenerator<CrewEvent, void>;
  /** Answers what the run waits for: the name is in its `human_requested` event. */
  readonly signal: (name: string, value: JsonValue) => Promise<void>;
  /** Ends the run: the call under way is cut off, and what it had cost is put on the ledger. */
  readonly cancel: () => Promise<void>;
}

/** The parts of a request's time after which it is asked how a run is that has not ended, and that a worker may wait for an event. */
const firstAttach = 1 / 6;
const eventWait = 2 / 3;
const pauseMs = 250;

export function runHandle<Result>(server: RestateServer, runId: string, serviceOf: () => Promise<string>): DurableRun<Result> {
  const invocation = async (): Promise<Invocation> => invocationOf(server, runId, await serviceOf());
  return Object.freeze({
    runId,
    status: async () => statusOf(await invocation()),
    result: async () => waitForResult<Result>(server, runId, await patiently(serviceOf)),
    events: (skip = 0) => {
      if (!Number.isSafeInteger(skip) || skip < 0) throw invalidOption('events', 'skip', skip, 'a whole number, 0 or more');
      return eventsOf(server, runId, serviceOf, skip);
    },
    signal: async (name: string, value: JsonValue) => {
      await server.call(await serviceOf(), runId, 'signal', { name, value });
    },
    cancel: async () => server.cancel((await invocation()).id),
  });
}

const absentForMs = 2_000;

/** A server that has just started learns of its runs a little later: that one is not there is believed when it has been so for a while. */
export async function invocationOf(server: RestateServer, runId: string, service?: string): Promise<Invocation> {
  const believedAt = performance.now() + absentForMs;
  for (;;) {
    const found = await server.find(runId, service);
    if (found) return found;
    if (performance.now() >= believedAt) throw notFound(runId);
    await delay(pauseMs);
  }
}

function notFound(runId: string): DurableError {
  return new DurableError(
    'not_found',
    `There is no run "${runId}": it was never begun, or was kept no longer than retentionDays`,
  );
}

function statusOf({ status, completion, failure }: Invocation): RunStatus {
  if (status === 'completed') {
    if (completion === 'success') return { status: 'finished' };
    return { status: failure?.includes('[409]') === true ? 'cancelled' : 'failed', failure };
  }
  if (status === 'paused') return { status: 'stuck', failure };
  if (status === 'backing-off' || status === 'suspended') return { status: 'waiting', failure };
  return { status: status === 'running' ? 'running' : 'pending', failure };
}

async function waitForResult<Result>(server: RestateServer, runId: string, service: string): Promise<Result> {
  for (let waitMs = Math.ceil(server.requestTimeoutMs * firstAttach); ;) {
    const answer = await patiently(() => server.attach(service, runId, waitMs));
    if (answer && answer.status >= 500) {
      await delay(pauseMs); // the server is starting, or ending: a run that failed answers otherwise
      continue;
    }
    if (answer && answer.status < 300) return revived(answer.body) as Result;
    if (answer?.status === 404) throw notFound(runId);
    if (answer) throw await failureOf(server, runId, service, messageIn(answer.body));
    const found = await patiently(() => server.find(runId, service));
    if (!found) throw notFound(runId);
    if (found.failure?.includes(changedMark) === true) throw new DurableError('changed', found.failure);
    waitMs = Math.min(waitMs * 2, server.requestTimeoutMs);
  }
}

async function failureOf(server: RestateServer, runId: string, service: string, message: string): Promise<DurableError> {
  const failure = (await patiently(() => server.call(service, runId, 'failure', null))) as RunFailure | null;
  if (!failure) return new DurableError(message.includes('is not that of the client') ? 'changed' : 'failed', message);
  const taskError = failure.error as unknown as TaskFacts | undefined;
  return new DurableError(failure.status, failure.message, { taskError });
}

async function* eventsOf(
  server: RestateServer,
  runId: string,
  serviceOf: () => Promise<string>,
  skip: number,
): AsyncGenerator<CrewEvent, void> {
  const service = await patiently(serviceOf);
  const waitMs = Math.ceil(server.requestTimeoutMs * eventWait);
  let index = 0;
  for (let from = 0; ;) {
    const answer = await patiently(() => server.poll(service, runId, 'events', { from, waitMs }));
    const batches = (answer?.body ?? []) as readonly EventBatch[];
    for (const { events } of batches) {
      for (const event of events) {
        if (index >= skip) yield event as unknown as CrewEvent;
        index += 1;
      }
    }
    if (batches.at(-1)?.isLast === true) return;
    from += batches.length;
    if (batches.length > 0) continue;
    const found = await patiently(() => server.find(runId, service));
    if (!found) throw notFound(runId);
    if (found.status !== 'completed') continue;
    if (answer) return; // it was ended from without, or keeps no events
    throw new DurableError('unreachable', `Run "${runId}" has ended, and its events are told by a worker: there is none`);
  }
}

/** A result with its outputs by name, and texts where texts are asked for, as the crew gives it. */
function revived(body: unknown): unknown {
  const result = body as CrewResult;
  const taskOutputs = result.taskOutputs.map(withText);
  const tasks: Record<string, TaskOutput> = Object.create(null);
  for (const output of taskOutputs) tasks[output.name] = output;
  return Object.freeze(withText({ ...result, taskOutputs, tasks }));
}

function withText<Value extends { readonly text: string; readonly output: unknown }>(value: Value): Value {
  const { text, output } = value;
  const written = typeof output === 'string' ? output : JSON.stringify(output, undefined, 2);
  const toString = (): string => (output === undefined ? text : written);
  return Object.defineProperty({ ...value }, 'toString', { value: toString, enumerable: false });
}
