import type { Model } from '@rolecall/core';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ModelError, RouteError } from './errors.ts';
import type { ExhaustedListener } from './on-exhausted.ts';
import { createRouter } from './router.ts';

await import('p-retry'); // which retries load when they are needed: a test's own clock does not wait for that

const messages = [] as const;
const down: Model = () => Promise.reject(new ModelError('auth', { model: 'x/a' }));
const invalid: Model = () => Promise.reject(new ModelError('invalid_request', { model: 'x/b' }));

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test('is told once, after whoever asked, when every backend has failed, and of nothing else', async () => {
  const order: string[] = [];
  const onExhausted = vi.fn<ExhaustedListener>(() => void order.push('told'));
  const router = createRouter({ models: { a: down, b: invalid }, roles: { one: 'a', two: 'b' }, onExhausted });

  const error = await router({ role: 'one', messages }).catch((thrown: unknown) => {
    order.push('asked');
    return thrown;
  });
  await router({ role: 'two', messages }).catch(() => undefined);
  await router({ role: 'three', messages }).catch(() => undefined);
  await vi.advanceTimersByTimeAsync(0);

  expect(order).toEqual(['asked', 'told']);
  expect(onExhausted).toHaveBeenCalledExactlyOnceWith(error);
  expect(error).toBeInstanceOf(RouteError);
});

test('is told, too, when the time ran out', async () => {
  const onExhausted = vi.fn<ExhaustedListener>();
  const router = createRouter({ models: { a: () => new Promise(() => undefined) }, deadlineMs: 1_000, onExhausted });

  const asked = router({ model: 'a', messages }).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(1_000);

  expect(await asked).toMatchObject({ code: 'deadline_exceeded', attempts: [{ name: 'a', code: 'deadline_exceeded' }] });
  expect(onExhausted).toHaveBeenCalledTimes(1);
});

test('one that throws changes no error', async () => {
  const warn = vi.spyOn(process, 'emitWarning').mockReturnValue();
  const router = createRouter({
    models: { a: down },
    onExhausted: () => {
      throw new Error('the pager is off');
    },
  });

  await expect(router({ model: 'a', messages })).rejects.toMatchObject({ code: 'auth' });
  await vi.advanceTimersByTimeAsync(0);

  expect(warn.mock.calls[0]?.[0]).toBe('onExhausted failed: Error: the pager is off');
});
