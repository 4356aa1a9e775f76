/** Requests and tokens a minute, for each key: on a window that slides. */
import { RedisAway, type RedisLink, script, type Script } from '../state/redis-link.ts';
import { redisNames } from '../state/redis-names.ts';

export interface MinuteLimits {
  readonly rpm?: number | undefined;
  readonly tpm?: number | undefined;
}

export interface Taken {
  readonly isIn: boolean;
  /** What stood in the way, when it is not in. */
  readonly full?: 'requests' | 'tokens' | undefined;
  readonly waitMs: number;
  readonly remainingRequests: number;
  readonly remainingTokens: number;
}

export interface KeyLimits {
  /** Counts a request of so many tokens, unless it does not fit. */
  take(id: string, limits: MinuteLimits, tokens: number): Taken | Promise<Taken>;
  /** What the request took in the end, above or below what was counted. */
  correct(id: string, tokens: number): void;
}

const minuteMs = 60_000;

interface Minute {
  index: number;
  requests: number;
  tokens: number;
  before: { requests: number; tokens: number };
}

/** The part of the last minute that still counts is added to this one: at no time more than the limit within any sixty seconds of even traffic. */
export class MemoryKeyLimits implements KeyLimits {
  readonly #minutes = new Map<string, Minute>();

  take(id: string, limits: MinuteLimits, tokens: number): Taken {
    const now = Date.now();
    const minute = this.#minuteOf(id, now);
    const weight = 1 - (now % minuteMs) / minuteMs;
    const used = {
      requests: minute.requests + minute.before.requests * weight,
      tokens: minute.tokens + minute.before.tokens * weight,
    };
    const verdict = judge(used, minute.before, limits, tokens, now);
    if (verdict.isIn) {
      minute.requests += 1;
      minute.tokens += tokens;
    }
    return verdict;
  }

  /** Keys that are kept in mind. */
  get size(): number {
    return this.#minutes.size;
  }

  correct(id: string, tokens: number): void {
    const minute = this.#minuteOf(id, Date.now());
    minute.tokens = Math.max(0, minute.tokens + tokens);
  }

  #minuteOf(id: string, now: number): Minute {
    const index = Math.floor(now / minuteMs);
    let minute = this.#minutes.get(id);
    if (!minute) {
      if (this.#minutes.size >= 10_000) this.#forget(index);
      this.#minutes.set(id, (minute = { index, requests: 0, tokens: 0, before: none }));
    }
    if (minute.index !== index) {
      const { requests, tokens } = minute;
      Object.assign(minute, {
        before: minute.index === index - 1 ? { requests, tokens } : none,
        index,
        requests: 0,
        tokens: 0,
      });
    }
    return minute;
  }

  #forget(index: number): void {
    for (const [id, minute] of this.#minutes) if (minute.index < index - 1) this.#minutes.delete(id);
  }
}

const none = { requests: 0, tokens: 0 };

/** KEYS: this minute, the one before. ARGV: rpm, tpm (-1 for none), tokens, weight of the one before. */
const takeScript: Script = script(`
local function read(key)
  local both = redis.call('HMGET', key, 'requests', 'tokens')
  return tonumber(both[1] or '0'), tonumber(both[2] or '0')
end
local r1, t1 = read(KEYS[1])
local r0, t0 = read(KEYS[2])
local rpm, tpm, tokens, weight = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local requests_used, tokens_used = r1 + r0 * weight, t1 + t0 * weight
local fits = (rpm < 0 or requests_used + 1 <= rpm) and (tpm < 0 or tokens_used == 0 or tokens_used + tokens <= tpm)
if fits then
  redis.call('HINCRBY', KEYS[1], 'requests', 1)
  redis.call('HINCRBY', KEYS[1], 'tokens', tokens)
  redis.call('PEXPIRE', KEYS[1], 130000)
end
return { tostring(requests_used), tostring(tokens_used), tostring(r0), tostring(t0) }
`);

/** The same, counted in Redis for all gateways; each for itself while it is away. */
export class RedisKeyLimits implements KeyLimits {
  readonly #link: RedisLink;
  readonly #own = new MemoryKeyLimits();

  constructor(link: RedisLink) {
    this.#link = link;
  }

  async take(id: string, limits: MinuteLimits, tokens: number): Promise<Taken> {
    const now = Date.now();
    const { rpm = -1, tpm = -1 } = limits;
    const weight = 1 - (now % minuteMs) / minuteMs;
    try {
      const values = [rpm, tpm, Math.round(tokens), weight].map(String);
      const answer = await this.#link.run(takeScript, [minuteName(id, now), minuteName(id, now - minuteMs)], values);
      const [requests = 0, used = 0, r0 = 0, t0 = 0] = (answer as string[]).map(Number);
      return judge({ requests, tokens: used }, { requests: r0, tokens: t0 }, limits, Math.round(tokens), now);
    } catch (error) {
      if (error instanceof RedisAway) return this.#own.take(id, limits, tokens);
      throw error;
    }
  }

  correct(id: string, tokens: number): void {
    this.#own.correct(id, tokens);
    const name = minuteName(id, Date.now());
    this.#link.command('HINCRBY', name, 'tokens', String(Math.round(tokens))).catch(() => undefined); // away: the minute is soon over
  }
}

function minuteName(id: string, at: number): string {
  return redisNames.minute(`${id}:${Math.floor(at / minuteMs)}`);
}

/** A request of more tokens than the limit goes when there is nothing else. */
function judge(
  used: { readonly requests: number; readonly tokens: number },
  before: { readonly requests: number; readonly tokens: number },
  { rpm = Infinity, tpm = Infinity }: MinuteLimits,
  tokens: number,
  now: number,
): Taken {
  const requestsFit = used.requests + 1 <= rpm;
  const tokensFit = tpm === Infinity || used.tokens === 0 || used.tokens + tokens <= tpm;
  const isIn = requestsFit && tokensFit;
  const remaining = {
    remainingRequests: Math.max(0, Math.floor(rpm - used.requests - (isIn ? 1 : 0))),
    remainingTokens: Math.max(0, Math.floor(tpm - used.tokens - (isIn ? tokens : 0))),
  };
  if (isIn) return { isIn, waitMs: 0, ...remaining };
  const full = requestsFit ? 'tokens' : 'requests';
  const excess = full === 'requests' ? used.requests + 1 - rpm : used.tokens + tokens - tpm;
  const fading = full === 'requests' ? before.requests : before.tokens;
  const left = minuteMs - (now % minuteMs);
  // What faded in from the minute before goes evenly; the rest of this one not before it is over.
  const waitMs = fading > 0 ? Math.min(left, (excess / fading) * minuteMs) : left;
  return { isIn, full, waitMs: Math.max(1_000, Math.ceil(waitMs)), ...remaining };
}
