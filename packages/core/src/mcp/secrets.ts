/** What a server says, rid of what it was given in confidence: many quote the header or the variable that they did not like. */
import { messageOf } from '../errors.ts';
import type { McpServer } from './servers.ts';

export type Hide = (text: string) => string;

/** Of what is shorter, too much else would go: numbers, flags, languages. */
const shortest = 4;

/** Puts the name of each header, variable and parameter of the address in the place of its value. */
export function hiderFor(server: McpServer): Hide {
  const secrets = valuesOf(server)
    .filter(({ value }) => value.length >= shortest)
    .toSorted((one, other) => other.value.length - one.value.length);
  const passwords = /(?<=\w:\/\/)[^\s/@]+@/g; // as in the address of a database, an argument of many servers
  return (text) =>
    secrets.reduce((left, { name, value }) => left.replaceAll(value, () => `[${name}]`), text).replaceAll(passwords, '');
}

interface Value {
  readonly name: string;
  readonly value: string;
}

function valuesOf(server: McpServer): readonly Value[] {
  if (server.command !== undefined) {
    const variables = Object.entries(server.env ?? {}).map(([name, value]) => ({ name, value }));
    return [...variables, ...secretArguments(server.args ?? [])];
  }
  const headers = Object.entries(server.headers ?? {}).flatMap(([name, value]) => [
    { name, value },
    { name, value: value.replace(/^\S+\s+/, '') }, // what comes after `Bearer`
  ]);
  return [...headers, ...[...new URL(server.url).searchParams].map(([name, value]) => ({ name, value }))];
}

/** As in `--api-key=…` and `--api-key …`. */
const secretFlag = /^--?[\w-]*(?:key|token|secret|password)[\w-]*$/i;

function secretArguments(args: readonly string[]): readonly Value[] {
  return args.flatMap((arg, index) => {
    const [name = '', ...rest] = arg.split('=');
    if (!secretFlag.test(name)) return [];
    return [{ name, value: rest.length > 0 ? rest.join('=') : (args[index + 1] ?? '') }];
  });
}

const longestMessage = 2_000;

/** The same error and what is right behind it, in words that may be shown; fields in which a server may have said more are left out. */
export function retold(error: unknown, hide: Hide): Error {
  const { cause } = (error ?? {}) as Partial<Error>;
  return shown(error, hide, cause === undefined ? undefined : { cause: shown(cause, hide) });
}

function shown(error: unknown, hide: Hide, behind?: ErrorOptions): Error {
  const { name = 'Error', code } = (error ?? {}) as Partial<Error> & { code?: unknown };
  const text = hide(messageOf(error));
  const message = text.length > longestMessage ? `${text.slice(0, longestMessage)}…` : text;
  return Object.assign(new Error(message, behind), { name, ...(code !== undefined && { code }) });
}
