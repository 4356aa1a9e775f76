/** An option that does not exist is refused, as one without effect would be: a slip, or the word of another library. */
import { requireObject } from './check.ts';

/** The names there are: the compiler asks for each of them, and for no other. */
export type OptionNames<Options> = Readonly<Record<keyof Options, true>>;

/** `elsewhere` says what stands in the place of names that are known from somewhere else. */
export function requireOptions<Options extends object>(
  owner: string,
  options: Options,
  names: OptionNames<NoInfer<Options>>,
  elsewhere: Readonly<Record<string, string>> = {},
): void {
  requireObject(owner, 'options', options);
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(names, name)) throw new TypeError(noSuchOption(owner, name, Object.keys(names), elsewhere));
  }
}

function noSuchOption(
  owner: string,
  name: string,
  names: readonly string[],
  elsewhere: Readonly<Record<string, string>>,
): string {
  const camelCase = name.replaceAll(/_+([a-z])/gi, (_all, letter: string) => letter.toUpperCase());
  const known = Object.hasOwn(elsewhere, camelCase) ? elsewhere[camelCase] : undefined;
  const near = names.find((candidate) => isNear(camelCase.toLowerCase(), candidate.toLowerCase()));
  const advice = known === undefined ? near && ` Did you mean ${near}?` : ` In its place: ${known}.`;
  return `${owner} has no option "${name}"; it has: ${names.join(', ')}.${advice ?? ''}`;
}

/** One slip apart: what is left between the common beginning and the common end is at most two letters of each. */
function isNear(written: string, name: string): boolean {
  const shorter = Math.min(written.length, name.length);
  let start = 0;
  while (start < shorter && written[start] === name[start]) start += 1;
  let end = 0;
  while (end < shorter - start && written.at(-1 - end) === name.at(-1 - end)) end += 1;
  return start + end > 0 && Math.max(written.length, name.length) - start - end <= 2;
}
