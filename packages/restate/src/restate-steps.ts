/** The steps of a crew over the journal of Restate: each a `ctx.run`, waits that outlive every process, numbered events. */
import { TerminalError, type RestatePromise, type WorkflowContext } from '@restatedev/restate-sdk';
import type { Attempt, CrewEvent, JsonValue, StepContext, StepFacts, Steps } from '@rolecall/core';
import { factsOf, plainText, revived, textOf, type Kept } from './kept.ts';
import { attemptsIn } from './ledger-entry.ts';
import type { LiveRun, LiveRuns } from './live-runs.ts';
import { Places } from './places.ts';
import { portable } from './portable.ts';
import { RunCosts } from './run-costs.ts';
import type { RunEvents } from './run-events.ts';
import { Turnstile } from './turnstile.ts';

export interface StepsFacts {
  readonly ctx: WorkflowContext;
  readonly runId: string;
  readonly tenant: string;
  /** Milliseconds since the epoch. */
  readonly begunAt: number;
  readonly live: LiveRun;
  /** Of this connection: aborted when the run is cancelled. */
  readonly signal: AbortSignal;
  readonly runs: LiveRuns;
  readonly maxValueBytes: number;
  /** Where they are kept, if they are. */
  readonly events: RunEvents | undefined;
  /** The beginning of a step is journaled too, so that a call that was lost is known to have been made. */
  readonly recordsLost: boolean;
}

/** What somebody outside answered, and when. */
export interface Signalled {
  readonly value: JsonValue;
  readonly at: number;
}

export class RestateSteps implements Steps {
  readonly failuresAreFinal = true;
  readonly emit: ((event: CrewEvent) => void) | undefined;
  readonly #facts: StepsFacts;
  readonly #turnstile = new Turnstile();
  readonly #names = new Set<string>();
  readonly #unsettled: Attempt[] = [];
  readonly #costs: RunCosts;
  readonly #places: Places;
  #latestAt: number;

  constructor(facts: StepsFacts) {
    this.#facts = facts;
    this.#costs = new RunCosts(facts);
    this.#places = new Places(facts.runs, facts.ctx.request().attemptCompletedSignal);
    this.#latestAt = facts.begunAt;
    const { events } = facts;
    this.emit = events && ((event) => events.keep(event));
  }

  readonly step = async <Value>(
    name: string,
    work: (context: StepContext) => Promise<Value>,
    { asksModel = false, ready }: StepFacts = {},
  ): Promise<Value> => {
    const { ctx, runId, live, maxValueBytes } = this.#facts;
    this.#begin(name);
    const interruptedAt = await this.#interruptions(name, ready);
    const idempotencyKey = encodeURIComponent(`${runId}/${name}`);
    let threw: { readonly error: unknown } | undefined;
    const call = (): Promise<string> =>
      live.once(name, async () => {
        const leave = await this.#places.take(name);
        try {
          const value = await work({ idempotencyKey, interruptedAt: interruptedAt() });
          return textOf(name, { value, at: Date.now() }, maxValueBytes);
        } catch (error) {
          if (error instanceof TerminalError) throw error;
          threw = { error };
          return textOf(name, { thrown: factsOf(error), at: Date.now() }, maxValueBytes);
        } finally {
          leave();
        }
      });

    const lostAt = asksModel ? interruptedAt : undefined; // tools and what is kept of a task are not billed
    const text = await this.#untilCancelled(name, ctx.run(name, call, { serde: plainText }), lostAt);
    live.forget(name);
    const kept = JSON.parse(text) as Kept;
    this.#passed(kept.at);
    if ('thrown' in kept) throw threw ? threw.error : revived(kept.thrown);
    this.#costs.add(name, attemptsIn(kept.value), this.#latestAt);
    return kept.value as Value;
  };

  readonly sleep = async (name: string, ms: number): Promise<void> => {
    this.#begin(name);
    this.#costs.tell(this.#latestAt);
    await this.#untilCancelled(name, this.#facts.ctx.sleep(ms, name));
    this.#passed(this.#latestAt + ms);
  };

  readonly waitFor = async (name: string): Promise<JsonValue> => {
    this.#begin(name);
    this.#costs.tell(this.#latestAt);
    const { value, at } = await this.#untilCancelled(name, this.#facts.ctx.promise<Signalled>(signalName(name)).get());
    this.#passed(at);
    return value;
  };

  readonly now = async (name: string): Promise<number> => {
    this.#begin(name);
    return this.#untilCancelled(
      name,
      this.#facts.ctx.run(name, () => Date.now()),
    );
  };

  readonly clock = (): number => this.#latestAt;

  readonly uuid = (): Promise<string> => Promise.resolve(this.#facts.ctx.rand.uuidv4());

  /** After the run: puts on the ledger what a cancelled step had cost, and sends the last events. */
  async end(): Promise<void> {
    const { ctx, signal } = this.#facts;
    if (signal.aborted) {
      const attempts = await ctx.run('settle', () => portable(this.#unsettled) as unknown as readonly Attempt[]);
      this.#costs.add('settle', attempts, this.#latestAt);
    }
    this.#costs.tell(this.#latestAt);
    this.#facts.events?.tell(true);
  }

  /** Two steps of a name would be one in the worker's memory. */
  #begin(name: string): void {
    this.#facts.signal.throwIfAborted();
    if (this.#names.has(name)) throw new TypeError(`Two steps of run "${this.#facts.runId}" are named "${name}"`);
    this.#names.add(name);
    this.#facts.events?.tell(false);
  }

  /**
   * A beginning that is in the journal, of a step that is not: the worker that made the call is gone, or out of reach.
   * Asked when the step does run, for what this worker began it knows: a call of its own that is under way is joined.
   * It is written when the call may be made: one that waits for its turn has cost nothing yet.
   */
  async #interruptions(name: string, ready: StepFacts['ready']): Promise<() => readonly number[]> {
    const { ctx, live, recordsLost } = this.#facts;
    if (!recordsLost) return () => [];
    const begunAt = await this.#untilCancelled(
      name,
      ctx.run(`begin ${name}`, async () => {
        await this.#places.takeEarly(name);
        await ready?.().catch(() => undefined); // the work waits for the same, and tells
        if (!ctx.request().attemptCompletedSignal.aborted) live.begin(name); // else it is not written from here
        return Date.now();
      }),
    );
    return () => (live.hasBegun(name) ? [] : [begunAt]);
  }

  async #untilCancelled<Value>(
    name: string,
    promise: RestatePromise<Value>,
    lostAt: () => readonly number[] = () => [],
  ): Promise<Value> {
    try {
      return await this.#turnstile.pass(promise);
    } catch (error) {
      if (!isCancellation(error)) throw error;
      this.#facts.live.cancel();
      await this.#settle(name, lostAt());
      throw this.#facts.signal.reason;
    }
  }

  /** The call has been told to stop; what it says of its cost is kept for the ledger. One that a crash took says nothing. */
  async #settle(name: string, lostAt: readonly number[]): Promise<void> {
    const call = this.#facts.live.call(name);
    if (!call) {
      this.#unsettled.push(...lostAt.map(lostAttempt));
      return;
    }
    const kept = JSON.parse(await call.catch(() => '{}')) as { value?: unknown };
    this.#unsettled.push(...attemptsIn(kept.value));
  }

  /** The clocks of two workers may differ, and time goes on all the same. */
  #passed(at: number): void {
    this.#latestAt = Math.max(this.#latestAt, at);
  }
}

export function signalName(name: string): string {
  return `signal-${name}`;
}

function lostAttempt(startedAt: number): Attempt {
  const facts = { id: crypto.randomUUID(), model: 'unknown', startedAt, waitMs: 0, durationMs: 0 };
  return { ...facts, outcome: 'aborted', code: 'interrupted', possiblyBilled: true };
}

/** Restate's own code for it. */
const cancelledCode = 409;

function isCancellation(error: unknown): boolean {
  return error instanceof TerminalError && error.code === cancelledCode;
}
