import { createRouter } from '@rolecall/router';
import { printWarnings, readConfig } from './config-file.ts';
import { exitCodes } from './exit-codes.ts';
import type { Io } from './io.ts';
import { warnOfStandIn } from './stand-in.ts';

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
  warnOfStandIn(options, config.options, io);
  const explanation = createRouter(config.options).explain({
    role,
    model,
    messages: prompt === undefined ? [] : [{ role: 'user', content: prompt }],
    labels: { tags },
  });
  io.stdout.write(options.json ? `${JSON.stringify(explanation, undefined, 2)}\n` : `${explanation.text}\n`);
  return explanation.chain.some(({ pick }) => pick) ? exitCodes.fine : exitCodes.failed;
}
