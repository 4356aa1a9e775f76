import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Model } from '@rolecall/core';
import type { Price } from '@rolecall/cost-tracker';
import type { LoadedConfig } from '@rolecall/router/config';
import { entriesOf } from './check/entries.ts';
import { CommandError } from './exit-codes.ts';
import type { Io } from './io.ts';

/** Reads a configuration as the gateway does; whatever is wrong with it ends the command with every mistake there is. */
export async function readConfig(path: string, io: Io): Promise<LoadedConfig> {
  const { parseGatewayConfig } = await import('@rolecall/gateway/config');
  const text = await readText(path, io, 'Name a configuration, such as litellm_config.yaml; "rolecall init" writes one.');
  try {
    const { loaded, warnings } = parseGatewayConfig(text, { file: path, env: io.env });
    return { ...loaded, warnings };
  } catch (error) {
    if (error instanceof TypeError) throw new CommandError(error.message, { cause: error });
    throw error;
  }
}

/** Tells on stderr what to know before the configuration is used. */
export function printWarnings({ warnings }: LoadedConfig, io: Io): void {
  for (const warning of warnings) io.stderr.write(`warning: ${warning}\n`);
}

export async function readText(path: string, io: Io, advice: string): Promise<string> {
  try {
    return await readFile(resolve(io.cwd, path), 'utf8');
  } catch (error) {
    throw new CommandError(`${path} cannot be read (${codeOf(error)}). ${advice}`, { cause: error });
  }
}

/** `ENOENT`, `EADDRINUSE` … */
export function codeOf(error: unknown): string {
  return String((error as { code?: unknown } | null)?.code ?? error);
}

/** One deployment, and what it is called: by its id, or by its named model where that has just one. */
export interface Target {
  readonly id: string;
  readonly name: string;
  readonly model: Model;
  /** The file says that it makes vectors, and takes no chat. */
  readonly isEmbedding: boolean;
}

/** Every deployment of the file, or those of the models named. */
export function targetsOf({ options: { models }, file }: LoadedConfig, wanted: readonly string[] = []): readonly Target[] {
  const stranger = wanted.find((name) => !Object.hasOwn(models, name));
  if (stranger !== undefined)
    throw new CommandError(`There is no model named "${stranger}" in the file; there are: ${Object.keys(models).join(', ')}.`);
  const entries = entriesOf(file);
  return Object.entries(models)
    .filter(([name]) => wanted.length === 0 || wanted.includes(name))
    .flatMap(([name, pool]) => {
      const written = entries.filter((entry) => entry.name === name);
      return pool.map(({ id, model }, index) => ({
        id: id ?? (pool.length === 1 ? name : `${name}#${index + 1}`),
        name,
        model,
        isEmbedding: written[index]?.isEmbedding ?? false,
      }));
    });
}

/** Those that can be asked to say something. @throws {CommandError} when there is none among them. */
export function chattersOf(config: LoadedConfig, wanted?: readonly string[]): readonly Target[] {
  const targets = targetsOf(config, wanted);
  const chatters = targets.filter(({ isEmbedding }) => !isEmbedding);
  if (chatters.length > 0) return chatters;
  const names = [...new Set(targets.map(({ name }) => `"${name}"`))].join(', ');
  throw new CommandError(`${names} makes embeddings (model_info.mode) and takes no chat. Name a model that does.`);
}

/** The prices that the file states, by what a tracker may know a deployment by. */
export function pricesOf({ options: { models } }: LoadedConfig): Readonly<Record<string, Price>> {
  const stated = Object.entries(models).flatMap(([name, pool]) =>
    pool.flatMap(({ id, inputUsdPerMillion: input, outputUsdPerMillion: output }, index) => {
      if (input === undefined) return [];
      const price = output === undefined ? { input } : { input, output }; // embeddings have no output
      return [[id ?? `${name}#${index + 1}`, price] as const, ...(index === 0 ? [[name, price] as const] : [])];
    }),
  );
  return Object.fromEntries(stated);
}
