import type { Model } from '@rolecall/core';
import { expectTypeOf, test } from 'vitest';
import type { DeploymentHealth } from './health.ts';
import { createRouter, type Router } from './router.ts';

declare const model: Model;
const models = { 'groq-fast': model, 'gpt-4': model };

test('a router is a model that knows its names', () => {
  const router = createRouter({ models, roles: { writer: ['groq-fast', 'gpt-4'], default: 'gpt-4' } });

  expectTypeOf(router).toEqualTypeOf<Router<'groq-fast' | 'gpt-4'>>();
  expectTypeOf(router).toExtend<Model>();
  expectTypeOf(router.role('anyone')).toEqualTypeOf<Model>();
  expectTypeOf(router.model('gpt-4')).toEqualTypeOf<Model>();
  // @ts-expect-error there is no such model
  router.model('gtp-4');
});

test('roles name models that are there', () => {
  createRouter({ models, roles: { writer: { chain: 'gpt-4', settings: { temperature: 0.7 }, note: 'client-facing text' } } });
  // @ts-expect-error there is no such model
  createRouter({ models, roles: { writer: 'gtp-4' } });
  // @ts-expect-error there is no such model
  createRouter({ models, roles: { writer: ['gpt-4', 'groq'] } });
  // @ts-expect-error there is no such model
  createRouter({ models, roles: { writer: { chain: ['gtp-4'] } } });
  // @ts-expect-error the setting is misspelt
  createRouter({ models, roles: { writer: { chain: 'gpt-4', settings: { temprature: 1 } } } });
});

test('fallbacks are of models that are there, to models that are there', () => {
  createRouter({ models, fallbacks: { 'gpt-4': ['groq-fast'] } });
  // @ts-expect-error there is no such model to fall back on
  createRouter({ models, fallbacks: { 'gpt-4': ['groq'] } });
  // @ts-expect-error there is no such model to stand in for
  createRouter({ models, fallbacks: { groq: ['gpt-4'] } });
});

test('other options are checked too', () => {
  createRouter({ models, retry: false, wrap: [(next) => next], onAttempt: (attempt, { role }) => void [attempt.id, role] });
  // @ts-expect-error retries are an options object
  createRouter({ models, retry: 2 });
  // @ts-expect-error there is no such option
  createRouter({ models, fallback: {} });
});

test('names known only at run time are any string', () => {
  const loaded: Record<string, Model> = models;

  expectTypeOf(createRouter({ models: loaded, roles: { writer: ['anything'] } })).toEqualTypeOf<Router>();
  expectTypeOf<Router<'a'>>().toExtend<Router>();
});

test('deployments stand behind a name, and a fallback may be one of them', () => {
  const pools = { 'gpt-4': [{ model, id: 'azure', weight: 9 }, { model }], 'groq-fast': model } as const;

  createRouter({ models: pools, fallbacks: { 'groq-fast': ['azure', 'gpt-4#2', 'gpt-4'], '*': ['groq-fast'] } });
  // @ts-expect-error there is no such deployment
  createRouter({ models: pools, fallbacks: { 'groq-fast': ['azur'] } });
  createRouter({
    models: { a: [{ model, id: 'eu' }], b: model },
    fallbacks: { b: ['eu'] },
    contextWindowFallbacks: { b: ['a'] },
  });
  // @ts-expect-error there is no such option of a deployment
  createRouter({ models: { a: [{ model, wait: 9 }] } });
});

test('health is there at once, and a promise when it asks around', () => {
  const router = createRouter({ models });

  expectTypeOf(router.health()).toEqualTypeOf<readonly DeploymentHealth[]>();
  expectTypeOf(router.health({ probe: true })).toEqualTypeOf<Promise<readonly DeploymentHealth[]>>();
  expectTypeOf(router.explain({ role: 'writer' }).text).toEqualTypeOf<string>();
});

test('remedies are for codes that leave a choice', () => {
  createRouter({ models, remedies: { auth: 'fail', invalid_request: 'next' }, retry: { perModel: { 'gpt-4': { retries: 1 } } } });
  // @ts-expect-error an abort is final
  createRouter({ models, remedies: { aborted: 'next' } });
  // @ts-expect-error there is no such model
  createRouter({ models, retry: { perModel: { 'gtp-4': false } } });
});
