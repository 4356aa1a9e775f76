import { resolve } from 'node:path';
import { createGateway, type Gateway } from '@rolecall/gateway';
import { codeOf, readText } from './config-file.ts';
import { CommandError, exitCodes } from './exit-codes.ts';
import type { Io } from './io.ts';
import { untilStopped } from './until-stopped.ts';

export interface GatewayCommandOptions {
  readonly config: string;
  readonly port: number;
  readonly host: string;
  readonly insecure?: boolean | undefined;
  readonly watch: boolean;
}

/** Serves a configuration over HTTP until it is stopped, and reads it anew when it changes or on SIGHUP. */
export async function gateway({ config, port, host, insecure, watch }: GatewayCommandOptions, io: Io): Promise<number> {
  await readText(config, io, 'Name a configuration with --config, such as litellm_config.yaml; "rolecall init" writes one.');
  const logTo = { write: (line: string) => void io.stdout.write(line) };
  let server: Gateway | undefined;
  let isSound = true;
  // Before there is one and while it lets streams end, too: by itself, the signal ends a process.
  const forget = io.onHangup?.(() => void (server && reload(server, io)));
  try {
    server = await unlessWrong(createGateway({ config: resolve(io.cwd, config), insecure, watch, env: io.env, logTo }));
    for (const warning of server.warnings) io.stderr.write(`warning: ${warning}\n`);
    const { url } = await unlessWrong(server.listen(port, host), listeningAdvice);
    io.stderr.write(`Gateway running on ${url}/v1 (press Ctrl-C to quit)\nDashboard available at ${url}/ui\n`);
    await untilStopped(io.signal);
  } finally {
    if (server) isSound = await closed(server, io);
    forget?.();
  }
  return isSound ? exitCodes.fine : exitCodes.failed;
}

/** Whether all that the gateway had to write is written. */
async function closed(server: Gateway, io: Io): Promise<boolean> {
  try {
    await server.close();
    return true;
  } catch (error) {
    io.stderr.write(
      `error: something was left unwritten at the end: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    return false;
  }
}

/** A file with mistakes leaves what runs as it is. */
async function reload(server: Gateway, io: Io): Promise<void> {
  try {
    await server.reload();
  } catch (error) {
    io.stderr.write(`error: the configuration was not read anew: ${error instanceof Error ? error.message : String(error)}\n`);
  }
}

/** What is wrong with a file, an option or a port is said without a stack. */
async function unlessWrong<Value>(promise: Promise<Value>, adviceOf: Readonly<Record<string, string>> = {}): Promise<Value> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof TypeError) throw new CommandError(error.message, { cause: error });
    const advice = adviceOf[codeOf(error)];
    if (advice !== undefined) throw new CommandError(advice, { cause: error });
    throw error;
  }
}

const noSuchHost = '--host is no address of this machine. Leave it out for 127.0.0.1; 0.0.0.0 and :: are all of them.';

/** What to do when the system lets nobody listen there. */
const listeningAdvice: Readonly<Record<string, string>> = {
  EADDRINUSE: 'That port is taken. Choose another with --port; 0 takes any.',
  EACCES: 'The system keeps that port for itself. Choose one from 1024 up with --port.',
  EADDRNOTAVAIL: noSuchHost,
  ENOTFOUND: noSuchHost,
  EAI_AGAIN: noSuchHost,
};
