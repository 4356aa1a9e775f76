/** What a router is made of. */
import type { Middleware, Model, ModelSettings } from '@rolecall/core';
import type { AttemptListener } from './attempt-listener.ts';
import type { Deployment } from './deployment.ts';
import type { OpenCode, Remedy } from './errors.ts';
import type { ExhaustedListener } from './on-exhausted.ts';
import type { CacheOptions } from './policies/cache.ts';
import type { CooldownOptions } from './policies/cooldown.ts';
import type { DeadlineOptions } from './policies/deadline.ts';
import type { HedgeOptions } from './policies/hedge.ts';
import type { LimitOptions } from './policies/limit.ts';
import type { RetryOptions } from './policies/retry.ts';
import type { ShadowOptions } from './policies/shadow.ts';
import type { StrategyName } from './policies/strategies/strategy.ts';
import type { TimeoutOptions } from './policies/timeout.ts';

export interface RouterOptions<Name extends string = string, Id extends string = string> {
  /** The named models: an adapter, any other function of that shape, or several deployments that share the requests. */
  readonly models: Readonly<Record<Name, Model | readonly Deployment<Id>[]>>;
  /** Other names for named models, in requests. @default {} */
  readonly aliases?: Readonly<Record<string, NoInfer<Name>>> | undefined;
  /** The chain of each role, best first. `default` serves the roles not listed, and requests without one. @default {} */
  readonly roles?: Readonly<Record<string, RoleRoute<NoInfer<Name>>>> | undefined;

  /** What stands in for a named model, best first, when a role or a request names just that one. `'*'`: for all others. @default {} */
  readonly fallbacks?: Fallbacks<NoInfer<Name>, NoInfer<Id>> | undefined;
  /** The same when its context is too short. Where it is given, nobody else stands in for that. @default fallbacks */
  readonly contextWindowFallbacks?: Fallbacks<NoInfer<Name>, NoInfer<Id>> | undefined;
  /** The same when a content filter stops it. Where it is given, nobody else stands in for that. @default fallbacks */
  readonly contentPolicyFallbacks?: Fallbacks<NoInfer<Name>, NoInfer<Id>> | undefined;
  /** What an error of some code asks for, where it is not what the table `remedies` says. @default {} */
  readonly remedies?: RemedyChanges | undefined;

  /** How one of several deployments is chosen. @default 'simple-shuffle' */
  readonly strategy?: StrategyName | undefined;
  /** One of a request's tags is enough to reach a deployment; `false`: it must bear all of them. @default true */
  readonly matchAnyTag?: boolean | undefined;
  /** How calls that failed for a passing reason are repeated, or `false` for never. @default {} */
  readonly retry?: RouterRetryOptions<NoInfer<Name>> | false | undefined;
  /** How long one attempt may take, or `false` for as long as the deadline allows. @default {} */
  readonly timeout?: TimeoutOptions | false | undefined;
  /** When a deployment is left alone after failures, or `false` for never. @default {} */
  readonly cooldown?: CooldownOptions | false | undefined;
  /** What each deployment may be sent, where it says nothing of its own, or `false` to send it anything. @default {} */
  readonly limit?: LimitOptions | false | undefined;
  /** Milliseconds within which a stream must have begun and a plain answer must be there. @default { streamMs: 120_000, answerMs: 600_000 } */
  readonly deadlineMs?: number | Pick<DeadlineOptions, 'streamMs' | 'answerMs'> | false | undefined;
  /** Most calls that one request may cause; a longer chain raises it. `false` for any number. @default 6 */
  readonly maxAttempts?: number | false | undefined;

  /** Answers what was asked before from memory, or from a store. @default false */
  readonly cache?: RouterCacheOptions | false | undefined;
  /** Sends a second copy of a request that is slow to begin. @default false */
  readonly hedge?: HedgeOptions | false | undefined;
  /** Variants of a role's chain, among which its requests are split. @default {} */
  readonly split?: Readonly<Record<string, Readonly<Record<string, VariantRoute<NoInfer<Name>>>>>> | undefined;
  /** A named model that gets a copy of a role's requests. @default {} */
  readonly shadow?: Readonly<Record<string, ShadowRoute<NoInfer<Name>>>> | undefined;
  /** `'continue'`: when a stream is cut, the next model of the chain goes on with it. @default false */
  readonly recover?: 'continue' | false | undefined;

  /** Wraps every call to a backend, the first outermost: a tracker sees each attempt. @default [] */
  readonly wrap?: readonly Middleware[] | undefined;
  /**
   * Is told of every attempt as soon as it is over. If it throws, the answer is the same and the process is warned, once.
   * @default none
   */
  readonly onAttempt?: AttemptListener | undefined;
  /**
   * Is told when every backend of a route has failed. If it throws, the error is the same and the process is warned, once.
   * @default none
   */
  readonly onExhausted?: ExhaustedListener | undefined;
}

/** Stand-ins by named model: other named models, or single deployments by their id. */
export type Fallbacks<Name extends string = string, Id extends string = string> = {
  readonly [Key in Name | '*']?: readonly (Name | Id | `${Name}#${number}`)[] | undefined;
};

/** What errors ask for, by their code. An abort and a deadline always end the request. */
export type RemedyChanges = { readonly [Code in OpenCode]?: Remedy | undefined };

export interface RouterRetryOptions<Name extends string = string> extends RetryOptions {
  /** Other numbers for single named models, or `false` for no retries. @default {} */
  readonly perModel?: { readonly [Key in Name]?: Omit<RetryOptions, 'budget'> | false | undefined } | undefined;
}

export type RouterCacheOptions = Omit<CacheOptions, 'scope' | 'onAttempt'>;

/** One side of an A/B test. */
export interface VariantRoute<Name extends string = string> {
  /** The named models, best first. */
  readonly chain: Name | readonly Name[];
  /** Its share of the requests, against the others' shares. */
  readonly weight: number;
}

export interface ShadowRoute<Name extends string = string> extends Omit<ShadowOptions, 'model'> {
  /** The named model that gets the copies. */
  readonly model: Name;
}

/** A named model, a chain of them, or a chain with the role's own settings. */
export type RoleRoute<Name extends string = string> = Name | readonly Name[] | RoleOptions<Name>;

export interface RoleOptions<Name extends string = string> {
  /** The named models, best first. */
  readonly chain: Name | readonly Name[];
  /** Settings of this role. Those of the request win. @default {} */
  readonly settings?: ModelSettings | undefined;
  /** What the role is for, for whoever reads the configuration. @default none */
  readonly note?: string | undefined;
}
