/** How often somebody may try a master key: a few times a minute from one address, and not much more from all together. */
import { Refusal } from '../http/refusal.ts';

const windowMs = 60_000;
const perAddress = 5;
const altogether = 30;

export class Tries {
  #since = 0;
  #all = 0;
  readonly #of = new Map<string, number>();

  /** Counts a try, before anything is compared. @throws {Refusal} when there were too many. */
  count(address: string): void {
    const now = Date.now();
    if (now - this.#since >= windowMs) {
      this.#since = now;
      this.#all = 0;
      this.#of.clear();
    }
    const own = this.#of.get(address) ?? 0;
    if (own >= perAddress || this.#all >= altogether) {
      throw new Refusal({
        status: 429,
        type: 'rate_limit_error',
        code: 'too_many_tries',
        message: 'Too many tries. Wait a minute.',
        retryAfterMs: this.#since + windowMs - now,
      });
    }
    this.#all += 1;
    this.#of.set(address, own + 1);
  }

  /** It was the right key: that try does not count. */
  forgive(address: string): void {
    this.#all = Math.max(0, this.#all - 1);
    this.#of.set(address, Math.max(0, (this.#of.get(address) ?? 0) - 1));
  }
}
