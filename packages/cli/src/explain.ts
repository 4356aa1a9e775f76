import { createRouter } from '@rolecall/router';
import { type ConfigOptions, didYouMean } from '@rolecall/router/config';
import { printWarnings, readConfig } from './config-file.ts';
import { exitCodes } from './exit-codes.ts';
import type { Io } from './io.ts';

export interface ExplainOptions {
  readonly role?: string | undefined;
  readonly model?: string | undefined;
  readonly prompt?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly json?: boolean | undefined;
}

/** Says who would be asked, and why each other would not. Asks nobody. */
export async function explain(path: string, options: ExplainOptions, io: Io): Promise<number> {
  const config = await readConfig(path, io);
  printWarnings(config, io);
  const { role, model, prompt, tags } = options;
  if (role !== undefined && model === undefined) warnOfStandIn(role, config.options, io);
  const explanation = createRouter(config.options).explain({
    role,
    model,
    messages: prompt === undefined ? [] : [{ role: 'user', content: prompt }],
    labels: { tags },
  });
  io.stdout.write(options.json ? `${JSON.stringify(explanation, undefined, 2)}\n` : `${explanation.text}\n`);
  return explanation.chain.some(({ pick }) => pick) ? exitCodes.fine : exitCodes.failed;
}

/** The default role serves whoever is not listed: a misspelt role, too. */
function warnOfStandIn(role: string, { roles = {} }: ConfigOptions, { stderr }: Io): void {
  const names = Object.keys(roles);
  if (names.includes(role) || !names.includes('default')) return;
  stderr.write(
    `warning: there is no role "${role}" in the file, so "default" stands in; there are: ${names.join(', ')}.${didYouMean(role, names)}\n`,
  );
}
