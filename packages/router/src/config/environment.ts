/** `os.environ/NAME`, in place of any string. */
import type { Path } from './yaml-source.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Missing {
  readonly path: Path;
  readonly variable: string;
}

/** It keeps the deployment at this path from being asked; what is noted about a deployment does not. */
export function isNeededAt(path: Path, missing: Missing): boolean {
  return path.every((step, index) => missing.path[index] === step) && missing.path[path.length] !== 'model_info';
}

const reference = 'os.environ/';

/** The variables of the process, under those that the file itself sets in `environment_variables`. */
export function environmentOf(file: unknown, env: Environment): Environment {
  const own = isMap(file) ? file['environment_variables'] : undefined;
  if (!isMap(own)) return env;
  const set = Object.entries(own).flatMap(([name, value]) => {
    const resolved = referenceIn(value) === undefined ? value : variable(referenceIn(value) ?? '', env);
    return isScalar(resolved) ? [[name, String(resolved)] as const] : [];
  });
  return { ...env, ...Object.fromEntries(set) };
}

/**
 * The same data with every variable put in. What is not set is left out, as is a key with nothing after it; only the model of a
 * deployment keeps its reference, by way of a name.
 */
export function withVariables(value: unknown, env: Environment): { value: unknown; missing: readonly Missing[] } {
  const missing: Missing[] = [];
  const resolve = (part: unknown, path: Path): unknown => {
    if (Array.isArray(part)) {
      return part.map((item, index) => resolve(item, [...path, index])).filter((item) => item !== undefined);
    }
    if (isMap(part)) {
      const entries = Object.entries(part).map(([key, item]) => [key, resolve(item, [...path, key])] as const);
      return Object.fromEntries(entries.filter(([, item]) => item !== undefined && item !== null));
    }
    const name = referenceIn(part);
    if (name === undefined) return part;
    const found = variable(name, env);
    if (found === undefined) missing.push({ path, variable: name });
    return found ?? (path.at(-2) === 'litellm_params' && path.at(-1) === 'model' ? part : undefined);
  };
  return { value: resolve(value, []), missing };
}

/** A variable that is empty is not set. */
export function variable(name: string, env: Environment): string | undefined {
  return (Object.hasOwn(env, name) ? env[name]?.trim() : undefined) || undefined;
}

export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function referenceIn(value: unknown): string | undefined {
  return typeof value === 'string' && value.startsWith(reference) ? value.slice(reference.length).trim() : undefined;
}

function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
