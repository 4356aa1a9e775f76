/** The event stream of the dashboard: which requests have changed, a few times a second, however many there are. */
import type { ServerResponse } from 'node:http';
import { Refusal } from '../http/refusal.ts';
import type { Exchange } from '../http/route.ts';
import type { LiveRequest, RequestsAnswer } from './answers.ts';
import type { RequestFeed } from './request-feed.ts';

const maxReaders = 50;
const maxChanged = 100;
const everyMs = 200;
const beatMs = 15_000;
/** A reader then comes again by itself, and shows its session anew. */
const lifeMs = 10 * 60_000;

export class LiveEvents {
  readonly #feed: RequestFeed;
  readonly #readers = new Set<ServerResponse>();
  readonly #changed = new Set<string>();
  #unsubscribe: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(feed: RequestFeed) {
    this.#feed = feed;
  }

  /** @throws {Refusal} when there are too many readers. */
  serve({ response }: Pick<Exchange, 'response'>): void {
    if (this.#readers.size >= maxReaders) {
      throw new Refusal({
        status: 503,
        type: 'server_error',
        code: 'too_many_readers',
        message: 'Too many dashboards are open.',
      });
    }
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
    response.write(': requests, as they change\n\n');
    this.#readers.add(response);
    this.#unsubscribe ??= this.#feed.subscribe((id) => this.#note(id));
    const beat = setInterval(() => write(response, ': still here\n\n'), beatMs).unref();
    const end = setTimeout(() => response.end(), lifeMs).unref();
    response.once('close', () => {
      clearInterval(beat);
      clearTimeout(end);
      this.#leave(response);
    });
  }

  /** Readers would hold up a gateway that is to stop. */
  close(): void {
    for (const reader of this.#readers) reader.end();
  }

  #leave(reader: ServerResponse): void {
    this.#readers.delete(reader);
    if (this.#readers.size > 0) return;
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    this.#changed.clear();
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #note(id: string): void {
    this.#changed.delete(id);
    this.#changed.add(id);
    for (const oldest of this.#changed.size > maxChanged ? this.#changed : []) {
      this.#changed.delete(oldest);
      break;
    }
    this.#timer ??= setTimeout(() => this.#tell(), everyMs).unref();
  }

  #tell(): void {
    this.#timer = undefined;
    const requests = [...this.#changed].flatMap((id): LiveRequest | readonly LiveRequest[] => this.#feed.find(id) ?? []);
    this.#changed.clear();
    const event = `event: requests\ndata: ${JSON.stringify({ requests } satisfies RequestsAnswer)}\n\n`;
    for (const reader of this.#readers) write(reader, event);
  }
}

/** A reader who is too slow misses requests rather than have them kept for him. */
function write(reader: ServerResponse, event: string): void {
  if (!reader.writableNeedDrain && !reader.writableEnded) reader.write(event);
}
