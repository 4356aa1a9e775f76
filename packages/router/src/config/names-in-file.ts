/** The named models of a file, and the aliases that stand for them. */
import { hint } from '../names.ts';
import type { AliasEntry } from './file.ts';
import type { Findings } from './findings.ts';
import type { Path } from './yaml-source.ts';

/** Finds the model that a name stands for; reports one that stands for none. */
export type Resolve = (name: unknown, path: Path) => string | undefined;

export type Aliases = ReadonlyMap<string, string>;

/** Reads `model_group_alias`. An alias may stand for another, and never for itself. */
export function readAliases(
  entries: Readonly<Record<string, string | AliasEntry>>,
  models: ReadonlySet<string>,
  ids: ReadonlySet<string>,
  findings: Findings,
): Aliases {
  const written = new Map(
    Object.entries(entries).map(([name, entry]) => [name, typeof entry === 'string' ? entry : entry.model]),
  );
  const aliases = new Map<string, string>();
  for (const name of written.keys()) {
    const path = ['router_settings', 'model_group_alias', name];
    const seen = new Set<string>();
    let target = name;
    while (!models.has(target) && written.has(target) && !seen.has(target)) {
      seen.add(target);
      target = written.get(target) ?? target;
    }
    if (models.has(name) || ids.has(name))
      findings.problem(path, 'is the name of a model or of a deployment as well; an alias must have one of its own');
    else if (models.has(target)) aliases.set(name, target);
    else
      findings.problem(
        path,
        seen.has(target)
          ? 'stands for itself; it must stand for a model'
          : `stands for no model; ${namesLike(target, [...models])}`,
      );
  }
  return aliases;
}

/** `others` are names that stand for themselves: the ids of deployments, where one of them may be named. */
export function resolver(
  models: ReadonlySet<string>,
  aliases: Aliases,
  findings: Findings,
  others: ReadonlySet<string> = new Set(),
): Resolve {
  return (name, path) => {
    if (typeof name !== 'string') {
      findings.wrong(path, 'the name of a model');
      return undefined;
    }
    const model = models.has(name) || others.has(name) ? name : aliases.get(name);
    if (model === undefined) {
      const isKey = path.at(-1) === name; // its value is what is said of the model
      findings.problem(
        path,
        `${isKey ? '' : `is ${findings.shownAt(path)}, which `}names no model; ${namesLike(name, [...models, ...aliases.keys()])}`,
      );
    }
    return model;
  };
}

function namesLike(name: string, names: readonly string[]): string {
  return `there are: ${names.join(', ') || 'none'}.${hint(name, names)}`;
}
