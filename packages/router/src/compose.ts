import type { Middleware } from '@rolecall/core';

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
