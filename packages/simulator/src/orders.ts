import type { FieldNames } from './field-names.ts';
import { checkTexts, refused } from './field-values.ts';
import { providerNames, type ProviderName } from './provider.ts';

/** Which requests something ordered applies to, and how often. */
export interface Order {
  /** @default every provider */
  readonly provider?: ProviderName | undefined;
  /** The model as the request names it. @default every model */
  readonly model?: string | undefined;
  /** How many requests it applies to; `Infinity` means until it is cancelled. @default 1, or Infinity with `forMs` or `probability` */
  readonly times?: number | undefined;
}

/** Something ordered from the simulator. */
export interface Ordered {
  /** How many requests it has applied to. */
  readonly hits: number;
  /** Ends it. */
  cancel(): void;
}

/** An order that also ends with time, or strikes by chance. */
export interface ChancyOrder extends Order {
  /** How long from now it applies, in milliseconds. @default until `times` is used up */
  readonly forMs?: number | undefined;
  /** How likely it strikes a request it applies to, from 0 to 1; the same seed gives the same sequence. @default 1 */
  readonly probability?: number | undefined;
}

export const orderNames: FieldNames<Order> = { provider: true, model: true, times: true };

interface Entry<T> {
  readonly order: T;
  readonly endsAt: number;
  readonly random: () => number;
  left: number;
  hits: number;
}

/** Orders in the sequence they were given: the first that applies is taken. */
export class OrderBook<T extends ChancyOrder> {
  readonly #seed: number;
  #entries: Entry<T>[] = [];
  #placed = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  place(order: T): Ordered {
    checkOrder(order);
    const { times, forMs, probability } = order;
    const open = forMs !== undefined || probability !== undefined;
    const entry: Entry<T> = {
      order,
      endsAt: performance.now() + (forMs ?? Infinity),
      random: randomFrom(this.#seed + this.#placed++), // a sequence of its own: other orders cannot shift it
      left: times ?? (open ? Infinity : 1),
      hits: 0,
    };
    this.#entries.push(entry);
    return {
      get hits() {
        return entry.hits;
      },
      cancel: () => {
        this.#entries = this.#entries.filter((other) => other !== entry);
      },
    };
  }

  /** The first order that applies to this request, counted as used. */
  take(provider: ProviderName, model: string | undefined, fits: (order: T) => boolean = () => true): T | undefined {
    const now = performance.now();
    this.#entries = this.#entries.filter(({ left, endsAt }) => left > 0 && now < endsAt);
    const taken = this.#entries.find(
      ({ order, random }) =>
        (order.provider ?? provider) === provider &&
        (order.model ?? model) === model &&
        fits(order) &&
        random() < (order.probability ?? 1),
    );
    if (!taken) return undefined;
    taken.left -= 1;
    taken.hits += 1;
    return taken.order;
  }

  clear(): void {
    this.#entries = [];
    this.#placed = 0;
  }
}

function checkOrder({ provider, model, times, forMs, probability }: ChancyOrder): void {
  if (provider !== undefined && !providerNames.includes(provider)) {
    throw refused('provider', provider, `one of ${providerNames.join(', ')}`);
  }
  checkTexts({ model });
  if (times !== undefined && !(times === Infinity || (Number.isInteger(times) && times > 0))) {
    throw refused('times', times, 'a whole number above 0, or Infinity');
  }
  if (forMs !== undefined && !(typeof forMs === 'number' && forMs > 0)) throw refused('forMs', forMs, 'a number above 0');
  if (probability !== undefined && !(typeof probability === 'number' && probability >= 0 && probability <= 1)) {
    throw refused('probability', probability, 'a number from 0 to 1');
  }
}

/** Mulberry32: small, even enough, and the same on every machine. */
function randomFrom(seed: number): () => number {
  let state = Math.imul(seed + 1, 0x9e3779b1) >>> 0; // neighbouring seeds start far apart
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
