/** How the call that a request belongs to is going. It travels with the labels, which no policy reads and all hand on. */
import type { Labels, Message, ModelRequest, ModelSettings } from '@rolecall/core';
import type { Admission, Place } from '../http/route.ts';
import type { MockFailure } from './mock-failure.ts';

export const progress: unique symbol = Symbol('progress');

export interface CallRequest extends ModelRequest {
  readonly labels?: (Labels & { readonly [progress]?: Progress }) | undefined;
}

export interface ProgressFacts {
  /** What the request asked for; a stand-in may be asked something else. */
  readonly messages: readonly Message[];
  readonly settings: ModelSettings;
  /** What the API calls our settings. */
  readonly words: Readonly<Record<string, string>>;
  /** What no other API has a word for, and cannot be left out. */
  readonly wireOnly: readonly string[];
  /** A failure that was ordered. */
  readonly mock: MockFailure | undefined;
}

/** What a call tells its attempts, and what they tell it. Of a hedged call several are under way at once. */
export class Progress {
  readonly asked: ProgressFacts;
  /** Where the answer comes from; until there is one, where it was asked for last. */
  place: Place | undefined;
  /** Is told before a backend is asked. */
  asking: Admission['asking'];
  calls = 0;
  #names: string | Set<string> | undefined;
  #underWay = 0;
  #upstreamMs = 0;
  #since = 0;

  constructor(asked: ProgressFacts) {
    this.asked = asked;
  }

  begin(place: Place): void {
    this.place = place;
    this.calls += 1;
    this.#note(place.name);
    if (this.#underWay++ === 0) this.#since = performance.now();
  }

  end(): void {
    if (--this.#underWay === 0) this.#upstreamMs += performance.now() - this.#since;
  }

  /** How many named models have been asked. */
  get names(): number {
    return typeof this.#names === 'string' ? 1 : (this.#names?.size ?? 0);
  }

  /** How long backends have been waited for. */
  get upstreamMs(): number {
    return this.#upstreamMs + (this.#underWay === 0 ? 0 : performance.now() - this.#since);
  }

  /** Nearly every call asks one. */
  #note(name: string): void {
    if (this.#names === undefined || this.#names === name) this.#names = name;
    else if (typeof this.#names === 'string') this.#names = new Set([this.#names, name]);
    else this.#names.add(name);
  }
}
