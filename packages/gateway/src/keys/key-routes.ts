/** Keys over HTTP, in LiteLLM's words. All but a key's question about itself are for the master key. */
import { RedisAway } from '../state/redis-link.ts';
import { badRequest, Refusal } from '../http/refusal.ts';
import type { Exchange, Route } from '../http/route.ts';
import { sendJson } from '../http/reply.ts';
import { readKeyRequest } from './key-request.ts';
import type { KeySpend } from './key-spend.ts';
import type { KeyStore } from './key-store.ts';
import { hintOf, idOf, newToken, type VirtualKey } from './virtual-key.ts';

export interface KeyRoutesOptions {
  readonly keys: KeyStore;
  readonly spend: KeySpend;
  /** Without a master key there are no keys. */
  readonly isOn: () => boolean;
  /** What can be asked for: models, aliases, and roles as `role:writer`. */
  readonly names: () => ReadonlySet<string>;
}

type Body = Readonly<Record<string, unknown>>;

export function keyRoutes(options: KeyRoutesOptions): readonly Route[] {
  const desk = new KeyDesk(options);
  const post = (path: string, answer: (body: Body) => Promise<object>): Route => ({
    method: 'POST',
    path,
    area: 'admin',
    handle: async (exchange) => {
      desk.checkOn();
      sendJson(exchange.response, 200, await overRedis(answer(await exchange.json())));
    },
  });
  return [
    post('/key/generate', (body) => desk.generate(body)),
    post('/key/update', (body) => desk.update(body)),
    post('/key/delete', (body) => desk.delete(body)),
    post('/key/block', (body) => desk.change(body, { isBlocked: true })),
    post('/key/unblock', (body) => desk.change(body, { isBlocked: false })),
    post('/key/regenerate', (body) => desk.regenerate(body)),
    { method: 'GET', path: '/key/list', area: 'admin', handle: ({ response }) => sendJson(response, 200, desk.list()) },
    {
      method: 'GET',
      path: '/key/info',
      area: 'key',
      handle: async (exchange) => sendJson(exchange.response, 200, await overRedis(desk.info(exchange))),
    },
  ];
}

class KeyDesk {
  readonly #keys: KeyStore;
  readonly #spend: KeySpend;
  readonly #isOn: () => boolean;
  readonly #names: KeyRoutesOptions['names'];

  constructor({ keys, spend, isOn, names }: KeyRoutesOptions) {
    this.#keys = keys;
    this.#spend = spend;
    this.#isOn = isOn;
    this.#names = names;
  }

  checkOn(): void {
    if (this.#isOn()) return;
    throw new Refusal({
      status: 403,
      type: 'permission_error',
      code: 'master_key_not_set',
      message: 'There are no keys without a master key: set general_settings.master_key.',
    });
  }

  async generate({ key: wanted, ...given }: Body): Promise<object> {
    const { fields, ignored } = readKeyRequest(given, this.#names());
    if (wanted !== undefined && !(typeof wanted === 'string' && wanted.startsWith('sk-') && wanted.length >= 24)) {
      throw badRequest('The field key must begin with sk- and have 24 characters or more.', 'key');
    }
    const token = wanted ?? newToken();
    const id = idOf(token);
    const {
      name = `key-${id.slice(0, 8)}`,
      models = [],
      tags = [],
      isBlocked = false,
      budgetWindow = 'total',
      ...others
    } = fields;
    if ((await this.#keys.find(id)) !== undefined) throw badRequest('There is such a key already.', 'key', 'key_exists');
    this.#checkName(name, id);
    const made: VirtualKey = {
      id,
      hint: hintOf(token),
      name,
      models,
      tags,
      isBlocked,
      budgetWindow,
      maxCallUsd: 0.5,
      ...others,
      createdAt: Date.now(),
      isConfigured: false,
    };
    await this.#keys.put(made);
    return { key: token, ...this.#shown(made), ...(ignored.length > 0 && { ignored_fields: ignored }) };
  }

  async update({ key, ...given }: Body): Promise<object> {
    return await this.change({ key }, readKeyRequest(given, this.#names()).fields);
  }

  async change(body: Body, fields: Partial<VirtualKey>): Promise<object> {
    const key = await this.#own(body['key']);
    if (fields.name !== undefined) this.#checkName(fields.name, key.id);
    const changed: VirtualKey = { ...key, ...fields };
    await this.#keys.put(changed);
    return this.#shown(changed);
  }

  async regenerate(body: Body): Promise<object> {
    const old = await this.#own(body['key']);
    const token = newToken();
    const made: VirtualKey = { ...old, id: idOf(token), hint: hintOf(token) };
    await this.#keys.put(made); // first: if Redis goes away in between, there are two rather than none
    await this.#keys.remove(old.id);
    return { key: token, ...this.#shown(made) };
  }

  async delete({ keys = [], key_aliases: names = [] }: Body): Promise<object> {
    if (!isList(keys) || !isList(names)) throw badRequest('The field keys must be a list of keys.', 'keys');
    const found = [];
    for (const one of [...keys, ...names]) found.push(await this.#own(one));
    for (const { id } of found) await this.#keys.remove(id);
    return { deleted_keys: found.map(({ id }) => id) };
  }

  list(): object {
    this.checkOn();
    const keys = this.#keys.all().map((key) => this.#shown(key));
    return { keys, total_count: keys.length };
  }

  async info({ query, caller }: Exchange): Promise<object> {
    this.checkOn();
    const asked = query.get('key');
    const isOwn = asked === null || [asked, idOf(asked)].includes(caller.keyId ?? '') || asked === caller.keyName;
    if (!caller.isAdmin && !isOwn) {
      throw new Refusal({
        status: 403,
        type: 'permission_error',
        code: 'master_key_needed',
        message: 'A key may ask about itself alone.',
      });
    }
    const key = await this.#find(caller.isAdmin ? (asked ?? caller.keyId) : caller.keyId);
    return { key: key.id, info: this.#shown(key) };
  }

  #checkName(name: string, id: string): void {
    const taken = this.#keys.byName(name);
    if (taken && taken.id !== id) throw badRequest(`There is a key of the name ${name} already.`, 'key_alias', 'key_exists');
    if (name === 'master') throw badRequest('That is what the master key is called.', 'key_alias', 'key_exists');
  }

  /** A key that can be changed here. */
  async #own(named: unknown): Promise<VirtualKey> {
    const key = await this.#find(named);
    if (key.isConfigured) throw badRequest('This key stands in the configuration: change it there.', 'key', 'key_is_configured');
    return key;
  }

  /** By the token, its hash or its name. */
  async #find(named: unknown): Promise<VirtualKey> {
    if (typeof named !== 'string' || named === '') throw badRequest('The field key is missing: the key, or its hash.', 'key');
    const key = this.#keys.byName(named) ?? (await this.#keys.find(named)) ?? (await this.#keys.find(idOf(named)));
    if (key) return key;
    throw new Refusal({
      status: 404,
      type: 'invalid_request_error',
      code: 'key_not_found',
      message: 'There is no such key.',
      param: 'key',
    });
  }

  #shown(key: VirtualKey): Record<string, unknown> {
    return {
      token: key.id,
      key_name: key.hint,
      key_alias: key.name,
      models: key.models,
      spend: this.#spend.usdOf(key.name),
      max_budget: key.maxBudgetUsd ?? null,
      budget_duration: key.maxBudgetUsd === undefined ? null : key.budgetWindow,
      rpm_limit: key.rpm ?? null,
      tpm_limit: key.tpm ?? null,
      expires: key.expiresAt === undefined ? null : new Date(key.expiresAt).toISOString(),
      blocked: key.isBlocked,
      tags: key.tags,
      created_at: key.createdAt === 0 ? null : new Date(key.createdAt).toISOString(),
      in_configuration: key.isConfigured,
    };
  }
}

function isList(list: unknown): list is readonly unknown[] {
  return Array.isArray(list) && list.length <= 1_000;
}

async function overRedis<Answer>(work: Promise<Answer>): Promise<Answer> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof RedisAway)) throw error;
    throw new Refusal({
      status: 503,
      type: 'server_error',
      code: 'keys_unavailable',
      message: 'The store of keys does not answer just now.',
      retryAfterMs: 1_000,
    });
  }
}
