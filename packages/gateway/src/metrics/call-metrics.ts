/** What is counted of every model call that comes in. */
import type { Attempt } from '@rolecall/core';
import type { CallEnding } from '../http/route.ts';
import { Counter, type Count, type Durations, Histogram } from './series.ts';

/** How many combinations have their series at hand; others are looked up, series by series. */
const maxAtHand = 1_000;

export class CallMetrics {
  readonly requests: Counter = new Counter();
  readonly duration: Histogram = new Histogram();
  readonly overhead: Histogram = new Histogram();
  readonly upstream: Histogram = new Histogram();
  readonly firstToken: Histogram = new Histogram();
  readonly perOutputToken: Histogram = new Histogram();
  readonly spend: Counter = new Counter();
  readonly tokens: Counter = new Counter();
  readonly attempts: Counter = new Counter();
  readonly fallbacks: Counter = new Counter();
  readonly waited: Histogram = new Histogram();
  readonly #callSeries = new Map<string, CallSeries>();
  readonly #attemptSeries = new Map<string, AttemptSeries>();

  /** `isKnown`: the name that was asked for is one of the configuration. Others would make a series each. */
  add(ending: CallEnding, isKnown: boolean): void {
    const { durationMs, overheadMs, costUsd, inputTokens = 0, outputTokens = 0, attempts } = ending;
    const series = this.#seriesOfCall(ending, isKnown ? ending.ask.model : 'unknown');
    series.requests.value += 1;
    series.duration.add(durationMs / 1_000);
    if (overheadMs !== undefined) series.overhead.add(overheadMs / 1_000);
    if (costUsd) (series.spend ??= this.spend.of({ ...series.who, backend: ending.model ?? '' })).value += costUsd;
    if (inputTokens > 0) (series.input ??= this.tokens.of({ ...series.who, type: 'input' })).value += inputTokens;
    if (outputTokens > 0) (series.output ??= this.tokens.of({ ...series.who, type: 'output' })).value += outputTokens;
    for (const attempt of attempts) this.#attempt(attempt);
    if (attempts.length > 1) this.#fallbacks(attempts);
  }

  #attempt(attempt: Attempt): void {
    const { outcome, durationMs, firstTokenMs, waitMs, usage } = attempt;
    const series = this.#seriesOfAttempt(attempt);
    series.attempts.value += 1;
    if (outcome === 'skipped') return;
    (series.waited ??= this.waited.of({ name: series.where.name })).add(waitMs / 1_000);
    if (outcome !== 'answered') return;
    (series.upstream ??= this.upstream.of(series.where)).add(durationMs / 1_000);
    if (firstTokenMs !== undefined) (series.firstToken ??= this.firstToken.of(series.where)).add(firstTokenMs / 1_000);
    const { outputTokens = 0 } = usage ?? {};
    if (outputTokens > 0) (series.perOutputToken ??= this.perOutputToken.of(series.where)).add(durationMs / 1_000 / outputTokens);
  }

  /** From each named model that could not answer to the next. */
  #fallbacks(attempts: readonly Attempt[]): void {
    attempts.forEach(({ name: to = '', outcome }, index) => {
      const from = attempts[index - 1]?.name;
      if (from === undefined || from === to || outcome === 'skipped') return;
      this.fallbacks.add({ from, to, outcome: outcome === 'answered' || outcome === 'cache_hit' ? 'answered' : 'failed' });
    });
  }

  #seriesOfCall({ caller, api, status, outcome, model = '' }: CallEnding, asked: string): CallSeries {
    const { keyName: key = '', keyId: key_id = '' } = caller;
    const known = `${asked}\0${key}\0${key_id}\0${api}\0${status}\0${outcome}\0${model}`;
    const found = this.#callSeries.get(known);
    if (found) return found;
    const who = { model: asked, key, key_id };
    const series: CallSeries = {
      who,
      requests: this.requests.of({ ...who, api, status: String(status), outcome }),
      duration: this.duration.of({ model: asked }),
      overhead: this.overhead.of({ model: asked }),
    };
    if (this.#callSeries.size < maxAtHand) this.#callSeries.set(known, series);
    return series;
  }

  #seriesOfAttempt({ name = '', model, deployment = name, outcome, code = '' }: Attempt): AttemptSeries {
    const known = `${name}\0${model}\0${deployment}\0${outcome}\0${code}`;
    const found = this.#attemptSeries.get(known);
    if (found) return found;
    const where = { name, backend: model, deployment };
    const series: AttemptSeries = { where, attempts: this.attempts.of({ ...where, outcome, code }) };
    if (this.#attemptSeries.size < maxAtHand) this.#attemptSeries.set(known, series);
    return series;
  }
}

/** The series of calls that were alike, so that they need not be looked up one by one. */
interface CallSeries {
  readonly who: { readonly model: string; readonly key: string; readonly key_id: string };
  readonly requests: Count;
  readonly duration: Durations;
  readonly overhead: Durations;
  spend?: Count;
  input?: Count;
  output?: Count;
}

interface AttemptSeries {
  readonly where: { readonly name: string; readonly backend: string; readonly deployment: string };
  readonly attempts: Count;
  waited?: Durations;
  upstream?: Durations;
  firstToken?: Durations;
  perOutputToken?: Durations;
}
