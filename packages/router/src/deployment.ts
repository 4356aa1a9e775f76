/** One of several backends behind a named model. This file imports no code. */
import type { Model } from '@rolecall/core';
import type { CooldownOptions } from './policies/cooldown.ts';
import type { TimeoutOptions } from './policies/timeout.ts';

export interface Deployment<Id extends string = string> {
  /** The adapter, or any other function of that shape. */
  readonly model: Model;
  /** Unique in the router. @default the named model when it is alone, `named model#1`, `#2`, … when it is not */
  readonly id?: Id | undefined;
  /** Its share of the requests, against the others' shares. @default 1 */
  readonly weight?: number | undefined;
  /** Requests a minute it may be sent. @default no limit */
  readonly rpm?: number | undefined;
  /** Tokens a minute it may be sent. @default no limit */
  readonly tpm?: number | undefined;
  /** Requests it may be answering at the same time. @default no limit */
  readonly maxConcurrent?: number | undefined;
  /** Those of the lowest order are asked first, the others when none of them can be. @default 1 */
  readonly order?: number | undefined;
  /** Requests with one of these tags go here. Requests without go to those tagged `default`, or to all if none is. @default [] */
  readonly tags?: readonly string[] | undefined;
  /** Longest prompt it takes, in tokens as estimated. @default no limit */
  readonly maxInputTokens?: number | undefined;
  /** Price of a million input tokens in US dollars, for `cost-based-routing`. @default unknown, which counts as dearest */
  readonly inputUsdPerMillion?: number | undefined;
  /** Price of a million output tokens in US dollars, for `cost-based-routing`. @default unknown, which counts as dearest */
  readonly outputUsdPerMillion?: number | undefined;
  /** Further calls after one that failed here. @default the router's */
  readonly retries?: number | undefined;
  /** When it is left alone after failures, or `false` for never. @default the router's */
  readonly cooldown?: CooldownOptions | false | undefined;
  /** How long a call to it may take, or `false` for ever. @default the router's */
  readonly timeout?: TimeoutOptions | false | undefined;
}
