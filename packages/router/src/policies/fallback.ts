import type { Attempt, Model, ModelRequest, ModelResponse } from '@rolecall/core';
import { answerAfter, errorAfter, isRefusal } from '../attempts.ts';
import type { Chain, Step } from '../chain.ts';
import { carry } from '../compose.ts';
import { abortError, ModelError, remedies, type Remedies, remedyOf, RouteError } from '../errors.ts';
import { beginLink, outOfTime, type PlannedRequest } from '../plan.ts';
import type { BalancedModel } from './balance.ts';
import { filtered, wasPassedOn } from './content-filter.ts';
import { attemptsOfLink, exhausted, type Failure, type Movable, nameOf } from './exhausted.ts';
import { recovery, type Recovery } from './recover.ts';

export interface FallbackOptions {
  /** `'continue'`: when a stream is cut, the next model goes on with it. @default undefined: a cut stream is an error */
  readonly recover?: 'continue' | undefined;
}

/** What a router knows, and a list of models does not. */
export interface WalkOptions extends FallbackOptions {
  readonly chainOf: (request: ModelRequest) => Chain;
  readonly insteadOf?: ((step: Step, code: unknown, request: ModelRequest) => Chain | undefined) | undefined;
  /** What each code asks for. @default the table `remedies` */
  readonly remedies?: Remedies | undefined;
}

/**
 * Makes one model of many: they are asked in order, and the first answer wins.
 *
 * @example
 * const model = fallback([anthropic('claude-sonnet-4-5'), openai('gpt-4o')]);
 *
 * @throws {TypeError} when there is no model, or something that is none.
 * @throws {RouteError} (the model it returns) when every one of them has failed.
 */
export function fallback(models: readonly Model[], { recover }: FallbackOptions = {}): Model {
  if (!Array.isArray(models) || models.length === 0 || !models.every((model) => typeof model === 'function')) {
    throw new TypeError('fallback: the models must be a list of at least one function.');
  }
  if (recover !== undefined && recover !== 'continue') throw new TypeError(`fallback: recover must be 'continue' or left out.`);
  const chain = models.map((model: Model, index) => ({ name: `${index}`, model, after: models.length, isListed: true }));
  return walk({ chainOf: () => chain, recover });
}

/** Goes along the chain of each request until someone answers. */
export function walk(options: WalkOptions): Model {
  return async (request) => {
    const chain = options.chainOf(request);
    const following = options.recover === undefined || !request.onDelta ? undefined : recovery(request);
    return await new Walk(following?.request ?? request, options, following).along(chain);
  };
}

/** One request on its way along a chain. */
class Walk {
  readonly #request: PlannedRequest;
  readonly #options: WalkOptions;
  readonly #recovery: Recovery | undefined;
  readonly #asked: string[] = [];
  #attempts: readonly Attempt[] = none;
  #failures: readonly Failure[] = none;

  constructor(request: PlannedRequest, options: WalkOptions, following: Recovery | undefined) {
    this.#request = request;
    this.#options = options;
    this.#recovery = following;
  }

  async along(chain: Chain): Promise<ModelResponse> {
    this.#mustGoOn(chain[0]);
    return (await this.#through(chain, 0)) ?? exhausted(this.#failures, this.#attempts, this.#request);
  }

  /** The first answer of the chain; nothing when there is none. `linksLeft` are those of the chain around this one. */
  async #through(chain: Chain, linksLeft: number): Promise<ModelResponse | undefined> {
    for (let index = 0; index < chain.length;) {
      const step = chain[index];
      if (!step || this.#wasAsked(step)) {
        index += 1;
        continue;
      }
      const left = linksLeft + this.#unasked(chain, index + 1).length;
      let code: unknown = this.#passOver(step, left);
      if (code === undefined) {
        const startedAt = Date.now();
        try {
          return answerAfter(this.#attempts, await this.#ask(step, left, this.#request));
        } catch (error) {
          if (this.#recovery?.canGoOn(error)) return await this.#goOn(this.#recovery, error, this.#unasked(chain, index + 1));
          this.#note(error, step, startedAt);
          code = error.code;
        }
      }
      const instead = this.#options.insteadOf?.(step, code, this.#request);
      const response = instead && (await this.#through(instead, linksLeft + this.#unasked(chain, step.after).length));
      if (response) return response;
      index = instead ? step.after : index + 1;
    }
    return undefined;
  }

  /** With others to ask, a link that is known to be cooling down is put on record and not asked. Gives what it would have failed with. */
  #passOver(step: Step, linksLeft: number): unknown {
    const { plan } = this.#request;
    const { passOver } = step.model as Partial<BalancedModel>;
    if (!plan || !passOver || linksLeft === 0) return undefined;
    plan.linksLeft = linksLeft; // with nobody left, a link is asked although it is cooling down
    const passed = passOver(requestOf(step, this.#request));
    if (!passed || this.#remedies[passed.code] === 'fail') return undefined; // it is asked, and ends the request
    this.#asked.push(step.name);
    this.#fails(step, passed.attempts, passed.toError);
    return passed.code;
  }

  async #ask(step: Step, linksLeft: number, request: PlannedRequest): Promise<ModelResponse> {
    const { plan } = request;
    this.#asked.push(step.name);
    if (plan) beginLink(plan, linksLeft);
    const response = await step.model(requestOf(step, request));
    if (response.finishReason !== 'content_filter' || !this.#options.insteadOf?.(step, 'content_filtered', request)?.length)
      return response;
    if (wasPassedOn(request, response)) return response;
    throw filtered(response);
  }

  /** Someone else says the rest of an answer that was cut. */
  async #goOn(following: Recovery, cut: ModelError, steps: readonly Step[]): Promise<ModelResponse> {
    const own = this.#request.messages.length;
    const links = steps.map((step, index) =>
      carry(step.model, (request) => {
        const { messages } = step; // asked something else, it is still given the beginning to go on from
        const asked = messages ? { ...step, messages: [...messages, ...request.messages.slice(own)] } : step;
        return this.#ask(asked, steps.length - index - 1, request);
      }),
    );
    try {
      return answerAfter(this.#attempts, await following.goOn(links, cut));
    } catch (error) {
      throw errorAfter(this.#attempts, error);
    }
  }

  /** Puts a failure on record, or throws it when the chain must not go on. */
  #note(error: unknown, step: Step, startedAt: number): asserts error is Movable {
    if (!this.#movesOn(error)) throw errorAfter(this.#attempts, error);
    this.#fails(step, attemptsOfLink(error, step.model, this.#request, startedAt), () => error);
    this.#mustGoOn(step);
  }

  /** Lists are put together and never added to: a list that grows takes room for sixteen at once. */
  #fails(step: Step, attempts: readonly Attempt[], toError: Failure['toError']): void {
    this.#attempts = this.#attempts.length === 0 ? attempts : [...this.#attempts, ...attempts];
    this.#failures = [...this.#failures, { toError, link: step.model }];
  }

  get #remedies(): Remedies {
    return this.#options.remedies ?? remedies;
  }

  #movesOn(error: unknown): error is Movable {
    if (ModelError.isInstance(error)) return remedyOf(error, this.#remedies) !== 'fail';
    return RouteError.isInstance(error) || (isRefusal(error) && error.action === 'next');
  }

  #mustGoOn(step: Step | undefined): void {
    const { signal, plan } = this.#request;
    if (signal?.aborted) throw errorAfter(this.#attempts, abortError(signal, nameOf(step?.model, this.#request)));
    if (plan && this.#attempts.length > 0 && plan.linksLeft > 0 && performance.now() >= plan.deadlineAt) {
      throw errorAfter(this.#attempts, outOfTime({ ...this.#request, plan: undefined }));
    }
  }

  #unasked(chain: Chain, from: number): readonly Step[] {
    return from >= chain.length ? none : chain.slice(from).filter((step) => !this.#wasAsked(step));
  }

  #wasAsked({ name, deployment, messages }: Step): boolean {
    if (messages) return false; // it is asked something else
    if (this.#asked.includes(name)) return true;
    return (
      deployment !== undefined &&
      this.#attempts.some((attempt) => attempt.deployment === deployment && attempt.outcome !== 'skipped')
    );
  }
}

const none: readonly never[] = [];

function requestOf({ messages }: Step, request: PlannedRequest): PlannedRequest {
  return messages ? { ...request, messages } : request;
}
