import { createHash } from 'node:crypto';
import type { CachedInput } from './answers.ts';
import { promptTokens, type Ask } from './ask.ts';

/** Prompts below this are not kept, by OpenAI and by most models of Anthropic. */
const leastTokens = 1_024;
/** OpenAI keeps prompts in steps of 128 tokens; at four bytes a token that is 512 bytes. */
const stepTokens = 128;
const stepBytes = 512;
const lifetimeMs = { '5m': 300_000, '1h': 3_600_000 } as const;

export const noCache: CachedInput = { cacheReadTokens: 0, cacheWriteTokens: 0, cacheWrite1hTokens: 0 };

/** Remembers the beginnings of prompts, as the providers' prompt caches do. */
export class PromptCache {
  readonly #expiry = new Map<string, number>();
  readonly #most: number;

  constructor(most = 20_000) {
    this.#most = most;
  }

  /** Without being asked: the longest beginning seen before, in steps of 128 tokens, from 1,024 tokens up. */
  automatic({ model, prompt }: Ask): CachedInput {
    const bytes = Buffer.from(prompt.map(({ text }) => text).join('\n'));
    const steps = Math.floor(bytes.length / stepBytes);
    let key = model;
    let known = 0;
    for (let step = 0; step < steps; step++) {
      key = hash(key, bytes.subarray(step * stepBytes, (step + 1) * stepBytes));
      if (known === step && this.#has(key)) known = step + 1;
      this.#keep(key, lifetimeMs['5m']);
    }
    const wholeSteps = Math.floor(promptTokens(prompt) / stepTokens); // a picture is many bytes and few tokens
    const cacheReadTokens = Math.min(known, wholeSteps) * stepTokens;
    return cacheReadTokens < leastTokens ? noCache : { ...noCache, cacheReadTokens };
  }

  /** At marks: everything up to a marked block is written, and read when it comes again. */
  marked({ model, prompt }: Ask): CachedInput {
    let key = model;
    let tokens = 0;
    const marks = prompt.map(({ text, tokens: own, cache }) => {
      key = hash(key, text);
      tokens += own;
      return { key, tokens, cache };
    });
    const last = marks.findLastIndex(({ cache, tokens: upTo }) => cache !== undefined && upTo >= leastTokens);
    const reachable = marks.slice(0, last + 1);
    const cacheReadTokens = reachable.findLast((mark) => this.#has(mark.key))?.tokens ?? 0;
    const result = { cacheReadTokens, cacheWriteTokens: 0, cacheWrite1hTokens: 0 };
    let written = cacheReadTokens;
    for (const mark of reachable) {
      if (mark.cache === undefined || mark.tokens < leastTokens) continue;
      const added = Math.max(0, mark.tokens - written);
      written += added;
      result.cacheWriteTokens += added;
      if (mark.cache === '1h') result.cacheWrite1hTokens += added;
      this.#keep(mark.key, lifetimeMs[mark.cache]); // a read renews it, too
    }
    return result;
  }

  clear(): void {
    this.#expiry.clear();
  }

  #has(key: string): boolean {
    return (this.#expiry.get(key) ?? 0) > Date.now();
  }

  #keep(key: string, forMs: number): void {
    this.#expiry.delete(key); // to the end: the oldest goes first
    this.#expiry.set(key, Date.now() + forMs);
    const oldest = this.#expiry.keys().next().value;
    if (this.#expiry.size > this.#most && oldest !== undefined) this.#expiry.delete(oldest);
  }
}

function hash(before: string, text: string | Uint8Array): string {
  return createHash('sha1').update(before).update('\0').update(text).digest('base64');
}
