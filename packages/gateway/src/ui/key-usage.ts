import type { LedgerRow } from '@rolecall/cost-tracker';
import { tagPrefix } from '../keys/virtual-key.ts';
import type { UsageLine } from './answers.ts';

interface Sum {
  requests: number;
  errors: number;
  unpriced: number;
  picodollars: bigint;
  inputTokens: number;
  outputTokens: number;
}

const maxKeys = 1_000;
const nobody = '(no key)';
const others = '(others)';

/** What the calls of each key came to, since the start. */
export class KeyUsage {
  readonly #sums = new Map<string, Sum>();

  add({ tags, outcome, costPicodollars, usage }: LedgerRow): void {
    if (outcome === 'cache_hit') return;
    const sum = this.#of(tags.find((tag) => tag.startsWith(tagPrefix))?.slice(tagPrefix.length) ?? nobody);
    sum.requests += 1;
    if (outcome === 'failed') sum.errors += 1;
    if (costPicodollars === null) sum.unpriced += 1;
    else sum.picodollars += costPicodollars;
    sum.inputTokens += usage.inputTokens ?? 0;
    sum.outputTokens += usage.outputTokens ?? 0;
  }

  lines(): readonly UsageLine[] {
    return [...this.#sums].map(([name, { picodollars, ...sum }]) => ({
      name,
      ...sum,
      costUsd: sum.requests > 0 && sum.unpriced === sum.requests ? null : Number(picodollars) / 1e12,
    }));
  }

  #of(name: string): Sum {
    const key = this.#sums.has(name) || this.#sums.size < maxKeys ? name : others;
    const known = this.#sums.get(key) ?? {
      requests: 0,
      errors: 0,
      unpriced: 0,
      picodollars: 0n,
      inputTokens: 0,
      outputTokens: 0,
    };
    this.#sums.set(key, known);
    return known;
  }
}
