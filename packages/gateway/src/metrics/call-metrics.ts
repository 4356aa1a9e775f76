/** What is counted of every model call that comes in. */
import type { Attempt } from '@rolecall/core';
import type { CallEnding } from '../http/route.ts';
import { Counter, Histogram } from './series.ts';

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

  /** `isKnown`: the name that was asked for is one of the configuration. Others would make a series each. */
  add(ending: CallEnding, isKnown: boolean): void {
    const { ask, caller, status, durationMs, overheadMs, costUsd, inputTokens = 0, outputTokens = 0, attempts } = ending;
    const asked = isKnown ? ask.model : 'unknown';
    const who = { model: asked, key: caller.keyName ?? '', key_id: caller.keyId ?? '' };
    this.requests.add({ ...who, api: ending.api, status: String(status), outcome: ending.outcome });
    this.duration.add({ model: asked }, durationMs / 1_000);
    if (overheadMs !== undefined) this.overhead.add({ model: asked }, overheadMs / 1_000);
    if (costUsd) this.spend.add({ ...who, backend: ending.model ?? '' }, costUsd);
    if (inputTokens > 0) this.tokens.add({ ...who, type: 'input' }, inputTokens);
    if (outputTokens > 0) this.tokens.add({ ...who, type: 'output' }, outputTokens);
    for (const attempt of attempts) this.#attempt(attempt);
    this.#fallbacks(attempts);
  }

  #attempt({ name = '', model, deployment, outcome, code, durationMs, firstTokenMs, waitMs, usage }: Attempt): void {
    const where = { name, backend: model, deployment: deployment ?? name };
    this.attempts.add({ ...where, outcome, code: code ?? '' });
    if (outcome === 'skipped') return;
    this.waited.add({ name }, waitMs / 1_000);
    if (outcome !== 'answered') return;
    this.upstream.add(where, durationMs / 1_000);
    if (firstTokenMs !== undefined) this.firstToken.add(where, firstTokenMs / 1_000);
    const { outputTokens = 0 } = usage ?? {};
    if (outputTokens > 0) this.perOutputToken.add(where, durationMs / 1_000 / outputTokens);
  }

  /** From each named model that could not answer to the next. */
  #fallbacks(attempts: readonly Attempt[]): void {
    attempts.forEach(({ name: to = '', outcome }, index) => {
      const from = attempts[index - 1]?.name;
      if (from === undefined || from === to || outcome === 'skipped') return;
      this.fallbacks.add({ from, to, outcome: outcome === 'answered' || outcome === 'cache_hit' ? 'answered' : 'failed' });
    });
  }
}
