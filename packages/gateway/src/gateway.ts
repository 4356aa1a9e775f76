import { CostTracker } from '@rolecall/cost-tracker';
import { createRouter, type Router } from '@rolecall/router';
import { type GatewayConfig, loadGatewayConfig } from './gateway-config.ts';
import { checkGatewayOptions } from './gateway-options.ts';
import type { GatewayParts } from './gateway-parts.ts';
import { routeFinder } from './http/find-route.ts';
import { type Address, drain, listenOn } from './http/listening.ts';
import { createHttpServer, type HttpLayer } from './http/server.ts';
import { createParts, type PartsOptions } from './parts.ts';
import { watchConfig } from './reload/watch-config.ts';
import type { House } from './routes/model-call.ts';
import { Offer } from './routes/offer.ts';
import { dialectOf, modelRoutes } from './routes/table.ts';
import type { GatewaySettings } from './settings/gateway-settings.ts';
import { embeddingPlaces } from './wire/embedding-places.ts';
import { relayedModels } from './wire/relayed-models.ts';

export interface GatewayOptions {
  /** The path of a configuration file: LiteLLM's YAML, with our sections. */
  readonly config: string;
  /** Without a master key, listens on other addresses than loopback as well. @default false */
  readonly insecure?: boolean | undefined;
  /** Reads the file anew when it changes. @default false */
  readonly watch?: boolean | undefined;
  /** What `os.environ/NAME` refers to. @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Where the log goes: whole lines, one or several at a time. @default process.stdout */
  readonly logTo?: PartsOptions['logTo'];
  /** How long a reader of a stream may take nothing before it is given up, in milliseconds. @default 120_000 */
  readonly stallMs?: number | undefined;
}

/** A router over HTTP. */
export interface Gateway {
  /** What was to be said about the configuration, each with its file and line. */
  readonly warnings: readonly string[];
  /** Where it listens, once it does. */
  readonly address: Address | undefined;
  /** The ledger of all calls. */
  readonly tracker: GatewayParts['tracker'];
  /**
   * Begins to listen. A port of 0 is any that is free.
   *
   * @throws {TypeError} when the host is not loopback, and there is no master key.
   */
  listen(port: number, host?: string): Promise<Address>;
  /**
   * Reads the configuration anew. Requests under way end as they began.
   *
   * @throws {TypeError} when something in it is wrong: what runs goes on as it is.
   */
  reload(): Promise<void>;
  /** Takes no more requests, lets those under way end within `graceMs`, and lets go of everything. */
  close(options?: CloseOptions): Promise<void>;
}

export interface CloseOptions {
  /** Milliseconds after which what is still under way is cut. @default what the configuration says: `drain_seconds`, or 30_000 */
  readonly graceMs?: number | undefined;
}

/**
 * Makes a gateway out of a configuration file.
 *
 * @example
 * const gateway = await createGateway({ config: './litellm_config.yaml' });
 * const { url } = await gateway.listen(4000);
 * console.log(`OpenAI's API is at ${url}/v1`);
 *
 * @throws {TypeError} when an option is wrong, or something in the file: all its mistakes, each with its line.
 */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  checkGatewayOptions(options);
  const first = await loadGatewayConfig(options.config, { env: options.env });
  const { insecure, logTo } = options;
  CostTracker.warm(); // or else the first call would wait for the price table
  const parts = await createParts({ settings: first.settings, config: first.loaded.options, insecure, logTo });
  try {
    return new RunningGateway(options, parts, first);
  } catch (error) {
    await parts.close(); // a connection that is left open holds the process
    throw error;
  }
}

class RunningGateway implements Gateway {
  warnings: readonly string[] = [];
  address: Address | undefined;
  readonly tracker: GatewayParts['tracker'];
  readonly #options: GatewayOptions;
  readonly #parts: GatewayParts;
  readonly #http: HttpLayer;
  readonly #watcher: ReturnType<typeof watchConfig> | undefined;
  #settings: GatewaySettings;
  #house: House;
  #closing: Promise<void> | undefined;
  #reloading: Promise<void> = Promise.resolve();

  constructor(options: GatewayOptions, parts: GatewayParts, first: GatewayConfig) {
    this.#options = options;
    this.#parts = parts;
    this.tracker = parts.tracker;
    this.#settings = first.settings;
    this.#house = this.#houseOf(first);
    this.#takeOver(first, this.#house);
    this.#http = createHttpServer({
      find: routeFinder([...modelRoutes(() => this.#house), ...parts.routes]),
      admit: (request, area) => parts.admit(request, area),
      problemBody: (problem, path, callId) => dialectOf(path).problem(problem, callId),
      onRefusal: (refused) => parts.onRefusal(refused),
      maxBodyBytes: () => this.#settings.maxBodyBytes,
    });
    const again = (): void => void this.reload().catch(() => undefined); // it is on record
    this.#watcher = options.watch ? watchConfig(options.config, again) : undefined;
  }

  async listen(port: number, host = '127.0.0.1'): Promise<Address> {
    this.#parts.mayListenOn(host);
    this.address = await listenOn(this.#http.server, port, host);
    return this.address;
  }

  /** One after the other, so that what was read last is what holds. */
  reload(): Promise<void> {
    const reloading = this.#reloading.then(() => this.#reload());
    this.#reloading = reloading.catch(() => undefined); // told to whoever asked for it
    return reloading;
  }

  async #reload(): Promise<void> {
    if (this.#closing) return; // it has served its time
    try {
      const read = await loadGatewayConfig(this.#options.config, { env: this.#options.env });
      const house = this.#houseOf(read); // before anything is changed: it may be refused
      this.#parts.reconfigure(read.settings, read.loaded.options);
      this.#takeOver(read, house);
    } catch (error) {
      this.#parts.reloaded(error instanceof Error ? error : new Error(String(error)));
      throw error;
    }
    this.#parts.reloaded('ok');
  }

  #takeOver({ settings, warnings, loaded }: GatewayConfig, house: House): void {
    this.#settings = settings;
    this.warnings = warnings;
    this.#house = house;
    this.#parts.onRouter(house.router, loaded.options);
  }

  close({ graceMs = this.#settings.drainMs }: CloseOptions = {}): Promise<void> {
    this.#closing ??= this.#close(graceMs);
    return this.#closing;
  }

  async #close(graceMs: number): Promise<void> {
    this.#watcher?.close();
    this.#parts.draining();
    await drain(this.#http, graceMs);
    await this.#parts.close();
  }

  #houseOf({ loaded, settings }: GatewayConfig): House {
    const options = this.#parts.routerOptions(loaded.options);
    const embeddings = embeddingPlaces(options.models, loaded.file);
    const router: Router = createRouter({ ...options, models: relayedModels(options, this.#parts, embeddings) });
    const { stallMs = 120_000 } = this.#options;
    const { litellmErrors, litellmHeaders, dropsParams } = settings;
    return {
      parts: this.#parts,
      router,
      offer: new Offer(options, { hidden: hiddenAliases(loaded.file), embeddings, litellmErrors, dropsParams }),
      stallMs,
      litellmHeaders,
    };
  }
}

/** Aliases that can be asked for, and are not to be listed. */
function hiddenAliases(file: Readonly<Record<string, unknown>>): ReadonlySet<string> {
  const { model_group_alias: aliases = {} } = (file['router_settings'] ?? {}) as { readonly model_group_alias?: object };
  return new Set(
    Object.entries(aliases).flatMap(([alias, of]) => ((of as { hidden?: unknown } | null)?.hidden === true ? [alias] : [])),
  );
}
