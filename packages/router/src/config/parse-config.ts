/** A configuration file, read into the options of a router. */
import type { Deployment } from '../deployment.ts';
import type { RoleOptions, RouterOptions } from '../options.ts';
import { aFunction, checkOptions, refuse, type Rule } from '../options-check.ts';
import type { CacheStore } from '../policies/cache-store.ts';
import { type Pool, readPools } from './deployments.ts';
import { type Environment, environmentOf, isMap, isNeededAt, type Missing, withVariables } from './environment.ts';
import { type Chains, type FallbackKind, readFallbacks } from './fallbacks.ts';
import { Findings, type Finding } from './findings.ts';
import { knownKeys } from './known-keys.ts';
import { readAliases, resolver } from './names-in-file.ts';
import { type OwnKeys, ownKeysOf } from './own-keys.ts';
import { readPolicies } from './policies.ts';
import { readRoles } from './roles.ts';
import { type ListedModel, readModelList, readSections } from './shape.ts';
import { type KeyReport, survey, warningsOf } from './survey.ts';
import { readYaml, type YamlSource } from './yaml-source.ts';

export interface ParseConfigOptions {
  /** What the text is called in messages. @default 'config' */
  readonly file?: string | undefined;
  /** What `os.environ/NAME` refers to. @default process.env */
  readonly env?: Environment | undefined;
  /** A role, or a named model, none of whose deployments can be asked for want of a variable is an error. @default false */
  readonly strict?: boolean | undefined;
  /** Where answers are kept when the file asks for `redis`; a `Keyv` fits. @default in memory */
  readonly cacheStore?: CacheStore | undefined;
  /** Keys that the program acts on itself, with their sections: `general_settings.master_key`. @default [] */
  readonly ownKeys?: readonly string[] | undefined;
  /** Looks at those keys: what it finds wrong is told with the file's other mistakes. @default nothing is found */
  readonly checkOwnKeys?: ((own: OwnKeys) => void) | undefined;
}

export interface LoadedConfig {
  /** For `createRouter`. */
  readonly options: ConfigOptions;
  /** What to know before it runs, each with its file and line. */
  readonly warnings: readonly string[];
  /** What became of every key of the file, in its order. */
  readonly report: readonly KeyReport[];
  /** The whole file with every variable put in: for programs with keys of their own there. It holds secrets. */
  readonly file: Readonly<Record<string, unknown>>;
}

/** Options of a router whose names are known only when the file has been read. */
export interface ConfigOptions extends RouterOptions {
  readonly models: Readonly<Record<string, readonly Deployment[]>>;
}

const anObject: Rule = { valid: 'an object', holds: (value) => typeof value === 'object' && value !== null };

const rules: Readonly<Record<keyof ParseConfigOptions, Rule>> = {
  file: { valid: 'a text', holds: (value) => typeof value === 'string' || value instanceof URL }, // what readFile takes, too
  env: anObject,
  strict: { valid: 'true or false', holds: (value) => typeof value === 'boolean' },
  cacheStore: anObject,
  ownKeys: { valid: 'a list', holds: Array.isArray },
  checkOwnKeys: aFunction,
};

/**
 * Reads a configuration in LiteLLM's YAML, with our section `roles`. Reads nothing else and starts nothing.
 *
 * @example
 * const { options, warnings } = parseConfig('model_list: [{ model_name: fast, litellm_params: { model: ollama/mistral } }]');
 * for (const warning of warnings) console.warn(warning);
 * const router = createRouter(options);
 *
 * @throws {TypeError} when an option is wrong, or something in the text: all its mistakes, each with file, line and column, and what would be valid.
 */
export function parseConfig(text: string, options: ParseConfigOptions = {}): LoadedConfig {
  if (typeof text !== 'string') refuse('parseConfig', 'the text', text, 'the text of a configuration; loadConfig reads a file');
  checkOptions('parseConfig', options, rules);
  const { file = 'config', env = process.env } = options;
  const source = readYaml(text);
  const findings = new Findings(source);
  if (!isMap(source.value)) {
    if (findings.problems.length === 0) findings.problem([], 'there is no map here; a configuration has a model_list');
    throw failure(file, findings.problems);
  }
  for (const key of options.ownKeys ?? []) findings.verdict(key.split('.'), 'honoured');
  const { read, whole } = assemble(source.value, { source, findings, env: environmentOf(source.value, env) }, options);
  if (findings.problems.length > 0) throw failure(file, findings.problems);
  const report = survey(source, knownKeys, findings);
  const warnings = findings.warnings.map((warning) => placed(file, warning));
  return {
    options: read,
    report,
    file: whole,
    warnings: [...warnings, ...warningsOf(report).map((sentence) => `${file}: ${sentence}`)],
  };
}

interface Reading {
  readonly source: YamlSource;
  readonly findings: Findings;
  readonly env: Environment;
}

function assemble(
  written: unknown,
  { source, findings, env }: Reading,
  { strict = false, cacheStore, checkOwnKeys }: ParseConfigOptions,
): { readonly read: ConfigOptions; readonly whole: Readonly<Record<string, unknown>> } {
  const { value, missing } = withVariables(written, env);
  const file = value as Readonly<Record<string, unknown>>;
  const sections = readSections(file, findings);
  const listed = readModelList(file['model_list'], findings);
  warnOfMissing(missing, listed, findings);

  const pools = readPools(listed, { file: sections, env, missing, findings });
  const names = new Set(listed.map(({ name }) => name));
  const ids = new Set([...pools.values()].flatMap((pool) => pool.ids.map(({ id }) => id)));
  const aliases = readAliases(sections.router_settings?.model_group_alias ?? {}, names, ids, findings);
  const resolve = resolver(names, aliases, findings);
  const resolveTarget = resolver(names, aliases, findings, ids);
  const lists = (kind: FallbackKind): Chains | undefined =>
    readFallbacks(kind, sections, { resolve, resolveTarget, findings, source });
  const roles = readRoles(sections.roles ?? {}, resolve, findings);
  if (strict) refuseTheUnusable(pools, roles, findings);
  const askable = [...names, ...aliases.keys(), ...Object.keys(roles).map((role) => `role:${role}`)];
  checkOwnKeys?.(ownKeysOf({ file, names: new Set(askable) }, { findings, source }));

  const read: ConfigOptions = {
    models: Object.fromEntries([...pools].map(([name, { deployments }]) => [name, deployments])),
    aliases: Object.fromEntries(aliases),
    roles,
    fallbacks: lists('fallbacks'),
    contextWindowFallbacks: lists('context_window_fallbacks'),
    contentPolicyFallbacks: lists('content_policy_fallbacks'),
    ...readPolicies(sections, { resolve, findings, cacheStore }),
  };
  return { read, whole: file };
}

function warnOfMissing(missing: readonly Missing[], listed: readonly ListedModel[], findings: Findings): void {
  for (const one of missing) {
    const model = listed.find(({ path }) => isNeededAt(path, one));
    findings.warnMissing(one.path, one.variable, model?.name);
  }
}

/** Whoever asks for strictness would rather not start than find out later. */
function refuseTheUnusable(
  pools: ReadonlyMap<string, Pool>,
  roles: Readonly<Record<string, RoleOptions>>,
  findings: Findings,
): void {
  const why = (name: string): readonly string[] => pools.get(name)?.wanting ?? [];
  for (const [
    name,
    {
      wanting,
      ids: [first],
    },
  ] of pools) {
    if (first && wanting.length > 0)
      findings.problem(first.path, `is all there is of "${name}", and cannot be asked: set ${wanting.join(', ')}`);
  }
  for (const [role, { chain }] of Object.entries(roles)) {
    const links = [chain].flat();
    if (links.length > 0 && links.every((name) => why(name).length > 0)) {
      findings.problem(['roles', role], `has no model that can be asked: set ${[...new Set(links.flatMap(why))].join(', ')}`);
    }
  }
}

function failure(file: string, problems: readonly Finding[]): TypeError {
  const sorted = problems.toSorted((a, b) => a.line - b.line || a.column - b.column).map((problem) => placed(file, problem));
  const [only = file] = sorted;
  return new TypeError(
    sorted.length === 1
      ? only
      : `${file} has ${sorted.length} mistakes, and nothing was started:\n${sorted.map((line) => `  ${line}`).join('\n')}`,
  );
}

function placed(file: string, { line, column, sentence }: Finding): string {
  return `${file}:${line}:${column}: ${sentence}`;
}
