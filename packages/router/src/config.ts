/** `@rolecall/router/config`: a router out of a file. Needs the packages `yaml` and `zod`. */
import { readFile } from 'node:fs/promises';
import { type LoadedConfig, parseConfig, type ParseConfigOptions } from './config/parse-config.ts';

export { type ConfigOptions, type LoadedConfig, parseConfig, type ParseConfigOptions } from './config/parse-config.ts';
export type { OwnKeys } from './config/own-keys.ts';
export type { KeyReport } from './config/survey.ts';
export type { Treatment } from './config/findings.ts';
export { hint as didYouMean } from './names.ts';

/**
 * Reads a configuration file: LiteLLM's YAML, with our section `roles`. Messages name the file as it is given here.
 *
 * @example
 * const { options, warnings } = await loadConfig('litellm_config.yaml');
 * for (const warning of warnings) console.warn(warning);
 * const router = createRouter(options);
 *
 * @throws {TypeError} when something in it is wrong: all mistakes, each with file, line and column, and what would be valid.
 * @throws {Error} what the file system says when the file cannot be read.
 */
export async function loadConfig(path: string, options: Omit<ParseConfigOptions, 'file'> = {}): Promise<LoadedConfig> {
  return parseConfig(await readFile(path, 'utf8'), { ...options, file: path });
}
