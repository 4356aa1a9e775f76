import type { Middleware, Model } from '@rolecall/core';

/**
 * Makes one middleware of many, the first outermost.
 *
 * @example
 * const model = compose(retry(), tracker.wrap)(openai('gpt-4o')); // the tracker sees every attempt
 *
 * @throws {TypeError} when a middleware returns something that is no model.
 */
export function compose(...middlewares: readonly Middleware[]): Middleware {
  return (model) =>
    middlewares.reduceRight((next, middleware, index) => {
      const wrapped: unknown = middleware(next);
      if (typeof wrapped === 'function') return wrapped as typeof next;
      throw new TypeError(
        `compose: middleware ${index} returned ${wrapped === null ? 'null' : typeof wrapped}; it must return a model.`,
      );
    }, model);
}

/** Gives `model`, which wraps `next`, all that `next` says of itself: its id, its check, the state of its policies. */
export function carry<Next extends Model>(next: Next, model: Model): Next {
  for (const [key, value] of Object.entries(next))
    Object.defineProperty(model, key, { value, enumerable: true, configurable: true });
  return model as Next;
}
