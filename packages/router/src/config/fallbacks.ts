/** The lists of fallbacks: two shapes, in three places, of three kinds. */
import { isMap } from './environment.ts';
import type { ConfigFile, FallbackLists } from './file.ts';
import { type Findings, nameOf } from './findings.ts';
import type { Resolve } from './names-in-file.ts';
import type { Path, YamlSource } from './yaml-source.ts';

export type FallbackKind = 'fallbacks' | 'context_window_fallbacks' | 'content_policy_fallbacks';

/** The models that stand in for each model; `*` is for those that have no list of their own. */
export type Chains = Readonly<Record<string, readonly string[]>>;

interface Group {
  readonly group: string;
  readonly targets: readonly string[];
  readonly path: Path;
}

/** An item of a list before the names in it are looked up. */
interface Item {
  readonly group: string;
  readonly groupPath: Path;
  readonly targets: readonly unknown[];
  readonly targetsPath: Path;
}

interface Context {
  readonly resolve: Resolve;
  /** The same for those that stand in: one of them may be a single deployment, by its id. */
  readonly resolveTarget: Resolve;
  readonly findings: Findings;
  readonly source: YamlSource;
}

const places = [[], ['router_settings'], ['litellm_settings']] as const satisfies readonly (readonly (keyof ConfigFile)[])[];

/** For everyone who is not named. */
const everyone = '*';

/** Reads one kind of fallbacks from all three places. `default_fallbacks` are the list `*`, where there is no such list. */
export function readFallbacks(
  kind: FallbackKind,
  file: ConfigFile,
  { resolve, resolveTarget, findings, source }: Context,
): Chains | undefined {
  const groups = new Map<string, Group>();
  for (const place of places) {
    for (const [index, item] of (listsAt(file, place)?.[kind] ?? []).entries()) {
      const read = readItem(item, [...place, kind, index], { resolve, resolveTarget, findings });
      const earlier = read && groups.get(read.group);
      if (earlier) {
        const { line } = source.placeOf(earlier.path);
        findings.problem(
          read.path,
          `is the second list for "${read.group}", after ${nameOf(earlier.path)} in line ${line}; there must be one`,
        );
      } else if (read) groups.set(read.group, read);
    }
  }
  const lists = new Map([...groups].map(([group, { targets }]) => [group, targets]));
  const defaults = kind === 'fallbacks' ? readDefaults(file, resolveTarget, findings) : undefined;
  if (defaults && !lists.has(everyone)) lists.set(everyone, defaults);
  const chains = [...lists].map(([group, targets]) => [group, without(group, targets)] as const);
  return lists.size === 0 ? undefined : Object.fromEntries(chains.filter(([, chain]) => chain.length > 0));
}

function readItem(item: unknown, path: Path, { resolve, resolveTarget, findings }: Omit<Context, 'source'>): Group | undefined {
  const parts = partsOf(item, path, findings);
  if (typeof parts === 'string') {
    findings.problem(path, `${parts}; an item is {model-name: [others]} or {model: model-name, fallback_models: [others]}`);
    return undefined;
  }
  const group = parts.group === everyone ? everyone : resolve(parts.group, parts.groupPath);
  const targets = parts.targets.map((target, index) => resolveTarget(target, [...parts.targetsPath, index]));
  if (parts.targets.length === 0) findings.problem(parts.targetsPath, 'is empty; it must name at least one model');
  return group === undefined ? undefined : { group, targets: targets.filter((target) => target !== undefined), path };
}

/** The two shapes; a single key is a group, even if it is the word "model". */
function partsOf(item: unknown, path: Path, findings: Findings): Item | string {
  if (!isMap(item)) return `is ${findings.shownAt(path)}`;
  const keys = Object.keys(item);
  const { model, fallback_models: targets } = item;
  if (keys.length === 2 && typeof model === 'string' && Array.isArray(targets)) {
    return { group: model, groupPath: [...path, 'model'], targets, targetsPath: [...path, 'fallback_models'] };
  }
  const [group = ''] = keys;
  const list = item[group];
  if (keys.length === 1 && Array.isArray(list))
    return { group, groupPath: [...path, group], targets: list, targetsPath: [...path, group] };
  if (keys.length === 1) return `gives "${group}" ${findings.shownAt([...path, group])} where a list of names must be`;
  return keys.length === 0 ? 'is an empty map' : `has the keys ${keys.join(', ')}`;
}

function readDefaults(file: ConfigFile, resolve: Resolve, findings: Findings): readonly string[] | undefined {
  const given = places.filter((place) => listsAt(file, place)?.default_fallbacks !== undefined);
  const [place, second] = given;
  if (second) findings.problem([...second, 'default_fallbacks'], 'is given a second time; there must be one');
  if (!place) return undefined;
  const names = listsAt(file, place)?.default_fallbacks ?? [];
  return names.map((name, index) => resolve(name, [...place, 'default_fallbacks', index])).filter((name) => name !== undefined);
}

function listsAt(file: ConfigFile, [section]: (typeof places)[number]): FallbackLists | undefined {
  return section === undefined ? file : file[section];
}

/** Nobody stands in for itself, or twice. */
function without(group: string, targets: readonly string[]): readonly string[] {
  return [...new Set(targets)].filter((target) => target !== group);
}
