/** The virtual keys that stand in a configuration. */
import type { OwnKeys } from '@rolecall/router/config';
import { type KeyFault, keyFieldNames, noSuchField, readKeyFields } from '../keys/key-fields.ts';
import { isServedByDefault, noSuchModel } from '../keys/key-models.ts';
import { hintOf, idOf, type VirtualKey } from '../keys/virtual-key.ts';

type Path = readonly (string | number)[];

const fieldNames = ['key', 'key_hash', ...keyFieldNames];

/** Those without a mistake; the others are told of. */
export function configuredKeys(list: readonly unknown[], own: OwnKeys): readonly VirtualKey[] {
  const keys = list.map((item, index) => keyOf(item, ['general_settings', 'keys', index], own));
  keys.forEach((key, index) => {
    const twin = keys.findIndex((other) => key && other && (other.id === key.id || other.name === key.name));
    if (key && twin < index)
      own.problem(['general_settings', 'keys', index], `is the same key as keys[${twin}], or has its name`);
  });
  return keys.filter((key) => key !== undefined);
}

function keyOf(item: unknown, at: Path, own: OwnKeys): VirtualKey | undefined {
  if (!isMap(item)) {
    own.wrong(at, 'a map, such as { name: blog, key: os.environ/BLOG_KEY }');
    return undefined;
  }
  const { key, key_hash: hash, ...rest } = item;
  const known = identityOf(key, hash, at, own);
  const read = readKeyFields(rest, Date.now());
  if ('faults' in read) for (const fault of read.faults) tell(fault, at, own);
  if ((rest['duration'] ?? null) !== null)
    own.warn([...at, 'duration'], 'a duration begins anew with each start and each reload: say when the key ends with expires');
  checkVariables(item, at, own);
  checkModels(rest['models'], [...at, 'models'], own);
  if (!known || 'faults' in read) return undefined;
  const {
    name = `key-${known.id.slice(0, 8)}`,
    models = [],
    tags = [],
    isBlocked = false,
    budgetWindow = 'total',
    maxCallUsd = 0.5,
    ...others
  } = read.fields;
  return {
    ...known,
    name,
    models,
    tags,
    isBlocked,
    budgetWindow,
    maxCallUsd,
    ...others,
    createdAt: 0,
    isConfigured: true,
  };
}

/** What the key is known by: its own text or its hash, and not both. */
function identityOf(key: unknown, hash: unknown, at: Path, own: OwnKeys): Pick<VirtualKey, 'id' | 'hint'> | undefined {
  const path = [...at, hash === undefined ? 'key' : 'key_hash'];
  if (key !== undefined && hash !== undefined) own.problem(path, 'stands beside a key; one of them must go');
  else if (hash !== undefined) {
    if (typeof hash === 'string' && /^[0-9a-f]{64}$/i.test(hash))
      return { id: hash.toLowerCase(), hint: `sha256 ${hash.toLowerCase().slice(0, 8)}` };
    own.wrong(path, 'the SHA-256 of the key, as 64 hex digits');
  } else {
    if (typeof key === 'string' && key.length >= 8) return { id: idOf(key), hint: hintOf(key) };
    if (key !== undefined || !isWritten(path, own))
      own.wrong(path, 'a string of 8 characters or more, or else there must be a key_hash');
  }
  return undefined;
}

function tell({ path, field, valid }: KeyFault, at: Path, own: OwnKeys): void {
  if (valid === undefined) own.problem([...at, field], noSuchField(field, fieldNames));
  else own.wrong([...at, ...path], valid);
}

/** What a variable was to say and does not would be a key that may do more than was meant. */
function checkVariables(item: Readonly<Record<string, unknown>>, at: Path, own: OwnKeys): void {
  for (const field of fieldNames) {
    const path = [...at, field];
    if (!Object.hasOwn(item, field) && isWritten(path, own))
      own.problem(path, 'has no value: set the variable, or take the line out');
  }
  const { models } = item; // without those whose variable is not set
  if (Array.isArray(models) && isWritten([...at, 'models', models.length], own))
    own.problem([...at, 'models'], 'has a name whose variable is not set');
}

function checkModels(models: unknown, at: Path, own: OwnKeys): void {
  if (!Array.isArray(models)) return;
  for (const [index, name] of models.entries()) {
    if (typeof name !== 'string') continue;
    const stranger = noSuchModel(name, own.names);
    if (stranger !== undefined) own.problem([...at, index], stranger);
    else if (isServedByDefault(name, own.names))
      own.warn([...at, index], `${name.slice(0, 60)} is no role of this file: the role default serves it`);
  }
}

/** And not as `null`, which says that there is none. */
function isWritten(path: Path, own: OwnKeys): boolean {
  return (own.writtenAt(path) ?? null) !== null;
}

function isMap(item: unknown): item is Readonly<Record<string, unknown>> {
  return typeof item === 'object' && item !== null && !Array.isArray(item);
}
