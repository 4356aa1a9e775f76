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

const exactCount = 1_000;
const bucketCount = 1_024;
const lowestMs = 0.1; // 1,024 buckets from here reach 17 hours
const logOfRatio = Math.log(1.02);

/** Percentiles of any number of durations in bounded memory: every value up to 1,000, logarithmic buckets beyond. */
export class LatencySeries {
  #values: number[] = [];
  #buckets: Uint32Array | undefined;
  #count = 0;
  #sum = 0;
  #min = Infinity;
  #max = -Infinity;

  add(milliseconds: number): void {
    this.#count += 1;
    this.#sum += milliseconds;
    this.#min = Math.min(this.#min, milliseconds);
    this.#max = Math.max(this.#max, milliseconds);
    if (this.#buckets) return count(this.#buckets, bucketOf(milliseconds), 1);

    this.#values.push(milliseconds);
    if (this.#values.length > exactCount) this.#pour();
  }

  /** Takes in what another series measured. */
  merge(other: LatencySeries): void {
    this.#count += other.#count;
    this.#sum += other.#sum;
    this.#min = Math.min(this.#min, other.#min);
    this.#max = Math.max(this.#max, other.#max);
    this.#values.push(...other.#values);
    if (!other.#buckets && !this.#buckets && this.#values.length <= exactCount) return;

    const buckets = this.#pour();
    other.#buckets?.forEach((times, bucket) => count(buckets, bucket, times));
  }

  figures(): LatencyFigures {
    const percentiles = this.#buckets ? 'histogram' : 'exact';
    if (this.#count === 0) return { count: 0, avg: null, p50: null, p95: null, p99: null, min: null, max: null, percentiles };
    const sorted = this.#values.toSorted((a, b) => a - b);
    const [p50, p95, p99] = [this.#percentile(0.5, sorted), this.#percentile(0.95, sorted), this.#percentile(0.99, sorted)];
    return { count: this.#count, avg: this.#sum / this.#count, p50, p95, p99, min: this.#min, max: this.#max, percentiles };
  }

  /** Moves the values into the buckets. */
  #pour(): Uint32Array {
    const buckets = (this.#buckets ??= new Uint32Array(bucketCount));
    for (const value of this.#values) count(buckets, bucketOf(value), 1);
    this.#values = [];
    return buckets;
  }

  #percentile(fraction: number, sorted: readonly number[]): number {
    const rank = Math.ceil(fraction * this.#count);
    if (!this.#buckets) return sorted[rank - 1] ?? this.#max;

    let passed = 0;
    const bucket = this.#buckets.findIndex((times) => (passed += times) >= rank);
    return Math.min(this.#max, Math.max(this.#min, middleOf(bucket)));
  }
}

function count(buckets: Uint32Array, bucket: number, times: number): void {
  buckets[bucket] = (buckets[bucket] ?? 0) + times;
}

function bucketOf(milliseconds: number): number {
  if (milliseconds <= lowestMs) return 0;
  return Math.min(bucketCount - 1, Math.floor(Math.log(milliseconds / lowestMs) / logOfRatio));
}

/** The geometric middle, which is within 1 % of every value in the bucket. */
function middleOf(bucket: number): number {
  return lowestMs * Math.exp((bucket + 0.5) * logOfRatio);
}
