import type { Delta, ModelRequest, ModelResponse } from '@rolecall/core';
import { errorAfter } from '../attempts.ts';
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
}

interface Passenger {
  readonly request: PlannedRequest;
  hasLeft: boolean;
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
  #hasAsked = false;
  #news!: Promise<void>;
  #tell = doNothing;
  #outcome: Omit<Arrival, 'isOwner'> | undefined;
  #ended: Promise<void> = Promise.resolve();
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
    const end = (outcome: Omit<Arrival, 'isOwner'>): void => {
      this.#outcome = outcome;
      [this.#owner] = this.#passengers;
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
    this.#hasAsked = true;
    const [first] = this.#passengers;
    const onDelta = this.isStream ? this.say : undefined;
    return { ...(first as Passenger).request, onDelta, signal: this.#controller.signal };
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
    const passenger: Passenger = { request, hasLeft: false, heard: 0 };
    const joins = this.#passengers.size > 0;
    this.#passengers.add(passenger);
    const { left, release } = this.#reasonToLeave(passenger, joins);
    try {
      await Promise.race([left, this.#deliver(passenger)]);
      return { ...this.#outcome, isOwner: this.#owner === passenger };
    } catch (reason) {
      throw request.signal?.aborted ? await this.#afterAbort(reason, passenger) : reason;
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
    if (joins) watch();
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
    this.#over();
    const { signal } = passenger.request;
    const reason = 'nobody waits for the answer any more';
    this.#controller.abort(signal?.aborted ? signal.reason : new ModelError('aborted', { model: this.#name, reason }));
  }

  /** The last to leave gets the error of the call itself, if it comes at once: that one knows what was spent. */
  async #afterAbort(reason: unknown, passenger: Passenger): Promise<unknown> {
    if (this.#passengers.size > 0 || !this.#hasAsked) return reason;
    if (!this.#outcome) await within(graceMs, this.#ended);
    const { failure, landing } = this.#outcome ?? {};
    if (failure) return ModelError.isInstance(failure.error) ? failure.error : reason;
    return this.#owner === passenger ? errorAfter(landing?.response.attempts ?? [], reason) : reason;
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
