/** One entry of a file: its keys checked, and its values made options. */
import { show } from '../check.ts';
import { isPlainObject } from '../freeze.ts';
import type { Keys, Kind } from './keys.ts';
import type { YamlSource } from './yaml-source.ts';

/** What names in the files stand for. */
export interface Named {
  readonly tools: Readonly<Record<string, unknown>>;
  readonly schema: Readonly<Record<string, unknown>>;
  readonly agent: Readonly<Record<string, unknown>>;
  readonly tasks: Readonly<Record<string, unknown>>;
  readonly human: unknown;
}

/** What is collected on the way: all of it is reported at once. */
export interface Findings {
  readonly faults: string[];
  readonly ignored: string[];
}

type Read = { readonly value: unknown } | { readonly fault: string };

/** The options of an entry, or `undefined` when something is wrong with it. */
export function readEntry(
  source: YamlSource,
  entry: string,
  keys: Keys,
  named: Named,
  findings: Findings,
): Record<string, unknown> | undefined {
  const before = findings.faults.length;
  const fault = (path: readonly string[], sentence: string): void => {
    findings.faults.push(`${source.placeOf([entry, ...path])}: ${sentence}`);
  };
  const values = (source.value as Readonly<Record<string, unknown>>)[entry];
  if (!isPlainObject(values)) {
    fault([], `${entry} is ${show(values)}, and has to be a map with ${keys.required.join(', ')}`);
    return undefined;
  }
  const options: Record<string, unknown> = {};
  const givenBy = new Map<string, string>();
  for (const [written, value] of Object.entries(values)) {
    const key = written.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    const known = Object.hasOwn(keys.known, key) ? keys.known[key] : undefined;
    if (Object.hasOwn(keys.ignored, key))
      findings.ignored.push(`${source.placeOf([entry, written])}: ${written} has no effect; ${keys.ignored[key]}`);
    else if (Object.hasOwn(keys.refused, key)) fault([written], `${written} ${keys.refused[key]}`);
    else if (!known)
      fault([written], `${entry} has no option ${JSON.stringify(written)}; valid are: ${Object.keys(keys.known).join(', ')}`);
    else if (givenBy.has(known.option))
      fault([written], `${written} says the same as ${givenBy.get(known.option)}; one of them has to go`);
    else {
      givenBy.set(known.option, written);
      const read = readers[known.kind](value, named);
      if ('fault' in read) fault([written], `${written} of ${entry} ${read.fault}`);
      else if (read.value !== undefined) options[known.option] = read.value;
    }
  }
  for (const key of keys.required) if (!givenBy.has(keys.known[key]?.option ?? key)) fault([], `${entry} has no ${key}`);
  return findings.faults.length === before ? options : undefined;
}

function expected(value: unknown, valid: string): Read {
  return { fault: `is ${show(value)}, and has to be ${valid}` };
}

/** A folded text ends in a line break, which is no part of what is meant. */
function text(value: unknown): Read {
  return typeof value === 'string' && value.trim() !== '' ? { value: value.trim() } : expected(value, 'a text that is not empty');
}

function number(value: unknown): Read {
  return typeof value === 'number' ? { value } : expected(value, 'a number');
}

function flag(value: unknown): Read {
  return typeof value === 'boolean' ? { value } : expected(value, 'true or false');
}

function lookUp(name: unknown, known: Readonly<Record<string, unknown>>, what: string): Read {
  if (typeof name === 'string' && Object.hasOwn(known, name)) return { value: known[name] };
  const names = Object.keys(known);
  return { fault: `names ${show(name)}, which is not ${what}; valid are: ${names.length === 0 ? 'none' : names.join(', ')}` };
}

function listOf(value: unknown, read: (entry: unknown) => Read): Read {
  if (value === null || value === undefined) return { value: [] };
  if (!Array.isArray(value)) return expected(value, 'a list');
  const found = value.map(read);
  return found.find((entry) => 'fault' in entry) ?? { value: found.map((entry) => ('value' in entry ? entry.value : undefined)) };
}

const readers: Readonly<Record<Kind, (value: unknown, named: Named) => Read>> = {
  text,
  flag,
  number,
  seconds: (value) => (typeof value === 'number' ? { value: Math.round(value * 1_000) } : expected(value, 'a number of seconds')),
  settings: (value) => ({ value }),
  texts: (value) => listOf(value, text),
  tools: (value, { tools }) => listOf(value, (name) => lookUp(name, tools, 'one of the tools that loadYaml was given')),
  tasks: (value, { tasks }) => listOf(value, (name) => lookUp(name, tasks, 'an earlier task')),
  agent: (value, { agent }) => lookUp(value, agent, 'one of the agents'),
  schema: (value, { schema }) => lookUp(value, schema, 'one of the schemas that loadYaml was given'),
  human: (value, { human }) => {
    if (typeof value !== 'boolean') return expected(value, 'true or false');
    if (!value) return { value: undefined };
    return human === undefined ? { fault: 'needs somebody to ask: give loadYaml a human' } : { value: human };
  },
};
