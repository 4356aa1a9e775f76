import type { Attempt, Model, ModelResponse } from '@rolecall/core';
import { expect, test, vi } from 'vitest';
import { ModelError, type ModelErrorCode, remedies, RouteError } from '../errors.ts';
import { fallback } from './fallback.ts';

const request = { role: 'writer', messages: [] };
const answer: ModelResponse = { model: 'c/d', text: 'hi', toolCalls: [], finishReason: 'stop', usage: {} };
const answers = (): Model => vi.fn<Model>().mockResolvedValue(answer);
const fails = (error: unknown): Model => vi.fn<Model>().mockRejectedValue(error);
const failure = (code: ModelErrorCode, model = 'a/b'): ModelError => new ModelError(code, { model });
const thrownBy = (asked: Promise<unknown>): Promise<unknown> => asked.catch((error: unknown) => error);
const attempt: Attempt = { id: '1', model: 'a/b', startedAt: 0, waitMs: 0, durationMs: 0, outcome: 'failed' };

/** The shape of a tracker's BudgetError: it was refused before anyone was asked. */
const refusal = (action: 'next' | 'stop'): Error =>
  Object.assign(new Error('The cap of 1 USD is spent.'), { code: 'budget_exceeded', action });

test('the first answer wins, and nobody after it is asked', async () => {
  const second = answers();

  await expect(fallback([answers(), second])(request)).resolves.toBe(answer);
  expect(second).not.toHaveBeenCalled();
});

test.each(Object.entries(remedies))('after %s (%s) the next is asked, or nobody', async (code, remedy) => {
  const error = failure(code as ModelErrorCode);
  const second = answers();

  const outcome = await thrownBy(fallback([fails(error), second])(request));

  expect(second).toHaveBeenCalledTimes(remedy === 'fail' ? 0 : 1);
  if (remedy === 'fail') expect(outcome).toBe(error);
  else expect(outcome).toMatchObject({ text: 'hi', attempts: [{ code }] });
});

test('part of an answer that has been passed on is never said again by another', async () => {
  const cut = new ModelError('stream_cut', { model: 'a/b', committed: true });
  const second = answers();

  await expect(fallback([fails(cut), second])(request)).rejects.toBe(cut);
  expect(second).not.toHaveBeenCalled();
});

test.each([new TypeError('a bug'), 'a string', undefined, refusal('stop')])('%s comes out as it is', async (thrown) => {
  const second = answers();

  expect(await thrownBy(fallback([fails(failure('auth')), fails(thrown), second])(request))).toBe(thrown);
  expect(second).not.toHaveBeenCalled();
});

test('a refusal that says "next" moves on, and is on record as skipped', async () => {
  const response = await fallback([fails(refusal('next')), answers()])(request);

  expect(response.attempts).toMatchObject([
    { outcome: 'skipped', code: 'budget_exceeded', reason: 'The cap of 1 USD is spent.' },
  ]);
});

test('refusals alone are no failing backend: the first comes out, not a RouteError', async () => {
  const first = refusal('next');

  const thrown = await thrownBy(fallback([fails(first), fails(refusal('next'))])(request));

  expect(thrown).toBe(first);
  expect(thrown).toMatchObject({ attempts: [{ outcome: 'skipped' }, { outcome: 'skipped' }] });
});

test('when all have failed the error has the code of the first, and the errors and attempts of all', async () => {
  const [auth, busy, broke] = [failure('auth'), failure('overloaded', 'c/d'), refusal('next')];

  const thrown = await thrownBy(fallback([fails(auth), fails(busy), fails(broke)])({ ...request, model: 'gpt-4' }));

  expect(thrown).toBeInstanceOf(RouteError);
  expect(thrown).toMatchObject({ code: 'auth', role: 'writer', model: 'gpt-4', cause: auth });
  const { errors, attempts } = thrown as RouteError;
  expect(errors).toEqual([auth, busy, expect.objectContaining({ code: 'quota_exceeded', cause: broke })]);
  expect(attempts.map(({ model, outcome, code }) => [model, outcome, code])).toEqual([
    ['a/b', 'failed', 'auth'],
    ['c/d', 'failed', 'overloaded'],
    ['gpt-4', 'skipped', 'budget_exceeded'],
  ]);
});

test('a route within the route that has failed counts as a link, with all it tried', async () => {
  const inner = fallback([fails(failure('auth')), fails(failure('overloaded'))]);

  const thrown = await thrownBy(fallback([inner, fails(failure('network', 'c/d'))])(request));

  expect(thrown).toMatchObject({ code: 'auth', errors: [{ code: 'auth' }, { code: 'overloaded' }, { code: 'network' }] });
  expect((thrown as RouteError).attempts.map(({ code }) => code)).toEqual(['auth', 'overloaded', 'network']);
});

test('attempts that links have on record are kept in order, those of the answer last', async () => {
  const error = Object.assign(failure('auth'), { attempts: [attempt, { ...attempt, id: '2' }] });
  const last = vi.fn<Model>().mockResolvedValue({ ...answer, attempts: [{ ...attempt, id: '3', outcome: 'answered' }] });

  const response = await fallback([fails(error), last])(request);

  expect(response.attempts?.map(({ id }) => id)).toEqual(['1', '2', '3']);
});

test('an error that ends the chain carries the attempts before it too', async () => {
  const invalid = Object.assign(failure('invalid_request'), { attempts: [{ ...attempt, id: '2' }] });
  const first = Object.assign(failure('auth'), { attempts: [attempt] });

  const thrown = await thrownBy(fallback([fails(first), fails(invalid)])(request));

  expect(thrown).toBe(invalid);
  expect(invalid.attempts?.map(({ id }) => id)).toEqual(['1', '2']);
});

test('a signal that is aborted already keeps everyone from being asked', async () => {
  const model = answers();

  const thrown = await thrownBy(fallback([model])({ ...request, signal: AbortSignal.abort('enough') }));

  expect(thrown).toMatchObject({ name: 'ModelError', code: 'aborted', cause: 'enough' });
  expect(model).not.toHaveBeenCalled();
});

test('after an abort nobody else is asked, whatever the one asked said', async () => {
  const controller = new AbortController();
  const second = answers();
  const first: Model = async () => {
    controller.abort('enough');
    throw failure('network');
  };
  const signalled = { ...request, signal: controller.signal };

  const withNext = await thrownBy(fallback([first, second])(signalled));

  expect(withNext).toMatchObject({ code: 'aborted', cause: 'enough', attempts: [{ code: 'network' }] });
  expect(second).not.toHaveBeenCalled();
});

test.each([[[]], [undefined], [['gpt-4']]])('%j is refused', (models) => {
  expect(() => fallback(models as unknown as Model[])).toThrow(
    new TypeError('fallback: the models must be a list of at least one function.'),
  );
});
