/** What became of every key that a file has. */
import { isMap } from './environment.ts';
import { type Findings, nameOf, type Treatment, type Verdict } from './findings.ts';
import type { Key, Keys } from './keys.ts';
import { hint } from '../names.ts';
import type { Path, YamlSource } from './yaml-source.ts';

/** One key of the file. */
export interface KeyReport {
  /** Where it is in the file: `router_settings.num_retries`. */
  readonly key: string;
  readonly line: number;
  readonly treatment: Treatment;
  /** What is done instead, or why nothing is. */
  readonly note?: string | undefined;
}

/** Lists the keys that have a value of their own, in the order of the file. */
export function survey(source: YamlSource, table: Keys, findings: Findings): readonly KeyReport[] {
  const reports: KeyReport[] = [];
  const note = (path: Path, usual: Verdict): void => {
    const key = nameOf(path);
    const { treatment, note: why } = findings.verdicts.get(key) ?? usual;
    reports.push({ key, line: source.placeOf(path).line, treatment, note: why });
  };
  const visitMap = (value: object, path: Path, keys: Keys, open = false): void => {
    for (const [name, item] of Object.entries(value)) {
      const known = Object.hasOwn(keys, name) ? keys[name] : undefined;
      if (known) visit(item, [...path, name], known);
      else
        note(
          [...path, name],
          open
            ? { treatment: 'ignored', note: 'a note of your own' }
            : { treatment: 'unknown', note: hint(name, Object.keys(keys)).trim() || undefined },
        );
    }
  };
  const visit = (value: unknown, path: Path, key: Key): void => {
    if (findings.verdicts.get(nameOf(path))?.treatment === 'honoured') return note(path, key);
    const { keys, namedKeys, open } = key;
    if (keys && Array.isArray(value) && value.some(isMap)) {
      for (const [index, item] of value.entries()) if (isMap(item)) visitMap(item, [...path, index], keys, open);
    } else if (keys && isMap(value)) visitMap(value, path, keys, open);
    else if (namedKeys && isMap(value)) {
      for (const [name, item] of Object.entries(value))
        visit(item, [...path, name], { ...key, namedKeys: undefined, keys: namedKeys });
    } else note(path, key);
  };
  if (isMap(source.value)) visitMap(source.value, [], table);
  return reports.toSorted((a, b) => a.line - b.line);
}

/** One warning for the keys nobody knows, and one for those that have no effect. */
export function warningsOf(reports: readonly KeyReport[]): readonly string[] {
  const listed = (treatment: Treatment): readonly string[] =>
    reports
      .filter((report) => report.treatment === treatment)
      .map(({ key, line, note }) => `${key} (line ${line}${note === undefined ? '' : `: ${note}`})`);
  const unknown = listed('unknown');
  const ignored = listed('ignored');
  return [
    unknown.length === 0 ? [] : `unknown keys, which have no effect: ${unknown.join(', ')}`,
    ignored.length === 0 ? [] : `keys of LiteLLM that have no effect here: ${ignored.join(', ')}`,
  ].flat();
}
