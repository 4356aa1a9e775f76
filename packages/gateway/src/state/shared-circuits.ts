import type { DeploymentHealth, RestUntil, Router } from '@rolecall/router';
import type { Cooldowns } from '../health/cooldowns.ts';
import type { RedisLink } from './redis-link.ts';
import { redisNames } from './redis-names.ts';

/** What another gateway may know of a deployment. Nothing that a provider said: it may quote the prompt. */
interface Found {
  readonly until: number;
  readonly code: string;
  readonly status?: number | undefined;
}

/** Tells the other gateways which deployments to leave alone, and heeds what they found. */
export class SharedCircuits {
  readonly #link: RedisLink;
  readonly #cooldowns: Cooldowns;

  constructor(link: RedisLink, cooldowns: Cooldowns) {
    this.#link = link;
    this.#cooldowns = cooldowns;
  }

  /** What has just opened is said to all. */
  async tell(opened: readonly DeploymentHealth[]): Promise<void> {
    for (const { id, openUntil = 0, lastError } of opened) {
      const found: Found = { until: openUntil, code: lastError?.code ?? 'overloaded', status: lastError?.status };
      await this.#link.command('HSET', redisNames.circuits, id, JSON.stringify(found));
    }
  }

  /** What the others have found since. */
  async heed(router: Router): Promise<void> {
    const answer = await this.#link.command('HGETALL', redisNames.circuits);
    for (const [id, text] of pairsOf(answer)) {
      const found = JSON.parse(text) as Found;
      if (found.until <= Date.now()) {
        if (found.until < Date.now() - 600_000) await this.#link.command('HDEL', redisNames.circuits, id);
      } else if (!this.#cooldowns.knows(id, found.until)) {
        this.#cooldowns.know(id, found.until);
        router.rest(id, { ...found, code: found.code as RestUntil['code'], reason: 'another gateway found it so' });
      }
    }
  }
}

/** A hash, whichever version of the protocol it came by. */
export function pairsOf(answer: unknown): readonly (readonly [string, string])[] {
  if (Array.isArray(answer)) {
    const words = answer as readonly string[];
    return words.flatMap((word, index) => (index % 2 === 0 ? [[word, words[index + 1] ?? ''] as const] : []));
  }
  return Object.entries((answer ?? {}) as Record<string, string>);
}
