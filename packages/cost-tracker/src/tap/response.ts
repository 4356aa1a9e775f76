import { answerReaders } from './answers.ts';
import { Frames, type Framing } from './frames.ts';
import { JsonPicker } from './json-picker.ts';
import type { Observation } from './observation.ts';
import type { TappedBody } from './request.ts';
import { UsageHider, type EventEnd } from './usage-hider.ts';

/** Hears the bytes of an answer on their way to the caller, and says which of them pass. */
class Listener {
  readonly #frames: Frames;
  readonly #hider: UsageHider | undefined;
  #ends: EventEnd[] = [];
  #aboutUsage = false;

  constructor(framing: Framing, request: TappedBody, observation: Observation) {
    const answers = answerReaders[request.api];
    const { answer } = observation;
    const picker = new JsonPicker(answers.wanted, (picked) => {
      answers.take(answer, picked);
      if (framing === 'json') answer.finished = answer.complete = true; // it is there, whole
      answer.textBytes += picked.textBytes;
      if (picked.textBytes > 0 && framing !== 'json') observation.heard();
      if (answer.complete || answer.failed) observation.finish('read');
      const silent = picked.textBytes === 0 && picked.all('choices.index').length === 0;
      this.#aboutUsage = silent && typeof picked.last('usage') === 'object';
    });
    this.#frames = new Frames(framing, picker, (end, broken) => {
      if (framing === 'sse') answer.malformed ||= broken; // the client of newline-delimited JSON passes over a broken line
      this.#ends.push({ end, aboutUsage: this.#aboutUsage });
      if (answer.complete || answer.failed) observation.finish('read');
      this.#aboutUsage = false;
    });
    this.#hider = request.askingBody !== undefined && framing === 'sse' ? new UsageHider() : undefined;
  }

  pass(chunk: Uint8Array): Uint8Array {
    this.#ends = [];
    this.#frames.push(chunk);
    return this.#hider ? this.#hider.pass(chunk, this.#ends) : chunk;
  }

  /** What is left at the end of the body, which some servers forget to close with an empty line. */
  rest(): Uint8Array | undefined {
    return this.#aboutUsage ? undefined : this.#hider?.rest();
  }
}

/** What a tapped response needs. */
export interface Tap {
  readonly request: TappedBody;
  readonly observation: Observation;
  readonly guard: Guard;
  /** Told of an answer that broke off. */
  readonly failed: () => void;
  /** Hears of bodies that nobody can read any more. */
  readonly forgotten: FinalizationRegistry<Observation>;
}

/** The same response, whose body is heard as it is read. Absent when it is of a kind that cannot be made again. */
export function tapResponse(response: Response, tap: Tap): Response | undefined {
  const { body, status, statusText, headers } = response;
  if (!body || typeof body.getReader !== 'function') return undefined;
  const { request, observation } = tap;
  const listener = new Listener(framingOf(headers, request), request, observation);
  const Same = response.constructor as typeof Response; // of `fetch`'s own kind, which need not be the global one
  return dressed(new Same(tapBody(body, listener, tap), { status, statusText, headers }), response);
}

/** Runs what is the tracker's own. What it throws stays there. */
export type Guard = <Result>(work: () => Result) => Result | undefined;

/** Some servers stream and forget to say so. */
function framingOf(headers: Headers, { stream, vendor }: TappedBody): Framing {
  const type = headers.get('content-type') ?? '';
  if (type.startsWith('text/event-stream')) return 'sse';
  if (type.includes('ndjson')) return 'ndjson';
  if (!stream || /json|html/.test(type)) return 'json';
  return vendor === 'ollama' ? 'ndjson' : 'sse';
}

/** Passes bytes on as the caller asks for them: nothing is read ahead, and nothing is kept. */
function tapBody(
  body: ReadableStream<Uint8Array>,
  listener: Listener,
  { observation, guard, failed, forgotten }: Tap,
): ReadableStream<Uint8Array> {
  // Not before it is needed: until then the original is untouched, should there be no copy of it after all.
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  const source = (): ReadableStreamDefaultReader<Uint8Array> => (reader ??= body.getReader());
  const finish: Observation['finish'] = (how, error) => {
    guard(() => {
      observation.finish(how, error);
      if (how === 'broken') failed(); // an SDK's time may be up in the middle of an answer, and it asks again
    });
    forgotten.unregister(observation);
  };
  const tapped = new ReadableStream({
    type: 'bytes',
    async pull(controller) {
      try {
        for (;;) {
          const { done, value } = await source().read();
          if (done) return close(controller);
          const seen = guard(() => listener.pass(value)) ?? value;
          if (seen.length > 0) return controller.enqueue(owned(seen));
        }
      } catch (error) {
        finish('broken', error);
        throw error;
      }
    },
    cancel(reason) {
      finish('left');
      return source().cancel(reason);
    },
  });
  forgotten.register(tapped, observation, observation);
  return tapped;

  function close(controller: ReadableByteStreamController): void {
    finish('read');
    const rest = guard(() => listener.rest());
    if (rest && rest.length > 0) controller.enqueue(owned(rest));
    controller.close();
    controller.byobRequest?.respond(0); // whoever waits with a buffer of their own hears of the end, too
  }
}

/** A stream of bytes takes the whole buffer that a chunk lies in: one that others lie in as well is copied. */
function owned(chunk: Uint8Array): Uint8Array<ArrayBuffer> {
  const alone = chunk.byteLength === chunk.buffer.byteLength && chunk.buffer instanceof ArrayBuffer;
  return (alone ? chunk : new Uint8Array(chunk)) as Uint8Array<ArrayBuffer>;
}

/** What a response knows of how it came, which a new one cannot be told; also its clones. */
function dressed(made: Response, { url, redirected, type }: Response): Response {
  const clone = (): Response =>
    dressed(Object.getPrototypeOf(made).clone.call(made) as Response, { url, redirected, type } as Response);
  return Object.defineProperties(made, {
    url: { value: url },
    redirected: { value: redirected },
    type: { value: type },
    clone: { value: clone },
  });
}
