/** A client of durable runs: begins them, follows them, and ends them, from anywhere. */
import type { CrewResult, ItemOutcome } from '@rolecall/core';
import { invalidOption, longestTimerMs, requireOptions, type OptionNames } from './check.ts';
import { definitionOf, type AnyCrew, type Definition } from './definition.ts';
import type { RunRequest } from './run-request.ts';
import { totalsOf, type LedgerPart, type LedgerTotals } from './ledger-entry.ts';
import { portable } from './portable.ts';
import { RestateServer } from './restate-server.ts';
import { invocationOf, runHandle, type DurableRun } from './run-handle.ts';
import { ledgerKeysOf, ledgerService, serviceNameOf } from './service-name.ts';

export interface ConnectOptions {
  /** Where runs are begun and followed. @default 'http://127.0.0.1:8080' */
  readonly ingress?: string | undefined;
  /** Where workers are registered and runs are looked up and cancelled. Keep it from the public. @default 'http://127.0.0.1:9070' */
  readonly admin?: string | undefined;
  /** The longest that one request takes: one that waits for a run is then made again. Lower it where something in between cuts off such as are slow. @default 30_000 */
  readonly requestTimeoutMs?: number | undefined;
  /** Ends whatever this client waits for, with the signal's reason. Runs go on: to end one, cancel it. @default never */
  readonly signal?: AbortSignal | undefined;
}

export interface DurableKickoffOptions {
  /** The same id is the same run, however often and by whomever it is asked for. @default a random UUID */
  readonly runId?: string | undefined;
  /** Whose ledger the run is on. @default 'default' */
  readonly tenant?: string | undefined;
}

export interface DurableForEachOptions extends DurableKickoffOptions {
  /** How many runs are under way at once. @default 4 */
  readonly concurrency?: number | undefined;
}

const connectOptions: OptionNames<ConnectOptions> = { ingress: true, admin: true, requestTimeoutMs: true, signal: true };
const kickoffOptions: OptionNames<DurableKickoffOptions> = { runId: true, tenant: true };
const forEachOptions: OptionNames<DurableForEachOptions> = { ...kickoffOptions, concurrency: true };

type InputsOf<Of extends AnyCrew> = Parameters<Of['kickoff']>[0];
type ResultOf<Of extends AnyCrew> = Of['kickoff'] extends (...args: never[]) => Promise<infer Result> ? Result : never;

/** The runs of a Restate server. */
export interface DurableRuns {
  /**
   * Begins a run, or finds the one of that id. Resolves as soon as the server has it.
   *
   * @throws {TypeError} when an input is missing or is not JSON.
   * @throws {DurableError} when there is no server, or no worker for the crew.
   */
  readonly kickoff: <Of extends AnyCrew>(
    crew: Of,
    inputs: InputsOf<Of>,
    options?: DurableKickoffOptions,
  ) => Promise<DurableRun<ResultOf<Of>>>;
  /** A run that was begun elsewhere. With the crew, nobody has to be asked which one it is, and the result has its type. */
  readonly attach: <Of extends AnyCrew = AnyCrew>(
    runId: string,
    crew?: Of,
  ) => DurableRun<AnyCrew extends Of ? CrewResult : ResultOf<Of>>;
  /** One run for each of the inputs, so many at a time; with a `runId`, each is that and its place: `id-0`. */
  readonly kickoffForEach: <Of extends AnyCrew>(
    crew: Of,
    inputs: readonly InputsOf<Of>[],
    options?: DurableForEachOptions,
  ) => Promise<readonly ItemOutcome<ResultOf<Of>>[]>;
  /** Tells the server where a worker is. */
  readonly register: (url: string) => Promise<void>;
  /** What a tenant's runs have cost. A run tells it at the end of a step, every ten seconds at most, and when it ends or waits. @default 'default' */
  readonly ledger: (tenant?: string) => Promise<LedgerTotals>;
}

/**
 * @example
 * const runs = connect({ ingress: 'http://127.0.0.1:8080', admin: 'http://127.0.0.1:9070' });
 * const run = await runs.kickoff(crew, { topic: 'AI trends' }, { runId: 'order-42' });
 * for await (const event of run.events()) console.log(event.type);
 * const { text, costUsd } = await run.result();
 *
 * @throws {TypeError} when an option is not valid.
 */
export function connect(options: ConnectOptions = {}): DurableRuns {
  requireOptions('connect', options, connectOptions);
  const { ingress = 'http://127.0.0.1:8080', admin = 'http://127.0.0.1:9070', requestTimeoutMs = 30_000, signal } = options;
  if (!Number.isInteger(requestTimeoutMs) || requestTimeoutMs < 1 || requestTimeoutMs > longestTimerMs) {
    throw invalidOption(
      'connect',
      'requestTimeoutMs',
      requestTimeoutMs,
      `a whole number of milliseconds from 1 to ${longestTimerMs}`,
    );
  }
  const bases = { ingress: baseOf('connect', 'ingress', ingress), admin: baseOf('connect', 'admin', admin) };
  const server = new RestateServer({ ...bases, requestTimeoutMs, signal });
  const definitions = new WeakMap<AnyCrew, Definition>(); // a crew never changes
  const definedBy = (crew: AnyCrew): Definition => {
    const definition = definitions.get(crew) ?? definitionOf(crew);
    definitions.set(crew, definition);
    return definition;
  };
  const kickoff: DurableRuns['kickoff'] = async (crew, inputs, given = {}) => {
    requireOptions('kickoff', given, kickoffOptions);
    const { runId = crypto.randomUUID(), tenant = 'default' } = given;
    requireId('runId', runId);
    requireId('tenant', tenant);
    requireCrew('kickoff', crew);
    crew.checkInputs(inputs); // a run id is not to be spent on a mistake
    const service = serviceNameOf(crew.name);
    const request: RunRequest = { inputs: portable(inputs ?? {}), tenant, definition: definedBy(crew) };
    await server.call(service, runId, 'run/send', request);
    return runHandle(server, runId, () => Promise.resolve(service));
  };
  return Object.freeze<DurableRuns>({
    kickoff,
    attach: (runId, crew) => {
      requireId('runId', runId);
      return runHandle(server, runId, async () => {
        if (crew) return serviceNameOf(crew.name);
        return (await invocationOf(server, runId)).service;
      });
    },
    kickoffForEach: async (crew, inputs, given = {}) => {
      requireOptions('kickoffForEach', given, forEachOptions);
      requireCrew('kickoffForEach', crew);
      if (!Array.isArray(inputs)) throw invalidOption('kickoffForEach', 'inputs', inputs, 'an array of them');
      const { runId = crypto.randomUUID(), tenant, concurrency = 4 } = given;
      if (!Number.isSafeInteger(concurrency) || concurrency < 1) {
        throw invalidOption('kickoffForEach', 'concurrency', concurrency, 'a whole number above 0');
      }
      const one = async (index: number) => {
        const run = await kickoff(crew, inputs[index], { runId: `${runId}-${index}`, tenant });
        return run.result();
      };
      return outcomes(inputs.length, concurrency, one);
    },
    register: async (url) => server.register(baseOf('register', 'url', url)),
    ledger: async (tenant = 'default') => {
      const parts = ledgerKeysOf(tenant).map((key) => server.call(ledgerService, key, 'totals', null) as Promise<LedgerPart>);
      return totalsOf(await Promise.all(parts));
    },
  });
}

/** Each item's place is taken by the next as soon as it has ended. */
async function outcomes<Result>(
  total: number,
  concurrency: number,
  run: (index: number) => Promise<Result>,
): Promise<readonly ItemOutcome<Result>[]> {
  const ended: ItemOutcome<Result>[] = [];
  let next = 0;
  const line = async (): Promise<void> => {
    for (let index = next++; index < total; index = next++) {
      try {
        ended[index] = { status: 'finished', index, result: await run(index), warnings: [] };
      } catch (error) {
        ended[index] = { status: 'failed', index, error, warnings: [] };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, total) }, line));
  return ended;
}

function baseOf(owner: string, field: string, url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  // What is secret is not shown, and would be by `invalidOption` and by every error of a request.
  if (parsed?.username || parsed?.password) {
    throw new TypeError(
      `${owner}: ${field} holds a user name or a password, which the ports of Restate do not ask for: leave it out`,
    );
  }
  if (!/^https?:$/.test(parsed?.protocol ?? '')) {
    throw invalidOption(owner, field, url, "an address such as 'http://127.0.0.1:8080'");
  }
  return url.replace(/\/+$/, '');
}

function requireCrew(owner: string, crew: AnyCrew): void {
  if (typeof crew?.checkInputs !== 'function') throw invalidOption(owner, 'crew', crew, 'a Crew');
}

function requireId(field: string, value: unknown): void {
  if (typeof value !== 'string' || value === '') throw invalidOption('kickoff', field, value, 'a text that is not empty');
}
