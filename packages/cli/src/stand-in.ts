import { type ConfigOptions, didYouMean } from '@rolecall/router/config';
import type { Io } from './io.ts';

interface Asked {
  readonly role?: string | undefined;
  readonly model?: string | undefined;
}

/** The default role serves whoever is not listed: a misspelt role, too. */
export function warnOfStandIn({ role, model }: Asked, { roles = {} }: ConfigOptions, { stderr }: Io): void {
  const names = Object.keys(roles);
  if (role === undefined || model !== undefined || names.includes(role) || !names.includes('default')) return;
  stderr.write(
    `warning: there is no role "${role}" in the file, so "default" stands in; there are: ${names.join(', ')}.${didYouMean(role, names)}\n`,
  );
}
