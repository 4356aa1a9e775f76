/** What a key may do, as it is written: in the configuration and, in LiteLLM's words, in the API. */
import type { WindowKind } from '@rolecall/cost-tracker';
import { didYouMean } from '@rolecall/router/config';
import { z } from 'zod';
import type { VirtualKey } from './virtual-key.ts';

type Fields = Omit<VirtualKey, 'id' | 'hint' | 'createdAt' | 'isConfigured'>;

const windows: Readonly<Record<string, WindowKind>> = {
  hour: 'hour',
  '1h': 'hour',
  '60m': 'hour',
  day: 'day',
  '1d': 'day',
  '24h': 'day',
  month: 'month',
  '1mo': 'month',
  '30d': 'month',
  '31d': 'month',
  total: 'total',
};

const amount = z.number({ error: 'a number of at least 0' }).min(0, 'a number of at least 0');
const count = z.int({ error: 'a whole number of at least 1' }).min(1, 'a whole number of at least 1');
const texts = z.array(z.string({ error: 'a string' }), { error: 'a list of strings' });
const name = z.string({ error: 'a name' }).regex(/^[\w.@-]{1,64}$/, 'up to 64 letters, digits and . _ - @');

const aliases: Readonly<Record<string, string>> = {
  key_alias: 'name',
  rpm_limit: 'rpm',
  tpm_limit: 'tpm',
  expires_at: 'expires',
};

const shape = z.object({
  name: name.optional(),
  models: texts.optional(),
  max_budget: amount.nullish(),
  budget_duration: z.enum(Object.keys(windows), { error: `one of ${Object.keys(windows).join(', ')}` }).nullish(),
  max_call_cost: amount.nullish(),
  rpm: count.nullish(),
  tpm: count.nullish(),
  duration: z
    .string({ error: 'a duration such as 12h or 30d' })
    .regex(/^\d{1,6}(s|m|h|d|w|mo)$/, 'a duration such as 12h or 30d')
    .nullish(),
  expires: z.union([z.iso.datetime({ offset: true }), z.iso.date()], { error: 'a date such as 2027-01-31' }).nullish(),
  blocked: z.boolean({ error: 'true or false' }).optional(),
  tags: texts.optional(),
  metadata: z.looseObject({ tags: texts.optional() }, { error: 'a map' }).nullish(),
});

/** Fields of LiteLLM's that have no effect here: they say nothing of what a key may do. */
const withoutEffect = new Set([
  'user_id',
  'team_id',
  'aliases',
  'config',
  'spend',
  'permissions',
  'key_type',
  'send_invite_email',
]);
const ownFields = new Set(Object.keys(shape.shape));

const unitMs: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
  mo: 30 * 86_400_000,
};

/** All that a key may say of itself, in both ways of writing it. */
export const keyFieldNames: readonly string[] = [...ownFields, ...Object.keys(aliases)];

/** The fields that were said, and those of LiteLLM's that have no effect. */
export interface KeyFields {
  readonly fields: Partial<Fields>;
  readonly ignored: readonly string[];
}

/** What is wrong with a field, by the name that it was given under. */
export interface KeyFault {
  readonly field: string;
  readonly path: readonly (string | number)[];
  /** Absent: there is no such field. */
  readonly valid?: string | undefined;
}

/** `is no field of a key; there are: name, … Did you mean "max_budget"?` */
export function noSuchField(field: string, names: readonly string[]): string {
  return `is no field of a key; there are: ${names.join(', ')}.${didYouMean(field.slice(0, 100), names)}`;
}

/** The fields that are said, or all that is wrong with them. What is `null` is taken away. */
export function readKeyFields(
  given: Readonly<Record<string, unknown>>,
  now: number,
): KeyFields | { readonly faults: readonly KeyFault[] } {
  const named = Object.entries(given).map(([as, value]) => ({
    as,
    key: Object.hasOwn(aliases, as) ? (aliases[as] ?? as) : as,
    value,
  }));
  const own = named.filter(({ key }) => ownFields.has(key));
  const others = named.filter(({ key }) => !ownFields.has(key)).map(({ as }) => as);
  const unknown = others.filter((field) => !withoutEffect.has(field)).map((field) => ({ field, path: [field] }));
  const read = shape.safeParse(Object.fromEntries(own.map(({ key, value }) => [key, value])));
  if (read.success && unknown.length === 0) return { fields: fieldsOf(read.data, now), ignored: others };
  const writtenAs = new Map(own.map(({ key, as }) => [key, as]));
  const invalid = (read.error?.issues ?? []).map(({ path: [key = '', ...rest], message }) => {
    const field = writtenAs.get(String(key)) ?? String(key);
    return { field, path: [field, ...rest.filter((step) => typeof step !== 'symbol')], valid: message };
  });
  return { faults: [...unknown, ...invalid] };
}

/** Each of them stands for all that there is, whatever else is named beside it. */
const everything: ReadonlySet<string> = new Set(['*', 'all-proxy-models']);

function fieldsOf(read: z.infer<typeof shape>, now: number): Partial<Fields> {
  const { name: keyName, models, blocked, tags, metadata, budget_duration: window, duration, expires } = read;
  const fields: Record<string, unknown> = {};
  const say = (field: keyof Fields, isSaid: boolean, value: unknown): void => {
    if (isSaid) fields[field] = value ?? undefined;
  };
  say('name', keyName !== undefined, keyName);
  say('models', models !== undefined, models?.some((model) => everything.has(model)) ? [] : models);
  say('maxBudgetUsd', read.max_budget !== undefined, read.max_budget);
  say('budgetWindow', window !== undefined, windows[window ?? 'total']);
  say('maxCallUsd', read.max_call_cost !== undefined, read.max_call_cost);
  say('rpm', read.rpm !== undefined, read.rpm);
  say('tpm', read.tpm !== undefined, read.tpm);
  // One of the two may be null, as clients fill in what was not said: it takes nothing away from the other.
  const ends = [...(duration ? [now + durationMs(duration)] : []), ...(expires ? [Date.parse(expires)] : [])];
  say('expiresAt', duration !== undefined || expires !== undefined, ends.length > 0 ? Math.min(...ends) : undefined);
  say('isBlocked', blocked !== undefined, blocked);
  const allTags = tags ?? metadata?.tags;
  say(
    'tags',
    allTags !== undefined,
    allTags?.filter((tag) => !tag.startsWith('key:')),
  );
  return fields;
}

function durationMs(text: string): number {
  const [, number = '0', unit = 's'] = /^(\d+)(\w+)$/.exec(text) ?? [];
  return Number(number) * (unitMs[unit] ?? 0);
}
