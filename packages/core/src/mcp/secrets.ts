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
  const headers = Object.entries(server.headers ?? {}).flatMap(([name, value]) => ofHeader(name, value));
  return [...headers, ...parametersOf(new URL(server.url))];
}

/** As they are meant and as they stand in the address, which a server quotes that does not know its path. */
function parametersOf({ search }: URL): readonly Value[] {
  return search
    .slice(1)
    .split('&')
    .flatMap((pair) => {
      const [, ...written] = pair.split('=');
      return [...new URLSearchParams(pair)].flatMap(([name, value]) => [
        { name, value },
        { name, value: written.join('=') },
      ]);
    });
}

const secretName = /(?:key|token|secret|password|authorization)[\w-]*$/i;

/** As in `--api-key=…`, `--api-key …`, `-e API_KEY=…`, `--header 'Authorization: Bearer …'` and `https://host/mcp?key=…`. */
function secretArguments(args: readonly string[]): readonly Value[] {
  return args.flatMap((arg, index) => {
    if (/^https?:/.test(arg) && URL.canParse(arg)) return parametersOf(new URL(arg));
    const [, name = '', sign, value = ''] = /^([\w-]+)(?:(=|:\s*)(.*))?$/s.exec(arg) ?? [];
    if (!secretName.test(name)) return [];
    if (sign === undefined) return name.startsWith('-') ? [{ name, value: args[index + 1] ?? '' }] : [];
    return sign === '=' ? [{ name, value }] : ofHeader(name, value);
  });
}

function ofHeader(name: string, value: string): readonly Value[] {
  return [
    { name, value },
    { name, value: value.replace(/^\S+\s+/, '') }, // what comes after `Bearer`
  ];
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
