import type { ModelErrorCode } from '../errors.ts';
import { SlidingWindow } from './sliding-window.ts';

/** What a deployment failed with. */
export interface CircuitFault {
  readonly code: ModelErrorCode;
  readonly status?: number | undefined;
  readonly reason?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** Whether a deployment is left alone, and until when. Reading it changes nothing. */
export interface Circuit {
  readonly state: 'closed' | 'open' | 'half_open';
  /** Milliseconds since the epoch; `undefined` while closed. */
  readonly openUntil: number | undefined;
  /** Asked before then it would fail as it did: a wrong key, no such model, or a wait that the provider wants kept. */
  readonly lasting: boolean;
  /** The last failure that counted. */
  readonly lastError: CircuitFault | undefined;
  /** 0 when it may be asked now, as the one probe if need be. */
  availableInMs(): number;
  /** Opens it, or keeps it open for longer, as somebody else found the deployment. */
  openFor(ms: number, fault: Omit<CircuitFault, 'at'>): void;
}

export interface CircuitRules {
  readonly failuresInRow: number;
  readonly failureShare: number;
  readonly minimumCalls: number;
  readonly windowMs: number;
  readonly baseMs: number;
  readonly maxMs: number;
  readonly cooldownMs: number | undefined;
  readonly allowedFails: number | undefined;
  readonly allowedFailsPerCode: { readonly [Code in ModelErrorCode]?: number | undefined };
  readonly members: number;
}

/** How a call got through: as any other, as the one that tries whether it works again, or for want of anybody else to ask. */
export type Pass = 'call' | 'probe' | 'last_resort';

export interface Failure extends Omit<CircuitFault, 'at'> {
  readonly retryAfterMs?: number | undefined;
}

const windowSlots = 60;
const longestProbeMs = 30_000; // one that hangs does not keep the others away for as long as it hangs
const likelyProbeMs = 1_000;
const jitter = 0.2;
const lastingCodes: ReadonlySet<ModelErrorCode> = new Set(['auth', 'not_found', 'not_configured', 'quota_exceeded']);

/** The circuit of one deployment: closed, open after failures, half open when its time is over, closed again after a good probe. */
export class Breaker implements Circuit {
  readonly #rules: CircuitRules;
  readonly #calls: SlidingWindow;
  readonly #failures: SlidingWindow;
  readonly #failuresOf = new Map<ModelErrorCode, SlidingWindow>();
  #failuresInRow = 0;
  #until: number | undefined;
  #doublings = 0;
  #probedAt: number | undefined;
  #lasting = false;
  #lastError: CircuitFault | undefined;

  constructor(rules: CircuitRules) {
    this.#rules = rules;
    this.#calls = new SlidingWindow(rules.windowMs, windowSlots);
    this.#failures = new SlidingWindow(rules.windowMs, windowSlots);
  }

  get state(): Circuit['state'] {
    if (this.#until === undefined) return 'closed';
    return performance.now() < this.#until ? 'open' : 'half_open';
  }

  get openUntil(): number | undefined {
    return this.#until === undefined ? undefined : Math.round(Date.now() + this.#until - performance.now());
  }

  get lasting(): boolean {
    return this.#lasting;
  }

  get lastError(): CircuitFault | undefined {
    return this.#lastError;
  }

  availableInMs(): number {
    if (this.#until === undefined) return 0;
    const now = performance.now();
    if (now < this.#until) return this.#until - now;
    if (this.#probedAt === undefined) return 0;
    return Math.min(likelyProbeMs, Math.max(0, this.#probedAt + longestProbeMs - now));
  }

  /** How a call may go through now, if it may. */
  enter(lastResort = false): Pass | undefined {
    if (this.#until === undefined) return 'call';
    if (this.availableInMs() === 0) {
      this.#probedAt = performance.now();
      return 'probe';
    }
    return lastResort && !this.#lasting ? 'last_resort' : undefined;
  }

  succeeded(pass: Pass): void {
    this.#calls.add(1);
    this.#failuresInRow = 0;
    if (pass !== 'call') this.#close();
  }

  failed(pass: Pass, failure: Failure, enteredAt: number = Infinity): void {
    const { code, status, reason } = failure;
    this.#lastError = { code, status, reason, at: Date.now() };
    this.#calls.add(1);
    const tripped = this.#trips(code);
    if (this.#until === undefined) {
      if (tripped) this.#open(failure);
      return;
    }
    this.left(pass, enteredAt);
    if (pass === 'probe') this.#doublings += 1;
    this.#open(failure);
  }

  openFor(ms: number, { code, status, reason }: Omit<CircuitFault, 'at'>): void {
    this.#lastError = { code, status, reason, at: Date.now() };
    this.#restFor(ms, lastingCodes.has(code));
  }

  /**
   * The call ended in a way that says nothing of the deployment: the caller gave up, for one.
   * A probe that took so long that another was let through does not end that one.
   */
  left(pass: Pass, enteredAt: number = Infinity): void {
    if (pass === 'probe' && enteredAt >= (this.#probedAt ?? 0)) this.#probedAt = undefined;
  }

  /** Counts a failure. Whether it is one too many. */
  #trips(code: ModelErrorCode): boolean {
    const { allowedFails, allowedFailsPerCode, failuresInRow, failureShare, minimumCalls } = this.#rules;
    const allowedOfCode = allowedFailsPerCode[code];
    if (allowedOfCode !== undefined) return this.#countOf(code) > allowedOfCode;
    this.#failures.add(1);
    this.#failuresInRow += 1;
    const failures = this.#failures.used();
    if (allowedFails !== undefined) return failures > allowedFails;
    if (this.#tripsAtOnce(code) || this.#failuresInRow >= failuresInRow) return true;
    const calls = this.#calls.used();
    return calls >= minimumCalls && failures / calls > failureShare;
  }

  /** One failure is enough where the next call could not go better, and with others to ask where the provider wants to be left alone. */
  #tripsAtOnce(code: ModelErrorCode): boolean {
    if (code === 'auth' || code === 'not_found') return true;
    return this.#rules.members > 1 && (code === 'rate_limited' || code === 'quota_exceeded' || code === 'not_configured');
  }

  #countOf(code: ModelErrorCode): number {
    const window = this.#failuresOf.get(code) ?? new SlidingWindow(this.#rules.windowMs, windowSlots);
    this.#failuresOf.set(code, window);
    window.add(1);
    return window.used();
  }

  /** Opens, or stays open for longer: a second deadline never shortens the first. */
  #open({ code, retryAfterMs = 0 }: Failure): void {
    const asked = retryAfterMs > 0 || (code === 'rate_limited' && this.#rules.members > 1);
    this.#restFor(this.#lengthMs(retryAfterMs), asked || lastingCodes.has(code));
  }

  /** A rest that is over says nothing of the next. */
  #restFor(ms: number, lasting: boolean): void {
    const now = performance.now();
    const until = this.#until ?? 0;
    this.#lasting = lasting || (this.#lasting && now < until);
    this.#until = Math.max(until, now + ms);
  }

  #lengthMs(retryAfterMs: number): number {
    const { cooldownMs, baseMs, maxMs } = this.#rules;
    if (cooldownMs !== undefined) return cooldownMs;
    const length = Math.min(maxMs, baseMs * 2 ** this.#doublings) * (1 - jitter + 2 * jitter * Math.random());
    return Math.max(retryAfterMs, Math.round(length));
  }

  #close(): void {
    this.#until = undefined;
    this.#probedAt = undefined;
    this.#doublings = 0;
    this.#lasting = false;
    this.#calls.clear();
    this.#failures.clear();
    this.#failuresOf.clear();
  }
}
