/** A crew out of a module of the user's. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Crew } from '@rolecall/core';
import { codeOf } from '../config-file.ts';
import { CommandError } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { resolvedFrom } from './project-module.ts';

export interface LoadedCrew {
  readonly crew: Crew;
  /** As it was named. */
  readonly path: string;
  /** The same, absolute. */
  readonly file: string;
}

/** @throws {CommandError} when the module cannot be loaded, or exports no crew. */
export async function loadCrew(path: string, io: Io): Promise<LoadedCrew> {
  const file = resolve(io.cwd, path);
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true)
    throw new CommandError(`There is no file ${path}. Name a module that exports a crew, such as crew.ts.`);
  const module = await imported(file, path);
  const crew = [module['default'], module['crew'], inCommonJs(module, 'default'), inCommonJs(module, 'crew')].find(isCrew);
  if (crew) return { crew, path, file };
  const names = Object.keys(module).filter((name) => name !== 'module.exports');
  throw new CommandError(
    `No export of ${path} is a crew (there are: ${names.join(', ') || 'none'}). Export the crew itself, as default or as "crew": export const crew = new Crew({ … });`,
  );
}

type Namespace = Readonly<Record<string, unknown>>;

/** What a module compiled to CommonJS exports. */
function inCommonJs(module: Namespace, name: string): unknown {
  return (module['default'] as Namespace | null | undefined)?.[name];
}

/** By its shape: the crew may be of another copy of the package. */
function isCrew(value: unknown): value is Crew {
  const { kickoff, checkInputs, tasks } = (value ?? {}) as Partial<Crew>;
  return typeof kickoff === 'function' && typeof checkInputs === 'function' && Array.isArray(tasks);
}

const typeScript = /\.[cm]?tsx?$/;

async function imported(file: string, path: string): Promise<Namespace> {
  const tsx = typeScript.test(file) ? resolvedFrom(file, 'tsx') : undefined;
  try {
    if (tsx !== undefined) await import(pathToFileURL(tsx).href); // from here on, TypeScript is loaded as JavaScript is
    return (await import(pathToFileURL(file).href)) as Namespace;
  } catch (error) {
    throw new CommandError(`${path} cannot be loaded: ${reasonOf(error, tsx === undefined)}`, { cause: error });
  }
}

const installTsx = 'Install tsx beside the crew (npm install --save-dev tsx)';

function reasonOf(error: unknown, isWithoutTsx: boolean): string {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  const code = codeOf(error);
  if (code === 'ERR_UNKNOWN_FILE_EXTENSION' && isWithoutTsx && message.includes('.ts'))
    return `Node ${process.versions.node} does not run TypeScript. ${installTsx}, take Node 22.18 or newer, or name a compiled file.`;
  if (code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX') return `${message}. Node takes types off, and does no more. ${installTsx}.`;
  if (code === 'ERR_MODULE_NOT_FOUND' && isWithoutTsx && /\.jsx?' imported from .*\.[cm]?tsx?$/.test(message))
    return `${message}. Node finds a TypeScript file by its own name only. ${installTsx}, or write the import with .ts.`;
  return code.startsWith('ERR_') ? message : (stack ?? message); // what the module itself threw is looked for in its code
}
