/** One entry of a file: its keys checked, and its values made options. */
import { show } from '../check.ts';
import { isPlainObject } from '../freeze.ts';
import type { Key, Keys, Kind } from './keys.ts';
import type { YamlSource } from './yaml-source.ts';

/** What names in the files stand for. */
export interface Named {
  readonly tools: ReadonlyMap<string, unknown>;
  readonly schema: ReadonlyMap<string, unknown>;
  /** With `undefined` for one that has faults, which are told already, as in `tasks`. None is known where the file cannot be read. */
  readonly agent: ReadonlyMap<string, unknown> | undefined;
  /** The earlier ones. */
  readonly tasks: ReadonlyMap<string, unknown>;
  readonly human: unknown;
}

/** What is collected on the way: all of it is reported at once. */
export interface Findings {
  readonly faults: string[];
  readonly ignored: string[];
}

/** What is wrong with one item of a list has its own place. */
interface Fault {
  readonly sentence: string;
  readonly index?: number | undefined;
}

type Read = { readonly value: unknown } | { readonly faults: readonly Fault[] };

/** The entries of one file, and the way to make something of each. */
export interface Entries<Made> {
  readonly source: YamlSource;
  readonly keys: Keys;
  /** @throws {TypeError} when an option is not valid. */
  readonly make: (name: string, options: Readonly<Record<string, unknown>>) => Made;
  /** Stand in for the options that an entry has to have, while its others are tried one by one. */
  readonly fillers: Readonly<Record<string, string>>;
}

/** What is made of an entry, or `undefined` when something is wrong with it. */
export function readEntry<Made>(entries: Entries<Made>, name: string, named: Named, findings: Findings): Made | undefined {
  const before = findings.faults.length;
  const options = readOptions(entries, name, named, findings);
  if (findings.faults.length > before) return undefined;
  const tried = attempt(() => entries.make(name, options));
  if ('made' in tried) return tried.made;
  findings.faults.push(`${entries.source.placeOf([name])}: ${tried.refusal}`); // of options that do not go together
  return undefined;
}

function attempt<Made>(make: () => Made): { readonly made: Made } | { readonly refusal: string } {
  try {
    return { made: make() };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return { refusal: error.message };
  }
}

function readOptions(entries: Entries<unknown>, entry: string, named: Named, findings: Findings): Record<string, unknown> {
  const { source, keys } = entries;
  const fault = (path: readonly (string | number)[], sentence: string): void => {
    findings.faults.push(`${source.placeOf([entry, ...path])}: ${sentence}`);
  };
  const values = (source.value as Readonly<Record<string, unknown>>)[entry];
  if (!isPlainObject(values)) {
    fault([], `${entry} is ${show(values)}, and has to be a map with ${keys.required.join(', ')}`);
    return {};
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
      const read = readOption(entries, { entry, written, known }, value, named);
      if ('value' in read) options[known.option] = read.value;
      else for (const { sentence, index } of read.faults) fault(index === undefined ? [written] : [written, index], sentence);
    }
  }
  for (const key of keys.required) if (!givenBy.has(keys.known[key]?.option ?? key)) fault([], `${entry} has no ${key}`);
  return options;
}

interface Place {
  readonly entry: string;
  readonly written: string;
  readonly known: Key;
}

/** What an option is refused for is told at its own line, and so the option is tried beside nothing but fillers. */
function readOption({ make, fillers }: Entries<unknown>, { entry, written, known }: Place, value: unknown, named: Named): Read {
  const read = readers[known.kind](value, named);
  if ('faults' in read) {
    return { faults: read.faults.map(({ sentence, index }) => ({ sentence: `${written} of ${entry} ${sentence}`, index })) };
  }
  const tried = attempt(() => make(entry, { ...fillers, [known.option]: read.value }));
  return 'refusal' in tried ? wrong(tried.refusal) : read;
}

function wrong(sentence: string): Read {
  return { faults: [{ sentence }] };
}

function expected(value: unknown, valid: string): Read {
  return wrong(`is ${show(value)}, and has to be ${valid}`);
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

function lookUp(written: unknown, known: ReadonlyMap<string, unknown>, what: string): Read {
  const name = typeof written === 'number' ? String(written) : written; // as a key of a map it is a text
  if (typeof name === 'string' && known.has(name)) return { value: known.get(name) };
  const names = [...known.keys()];
  return wrong(`names ${show(name)}, which is not ${what}; valid are: ${names.length === 0 ? 'none' : names.join(', ')}`);
}

function listOf(value: unknown, read: (entry: unknown) => Read): Read {
  if (value === null || value === undefined) return { value: [] };
  if (!Array.isArray(value)) return expected(value, 'a list');
  const found = value.map(read);
  const faults = found.flatMap((item, index) => ('faults' in item ? item.faults.map((fault) => ({ ...fault, index })) : []));
  if (faults.length > 0) return { faults };
  return { value: found.flatMap((item) => ('value' in item && item.value !== undefined ? [item.value] : [])) };
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
  agent: (value, { agent }) => (agent ? lookUp(value, agent, 'one of the agents') : { value: undefined }),
  schema: (value, { schema }) => lookUp(value, schema, 'one of the schemas that loadYaml was given'),
  human: (value, { human }) => {
    if (typeof value !== 'boolean') return expected(value, 'true or false');
    if (!value) return { value: undefined };
    return human === undefined ? wrong('needs somebody to ask: give loadYaml a human') : { value: human };
  },
};
