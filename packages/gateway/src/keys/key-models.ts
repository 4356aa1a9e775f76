/** What a key may name among its `models`. */
import { didYouMean } from '@rolecall/router/config';

const everything = ['*', 'all-proxy-models', 'role:*'];

/** Why a key may not name it: there is neither a model, an alias, a deployment nor a role of that name. */
export function noSuchModel(name: string, names: ReadonlySet<string>): string | undefined {
  const [model = name] = name.split('#'); // gpt-4#2 is a deployment
  if (everything.includes(name) || names.has(model) || isServedByDefault(name, names)) return undefined;
  const there = [...names];
  return `is ${JSON.stringify(name.slice(0, 100))}, which names no model; there are: ${there.join(', ')}.${didYouMean(name.slice(0, 100), there)}`;
}

/** The default role serves whoever is not listed. */
export function isServedByDefault(name: string, names: ReadonlySet<string>): boolean {
  return name.startsWith('role:') && name !== 'role:*' && !names.has(name) && names.has('role:default');
}
