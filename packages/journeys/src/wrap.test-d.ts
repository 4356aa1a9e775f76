import type {
  Attempt,
  Delta,
  Labels,
  Middleware,
  Model,
  ModelAsk,
  ModelRequest,
  ModelResponse,
  ResponseMetadata,
  Usage,
} from '@rolecall/core';
import type {
  CostTracker,
  TokenUsage,
  TrackedAsk,
  TrackedAttempt,
  TrackedDelta,
  TrackedLabels,
  TrackedMetadata,
  TrackedModel,
  TrackedRequest,
  TrackedResponse,
} from '@rolecall/cost-tracker';
import { expectTypeOf, test } from 'vitest';

test('a tracker wraps a model of core into a model of core', () => {
  expectTypeOf<CostTracker['wrap']>().toExtend<Middleware>();
  expectTypeOf<CostTracker['wrap']>().toExtend<(next: Model) => Model>();
  expectTypeOf<Model>().toExtend<TrackedModel<ModelRequest, ModelResponse>>();
});

test('the fields it reads are those that core has', () => {
  expectTypeOf<Pick<ModelRequest, keyof TrackedRequest>>().toEqualTypeOf<TrackedRequest>();
  expectTypeOf<Labels>().toEqualTypeOf<TrackedLabels>();
  expectTypeOf<Delta>().toEqualTypeOf<TrackedDelta>();
  expectTypeOf<ModelAsk>().toEqualTypeOf<TrackedAsk>();
  expectTypeOf<ModelResponse>().toExtend<TrackedResponse>();
  expectTypeOf<Pick<ResponseMetadata, keyof TrackedMetadata>>().toEqualTypeOf<TrackedMetadata>();
  expectTypeOf<Pick<Usage, keyof TokenUsage>>().toEqualTypeOf<TokenUsage>();
  expectTypeOf<Omit<Usage, 'source'>>().toEqualTypeOf<TokenUsage>();
});

test('the attempts it makes are attempts of core', () => {
  expectTypeOf<TrackedAttempt>().toExtend<Attempt>();
  expectTypeOf<Omit<Attempt, 'deployment' | 'variant' | 'usage'>>().toEqualTypeOf<Omit<TrackedAttempt, 'usage'>>();
});
