/** The two ways to ask: through a client of our own, which an abort cuts off, or through the user's. */
import { ModelError } from '../errors.ts';
import { type Facts, isSimulated } from './http.ts';
import { loadSdk } from './load-sdk.ts';
import { type OllamaChunk, readLines, type TakeChunk } from './ollama-answer.ts';
import type { OllamaChatBody } from './ollama-chat.ts';
import { explainMessage } from './ollama-errors.ts';

/** The part of the `ollama` SDK used here: `new Ollama()` fits, and so does a stub. */
export interface OllamaClient {
  /** Resolves to the answer, or, asked to stream, to its pieces with an `abort()`. */
  chat(body: OllamaChatBody): Promise<object>;
}

export interface OllamaSdk {
  readonly Ollama: new (config: { host?: string; headers?: Record<string, string>; fetch: typeof fetch }) => OllamaClient;
}

/** What a call's own client has heard. */
export interface Exchange {
  response?: Response;
}

export interface Server {
  /** Finds the SDK. */
  readonly sdk: (model: string) => Promise<OllamaSdk>;
  readonly host: string | undefined;
  readonly headers: Readonly<Record<string, string>> | undefined;
  readonly fetch: typeof globalThis.fetch;
  readonly exchange: Exchange;
}

/** Loads the SDK once: to import it again for each call takes longer than the SDK does. A failure is not remembered. */
export function lazySdk(): Server['sdk'] {
  let loaded: OllamaSdk | undefined;
  // Widened, so that the SDK's types stay out: they need the DOM's, which nobody should have to have.
  // oxlint-disable-next-line typescript/no-unnecessary-type-assertion
  return async (model) => (loaded ??= await loadSdk<OllamaSdk>(model, 'ollama', () => import('ollama' as string)));
}

/** Asks through a client of this call's own: the SDK's `abort()` would end all streams of a client at once. */
export async function askServer(
  body: OllamaChatBody,
  signal: AbortSignal,
  facts: Facts,
  { sdk, host, headers, fetch, exchange }: Server,
  take: TakeChunk,
): Promise<void> {
  const { Ollama } = await sdk(facts.model);
  signal.throwIfAborted();
  const client = new Ollama({
    ...(host !== undefined && { host }),
    ...(headers && { headers: { ...headers } }),
    fetch: async (url, init) => {
      facts.sent = true;
      const response = await fetch(url, { ...init, signal });
      exchange.response = response;
      facts.simulated ||= isSimulated(response.headers);
      facts.requestId = response.headers.get('x-request-id') ?? undefined;
      return response.ok ? response : asJson(response);
    },
  });
  const answer = await client.chat(body);
  if (body.stream && exchange.response) await readLines(exchange.response, facts, take);
  else await take(answer);
}

/** An error as Ollama itself would send it: of any other, a proxy's page for one, the SDK prints to the console. */
async function asJson(response: Response): Promise<Response> {
  const text = await response.text();
  const error = errorIn(text) ?? 'the server gave no reason';
  return Response.json({ error }, { status: response.status });
}

function errorIn(text: string): string | undefined {
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    return typeof error === 'string' ? error : undefined;
  } catch {
    return undefined; // not Ollama's words
  }
}

/** Asks through the user's own client, which shows no response and takes no signal. */
export async function askClient(
  client: OllamaClient,
  body: OllamaChatBody,
  signal: AbortSignal,
  facts: Facts,
  take: TakeChunk,
): Promise<void> {
  facts.sent = true;
  const answer = (await client.chat(body)) as OllamaChunk | Pieces;
  if (!(Symbol.asyncIterator in answer)) return take(answer);
  for await (const chunk of pieces(answer, signal, facts)) await take(chunk);
}

type Pieces = AsyncIterable<OllamaChunk> & { readonly abort?: () => void };

/** An abort ends this stream; the SDK's iterator throws plain errors. */
async function* pieces(stream: Pieces, signal: AbortSignal, facts: Facts): AsyncGenerator<OllamaChunk, void, void> {
  const stop = (): void => stream.abort?.();
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    yield* stream;
  } catch (error) {
    throw explainIterator(error, facts);
  }
}

/** The server's words, or the SDK's own for a stream that ends without `done`. */
function explainIterator(error: unknown, facts: Facts): unknown {
  if (!(error instanceof Error) || error.constructor !== Error) return error;
  if (!/did not receive done/i.test(error.message)) return explainMessage(error.message, facts, { cause: error });
  return new ModelError('stream_cut', {
    model: facts.model,
    reason: 'the answer ended early',
    cause: error,
    possiblyBilled: true,
  });
}
