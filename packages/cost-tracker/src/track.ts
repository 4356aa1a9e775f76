import { tapFetch, type TapOptions } from './tap/fetch.ts';
import type { Observation } from './tap/observation.ts';
import type { TrackOptions } from './tap/request.ts';
import type { Book } from './book.ts';

export type { TrackOptions };

type Fetch = typeof globalThis.fetch;

/** What the SDKs of OpenAI, Anthropic and Groq have in common. */
interface StainlessClient {
  readonly fetch: Fetch;
  /** Milliseconds. */
  readonly timeout?: unknown;
  withOptions(options: object): StainlessClient;
}

/** The SDK of Ollama keeps its `fetch`, its settings, and the streams that are under way. */
interface OllamaClient {
  readonly fetch: Fetch;
  readonly config: object;
  readonly ongoingStreamedRequests: readonly unknown[];
}

const optionNames: ReadonlySet<string> = new Set<keyof TrackOptions>(['provider', 'local', 'includeUsage']);

/** Makes tracked copies of clients, and knows them again. */
export class ClientTracker {
  readonly #book: Book;
  readonly #tapped = new WeakSet<Fetch>();
  /** An answer that nobody reads has no end: it has its row when nobody can read it any more. */
  readonly #forgotten: FinalizationRegistry<Observation>;

  constructor(book: Book) {
    this.#book = book;
    this.#forgotten = new FinalizationRegistry((observation) => {
      try {
        observation.finish('unread');
      } catch (error) {
        book.fault(error);
      }
    });
  }

  /** @throws {TypeError} when it is no client that can be tracked, or an option is not what it should be. */
  track<Client extends object>(client: Client, options: TrackOptions): Client {
    checkOptions(options);
    const kind = kindOf(client);
    if (kind === undefined) {
      throw new TypeError('track: not a client of openai, @anthropic-ai/sdk, groq-sdk or ollama; a model goes to wrap(model)');
    }
    const { fetch } = client as unknown as { readonly fetch: Fetch };
    if (this.#tapped.has(fetch)) return client;

    this.#book.tracksClients = true;
    const tap: TapOptions = { ...options, throwsAsIs: kind === 'ollama', timeoutMs: undefined, forgotten: this.#forgotten };
    return kind === 'ollama'
      ? copyOf(client, this.#tap(fetch, tap))
      : (this.#copyOfStainless(client as unknown as StainlessClient, tap) as unknown as Client);
  }

  /** What is made of it is tracked anew, with its own time limit, of which most requests say nothing; unless its `fetch` is another. */
  #copyOfStainless(client: StainlessClient, tap: TapOptions): StainlessClient {
    const { fetch, timeout } = client;
    const timeoutMs = typeof timeout === 'number' ? timeout : undefined;
    const copy = client.withOptions({ fetch: this.#tap(fetch, { ...tap, timeoutMs }) });
    const own = copy.withOptions.bind(copy);
    const withOptions = (changes: object = {}): StainlessClient =>
      'fetch' in changes ? own(changes) : this.#copyOfStainless(own({ ...changes, fetch }), tap);
    return Object.defineProperty(copy, 'withOptions', { value: withOptions, writable: true, configurable: true });
  }

  #tap(fetch: Fetch, options: TapOptions): Fetch {
    const tapped = tapFetch(fetch, this.#book, options);
    this.#tapped.add(tapped);
    return tapped;
  }
}

function kindOf(client: unknown): 'stainless' | 'ollama' | undefined {
  const { fetch, withOptions, config, ongoingStreamedRequests } = (client ?? {}) as Partial<StainlessClient & OllamaClient>;
  if (typeof fetch !== 'function') return undefined;
  if (typeof withOptions === 'function') return 'stainless';
  return typeof config === 'object' && Array.isArray(ongoingStreamedRequests) ? 'ollama' : undefined;
}

/** Ollama's client has no method for it: its own fields are few, and the list of streams must be the copy's own. */
function copyOf<Client extends object>(client: Client, fetch: Fetch): Client {
  const copy = Object.create(Object.getPrototypeOf(client) as object) as Client;
  return Object.assign(copy, client, { fetch, ongoingStreamedRequests: [] });
}

function checkOptions(options: TrackOptions): void {
  const unknown = Object.keys(options).find((name) => !optionNames.has(name));
  if (unknown !== undefined) throw new TypeError(`track.${unknown}: no such option; there are ${[...optionNames].join(', ')}`);
  const { provider, local, includeUsage } = options;
  if (provider !== undefined && !(typeof provider === 'string' && /^[^/\s]+$/.test(provider)))
    throw new TypeError('track.provider: expected one word without a slash, as "openai"');
  for (const [name, value] of Object.entries({ local, includeUsage })) {
    if (value !== undefined && typeof value !== 'boolean')
      throw new TypeError(`track.${name}: ${typeof value} is neither true nor false`);
  }
}
