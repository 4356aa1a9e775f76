/** The check of a file's shape, section by section: a mistake in one hides none in another. */
import type { z } from 'zod';
import { hint } from '../names.ts';
import { isMap } from './environment.ts';
import type { ConfigFile, ModelEntry } from './file.ts';
import type { Findings } from './findings.ts';
import type { Key } from './keys.ts';
import { modelEntry, sections } from './known-keys.ts';
import type { Path } from './yaml-source.ts';

/** An item of `model_list`. */
export interface ListedModel {
  readonly name: string;
  readonly path: Path;
  /** Absent: there is a mistake in it, which has been reported. */
  readonly entry: ModelEntry | undefined;
}

/** Everything but `model_list`, with numbers and switches read out of texts. A key with a mistake in it counts as not there. */
export function readSections(file: Readonly<Record<string, unknown>>, findings: Findings): ConfigFile {
  const checked = Object.entries(sections).flatMap(([name, key]) => {
    const value = file[name];
    return value === undefined ? [] : [[name, checkShape(value, key, [name], findings) ?? soundPart(value, key)] as const];
  });
  return Object.fromEntries(checked);
}

/** What is left of a section without its wrong keys: what it says of aliases and fallbacks must not be missed elsewhere. */
function soundPart<Value>(value: unknown, { schema }: Key<Value>): Value | undefined {
  const wrong = new Set(schema.safeParse(value).error?.issues.map(({ path: [name] }) => name));
  if (!isMap(value)) return undefined;
  return schema.safeParse(Object.fromEntries(Object.entries(value).filter(([name]) => !wrong.has(name)))).data;
}

export function readModelList(list: unknown, findings: Findings): readonly ListedModel[] {
  if (!Array.isArray(list) || list.length === 0) {
    findings.wrong(['model_list'], 'a list of at least one model');
    return [];
  }
  const models = (list as readonly unknown[]).flatMap((item, index) => readModel(item, ['model_list', index], findings) ?? []);
  if (models.length === 0 && findings.problems.length === 0)
    findings.problem(['model_list'], 'has no model that could be asked by a name');
  return models;
}

function readModel(item: unknown, path: Path, findings: Findings): ListedModel | undefined {
  const entry = checkShape(item, modelEntry, path, findings);
  const name: unknown = entry?.model_name ?? (isMap(item) ? item['model_name'] : undefined);
  if (typeof name !== 'string') return undefined;
  if (!name.includes('*')) return { name, path, entry };
  findings.warn(
    [...path, 'model_name'],
    `${findings.shownAt([...path, 'model_name'])} stands for any model, which has no effect here: list each by its name`,
  );
  return undefined;
}

/** The value, or `undefined` when something in it is not what it should be. */
export function checkShape<Value>(value: unknown, { schema }: Key<Value>, path: Path, findings: Findings): Value | undefined {
  const checked = schema.safeParse(value, { reportInput: true });
  if (checked.success) return checked.data;
  for (const issue of checked.error.issues) {
    findings.wrong([...path, ...issue.path.filter((step) => typeof step !== 'symbol')], sentenceOf(issue));
  }
  return undefined;
}

/** What is valid, and the name that was perhaps meant. */
function sentenceOf({ message, code, input }: z.core.$ZodIssue): string {
  if (code !== 'invalid_value' || typeof input !== 'string') return message;
  return `${message}.${hint(input, message.replace('one of ', '').split(', '))}`;
}
