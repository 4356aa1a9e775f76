/** What may stand in the options of an adapter: what they have in common here, what is its own beside it. */
import { aFunction, checkOptions, hasPassword, type Rule, someHeaders } from '../options-check.ts';

export const aText: Rule = { valid: 'a string', holds: (value) => typeof value === 'string' };
export const aFlag: Rule = { valid: 'true or false', holds: (value) => typeof value === 'boolean' };
const aWord: Rule = { valid: 'one word without a slash', holds: (value) => typeof value === 'string' && /^[^/\s]+$/.test(value) };
const common: Readonly<Record<string, Rule>> = {
  headers: someHeaders,
  fetch: aFunction,
  simulated: aFlag,
};

/** Of those whose vendor wants a key. */
export const hosted: Readonly<Record<string, Rule>> = {
  apiKey: aText,
  baseURL: {
    valid: 'a URL without a password; headers can carry one',
    holds: (value) => typeof value === 'string' && !hasPassword(value),
  },
};
/** Of those that others stand in for. */
export const standIn: Readonly<Record<string, Rule>> = { provider: aWord, local: aFlag };

const memberOf = (value: unknown, name: string): unknown =>
  (value as Readonly<Record<string, unknown>> | null | undefined)?.[name];

/** `path`: the method of a client that is called, as `chat.completions.create`. */
export function aClient(path: string): Rule {
  return { valid: `a client with ${path}()`, holds: (value) => typeof path.split('.').reduce(memberOf, value) === 'function' };
}

/** @throws {TypeError} when an option is not what it should be. */
export function checkAdapter(owner: string, options: object, own: Readonly<Record<string, Rule>>): void {
  checkOptions(owner, options, { ...common, ...own });
}
