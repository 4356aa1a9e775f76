/** Who may call what. The table is in docs/gateway-access.md, and a test goes through it line by line. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Refusal } from '../http/refusal.ts';
import type { Area, Caller } from '../http/route.ts';
import type { KeyStore } from '../keys/key-store.ts';
import { idOf, sameId, type VirtualKey } from '../keys/virtual-key.ts';
import { RedisAway } from '../state/redis-link.ts';
import { checkHost, checkJson, checkOrigin, isLoopback } from './loopback.ts';
import { hasSession } from './session.ts';

export interface AccessRules {
  readonly masterKey: string | undefined;
  readonly metricsPublic: boolean;
  readonly cacheShared: boolean;
}

/** What is looked at before the body is read. */
export type Knock = Pick<IncomingMessage, 'method' | 'url' | 'headers'>;

const anyone: Caller = { isAdmin: true };

export class Access {
  readonly #keys: KeyStore;
  readonly #isInsecure: boolean;
  #rules: AccessRules;
  #masterId: string;
  /** What it listens on leads to this machine alone. */
  #isLocal = true;
  /** The last that was found to lead here: clients say the same again and again. */
  #knownHost: string | undefined;

  constructor(keys: KeyStore, rules: AccessRules, isInsecure: boolean) {
    this.#keys = keys;
    this.#rules = rules;
    this.#masterId = idOf(rules.masterKey ?? '');
    this.#isInsecure = isInsecure;
  }

  /** Goes by other rules from now on. @throws {TypeError} when they would open to anybody what others can reach. */
  change(rules: AccessRules): void {
    if (!this.#isLocal && !this.#mayServeOthers(rules)) {
      throw new TypeError(
        'general_settings.master_key cannot be taken away while the gateway listens where other machines can reach it: anybody could call.',
      );
    }
    this.#rules = rules;
    this.#masterId = idOf(rules.masterKey ?? '');
  }

  /** @throws {TypeError} when only this machine may be served, and the address is another. */
  mayListenOn(host: string): void {
    const isLocal = isLoopback(host);
    if (!isLocal && !this.#mayServeOthers(this.#rules)) {
      throw new TypeError(
        `listen: ${JSON.stringify(host)} can be reached from other machines, and there is no master key: set general_settings.master_key, or listen on 127.0.0.1, or say --insecure.`,
      );
    }
    this.#isLocal = isLocal;
  }

  #mayServeOthers({ masterKey }: AccessRules): boolean {
    return masterKey !== undefined || this.#isInsecure;
  }

  /** Whoever it is. @throws {Refusal} when they may not come in. */
  admit({ method, url = '/', headers }: Knock, area: Area): Caller | Promise<Caller> {
    const { masterKey, metricsPublic, cacheShared } = this.#rules;
    if (masterKey === undefined) {
      if (this.#isLocal) this.#checkHost(headers);
      checkOrigin(headers);
      checkJson(method, headers);
      return anyone;
    }
    if (area === 'open' || (area === 'metrics' && metricsPublic)) return nobody;
    const token = tokenOf(headers);
    if (token === undefined) {
      if (!/^\/ui(\/|$|\?)/.test(url) || !hasSession(masterKey, headers)) throw noKey(area);
      checkOrigin(headers);
      checkJson(method, headers);
      return master;
    }
    const id = idOf(token);
    if (sameId(id, this.#masterId)) return master;
    const found = this.#keys.find(id);
    const judge = (key: VirtualKey | undefined): Caller => callerOf(checked(key, id, area), cacheShared);
    return found instanceof Promise ? found.catch(unknowable).then(judge) : judge(found);
  }

  #checkHost(headers: IncomingHttpHeaders): void {
    if (headers.host === this.#knownHost) return;
    checkHost(headers);
    this.#knownHost = headers.host;
  }
}

const nobody: Caller = { isAdmin: false };
const master: Caller = { isAdmin: true, keyName: 'master' };

function checked(key: VirtualKey | undefined, id: string, area: Area): VirtualKey {
  if (key === undefined || !sameId(key.id, id)) throw unauthorized('invalid_api_key', 'This key is not known here.');
  if (key.isBlocked) throw unauthorized('key_blocked', 'This key is blocked.');
  if (key.expiresAt !== undefined && key.expiresAt <= Date.now()) throw unauthorized('key_expired', 'This key has expired.');
  if (area === 'key') return key;
  throw new Refusal({
    status: 403,
    type: 'permission_error',
    code: 'master_key_needed',
    message: 'This is for the master key alone.',
  });
}

function callerOf({ id, name, models, tags }: VirtualKey, cacheShared: boolean): Caller {
  return {
    keyId: id,
    keyName: name,
    isAdmin: false,
    models: models.length === 0 ? undefined : models,
    tags,
    cacheNamespace: cacheShared ? undefined : `key:${id}`,
  };
}

/** OpenAI's clients send it as a bearer, Anthropic's as `x-api-key`. */
function tokenOf(headers: IncomingHttpHeaders): string | undefined {
  const { authorization, 'x-api-key': own, 'x-litellm-api-key': theirs } = headers;
  const bearer = /^Bearer\s+(\S+)\s*$/i.exec(authorization ?? '')?.[1];
  if (bearer !== undefined) return bearer;
  const other = own ?? theirs;
  return typeof other === 'string' && other !== '' ? other.replace(/^Bearer\s+/i, '') : undefined;
}

function noKey(area: Area): Refusal {
  const which = area === 'key' ? 'a key' : 'the master key';
  return unauthorized('no_api_key', `Send ${which}: authorization: Bearer <key>.`);
}

function unauthorized(code: string, message: string): Refusal {
  return new Refusal({
    status: 401,
    type: 'authentication_error',
    code,
    message,
    headers: { 'www-authenticate': 'Bearer' },
  });
}

function unknowable(error: unknown): never {
  if (!(error instanceof RedisAway)) throw error;
  throw new Refusal({
    status: 503,
    type: 'server_error',
    code: 'keys_unavailable',
    message: 'This key is not known here, and the store of keys does not answer just now.',
    retryAfterMs: 1_000,
  });
}
