import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import type { Exchange, Route } from '../http/route.ts';
import { type GatewayState, metricsText } from './metrics-text.ts';

const everyMs = 20;

/** `/metrics`, with how late the event loop has been since the last scrape. */
export class Scrapes {
  readonly #lag: IntervalHistogram = monitorEventLoopDelay({ resolution: everyMs });
  readonly #state: () => Omit<GatewayState, 'loopLagSeconds'>;

  constructor(state: () => Omit<GatewayState, 'loopLagSeconds'>) {
    this.#state = state;
    this.#lag.enable();
  }

  get route(): Route {
    return { method: 'GET', path: '/metrics', area: 'metrics', handle: (exchange) => this.#answer(exchange) };
  }

  close(): void {
    this.#lag.disable();
  }

  #answer({ response }: Exchange): void {
    const loopLagSeconds = Math.max(0, this.#lag.percentile(99) / 1e9 - everyMs / 1_000);
    this.#lag.reset();
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
    response.end(metricsText({ ...this.#state(), loopLagSeconds }));
  }
}
