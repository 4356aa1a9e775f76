/** Milliseconds. `null` throughout when nothing was measured. */
export interface LatencyFigures {
  /** How many calls were measured. */
  readonly count: number;
  readonly avg: number | null;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly min: number | null;
  readonly max: number | null;
  /** Whether the percentiles are measured values (nearest rank), or within 1 % of them, from a histogram. */
  readonly percentiles: 'exact' | 'histogram';
}

const usualExact = 1_000;
const bucketCount = 1_024;
const lowestMs = 0.1; // 1,024 buckets from here reach 17 hours
const logOfRatio = Math.log(1.02);

const unmeasured: LatencyFigures = Object.freeze({
  count: 0,
  avg: null,
  p50: null,
  p95: null,
  p99: null,
  min: null,
  max: null,
  percentiles: 'exact',
});

/** Percentiles of any number of durations in bounded memory: every value up to a thousand, or fewer, and logarithmic buckets beyond. */
export class LatencySeries {
  readonly #exact: number;
  #values: number[] = [];
  #buckets: Buckets | undefined;
  #count = 0;
  #sum = 0;
  #min = Infinity;
  #max = -Infinity;
  /** The figures so far: a summary is asked for more often than most of its groups change. */
  #figures: LatencyFigures | undefined = unmeasured;

  /** `exact`: how many values are kept as they are. */
  constructor(exact: number = usualExact) {
    this.#exact = exact;
  }

  /** `bucket` is that of the value: several series that take in the same one need not each work it out. */
  add(milliseconds: number, bucket: number = bucketOf(milliseconds)): void {
    this.#count += 1;
    this.#sum += milliseconds;
    if (milliseconds < this.#min) this.#min = milliseconds;
    if (milliseconds > this.#max) this.#max = milliseconds;
    this.#figures = undefined;
    if (this.#buckets) this.#buckets.add(bucket, 1);
    else if (this.#values.length < this.#exact) this.#values.push(milliseconds);
    else this.#pour().add(bucket, 1);
  }

  /** Takes in what another series measured. */
  merge(other: LatencySeries): void {
    this.#count += other.#count;
    this.#sum += other.#sum;
    this.#min = Math.min(this.#min, other.#min);
    this.#max = Math.max(this.#max, other.#max);
    this.#figures = undefined;
    if (other.#buckets) this.#pour().merge(other.#buckets);
    else if (this.#buckets || this.#values.length + other.#values.length > this.#exact) this.#pour().addAll(other.#values);
    else this.#values.push(...other.#values);
  }

  figures(): LatencyFigures {
    return (this.#figures ??= this.#work());
  }

  #work(): LatencyFigures {
    const [count, buckets] = [this.#count, this.#buckets];
    const ranks = [0.5, 0.95, 0.99].map((fraction) => Math.ceil(fraction * count));
    const [p50 = null, p95 = null, p99 = null] = buckets ? this.#near(buckets, ranks) : this.#exactly(ranks);
    const percentiles = buckets ? 'histogram' : 'exact';
    return { count, avg: toMicroseconds(this.#sum / count), p50, p95, p99, min: this.#min, max: this.#max, percentiles };
  }

  #exactly(ranks: readonly number[]): (number | undefined)[] {
    const sorted = Float64Array.from(this.#values).toSorted(); // quicker than numbers by a comparison of ours
    return ranks.map((rank) => sorted[rank - 1]);
  }

  #near(buckets: Buckets, ranks: readonly number[]): number[] {
    return buckets.at(ranks).map((bucket) => Math.min(this.#max, Math.max(this.#min, toMicroseconds(middleOf(bucket)))));
  }

  /** Moves the values into buckets. */
  #pour(): Buckets {
    const buckets = (this.#buckets ??= new Buckets());
    if (this.#values.length > 0) buckets.addAll(this.#values);
    this.#values = [];
    return buckets;
  }
}

/** Counts by bucket, from the lowest there is to the highest: durations of one kind are within a few hundred of each other. */
class Buckets {
  #counts = new Uint32Array(0);
  #first = 0;

  add(bucket: number, times: number): void {
    const index = bucket - this.#first;
    if (index < 0 || index >= this.#counts.length) return this.#widen(bucket, times);
    this.#counts[index] = (this.#counts[index] ?? 0) + times;
  }

  addAll(values: readonly number[]): void {
    for (const value of values) this.add(bucketOf(value), 1);
  }

  merge(other: Buckets): void {
    other.#counts.forEach((times, index) => {
      if (times > 0) this.add(other.#first + index, times);
    });
  }

  /** The buckets of ascending ranks. */
  at(ranks: readonly number[]): number[] {
    let [passed, index] = [0, -1];
    return ranks.map((rank) => {
      while (passed < rank && index < this.#counts.length) passed += this.#counts[(index += 1)] ?? 0;
      return this.#first + index;
    });
  }

  #widen(bucket: number, times: number): void {
    const [low, high] = this.#counts.length === 0 ? [bucket, bucket] : [this.#first, this.#first + this.#counts.length - 1];
    const first = Math.max(0, Math.min(low, bucket < low ? bucket - 16 : bucket));
    const last = Math.min(bucketCount - 1, Math.max(high, bucket > high ? bucket + 16 : bucket));
    const wider = new Uint32Array(last - first + 1);
    wider.set(this.#counts, low - first);
    wider[bucket - first] = (wider[bucket - first] ?? 0) + times;
    this.#counts = wider;
    this.#first = first;
  }
}

/** Milliseconds with the three decimals that clocks can tell apart; beyond 30 years there are none. */
export function toMicroseconds(milliseconds: number): number {
  return milliseconds < 1e12 ? Math.round(milliseconds * 1_000) / 1_000 : milliseconds;
}

export function bucketOf(milliseconds: number): number {
  if (milliseconds <= lowestMs) return 0;
  return Math.min(bucketCount - 1, Math.floor(Math.log(milliseconds / lowestMs) / logOfRatio));
}

/** The geometric middle, which is within 1 % of every value in the bucket. */
function middleOf(bucket: number): number {
  return lowestMs * Math.exp((bucket + 0.5) * logOfRatio);
}
