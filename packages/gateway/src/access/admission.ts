/** What a key may ask for, and how often. */
import { Refusal } from '../http/refusal.ts';
import type { Admission, Ask, CallEnding, Caller } from '../http/route.ts';
import type { KeyLimits, Taken } from '../keys/key-limits.ts';
import type { KeyStore } from '../keys/key-store.ts';
import { tagPrefix, type VirtualKey } from '../keys/virtual-key.ts';
import { mayAsk } from './may-ask.ts';

const free: Admission = { settle: () => undefined };

export class Admissions {
  readonly #keys: KeyStore;
  readonly #limits: KeyLimits;

  constructor(keys: KeyStore, limits: KeyLimits) {
    this.#keys = keys;
    this.#limits = limits;
  }

  /** @throws {Refusal} when the key may not ask for that, or not now. */
  begin(caller: Caller, ask: Ask): Admission | Promise<Admission> {
    checkTags(ask);
    checkModels(caller, ask);
    const { keyId, keyName } = caller;
    const key = keyId === undefined || keyName === undefined ? undefined : this.#keys.byName(keyName);
    if (!key || (key.rpm === undefined && key.tpm === undefined)) return free;
    const taken = this.#limits.take(key.id, key, ask.inputTokens);
    const admit = (verdict: Taken): Admission => this.#admitted(key, ask, verdict);
    return taken instanceof Promise ? taken.then(admit) : admit(taken);
  }

  #admitted(key: VirtualKey, ask: Ask, taken: Taken): Admission {
    const headers = limitHeaders(key, taken);
    if (!taken.isIn) throw tooMany(key, taken, headers);
    return {
      headers,
      settle: ({ inputTokens, outputTokens, attempts }: CallEnding) => {
        const wasAsked = attempts.some(({ outcome }) => outcome !== 'skipped');
        const known = inputTokens !== undefined || outputTokens !== undefined;
        const took = known ? (inputTokens ?? 0) + (outputTokens ?? 0) : wasAsked ? ask.inputTokens : 0;
        if (key.tpm !== undefined && took !== ask.inputTokens) this.#limits.correct(key.id, took - ask.inputTokens);
      },
    };
  }
}

/** They say whose budget a call is charged to. */
function checkTags({ tags }: Ask): void {
  if (!tags.some((tag) => tag.startsWith(tagPrefix))) return;
  throw new Refusal({
    status: 400,
    type: 'invalid_request_error',
    code: 'tag_not_allowed',
    message: `Tags that begin with "${tagPrefix}" are the gateway's own.`,
    param: 'tags',
  });
}

function checkModels({ models }: Caller, { model, role, fallbacks }: Ask): void {
  if (!models) return;
  const asked = model === '' ? `role:${role ?? 'default'}` : model; // a model that is named goes before the role
  const refused = [asked, ...fallbacks].find((name) => !mayAsk(models, name));
  if (refused === undefined) return;
  throw new Refusal({
    status: 403,
    type: 'permission_error',
    code: 'model_not_allowed',
    message: `This key may not ask for ${refused.slice(0, 100)}; it may ask for ${models.join(', ')}.`,
    param: 'model',
  });
}

function limitHeaders({ rpm, tpm }: VirtualKey, { remainingRequests, remainingTokens }: Taken): Record<string, string> {
  return {
    ...(rpm !== undefined && {
      'x-ratelimit-limit-requests': String(rpm),
      'x-ratelimit-remaining-requests': String(remainingRequests),
    }),
    ...(tpm !== undefined && {
      'x-ratelimit-limit-tokens': String(tpm),
      'x-ratelimit-remaining-tokens': String(remainingTokens),
    }),
  };
}

function tooMany(key: VirtualKey, { full, waitMs }: Taken, headers: Record<string, string>): Refusal {
  const limit = full === 'tokens' ? `${key.tpm} tokens` : `${key.rpm} requests`;
  return new Refusal({
    status: 429,
    type: 'rate_limit_error',
    code: 'key_rate_limited',
    message: `This key is limited to ${limit} a minute.`,
    retryAfterMs: waitMs,
    headers,
  });
}
