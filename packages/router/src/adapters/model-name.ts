import { shown } from '../options-check.ts';

/**
 * `provider/model`: what prices and traces are keyed by.
 *
 * @throws {TypeError}
 */
export function nameOf(provider: string, id: string): string {
  if (typeof id !== 'string' || id === '')
    throw new TypeError(`The model id is ${shown(id)}: expected the model's name at ${provider}.`);
  if (typeof provider !== 'string' || !/^[^/\s]+$/.test(provider)) {
    throw new TypeError(`provider is ${shown(provider)}: expected one word without a slash.`);
  }
  return `${provider}/${id}`;
}
