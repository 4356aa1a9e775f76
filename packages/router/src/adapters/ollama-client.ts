/** The two ways to ask: through a client of our own, which an abort cuts off, or through the user's. */
import type { Cancellation } from '../cancellation.ts';
import { ModelError } from '../errors.ts';
import { type CallEnding, initEndedBy } from '../transport/cancelled-by.ts';
import { parseObject } from './answer.ts';
import { type Facts, isSimulated } from './http.ts';
import { loadSdk } from './load-sdk.ts';
import { type OllamaChunk, readLines, type TakeChunk } from './ollama-answer.ts';
import type { OllamaChatBody } from './ollama-chat.ts';
import { explainMessage } from './ollama-errors.ts';
import { type Repeats, sendFailure } from './repeats.ts';
import { StatusError } from './status-error.ts';

/** The part of the `ollama` SDK used here: `new Ollama()` fits, and so does a stub. */
export interface OllamaClient {
  /** Resolves to the answer, or, asked to stream, to its pieces with an `abort()`. */
  chat(body: OllamaChatBody): Promise<object>;
}

export interface OllamaSdk {
  readonly Ollama: new (config: { host?: string; headers?: Record<string, string>; fetch: typeof fetch }) => OllamaClient;
}

/** What the client that a call has to itself must know of it. */
interface ServerCall {
  readonly ending: CallEnding;
  readonly streamAsked: boolean;
  response?: Response;
}

export interface Server {
  /** Finds the SDK. */
  readonly sdk: (model: string) => Promise<OllamaSdk>;
  readonly host: string | undefined;
  readonly headers: Readonly<Record<string, string>> | undefined;
  readonly requests: Repeats;
  /** Those that serve no call now. */
  readonly idle: OwnClient[];
}

/** A client, and the call it serves. */
interface OwnClient {
  readonly client: OllamaClient;
  call: ServerCall;
}

/** Loads the SDK once: to import it again for each call takes longer than the SDK does. A failure is not remembered. */
export function lazySdk(): Server['sdk'] {
  let loaded: OllamaSdk | undefined;
  // Widened, so that the SDK's types stay out: they need the DOM's, which nobody should have to have.
  // oxlint-disable-next-line typescript/no-unnecessary-type-assertion
  return async (model) => (loaded ??= await loadSdk<OllamaSdk>(model, 'ollama', () => import('ollama' as string)));
}

/** Asks through a client of our own. As with the other adapters, the SDK sends and the answer is read here. */
export async function askServer(
  body: OllamaChatBody,
  cancellation: Cancellation,
  facts: Facts,
  server: Server,
  take: TakeChunk,
): Promise<void> {
  const { Ollama } = await server.sdk(facts.model);
  cancellation.throwIfAborted();
  facts.sent = true;
  const streamAsked = body.stream === true;
  const viaSdk = (ending: CallEnding): Promise<Response> => askSdk(Ollama, server, body, { ending, streamAsked });
  const isSdks = body.messages?.some((message) => 'images' in message); // it writes bytes as base64
  const response = await (isSdks
    ? viaSdk({ signal: cancellation.signal })
    : server.requests.ask(`chat ${streamAsked}`, body, cancellation, viaSdk));
  facts.simulated ||= isSimulated(response.headers);
  facts.requestId = response.headers.get('x-request-id') ?? undefined;
  if (streamAsked) return await readLines(response, facts, take);
  await take(parseObject(await response.text(), facts));
}

/**
 * Through a client that this call has to itself: the SDK's `abort()` would end all streams of a client at once. One that gave a plain
 * answer serves the next call, as making one takes as long as the rest of what the SDK does.
 */
async function askSdk(Ollama: OllamaSdk['Ollama'], server: Server, body: OllamaChatBody, call: ServerCall): Promise<Response> {
  const own = (call.streamAsked ? undefined : server.idle.pop()) ?? newClient(Ollama, server, call);
  own.call = call;
  await own.client.chat(body);
  if (!call.streamAsked) server.idle.push(own);
  if (!call.response) throw new Error('the SDK of Ollama sent nothing');
  return call.response;
}

function newClient(Ollama: OllamaSdk['Ollama'], { host, headers, requests }: Server, call: ServerCall): OwnClient {
  const client = new Ollama({
    ...(host !== undefined && { host }),
    ...(headers && { headers: { ...headers } }),
    fetch: async (url, init) => {
      const { ending, streamAsked } = own.call;
      const response = await requests.fetch(url, initEndedBy(init, ending)).catch((error: unknown) => {
        throw sendFailure(error); // the SDK would throw it as it is
      });
      if (!response.ok) throw new StatusError(response, await response.text().catch(() => ''));
      own.call.response = response;
      return streamAsked ? response : Response.json({}); // its stream it leaves alone until somebody asks for it
    },
  });
  const own: OwnClient = { client, call };
  return own;
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
