import { resolve } from 'node:path';
import { createGateway } from '@rolecall/gateway';
import { codeOf, readText } from './config-file.ts';
import { CommandError, exitCodes } from './exit-codes.ts';
import type { Io } from './io.ts';
import { untilStopped } from './until-stopped.ts';

export interface GatewayCommandOptions {
  readonly config: string;
  readonly port: number;
  readonly host: string;
}

/** Serves a configuration over HTTP until it is stopped. */
export async function gateway({ config, port, host }: GatewayCommandOptions, io: Io): Promise<number> {
  await readText(config, io, 'Name a configuration with --config, such as litellm_config.yaml; "rolecall init" writes one.');
  const server = await unlessWrong(createGateway({ config: resolve(io.cwd, config) }));
  try {
    const address = await unlessWrong(server.listen(port, host));
    const url = `http://${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
    io.stdout.write(`Gateway running on ${url}/v1 (press Ctrl-C to quit)\nDashboard available at ${url}/ui\n`);
    await untilStopped(io.signal);
  } finally {
    await server.close();
  }
  return exitCodes.fine;
}

/** What is wrong with a file, an option or a port is said without a stack. */
async function unlessWrong<Value>(promise: Promise<Value>): Promise<Value> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof TypeError) throw new CommandError(error.message, { cause: error });
    if (codeOf(error) === 'EADDRINUSE')
      throw new CommandError('That port is taken. Choose another with --port; 0 takes any.', { cause: error });
    throw error;
  }
}
