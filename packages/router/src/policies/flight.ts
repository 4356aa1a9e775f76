import type { Attempt, Delta, ModelRequest, ModelResponse } from '@rolecall/core';
import { newAttemptId } from '../attempt-ids.ts';
import { attemptsOf, errorAfter, failedAttempt, notMade } from '../attempts.ts';
import { longestTimerMs } from '../delay.ts';
import { abortError, copyOf, ModelError } from '../errors.ts';
import { offAbort, onAbort } from '../on-abort.ts';
import { outOfTime, type PlannedRequest } from '../plan.ts';
import { commits } from './commits.ts';
import { within } from './within.ts';

/** What a flight brought. */
export interface Landing {
  readonly response: ModelResponse;
  /** The named model it came from, when that was in a store. */
  readonly storedBy?: { readonly name: string | undefined } | undefined;
}

/** How a flight ended for one of those aboard. */
export interface Arrival {
  /** Either it landed, */
  readonly landing?: Landing | undefined;
  /** or it failed. */
  readonly failure?: { readonly error: unknown } | undefined;
  /** Of all aboard, the one who counts its attempts as his own. */
  readonly isOwner: boolean;
  /** It was his request that was sent, with his deadline. */
  readonly isAsker: boolean;
}

interface Passenger {
  readonly request: PlannedRequest;
  readonly startedAt: number;
  hasLeft: boolean;
  /** Why he left before the end. */
  reason?: ModelError;
  /** How many pieces were passed on to him. */
  heard: number;
}

const graceMs = 100;
const doNothing = (): void => undefined;

/** One call for all who ask the same at the same time. It goes on until it lands, or until everyone has left. */
export class Flight {
  /** Its answer is streamed. */
  readonly isStream: boolean;
  /** How long the first who wants it kept wants it kept. */
  keepMs: number | undefined;

  readonly #name: string;
  readonly #over: () => void;
  readonly #controller = new AbortController();
  readonly #passengers = new Set<Passenger>(); // the first to come is first
  readonly #said: Delta[] = [];
  readonly #unheard: { readonly upTo: number; readonly release: () => void }[] = [];
  #heard = 0;
  #news!: Promise<void>;
  #tell = doNothing;
  #outcome: Pick<Arrival, 'landing' | 'failure'> | undefined;
  #ended: Promise<void> = Promise.resolve();
  #asker: Passenger | undefined;
  #owner: Passenger | undefined;

  /** `over` is called when nobody can board any more. */
  constructor(isStream: boolean, name: string, over: () => void) {
    this.isStream = isStream;
    this.#name = name;
    this.#over = over;
    this.#renew();
  }

  /** Starts, with its first passenger aboard. `fly` finds the answer, and says what is streamed. */
  take(fly: () => Promise<Landing>): void {
    const end = (outcome: Pick<Arrival, 'landing' | 'failure'>): void => {
      this.#outcome = outcome;
      const [first] = this.#passengers;
      this.#owner = first ?? this.#owner;
      this.#over();
      this.#renew();
    };
    this.#ended = fly().then(
      (landing) => end({ landing }),
      (error: unknown) => end({ failure: { error } }),
    );
  }

  /** Somebody may have heard a part of the answer. */
  get hasSpoken(): boolean {
    return this.#said.length > 0;
  }

  /** The request to send: that of whoever came first and is still here. */
  ask(): ModelRequest {
    this.#controller.signal.throwIfAborted();
    const [first] = this.#passengers;
    this.#asker = first as Passenger;
    const onDelta = this.isStream ? this.say : undefined;
    return { ...this.#asker.request, onDelta, signal: this.#controller.signal };
  }

  /** Passes a piece of the answer on. Its promise is kept when the quickest reader is ready for more. */
  readonly say = (delta: Delta): Promise<void> | undefined => {
    this.#said.push(delta);
    this.#renew();
    if (!this.#hasReaders()) return undefined;
    return new Promise((release) => this.#unheard.push({ upTo: this.#said.length, release }));
  };

  /** Waits for the end, and hands what is streamed to the request's `onDelta`: what was missed first. */
  async board(request: PlannedRequest): Promise<Arrival> {
    const passenger: Passenger = { request, startedAt: Date.now(), hasLeft: false, heard: 0 };
    const joins = this.#passengers.size > 0;
    this.#passengers.add(passenger);
    const { left, release } = this.#reasonToLeave(passenger, joins);
    try {
      await Promise.race([left, this.#deliver(passenger)]);
      return { ...this.#outcome, isOwner: this.#owner === passenger, isAsker: this.#asker === passenger };
    } catch (error) {
      throw passenger.reason ? await this.#accountOf(passenger.reason, passenger) : error;
    } finally {
      this.#leave(passenger);
      release();
    }
  }

  /** An abort, or the deadline of one who joins: the call itself heeds that of the one who began it. */
  #reasonToLeave(passenger: Passenger, joins: boolean): { left: Promise<never>; release: () => void } {
    const { signal, plan } = passenger.request;
    let leave: (reason: ModelError) => void = doNothing;
    const left = new Promise<never>((_, reject) => {
      leave = (reason) => {
        passenger.reason = reason;
        this.#leave(passenger); // at once: nothing more is heard, and nobody boards what is about to end
        reject(reason);
      };
    });
    const abort = (): void => leave(this.#after(abortError(signal as AbortSignal, this.#name), passenger));
    let timer: NodeJS.Timeout | undefined;
    const watch = (): void => {
      const waitMs = (plan?.deadlineAt ?? Infinity) - performance.now();
      if (waitMs <= 0) leave(outOfTime({ messages: [] }, { model: this.#name }));
      else if (waitMs !== Infinity) timer = setTimeout(watch, Math.min(Math.ceil(waitMs), longestTimerMs)); // a timer may be early
    };
    onAbort(signal, abort);
    if (signal?.aborted) abort(); // between two flights nobody listened
    else if (joins) watch();
    return {
      left,
      release: () => {
        offAbort(signal, abort);
        clearTimeout(timer);
      },
    };
  }

  /** The error of one who leaves, with what he has heard by then. */
  #after(error: ModelError, { heard }: Passenger): ModelError {
    const said = this.#said.slice(0, heard);
    if (!said.some(commits)) return error;
    return copyOf(error, { committed: true, partialText: said.map((one) => (one.type === 'text' ? one.text : '')).join('') });
  }

  /** A reader at his own pace, from the beginning. */
  async #deliver(passenger: Passenger): Promise<void> {
    const { onDelta } = passenger.request;
    for (let next = 0; !passenger.hasLeft;) {
      const delta = onDelta && this.#said[next];
      if (delta) {
        passenger.heard = next += 1;
        await onDelta(delta);
        this.#hear(next);
      } else if (this.#outcome) return;
      else await this.#news;
    }
  }

  #hear(count: number): void {
    this.#heard = Math.max(this.#heard, count);
    while ((this.#unheard[0]?.upTo ?? Infinity) <= this.#heard) this.#unheard.shift()?.release();
  }

  #leave(passenger: Passenger): void {
    if (passenger.hasLeft) return;
    passenger.hasLeft = true;
    this.#passengers.delete(passenger);
    if (!this.#hasReaders()) this.#hear(this.#said.length);
    if (this.#passengers.size > 0 || this.#outcome) return;
    this.#owner = passenger;
    this.#over();
    const { signal } = passenger.request;
    const reason = 'nobody waits for the answer any more';
    this.#controller.abort(signal?.aborted ? signal.reason : new ModelError('aborted', { model: this.#name, reason }));
  }

  /** What one who left is told. The owner, until it ends the last to leave, hears what was spent, if the call ends at once. */
  async #accountOf(reason: ModelError, passenger: Passenger): Promise<ModelError> {
    if (!this.#asker) return reason;
    if (!this.#outcome && this.#owner === passenger) await within(graceMs, this.#ended);
    if (this.#owner !== passenger) return errorAfter([this.#shareOf(passenger, reason)], reason);
    const { failure, landing } = this.#outcome ?? {};
    if (reason.code === 'aborted' && ModelError.isInstance(failure?.error)) return failure.error;
    return errorAfter(failure ? attemptsOf(failure.error) : (landing?.response.attempts ?? []), reason);
  }

  /** Of a call that is left to others. */
  #shareOf({ startedAt }: Passenger, reason: ModelError): Attempt {
    const times = { startedAt, waitMs: 0, durationMs: Date.now() - startedAt };
    return notMade(failedAttempt(reason, { id: newAttemptId(), model: this.#name, ...times }, undefined));
  }

  #hasReaders(): boolean {
    for (const { request } of this.#passengers) if (request.onDelta) return true;
    return false;
  }

  /** Tells those who wait that there is something new. */
  #renew(): void {
    this.#tell();
    this.#news = new Promise((resolve) => (this.#tell = resolve));
  }
}
