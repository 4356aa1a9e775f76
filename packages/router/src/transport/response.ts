/** What an exchange brought, as the `Response` that `fetch` would have made of it. */
import { decompressed } from './decompress.ts';
import type { BodyReader, Incoming, Received } from './exchange.ts';

/** How the answer was come by. */
export interface Trip {
  readonly url: string;
  readonly redirected: boolean;
}

/** How much of a body a stream holds ready, by its type: what is beyond that waits at the sender. Of JSON nobody asks for a stream. */
const light: readonly (readonly [type: RegExp, heldBytes: number])[] = [
  [/^application\/json\b/i, 0],
  [/^(?:text\/event-stream|application\/x-ndjson)\b/i, 65_536],
];

/** A `Response`. For what models answer it is a light one: the web streams of a real one cost more than all the rest of a call. */
export function responseOf(received: Received, trip: Trip): Response {
  const type = received.headers.get('content-type') ?? '';
  const known = bodiless.has(received.status) ? undefined : light.find(([pattern]) => pattern.test(type));
  return known ? new LightResponse(received, trip, known[1]) : fullResponse(received, trip);
}

/** The body of a light response as it comes, without a stream in between; `undefined` when it can only be had as a stream. */
export function incomingOf(response: Response): Incoming | undefined {
  return response instanceof LightResponse ? response.incoming() : undefined;
}

const bodiless = new Set([204, 205, 304]);

/** Reads what nobody asked for, so that the connection can be used again. */
export const nobody: BodyReader = { piece() {}, end() {}, fail() {} };

function fullResponse({ status, statusText, headers, body }: Received, trip: Trip): Response {
  const isBodiless = bodiless.has(status);
  if (isBodiless) body.read(nobody);
  return responseWith(
    isBodiless ? null : webStream(decompressed(body, headers), heldBytes),
    { status, statusText, headers },
    trip,
  );
}

/** A response made by hand has no address. */
function responseWith(body: ReadableStream | null, init: ResponseInit, { url, redirected }: Trip): Response {
  return Object.defineProperties(new Response(body, init), { url: { value: url }, redirected: { value: redirected } });
}

/** What comes from a socket is shared with no other thread. */
type Bytes = Uint8Array<ArrayBuffer>;

/** What is beyond this waits at the sender. */
const heldBytes = 65_536;

/** Begins to read when it has room, or someone is waiting. */
function webStream(body: Incoming, highWaterMark: number): ReadableStream<Bytes> {
  let isReading = false;
  const pull = (controller: ReadableStreamDefaultController<Bytes>): void => {
    if (isReading) return body.resume();
    isReading = true;
    body.read({
      piece(bytes) {
        controller.enqueue(bytes as Bytes);
        if ((controller.desiredSize ?? 0) <= 0) body.pause();
      },
      end: () => controller.close(),
      fail: (error) => controller.error(error),
    });
  };
  const cancel = (reason: unknown): void => body.cancel(reason);
  return new ReadableStream({ pull, cancel }, { highWaterMark, size: (bytes) => bytes.byteLength });
}

/** Reads its body straight from the connection. What it cannot do itself, a real `Response` does that is made when asked. */
class LightResponse implements Response {
  readonly type = 'basic';
  readonly #received: Received;
  readonly #trip: Trip;
  readonly #highWaterMark: number;
  #stream: ReadableStream<Bytes> | undefined;
  #full: Response | undefined;
  #isRead = false;

  constructor(received: Received, trip: Trip, highWaterMark: number) {
    this.#received = received;
    this.#trip = trip;
    this.#highWaterMark = highWaterMark;
  }

  incoming(): Incoming | undefined {
    return this.#stream || this.#full ? undefined : this.#incoming();
  }

  get status(): number {
    return this.#received.status;
  }

  get statusText(): string {
    return this.#received.statusText;
  }

  get ok(): boolean {
    return this.status >= 200 && this.status <= 299;
  }

  get headers(): Headers {
    return this.#received.headers;
  }

  get url(): string {
    return this.#trip.url;
  }

  get redirected(): boolean {
    return this.#trip.redirected;
  }

  get bodyUsed(): boolean {
    return this.#isRead || (this.#full?.bodyUsed ?? false);
  }

  /** Some SDKs only hold on to it: until it is read, the bytes can still be had without it. */
  get body(): Response['body'] {
    return this.#full ? this.#full.body : (this.#stream ??= webStream(this.#incoming(), this.#highWaterMark));
  }

  async text(): Promise<string> {
    if (this.#full) return await this.#full.text();
    const text = (await this.#bytes()).toString('utf8'); // several times as fast as a `TextDecoder`
    return text.startsWith('\uFEFF') ? text.slice(1) : text;
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return await this.#real().arrayBuffer();
  }

  /** Node has it since 22.3. */
  async bytes(): Promise<Bytes> {
    return new Uint8Array(await this.arrayBuffer());
  }

  async blob(): ReturnType<Response['blob']> {
    return await this.#real().blob();
  }

  async formData(): ReturnType<Response['formData']> {
    return await this.#real().formData();
  }

  clone(): Response {
    return this.#real().clone();
  }

  #real(): Response {
    if (this.#isRead) throw used();
    return (this.#full ??= responseWith(this.body, this.#received, this.#trip));
  }

  #bytes(): Promise<Buffer> {
    const pieces: Uint8Array[] = [];
    return new Promise((resolve, reject) => {
      this.#incoming().read({
        piece: (bytes) => void pieces.push(bytes),
        end: () => resolve(pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces)),
        fail: reject,
      });
    });
  }

  /** The body, for one reader. */
  #incoming(): Incoming {
    const { body, headers } = this.#received;
    let source: Incoming = body;
    const read = (reader: BodyReader): void => {
      if (this.#isRead) return reader.fail(used());
      this.#isRead = true;
      source = decompressed(body, headers);
      source.read(reader);
    };
    return { read, pause: () => source.pause(), resume: () => source.resume(), cancel: (reason) => source.cancel(reason) };
  }
}

function used(): TypeError {
  return new TypeError('Body is unusable: Body has already been read');
}
