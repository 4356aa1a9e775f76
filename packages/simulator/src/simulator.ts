import type { ScriptedAnswer } from './answers.ts';
import { checkAnswer } from './check-answer.ts';
import type { Exchange, SeenRequest } from './exchange.ts';
import { checkFault, type Fault } from './faults.ts';
import { checkFields, type FieldNames } from './field-names.ts';
import { isWait, refused } from './field-values.ts';
import { isRecord } from './json.ts';
import { OrderBook, type Ordered } from './orders.ts';
import { PromptCache } from './prompt-cache.ts';
import { ProviderServer } from './provider-server.ts';
import { providerNames, type ProviderName } from './provider.ts';
import { anthropicWire } from './wires/anthropic.ts';
import { groqWire } from './wires/groq.ts';
import { withTag } from './wires/ollama-models.ts';
import { ollamaWire } from './wires/ollama.ts';
import { openaiWire } from './wires/openai.ts';
import type { Catalog, Wire } from './wires/wire.ts';

export interface SimulatorOptions {
  /** Milliseconds before an answer begins, for every model or by model. @default 0 */
  readonly latencyMs?: number | Readonly<Record<string, number>> | undefined;
  /** Milliseconds between the chunks of a stream, for every model or by model. @default 0 */
  readonly chunkIntervalMs?: number | Readonly<Record<string, number>> | undefined;
  /** The port of each provider; 0 takes any that is free. @default 0 */
  readonly ports?: { readonly [Provider in ProviderName]?: number | undefined } | undefined;
  /** The seed of everything left to chance. @default 1 */
  readonly seed?: number | undefined;
  /** The models of a provider, any other being unknown to it. @default any model, except on Ollama: llama3.2 and mistral */
  readonly models?: { readonly [Provider in ProviderName]?: readonly string[] | undefined } | undefined;
  /** How many requests `requests` holds; the oldest go first. @default 10_000 */
  readonly maxRequests?: number | undefined;
}

/** Four providers on loopback. */
export interface Simulator {
  /** What each provider's SDK takes as its base URL or host. */
  readonly urls: Readonly<Record<ProviderName, string>>;
  /** Every request seen, in order; each is filled in as it goes on. */
  readonly requests: readonly SeenRequest[];
  /** Orders a fault. The first that fits a request strikes it. @throws {TypeError} when no fault can be like that. */
  fault(fault: Fault): Ordered;
  /** Scripts an answer. The first that fits a request is given. @throws {TypeError} when no answer can be like that. */
  answer(answer: ScriptedAnswer): Ordered;
  /** Ends a provider's connections and refuses further ones. @throws {TypeError} when there is no such provider. */
  takeDown(provider: ProviderName): Promise<void>;
  /** Opens the same port again. @throws {TypeError} when there is no such provider. */
  bringUp(provider: ProviderName): Promise<void>;
  /** Forgets faults, scripted answers, requests and cached prompts. */
  reset(): void;
  /** Ends every connection and server. */
  close(): Promise<void>;
}

const wires: Readonly<Record<ProviderName, Wire>> = {
  openai: openaiWire,
  anthropic: anthropicWire,
  groq: groqWire,
  ollama: ollamaWire,
};

/** Shown when nobody says what there is. */
const usualModels: Readonly<Record<ProviderName, readonly string[]>> = {
  openai: ['gpt-6.1-sol', 'gpt-6-luna', 'gpt-5.4-mini', 'gpt-4.1', 'gpt-4o', 'gpt-4'],
  anthropic: ['claude-opus-5-5', 'claude-sonnet-5-5', 'claude-haiku-5-5'],
  groq: ['llama-3.3-70b-versatile', 'llama-3.1-8b-instant', 'openai/gpt-oss-120b'],
  ollama: ['llama3.2', 'mistral'],
};

/**
 * Starts the HTTP of OpenAI, Anthropic, Groq and Ollama on loopback.
 *
 * @example
 * const simulator = await startSimulator();
 * const client = new OpenAI({ baseURL: simulator.urls.openai, apiKey: 'any' });
 * simulator.fault({ provider: 'openai', kind: 'status', status: 429, headers: { 'retry-after': '1' } });
 * await simulator.close();
 *
 * @throws {TypeError} when an option is not valid.
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  checkOptions(options);
  const { ports = {}, seed = 1, maxRequests = 10_000 } = options;
  const faults = new OrderBook<Fault>(seed);
  const answers = new OrderBook<ScriptedAnswer>(seed);
  const cache = new PromptCache();
  const requests: SeenRequest[] = [];
  const record = ({ seen }: Exchange): void => {
    requests.push(seen);
    if (requests.length > maxRequests) requests.shift();
  };
  const servers = byProvider((provider) => {
    const house = { ...houseOf(provider, options), cache, faults, answers };
    return new ProviderServer(house, ports[provider] ?? 0, record);
  });
  await open(servers);

  return {
    urls: byProvider((provider) => `${servers[provider].url}${provider === 'openai' ? '/v1' : ''}`),
    requests,
    fault(fault) {
      checkFault(fault);
      return faults.place(fault);
    },
    answer(answer) {
      checkAnswer(answer);
      return answers.place(answer);
    },
    takeDown: async (provider) => serverOf(servers, provider).down(),
    bringUp: async (provider) => serverOf(servers, provider).up(),
    reset() {
      for (const memory of [faults, answers, cache]) memory.clear();
      requests.length = 0;
    },
    close: () => close(servers),
  };
}

type Servers = Readonly<Record<ProviderName, ProviderServer>>;

/** @throws {TypeError} when there is no such provider. */
function serverOf(servers: Servers, provider: ProviderName): ProviderServer {
  if (Object.hasOwn(servers, provider)) return servers[provider];
  throw new TypeError(`provider is "${provider}": it must be one of ${providerNames.join(', ')}`);
}

async function open(servers: Servers): Promise<void> {
  const outcomes = await Promise.allSettled(Object.values(servers).map((server) => server.up()));
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  if (!failure) return;
  await close(servers); // a port was taken: leave no half of a simulator behind
  throw failure.reason;
}

async function close(servers: Servers): Promise<void> {
  await Promise.all(Object.values(servers).map((server) => server.close()));
}

/** The part of a house that no other provider shares. */
function houseOf(provider: ProviderName, { models = {}, latencyMs = 0, chunkIntervalMs = 0 }: SimulatorOptions) {
  return {
    provider,
    wire: wires[provider],
    catalog: catalogOf(provider, models[provider]),
    latencyMs: (model: string) => msFor(latencyMs, model),
    chunkIntervalMs: (model: string) => msFor(chunkIntervalMs, model),
  };
}

function byProvider<T>(make: (provider: ProviderName) => T): Readonly<Record<ProviderName, T>> {
  return { openai: make('openai'), anthropic: make('anthropic'), groq: make('groq'), ollama: make('ollama') };
}

function catalogOf(provider: ProviderName, given: readonly string[] | undefined): Catalog {
  const models = given ?? usualModels[provider];
  const loaded = new Set<string>();
  if (provider === 'ollama') {
    const tagged = new Set(models.map(withTag));
    return { models, loaded, has: (model) => tagged.has(withTag(model)) };
  }
  return { models, loaded, has: (model) => given === undefined || given.includes(model) };
}

function msFor(ms: number | Readonly<Record<string, number>>, model: string): number {
  return typeof ms === 'number' ? ms : (ms[model] ?? 0);
}

const optionNames: FieldNames<SimulatorOptions> = {
  latencyMs: true,
  chunkIntervalMs: true,
  ports: true,
  seed: true,
  models: true,
  maxRequests: true,
};

function checkOptions(options: SimulatorOptions): void {
  checkFields('startSimulator', options, optionNames);
  const { latencyMs, chunkIntervalMs, ports = {}, seed, models = {}, maxRequests } = options;
  for (const [name, value] of Object.entries({ latencyMs, chunkIntervalMs })) {
    for (const [model, ms] of isRecord(value) ? Object.entries(value) : [['', value ?? 0] as const]) {
      if (!isWait(ms)) throw refused(model === '' ? name : `${name}.${model}`, ms, 'milliseconds, 0 or more');
    }
  }
  checkProviders('ports', ports);
  checkProviders('models', models);
  for (const [provider, port] of Object.entries(ports)) {
    if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65_535))
      throw refused(`ports.${provider}`, port, 'a port, from 0 to 65535');
  }
  for (const [provider, names] of Object.entries<unknown>(models)) {
    const isList = Array.isArray(names) && names.every((name) => typeof name === 'string');
    if (names !== undefined && !isList) throw refused(`models.${provider}`, names, 'a list of texts');
  }
  if (seed !== undefined && !Number.isInteger(seed)) throw refused('seed', seed, 'a whole number');
  if (maxRequests !== undefined && !(Number.isInteger(maxRequests) && maxRequests >= 0)) {
    throw refused('maxRequests', maxRequests, 'a whole number, 0 or more');
  }
}

function checkProviders(field: string, given: unknown): void {
  if (!isRecord(given)) throw refused(field, given, 'an object by provider');
  const unknown = Object.keys(given).find((key) => !(providerNames as readonly string[]).includes(key));
  if (unknown !== undefined) throw new TypeError(`${field} names "${unknown}": a provider is one of ${providerNames.join(', ')}`);
}
