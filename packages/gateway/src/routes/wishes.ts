/** What a request says to the gateway itself: whom to ask, and what to do when that fails. It is taken out of what is relayed. */
import type { IncomingMessage } from 'node:http';
import type { CacheControl, FallbackTarget, JsonObject, Message } from '@rolecall/core';
import { refuseForbiddenFields } from '../access/forbidden-fields.ts';
import { badRequest } from '../http/refusal.ts';
import type { Caller } from '../http/route.ts';
import {
  asJson,
  type Fields,
  fieldsOf,
  isFields,
  listOf,
  neededText,
  numberOf,
  switchOf,
  textOf,
  textsOf,
} from '../wire/reader.ts';

export interface Wishes {
  /** As the caller wrote it. */
  readonly asked: string;
  /** The named model, unless a role decides. */
  readonly model: string | undefined;
  readonly role: string | undefined;
  readonly fallbacks: readonly (string | FallbackTarget)[] | false | undefined;
  readonly cache: CacheControl | undefined;
  readonly tags: readonly string[];
  /** The rest: what is between the caller and the provider. */
  readonly body: JsonObject;
}

export interface WishReader {
  readonly roles: ReadonlySet<string>;
  readonly readMessages: (messages: unknown) => readonly Message[];
}

const rolePrefix = 'role:';

/** @throws {Refusal} when a wish is not what it should be. */
export function readWishes(request: IncomingMessage, body: Fields, caller: Caller, reader: WishReader): Wishes {
  refuseForbiddenFields(body, caller);
  const { fallbacks, disable_fallbacks: none, cache, tags, metadata, litellm_metadata: ours, ...rest } = body;
  const about = { ...fieldsOf(metadata, 'metadata'), ...fieldsOf(ours, 'litellm_metadata') };
  const { role: metaRole, tags: metaTags, ...left } = about;
  const asked = neededText(body['model'] ?? (roleOf(request, metaRole) === undefined ? undefined : 'role'), 'model');
  const role = asked.startsWith(rolePrefix) ? asked.slice(rolePrefix.length) : roleOf(request, metaRole);
  const isRoute = asked.startsWith(rolePrefix) || (role !== undefined && reader.roles.has(role));
  const kept = isKept(body) && Object.keys(left).length > 0;
  return {
    asked: isRoute ? `${rolePrefix}${role}` : asked,
    model: isRoute ? undefined : asked,
    role,
    fallbacks: switchOf(none, 'disable_fallbacks') === true ? false : readFallbacks(fallbacks, reader),
    cache: readCache(cache, request, caller),
    tags: unique([...readTags(tags, 'tags'), ...readTags(metaTags, 'metadata.tags'), ...headerTags(request)]),
    body: asJson(kept ? { ...rest, metadata: left } : rest),
  };
}

function roleOf({ headers }: IncomingMessage, inMetadata: unknown): string | undefined {
  const header = headers['x-rolecall-role'];
  const role = textOf(inMetadata, 'metadata.role') ?? (typeof header === 'string' && header !== '' ? header : undefined);
  return role?.startsWith(rolePrefix) ? role.slice(rolePrefix.length) : role;
}

/** Chat completions keep metadata at the provider's only when they are stored there. The other APIs take it as it is. */
function isKept(body: Fields): boolean {
  const isChat = 'messages' in body && !('max_tokens' in body && isAnthropic(body));
  return !isChat || body['store'] === true;
}

function isAnthropic({ metadata }: Fields): boolean {
  return isFields(metadata) && 'user_id' in metadata;
}

function readFallbacks(value: unknown, { readMessages }: WishReader): readonly (string | FallbackTarget)[] | undefined {
  return listOf(value, 'fallbacks')?.map((one, index) => {
    const name = `fallbacks[${index}]`;
    if (typeof one === 'string') return one;
    const target = fieldsOf(one, name) ?? {};
    const { model, messages, ...others } = target;
    const [stranger] = Object.keys(others);
    if (stranger !== undefined) throw badRequest(`${name} takes model and messages only.`, name);
    const asked = neededText(model, `${name}.model`);
    return messages === undefined ? asked : { model: asked, messages: readMessages(messages) };
  });
}

function readCache(value: unknown, { headers }: IncomingMessage, { cacheNamespace }: Caller): CacheControl | undefined {
  const cache = fieldsOf(value, 'cache') ?? {};
  const said = headers['cache-control'] ?? '';
  const ttl = numberOf(cache['ttl'] ?? cache['s-maxage'], 'cache.ttl');
  if (ttl !== undefined && ttl < 0) throw badRequest('cache.ttl must be at least 0 seconds.', 'cache.ttl');
  const own = textOf(cache['namespace'], 'cache.namespace');
  const namespace = [cacheNamespace, own].filter((part) => part !== undefined).join('/');
  const control: CacheControl = {
    ttlMs: ttl === undefined ? undefined : ttl * 1_000,
    reload: switchOf(cache['no-cache'], 'cache.no-cache') ?? (said.includes('no-cache') || undefined),
    noStore: switchOf(cache['no-store'], 'cache.no-store') ?? (said.includes('no-store') || undefined),
    namespace: namespace === '' ? undefined : namespace,
  };
  return Object.values(control).some((wish) => wish !== undefined) ? control : undefined;
}

function readTags(value: unknown, name: string): readonly string[] {
  return textsOf(value, name) ?? [];
}

function headerTags({ headers }: IncomingMessage): readonly string[] {
  const said = headers['x-rolecall-tags'] ?? headers['x-litellm-tags'];
  if (typeof said !== 'string') return [];
  return said
    .split(',')
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '');
}

function unique(tags: readonly string[]): readonly string[] {
  return tags.length === 0 ? tags : [...new Set(tags)];
}
