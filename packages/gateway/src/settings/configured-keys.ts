/** The virtual keys that stand in a configuration. */
import { readKeyFields } from '../keys/key-fields.ts';
import { hintOf, idOf, type VirtualKey } from '../keys/virtual-key.ts';
import type { ConfigText } from './config-text.ts';

/** @throws {TypeError} when one is not as it should be, or there are two of a kind. */
export function configuredKeys(
  list: readonly Readonly<Record<string, unknown>>[],
  text: Pick<ConfigText, 'fail'>,
): readonly VirtualKey[] {
  const keys = list.map((item, index) => keyOf(item, `general_settings.keys.${index}`, text));
  keys.forEach(({ id, name }, index) => {
    const twin = keys.findIndex((key) => key.id === id || key.name === name);
    if (twin < index) text.fail(`general_settings.keys.${index}`, `is the same key as keys.${twin}, or has its name`);
  });
  return keys;
}

function keyOf(
  { key, key_hash: hash, ...rest }: Readonly<Record<string, unknown>>,
  at: string,
  text: Pick<ConfigText, 'fail'>,
): VirtualKey {
  const isHash = typeof hash === 'string' && /^[0-9a-f]{64}$/i.test(hash);
  if (hash !== undefined && !isHash) text.fail(`${at}.key_hash`, 'must be the SHA-256 of the key, as 64 hex digits');
  const isKey = typeof key === 'string' && key.length >= 8;
  if (isKey === isHash) text.fail(`${at}.key`, 'must be a string of 8 characters or more, or else there must be a key_hash');
  const read = readKeyFields(rest, Date.now());
  if ('valid' in read) return text.fail(`${at}.${read.field}`, `must be ${read.valid}`);
  const id = isKey ? idOf(key) : String(hash).toLowerCase();
  const {
    name = `key-${id.slice(0, 8)}`,
    models = [],
    tags = [],
    isBlocked = false,
    budgetWindow = 'total',
    maxCallUsd = 0.5,
    ...others
  } = read.fields;
  const hint = isKey ? hintOf(key) : `sha256 ${id.slice(0, 8)}`;
  const own = { id, hint, name, models, tags, isBlocked, budgetWindow, maxCallUsd };
  return { ...own, ...others, createdAt: 0, isConfigured: true };
}
