/** Packages of the project that a crew is in. */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type * as Core from '@rolecall/core';
import type * as Restate from '@rolecall/restate';

/** Where the project of that file has the package, or nothing. */
export function resolvedFrom(file: string, name: string): string | undefined {
  try {
    return createRequire(file).resolve(name);
  } catch {
    return undefined;
  }
}

/** The project's copy, so that all who work with a crew are of one version; without one, that of the command line. */
async function projectModule<Module>(file: string, name: string, own: () => Promise<Module>): Promise<Module> {
  const found = resolvedFrom(file, name);
  return found === undefined ? own() : ((await import(pathToFileURL(found).href)) as Module);
}

/** Loads the SDK of Restate with it. */
export function loadRestate(file: string): Promise<typeof Restate> {
  return projectModule<typeof Restate>(file, '@rolecall/restate', () => import('@rolecall/restate'));
}

export function loadCore(file: string): Promise<typeof Core> {
  return projectModule<typeof Core>(file, '@rolecall/core', () => import('@rolecall/core'));
}
