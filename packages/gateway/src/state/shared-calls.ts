/**
 * Which calls are at a backend just now, told to the other gateways. When one of them is killed, the load balancer sends its requests
 * again, under the same id: whoever gets one learns that it was begun before, and may have to be paid twice.
 */
import { randomUUID } from 'node:crypto';
import type { Place } from '../http/route.ts';
import { type RedisLink, script, type Script } from './redis-link.ts';
import { redisNames } from './redis-names.ts';

export interface BegunCall {
  readonly callId: string;
  /** Epoch milliseconds at which the backend was asked. */
  readonly at: number;
  readonly place: Place;
  readonly role?: string | undefined;
  readonly tags: readonly string[];
}

/** What is known of a call before anybody is asked. */
export type MarkedCall = Pick<BegunCall, 'callId' | 'role' | 'tags'> & { readonly keyId?: string | undefined };

interface Mark {
  readonly gateway: string;
  readonly begun: BegunCall;
}

/** Longer than an attempt may take: as long as a budget's lease. */
const keptMs = 15 * 60_000;

/** KEYS: mark. ARGV: start of a mark of our own, the new mark or nothing, milliseconds. A mark of another gateway is returned once. */
const takeScript: Script = script(`
local before = redis.call('GET', KEYS[1])
if before and string.sub(before, 1, #ARGV[1]) == ARGV[1] then before = false end
if ARGV[2] ~= '' then redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
elseif before then redis.call('DEL', KEYS[1]) end
return before
`);

export class SharedCalls {
  readonly #link: RedisLink;
  readonly #onError: (error: unknown) => void;
  readonly #gateway = randomUUID();

  /** `onError` is told when Redis does not do as it is asked: calls go on without. */
  constructor(link: RedisLink, onError: (error: unknown) => void) {
    this.#link = link;
    this.#onError = onError;
  }

  /** The mark of a call whose id the load balancer gave. Keys cannot touch each other's. `onLost` is told what another gateway had begun of it. */
  of({ keyId = '', ...call }: MarkedCall, onLost: (begun: BegunCall) => void): CallMark {
    const name = redisNames.call(`${keyId}:${call.callId}`);
    let wasLookedFor = false;
    const take = async (mark: string): Promise<void> => {
      wasLookedFor = true;
      try {
        const before = await this.#link.run(takeScript, [name], [this.#opening, mark, String(keptMs)]);
        if (typeof before === 'string') onLost((JSON.parse(before) as Mark).begun);
      } catch (error) {
        this.#onError(error);
      }
    };
    return {
      asking: async (place) => {
        const mark: Mark = { gateway: this.#gateway, begun: { ...call, at: Date.now(), place } };
        await take(JSON.stringify(mark));
        return () => void this.#link.command('DEL', name).catch(this.#onError);
      },
      settle: () => {
        if (!wasLookedFor) void take(''); // refused here, and yet another gateway may have begun it
      },
    };
  }

  get #opening(): string {
    return JSON.stringify({ gateway: this.#gateway }).slice(0, -1);
  }
}

export interface CallMark {
  /** To be awaited before a backend is asked. The function it resolves with is called when that attempt is over. */
  readonly asking: (place: Place) => Promise<() => void>;
  /** To be called when the call is over. */
  readonly settle: () => void;
}
