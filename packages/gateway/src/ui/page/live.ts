/** The latest requests, kept up to date by the gateway's event stream: so many and no more. */
import type { LiveRequest, RequestsAnswer } from '../answers.ts';
import { ask } from './api.ts';

export type Connection = 'connecting' | 'live' | 'paused' | 'lost';

export interface LiveOptions {
  readonly onChange: () => void;
  readonly onConnection: (connection: Connection) => void;
  /** The stream ended for good: the session may be over. */
  readonly onLost: () => void;
}

const keep = 200;

export class Live {
  readonly #options: LiveOptions;
  #requests: readonly LiveRequest[] = [];
  #source: EventSource | undefined;

  constructor(options: LiveOptions) {
    this.#options = options;
  }

  /** Newest first. */
  get requests(): readonly LiveRequest[] {
    return this.#requests;
  }

  find(id: string): LiveRequest | undefined {
    return this.#requests.find((request) => request.id === id);
  }

  /** Listens first and asks then, so that nothing falls between the two; and asks again after every gap. */
  start(): void {
    this.stop();
    this.#options.onConnection('connecting');
    const source = new EventSource('/ui/api/events');
    this.#source = source;
    source.addEventListener('open', () => {
      this.#options.onConnection('live');
      void this.#catchUp(source);
    });
    source.addEventListener('requests', ({ data }: MessageEvent<string>) => {
      this.#take((JSON.parse(data) as RequestsAnswer).requests);
    });
    source.addEventListener('error', () => {
      this.#options.onConnection('lost');
      if (source.readyState === EventSource.CLOSED) this.#options.onLost();
    });
  }

  stop(): void {
    this.#source?.close();
    this.#source = undefined;
  }

  pause(): void {
    this.stop();
    this.#options.onConnection('paused');
  }

  async #catchUp(source: EventSource): Promise<void> {
    try {
      const { requests } = await ask<RequestsAnswer>(`requests?limit=${keep}`);
      if (this.#source !== source) return;
      this.#requests = [];
      this.#take(requests);
    } catch {
      this.#options.onLost();
    }
  }

  #take(changed: readonly LiveRequest[]): void {
    const all = new Map([...this.#requests, ...changed].map((request) => [request.id, request]));
    this.#requests = [...all.values()].toSorted((a, b) => b.at - a.at).slice(0, keep);
    this.#options.onChange();
  }
}
