import type { ModelRequest, RateLimit, Usage } from '@rolecall/core';
import { longestTimerMs } from '../delay.ts';
import { abortedUnasked, duration, ModelError } from '../errors.ts';
import type { PlannedRequest } from '../plan.ts';
import { estimateTokens } from './estimate-tokens.ts';
import { ProviderQuota } from './provider-quota.ts';
import { SlidingWindow } from './sliding-window.ts';
import { WaitingLine } from './waiting-line.ts';

/** How much a deployment has to do. Reading it changes nothing. */
export interface Load {
  readonly inFlight: number;
  readonly queued: number;
  /** About how long this request would wait; 0 when it could go at once. */
  availableInMs(request: ModelRequest): number;
  /** It would go at once or wait its turn, rather than be refused. */
  accepts(request: ModelRequest): boolean;
  /** What is left of this minute; `Infinity` where there is no limit. */
  headroom(): { readonly requests: number; readonly tokens: number };
  /** What the last minute took. */
  used(): { readonly requests: number; readonly tokens: number };
}

export interface GateLimits {
  readonly rpm: number;
  readonly tpm: number;
  readonly maxConcurrent: number;
  readonly maxQueue: number;
  readonly maxQueueMs: number | undefined;
  readonly obeyProvider: boolean;
}

/** One call that was let through. */
export interface Ticket {
  /** Where the windows of requests and of tokens hold it. */
  readonly requestSlot: number;
  readonly slot: number;
  /** What it was let through for. */
  readonly tokens: number;
  readonly startedAt: number;
  readonly waitedMs: number;
}

const minuteMs = 60_000;
const longestProviderWaitMs = 60_000; // a quota that is back in hours is no reason to hang that long
const longestWaitBeforeNextLinkMs = 8_000; // as long as `retry` waits: past that the next link is quicker
const weightOfNewest = 0.2;

/** Lets calls through as the limits allow, and the others later, in the order in which they came. */
export class Gate implements Load {
  readonly #limits: GateLimits;
  readonly #requests = new SlidingWindow(minuteMs);
  readonly #tokens = new SlidingWindow(minuteMs);
  readonly #quota = new ProviderQuota();
  readonly #line = new WaitingLine<Ticket>();
  #inFlight = 0;
  #timer: NodeJS.Timeout | undefined;
  #meanMs: number | undefined;
  #meanOutputTokens: number | undefined;

  constructor(limits: GateLimits) {
    this.#limits = limits;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get queued(): number {
    return this.#line.length;
  }

  availableInMs(request: ModelRequest): number {
    return this.#waitBehindLine(this.#tokensOf(request)).waitMs;
  }

  accepts(request: PlannedRequest): boolean {
    const { waitMs, providerMs } = this.#waitBehindLine(this.#tokensOf(request));
    if (waitMs === 0) return true;
    const { maxQueue, maxQueueMs = longestProviderWaitMs } = this.#limits;
    return this.#line.length < maxQueue && providerMs <= maxQueueMs && waitMs <= patienceMs(request, this.#limits);
  }

  headroom(): { requests: number; tokens: number } {
    const used = this.used();
    return { requests: Math.max(0, this.#limits.rpm - used.requests), tokens: Math.max(0, this.#limits.tpm - used.tokens) };
  }

  used(): { requests: number; tokens: number } {
    return { requests: this.#requests.used(), tokens: this.#tokens.used() };
  }

  /** A ticket, at once or in turn. Throws when the wait would be too long; rejects when it was, or the request is aborted. */
  enter(request: PlannedRequest, model: string): Ticket | Promise<Ticket> {
    const tokens = this.#tokensOf(request);
    if (this.#line.length === 0 && this.#mayGo(tokens)) return this.#take(tokens, performance.now());
    if (!this.accepts(request)) throw this.#refusal(request, model);

    const { signal } = request;
    const ticket = this.#line.join({
      tokens,
      patienceMs: patienceMs(request, this.#limits),
      signal,
      giveUp: (why) => (signal && why === 'aborted' ? abortedUnasked(signal, model) : this.#refusal(request, model)),
      left: () => this.#serve(),
    });
    this.#serve();
    return ticket;
  }

  /** The call is over. Without usage it took what was estimated, or nothing when the provider will not charge for it. */
  leave({ slot, tokens, startedAt }: Ticket, usage: Usage | undefined, charged: boolean): void {
    const { inputTokens, outputTokens } = usage ?? {};
    const isKnown = inputTokens !== undefined || outputTokens !== undefined;
    const took = isKnown ? (inputTokens ?? 0) + (outputTokens ?? 0) : charged ? tokens : 0;
    this.#inFlight -= 1;
    this.#meanMs = moved(this.#meanMs, performance.now() - startedAt);
    if (outputTokens !== undefined) this.#meanOutputTokens = moved(this.#meanOutputTokens, outputTokens);
    this.#tokens.correct(slot, took - tokens);
    this.#serve();
  }

  /** The call was not made after all. */
  giveBack({ requestSlot, slot, tokens }: Ticket): void {
    this.#inFlight -= 1;
    this.#requests.correct(requestSlot, -1);
    this.#tokens.correct(slot, -tokens);
    this.#quota.giveBack(tokens);
    this.#serve();
  }

  /** Notes what the provider says is left, and how long it wants to be left alone. */
  heed(rateLimit: RateLimit | undefined, retryAfterMs: number | undefined): void {
    if (!this.#limits.obeyProvider) return;
    this.#quota.heed(rateLimit);
    if (retryAfterMs !== undefined) this.#quota.block(retryAfterMs);
  }

  #tokensOf(request: ModelRequest): number {
    const { tpm } = this.#limits;
    if (tpm === Infinity && !this.#quota.lowOnTokens) return 0;
    const output = Math.min(request.settings?.maxOutputTokens ?? Infinity, Math.round(this.#meanOutputTokens ?? 0));
    return Math.min(tpm, estimateTokens(request) + output); // one larger than the limit goes when the window is empty
  }

  #waitBehindLine(tokens: number): { waitMs: number; providerMs: number } {
    const [ahead, needed] = [this.#line.length, this.#line.tokens + tokens];
    const providerMs = this.#quota.waitMs(ahead + 1, needed);
    return { waitMs: Math.max(providerMs, this.#windowWaitMs(ahead + 1, needed), this.#placeWaitMs(ahead)), providerMs };
  }

  /** How long our own limits hold back so many requests, of so many tokens together. */
  #windowWaitMs(requests: number, tokens: number): number {
    const { rpm, tpm } = this.#limits;
    const forRequests = rpm === Infinity ? 0 : this.#requests.availableInMs(requests, rpm);
    return tpm === Infinity ? forRequests : Math.max(forRequests, this.#tokens.availableInMs(tokens, tpm));
  }

  /** About how long until there is a place for one more: an estimate, by how long calls took. */
  #placeWaitMs(ahead: number): number {
    const { maxConcurrent } = this.#limits;
    const tooMany = this.#inFlight + ahead + 1 - maxConcurrent;
    return tooMany <= 0 ? 0 : Math.max(1, (this.#meanMs ?? 0) * (tooMany / maxConcurrent));
  }

  #mayGo(tokens: number): boolean {
    return (
      this.#inFlight < this.#limits.maxConcurrent && this.#windowWaitMs(1, tokens) === 0 && this.#quota.waitMs(1, tokens) === 0
    );
  }

  #take(tokens: number, since: number): Ticket {
    const startedAt = performance.now();
    this.#inFlight += 1;
    this.#quota.spend(tokens);
    return { requestSlot: this.#requests.add(1), slot: this.#tokens.add(tokens), tokens, startedAt, waitedMs: startedAt - since };
  }

  /** Lets in whoever may go, and comes back when the next one may. */
  #serve(): void {
    clearTimeout(this.#timer);
    for (let first = this.#line.first; first; first = this.#line.first) {
      const { tokens, since } = first;
      if (this.#inFlight >= this.#limits.maxConcurrent) return; // a call that ends comes back here
      const wait = Math.max(this.#windowWaitMs(1, tokens), this.#quota.waitMs(1, tokens));
      if (wait > 0) {
        this.#timer = setTimeout(() => this.#serve(), Math.min(Math.ceil(wait), longestTimerMs));
        return;
      }
      this.#line.serveFirst(this.#take(tokens, since));
    }
  }

  #refusal(request: PlannedRequest, model: string): ModelError {
    const retryAfterMs = Math.max(1, Math.ceil(this.availableInMs(request)));
    const reason = `its limit is used up; there is room again in about ${duration(retryAfterMs)}`;
    return new ModelError('rate_limited', { model, status: 429, retryAfterMs, reason, unasked: true });
  }
}

/** The longest that a request may be let wait. */
function patienceMs({ plan }: PlannedRequest, { maxQueueMs = Infinity }: GateLimits): number {
  if (!plan) return maxQueueMs;
  const share = Math.max(0, plan.linkDeadlineAt - performance.now());
  return Math.min(maxQueueMs, share, plan.linksLeft > 0 ? longestWaitBeforeNextLinkMs : Infinity);
}

function moved(mean: number | undefined, sample: number): number {
  return mean === undefined ? sample : mean + (sample - mean) * weightOfNewest;
}
