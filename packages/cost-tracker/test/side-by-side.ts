/** Runs the same scenario with a client as it is and with a tracked one, against the simulator. */
import { startSimulator, type Fault, type ScriptedAnswer, type Simulator } from '@rolecall/simulator';
import { CostTracker } from '../src/cost-tracker.ts';
import type { LedgerRow } from '../src/row.ts';
import type { TrackOptions } from '../src/tap/request.ts';

/** What a client sends its requests with, so that they are seen. */
export type Fetch = typeof globalThis.fetch;

/** What a run came to. */
export interface Outcome {
  readonly result: unknown;
  /** The bodies that were sent, without the option that asks for usage. */
  readonly bodies: readonly unknown[];
  readonly requests: number;
}

export interface Scenario<Client> {
  readonly run: (client: Client) => unknown;
  readonly faults?: readonly Fault[];
  readonly answers?: readonly ScriptedAnswer[];
}

export interface Compared {
  readonly plain: Outcome;
  readonly tracked: Outcome;
  readonly rows: readonly LedgerRow[];
}

export interface Matrix<Client> {
  readonly make: (simulator: Simulator, fetch: Fetch) => Client;
  readonly options?: TrackOptions;
}

export async function sideBySide<Client extends object>(
  simulator: Simulator,
  { make, options = {} }: Matrix<Client>,
  scenario: Scenario<Client>,
): Promise<Compared> {
  const tracker = new CostTracker();
  const plain = await outcomeOf(simulator, make, scenario, (client) => client);
  const tracked = await outcomeOf(simulator, make, scenario, (client) => tracker.track(client, options));
  return { plain, tracked, rows: tracker.rows() };
}

async function outcomeOf<Client extends object>(
  simulator: Simulator,
  make: Matrix<Client>['make'],
  { run, faults = [], answers = [] }: Scenario<Client>,
  prepare: (client: Client) => Client,
): Promise<Outcome> {
  simulator.reset();
  for (const fault of faults) simulator.fault(fault);
  for (const answer of answers) simulator.answer(answer);
  const bodies: unknown[] = [];
  const recording: Fetch = (url, init) => {
    bodies.push(typeof init?.body === 'string' ? init.body.replace(',"stream_options":{"include_usage":true}', '') : init?.body);
    return fetch(url, init);
  };
  const result = await Promise.resolve(run(prepare(make(simulator, recording)))).catch(describeError);
  return { result: plainly(result), bodies: bodies.map(plainly), requests: bodies.length };
}

/** An error as a caller tells one from another. */
function describeError(error: unknown): object {
  const { constructor, name, message, status, code, type } = error as Error & Record<string, unknown>;
  return { thrown: (constructor as { name: string }).name, name, message, status, code, type };
}

/** Ids, times and addresses differ from call to call, also within a body that is shown as text. */
function plainly(value: unknown): unknown {
  const text =
    JSON.stringify(value, (_, each: unknown) => (each instanceof Headers ? [...each.keys()].toSorted() : each)) ?? 'null';
  const same = text
    .replaceAll(/\b(chatcmpl-|resp_|msg_|req_|fc_|rs_|call_|toolu_)?[\da-f]{24,32}\b/g, '$1ID')
    .replaceAll(/(\\*)"(created|created_at|[a-z_]*(?:time|duration))\1":(\1"[^"\\]*\1"|[\d.e-]+)/g, '$1"$2$1":0');
  return JSON.parse(same);
}

export async function collect<Item>(items: AsyncIterable<Item> | PromiseLike<AsyncIterable<Item>>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of await items) all.push(item);
  return all;
}

/** For errors whose words depend on how long the ids in an answer are. */
export async function nameOfError(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'no error',
    ({ name }: Error) => name,
  );
}

export { startSimulator };
