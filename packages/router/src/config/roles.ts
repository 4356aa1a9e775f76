/** `roles:`, the section of our own: who asks whom, best first, with which settings. */
import type { RoleOptions } from '../options.ts';
import { isMap } from './environment.ts';
import type { Findings } from './findings.ts';
import { section } from './keys.ts';
import { settingKeys } from './known-keys.ts';
import type { Resolve } from './names-in-file.ts';
import { settingsOf } from './settings.ts';
import { checkShape } from './shape.ts';
import type { Path } from './yaml-source.ts';

/** A role is a name, a list of names, or a map with `chain`, `settings` and `note`. */
export function readRoles(
  roles: Readonly<Record<string, unknown>>,
  resolve: Resolve,
  findings: Findings,
): Record<string, RoleOptions> {
  const read = Object.entries(roles).map(([role, route]) => [role, readRole(route, ['roles', role], resolve, findings)] as const);
  return Object.fromEntries(read);
}

function readRole(route: unknown, path: Path, resolve: Resolve, findings: Findings): RoleOptions {
  if (!isMap(route)) return { chain: readChain(route, path, resolve, findings) };
  const { chain, settings = {}, note } = route;
  if (note !== undefined && typeof note !== 'string') findings.wrong([...path, 'note'], 'a string');
  const words = checkShape(settings, section(settingKeys), [...path, 'settings'], findings);
  return {
    chain: readChain(chain, [...path, 'chain'], resolve, findings),
    settings: words && settingsOf(words),
    note: typeof note === 'string' ? note : undefined,
  };
}

function readChain(chain: unknown, path: Path, resolve: Resolve, findings: Findings): readonly string[] {
  const names: readonly unknown[] = typeof chain === 'string' ? [chain] : Array.isArray(chain) ? chain : [];
  if (names.length === 0) findings.wrong(path, 'the name of a model, or a list of names, best first');
  const models = names.map((name, index) => resolve(name, typeof chain === 'string' ? path : [...path, index]));
  const seen = new Set<string>();
  for (const [index, model] of models.entries()) {
    if (model !== undefined && seen.has(model))
      findings.problem([...path, index], `names "${model}" a second time; a chain asks each model once`);
    if (model !== undefined) seen.add(model);
  }
  return [...seen];
}
