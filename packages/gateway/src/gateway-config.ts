/** What a configuration file says to the gateway: the router's options, and its own settings. */
import { readFile } from 'node:fs/promises';
import { type LoadedConfig, parseConfig } from '@rolecall/router/config';
import type { GatewaySettings } from './settings/gateway-settings.ts';
import { SettingsReader } from './settings/settings-reader.ts';
import { ownKeys } from './settings/settings-shape.ts';

export type { AlertSettings, GatewaySettings } from './settings/gateway-settings.ts';

export interface GatewayConfig {
  readonly loaded: LoadedConfig;
  readonly settings: GatewaySettings;
  readonly warnings: readonly string[];
}

export interface GatewayConfigOptions {
  /** What `os.environ/NAME` refers to. @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

/**
 * Reads a configuration file for a gateway: the router's options, and the gateway's own settings.
 *
 * @throws {TypeError} when something in it is wrong: nothing is started.
 * @throws {Error} what the file system says when the file cannot be read.
 */
export async function loadGatewayConfig(path: string, options: GatewayConfigOptions = {}): Promise<GatewayConfig> {
  return parseGatewayConfig(await readFile(path, 'utf8'), { ...options, file: path });
}

/** The same for a text. @throws {TypeError} when something in it is wrong: all mistakes, each with its line. */
export function parseGatewayConfig(
  yaml: string,
  { file = 'config', env = process.env }: GatewayConfigOptions & { readonly file?: string | undefined } = {},
): GatewayConfig {
  let settings!: GatewaySettings; // read on the way, so that its mistakes are told with the others
  const loaded = parseConfig(yaml, {
    file,
    env,
    ownKeys,
    checkOwnKeys: (own) => {
      settings = new SettingsReader(own).settings(env);
    },
  });
  return { loaded, settings, warnings: loaded.warnings };
}
