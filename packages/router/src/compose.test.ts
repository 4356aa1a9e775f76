import type { Middleware, Model, ModelResponse } from '@rolecall/core';
import { expect, test } from 'vitest';
import { compose } from './compose.ts';

const response: ModelResponse = { model: 'a/b', text: 'hi', toolCalls: [], finishReason: 'stop', usage: {} };
const model: Model = async () => response;

test('puts the first middleware outermost', async () => {
  const order: string[] = [];
  const noting =
    (name: string): Middleware =>
    (next) =>
    async (request) => {
      order.push(`${name} in`);
      const answer = await next(request);
      order.push(`${name} out`);
      return answer;
    };

  const answer = await compose(noting('outer'), noting('inner'))(model)({ messages: [] });

  expect(order).toEqual(['outer in', 'inner in', 'inner out', 'outer out']);
  expect(answer).toBe(response);
});

test('of nothing is the model itself', () => {
  expect(compose()(model)).toBe(model);
});

test('names the middleware that makes no model', () => {
  const forgetful = (() => undefined) as unknown as Middleware;

  expect(() => compose((next) => next, forgetful)(model)).toThrow(
    new TypeError('compose: middleware 1 returned undefined; it must return a model.'),
  );
});
