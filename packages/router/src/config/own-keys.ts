import type { Findings } from './findings.ts';
import type { Path, YamlSource } from './yaml-source.ts';

/** What a program with keys of its own in a file may look at, and say of them: it is told with all else that is found there. */
export interface OwnKeys {
  /** The whole file with every variable put in. It holds secrets. */
  readonly file: Readonly<Record<string, unknown>>;
  /** What can be asked for: models, aliases, and roles as `role:writer`. */
  readonly names: ReadonlySet<string>;
  /** What is written there, before any variable is put in; `undefined` when nothing is. */
  writtenAt(path: readonly (string | number)[]): unknown;
  /** The value is not what it should be: the message says what it is, unless it may be a secret, and what is valid. */
  wrong(path: readonly (string | number)[], valid: string): void;
  /** Nothing is started. The sentence goes on after the name of the key. */
  problem(path: readonly (string | number)[], sentence: string): void;
  /** To know before it runs. */
  warn(path: readonly (string | number)[], sentence: string): void;
}

export function ownKeysOf(
  { file, names }: Pick<OwnKeys, 'file' | 'names'>,
  { findings, source }: { readonly findings: Findings; readonly source: YamlSource },
): OwnKeys {
  return {
    file,
    names,
    writtenAt: (path) => valueAt(source.value, path), // the plain data, which has what a merge key brings
    wrong: (path, valid) => findings.wrong(path, valid),
    problem: (path, sentence) => findings.problem(path, sentence),
    warn: (path, sentence) => findings.warn(path, sentence),
  };
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((part, step) => {
    if (typeof part !== 'object' || part === null || !Object.hasOwn(part, step)) return undefined;
    return (part as Readonly<Record<string | number, unknown>>)[step];
  }, value);
}
