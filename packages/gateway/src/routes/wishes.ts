/** What a request says to the gateway itself: whom to ask, and what to do when that fails. It is taken out of what is relayed. */
import type { IncomingMessage } from 'node:http';
import type { CacheControl, FallbackTarget, JsonObject, Message } from '@rolecall/core';
import { refuseForbiddenFields } from '../access/forbidden-fields.ts';
import { badRequest } from '../http/refusal.ts';
import type { Caller } from '../http/route.ts';
import type { Dialect } from '../wire/dialect.ts';
import { MockFailure, mockFields } from '../wire/mock-failure.ts';
import { asJson, type Fields, fieldsOf, listOf, neededText, numberOf, switchOf, textOf, textsOf } from '../wire/reader.ts';

export interface Wishes {
  /** As the caller wrote it. */
  readonly asked: string;
  /** The named model, unless a role decides. */
  readonly model: string | undefined;
  readonly role: string | undefined;
  readonly fallbacks: readonly (string | FallbackTarget)[] | false | undefined;
  readonly cache: CacheControl | undefined;
  readonly tags: readonly string[];
  /** What a backend has no word for may be left out. */
  readonly dropsParams: boolean | undefined;
  /** A failure that was ordered, to see what comes after it. */
  readonly mock: MockFailure | undefined;
  /** The rest: what is between the caller and the provider. */
  readonly body: JsonObject;
}

export interface WishReader {
  readonly api: Dialect['api'];
  readonly roles: ReadonlySet<string>;
  readonly readMessages: (messages: unknown) => readonly Message[];
}

const rolePrefix = 'role:';

/** Roles and tags are on every row of the ledger, and roles are labels of metrics: what a stranger may put there has an end. */
const longest = 256;
const mostTags = 100;

/** @throws {Refusal} when a wish is not what it should be. */
export function readWishes(request: IncomingMessage, body: Fields, caller: Caller, reader: WishReader): Wishes {
  refuseForbiddenFields(body, caller);
  const about = body['metadata'] !== undefined || body['litellm_metadata'] !== undefined ? readAbout(body) : nothing;
  const named = roleOf(request, about['role']);
  const asked = neededText(body['model'] ?? (named === undefined ? undefined : `${rolePrefix}${named}`), 'model');
  const role = asked.startsWith(rolePrefix) ? asked.slice(rolePrefix.length) : named;
  if (role !== undefined && role.length > longest) throw badRequest(`A role has ${longest} characters at most.`, 'role');
  const isRoute = asked.startsWith(rolePrefix) || (role !== undefined && reader.roles.has(role));
  return {
    asked: isRoute ? `${rolePrefix}${role}` : asked,
    model: isRoute ? undefined : asked,
    role,
    fallbacks:
      switchOf(body['disable_fallbacks'], 'disable_fallbacks') === true ? false : readFallbacks(body['fallbacks'], reader),
    cache: readCache(body['cache'], request, caller),
    tags: readTags(body, about, request),
    dropsParams: switchOf(body['drop_params'], 'drop_params'),
    mock: readMock(body),
    body: asJson(left(body, reader.api)),
  };
}

const nothing: Fields = {};

function readAbout({ metadata, litellm_metadata: ours }: Fields): Fields {
  return { ...fieldsOf(metadata, 'metadata'), ...fieldsOf(ours, 'litellm_metadata') };
}

const ownFields: ReadonlySet<string> = new Set([
  'fallbacks',
  'disable_fallbacks',
  'cache',
  'tags',
  'metadata',
  'litellm_metadata',
  'drop_params',
  'additional_drop_params',
  ...mockFields.keys(),
]);

/** What is not for the gateway. Most bodies hold nothing that is, and stay as they are. */
function left(body: Fields, api: Dialect['api']): Fields {
  let isOurs = false;
  for (const name in body) isOurs ||= ownFields.has(name);
  if (!isOurs) return body;
  const unwanted = new Set(textsOf(body['additional_drop_params'], 'additional_drop_params'));
  const rest = Object.entries(body).filter(([name]) => !ownFields.has(name) && !unwanted.has(name));
  const { role: _role, tags: _tags, ...metadata } = fieldsOf(body['metadata'], 'metadata') ?? nothing;
  if (keepsMetadata(api, body) && Object.keys(metadata).length > 0) rest.push(['metadata', metadata]);
  return Object.fromEntries(rest);
}

function readMock(body: Fields): MockFailure | undefined {
  for (const name in body) {
    const code = mockFields.get(name);
    if (code !== undefined && switchOf(body[name], name) === true) return new MockFailure(code);
  }
  return undefined;
}

function roleOf({ headers }: IncomingMessage, inMetadata: unknown): string | undefined {
  const header = headers['x-rolecall-role'];
  const role = textOf(inMetadata, 'metadata.role') ?? (typeof header === 'string' && header !== '' ? header : undefined);
  return role?.startsWith(rolePrefix) ? role.slice(rolePrefix.length) : role;
}

/** Chat completions keep metadata at the provider's only when they are stored there, and embeddings have none. The other APIs take it as it is. */
function keepsMetadata(api: Dialect['api'], body: Fields): boolean {
  if (api === 'chat.completions') return body['store'] === true;
  return api !== 'embeddings';
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
  const said = headers['cache-control'];
  if (value === undefined && said === undefined && cacheNamespace === undefined) return undefined;
  const cache = fieldsOf(value, 'cache') ?? nothing;
  const ttl = numberOf(cache['ttl'] ?? cache['s-maxage'], 'cache.ttl');
  if (ttl !== undefined && ttl < 0) throw badRequest('cache.ttl must be at least 0 seconds.', 'cache.ttl');
  const own = textOf(cache['namespace'], 'cache.namespace');
  const namespace = [cacheNamespace, own].filter((part) => part !== undefined).join('/');
  const control: CacheControl = {
    ttlMs: ttl === undefined ? undefined : ttl * 1_000,
    reload: switchOf(cache['no-cache'], 'cache.no-cache') ?? (said?.includes('no-cache') || undefined),
    noStore: switchOf(cache['no-store'], 'cache.no-store') ?? (said?.includes('no-store') || undefined),
    namespace: namespace === '' ? undefined : namespace,
  };
  return Object.values(control).some((wish) => wish !== undefined) ? control : undefined;
}

function readTags({ tags }: Fields, { tags: others }: Fields, { headers }: IncomingMessage): readonly string[] {
  const said = headers['x-rolecall-tags'] ?? headers['x-litellm-tags'];
  if (tags === undefined && others === undefined && said === undefined) return none;
  const own = textsOf(tags, 'tags') ?? none;
  const all = [...new Set([...own, ...(textsOf(others, 'metadata.tags') ?? none), ...headerTags(said)])];
  const fit = all.length <= mostTags && all.every((tag) => tag.length <= longest);
  if (!fit) throw badRequest(`There may be ${mostTags} tags at most, of ${longest} characters each.`, 'tags');
  return all;
}

const none: readonly string[] = [];

function headerTags(said: string | readonly string[] | undefined): readonly string[] {
  if (typeof said !== 'string') return none;
  return said
    .split(',')
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '');
}
