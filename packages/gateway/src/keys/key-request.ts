/** The fields of a key as a request brings them. */
import { badRequest, type Refusal } from '../http/refusal.ts';
import { type KeyFault, keyFieldNames, type KeyFields, noSuchField, readKeyFields } from './key-fields.ts';
import { noSuchModel } from './key-models.ts';

/** @throws {Refusal} when something in them is wrong: no value is repeated, but names of models. */
export function readKeyRequest(given: Readonly<Record<string, unknown>>, names: ReadonlySet<string>): KeyFields {
  const found = readKeyFields(given, Date.now());
  if ('faults' in found) throw refusalOf(found.faults);
  const [stranger] = (found.fields.models ?? []).flatMap((name) => noSuchModel(name, names) ?? []);
  if (stranger !== undefined) throw badRequest(`A name among the models ${stranger}`, 'models', 'model_not_found');
  return found;
}

/** All that is wrong, as far as anybody would read on. */
function refusalOf(faults: readonly KeyFault[]): Refusal {
  const sentences = faults.slice(0, 10).map(({ field, path, valid }) => {
    const named = `The field ${path.join('.').slice(0, 60)}`;
    return valid === undefined ? `${named} ${noSuchField(field, ['key', ...keyFieldNames])}` : `${named} must be ${valid}.`;
  });
  return badRequest(sentences.join(' '), faults[0]?.field.slice(0, 60));
}
