/** What stands behind the HTTP layer: who may come in, what it cost, what it looked like. This file imports no code. */
import type { IncomingMessage } from 'node:http';
import type { ModelResponse } from '@rolecall/core';
import type { CostTracker } from '@rolecall/cost-tracker';
import type { Router, RouterOptions } from '@rolecall/router';
import type { Admission, Area, Ask, CallEnding, Caller, Place, RefusedRequest, Route } from './http/route.ts';
import type { GatewaySettings } from './settings/gateway-settings.ts';

export interface GatewayParts {
  readonly tracker: CostTracker;
  /** Lets a request in, or throws a `Refusal`. */
  admit(request: IncomingMessage, area: Area): Caller | Promise<Caller>;
  /** Lets a model call begin (permission, limits, budgets), or throws a `Refusal`. */
  begin(caller: Caller, ask: Ask): Admission | Promise<Admission>;
  /** Is told of every model call over HTTP when it is over, refused ones included. */
  onEnding(ending: CallEnding): void;
  /** Is told of every HTTP request that got an error without a model having been asked for. */
  onRefusal(refused: RefusedRequest): void;
  /** Health, metrics, keys, the dashboard. */
  readonly routes: readonly Route[];
  /** The options of the configuration with what the gateway adds: listeners, shared circuits, a shared cache. */
  routerOptions(options: RouterOptions): RouterOptions;
  /** Is told of every answer of a backend. */
  onAnswer(place: Place, response: ModelResponse): void;
  /** Is told of every router that takes over, the first included, with the options it was made of. */
  onRouter(router: Router, options: RouterOptions): void;
  /** @throws {TypeError} when it may not listen on that host. */
  mayListenOn(host: string): void;
  /** Takes the settings of a new configuration, but for those that are read once: the log says which. Throws a `TypeError` and keeps the old. */
  reconfigure(settings: GatewaySettings, config: RouterOptions): void;
  /** Is told how a reload went. */
  reloaded(outcome: 'ok' | Error): void;
  /** From now on it is not ready. */
  draining(): void;
  close(): Promise<void>;
}
