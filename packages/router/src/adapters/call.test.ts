import { getEventListeners } from 'node:events';
import type { ModelResponse } from '@rolecall/core';
import { describe, expect, test } from 'vitest';
import { ModelError } from '../errors.ts';
import { attempt } from './call.ts';
import type { Facts } from './http.ts';

const answer: ModelResponse = { model: 'a/b', text: 'hi', toolCalls: [], finishReason: 'stop', usage: {} };
const messages = [] as const;
const facts = (more: Partial<Facts> = {}): Facts => ({ model: 'a/b', ...more });
const explainLimit = (cause: unknown) => new ModelError('rate_limited', { model: 'a/b', status: 429, retryAfterMs: 10, cause });
const explainNothing = (): undefined => undefined;

test('gives the answer as it is', async () => {
  const response = await attempt({ messages }, facts(), async () => answer, explainNothing);

  expect(response).toBe(answer);
});

test('lets a bug through untouched, and cancels the call', async () => {
  const bug = new TypeError("Cannot read properties of undefined (reading 'x')");
  let own: AbortSignal | undefined;

  const response = attempt(
    { messages },
    facts(),
    async (_, call) => {
      own = call.signal;
      throw bug;
    },
    explainNothing,
  );

  await expect(response).rejects.toBe(bug);
  expect(own?.aborted).toBe(true);
});

test('says what the adapter can explain, with all that is known of the attempt', async () => {
  const cause = new Error('429');
  const known = facts({ local: true, simulated: true, requestId: 'req_1', usage: { inputTokens: 3 }, sent: true });

  const failure = await attempt({ messages }, known, () => Promise.reject(cause), explainLimit).catch((error: unknown) => error);

  expect(failure).toMatchObject({
    code: 'rate_limited',
    status: 429,
    retryAfterMs: 10,
    committed: false,
    possiblyBilled: false,
    usage: { inputTokens: 3 },
    simulated: true,
    local: true,
    requestId: 'req_1',
    cause,
  });
});

test('tells of a connection in the words of its first cause', async () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' });
  const cause = new Error('Connection error.', { cause: new TypeError('fetch failed', { cause: refused }) });

  const failure = await attempt({ messages }, facts({ sent: true }), () => Promise.reject(cause), explainNothing).catch(
    (error: unknown) => error,
  );

  expect(failure).toMatchObject({ code: 'network', reason: 'connect ECONNREFUSED 127.0.0.1:1', possiblyBilled: false, cause });
});

test('after the first piece every failure is committed, knows the text so far, and may be billed', async () => {
  const failure = await attempt(
    { messages, onDelta() {} },
    facts(),
    async (delivery) => {
      await delivery.text('Hel');
      throw new ModelError('malformed_answer', { model: 'a/b' });
    },
    explainNothing,
  ).catch((error: unknown) => error);

  expect(failure).toMatchObject({ code: 'malformed_answer', committed: true, partialText: 'Hel', possiblyBilled: true });
});

describe('an abort', () => {
  test('does not even start a call that comes after it', async () => {
    let started = false;
    const run = async () => {
      started = true;
      return answer;
    };

    const failure = await attempt({ messages, signal: AbortSignal.abort('late') }, facts(), run, explainNothing).catch(
      (error: unknown) => error,
    );

    expect(failure).toMatchObject({ code: 'aborted', cause: 'late', possiblyBilled: false });
    expect(started).toBe(false);
  });

  test('does not wait for a call that does not listen', async () => {
    const caller = new AbortController();
    const response = attempt(
      { messages, signal: caller.signal },
      facts({ sent: true }),
      () => new Promise(() => {}),
      explainNothing,
    );

    caller.abort('enough');

    await expect(response).rejects.toMatchObject({ code: 'aborted', cause: 'enough', possiblyBilled: true });
    expect(getEventListeners(caller.signal, 'abort')).toHaveLength(0);
  });

  test('with a ModelError as its reason fails with that error, and says whose it was', async () => {
    const caller = new AbortController();
    const timeout = new ModelError('idle_timeout', { model: 'writer', reason: 'silent for 20 s' });
    const response = attempt(
      { messages, signal: caller.signal, onDelta() {} },
      facts({ sent: true }),
      async (delivery, signal) => {
        await delivery.text('Hel');
        caller.abort(timeout);
        signal.throwIfAborted();
        return answer;
      },
      explainNothing,
    );

    await expect(response).rejects.toMatchObject({
      code: 'idle_timeout',
      model: 'a/b',
      reason: 'silent for 20 s',
      committed: true,
      possiblyBilled: true,
    });
  });
});

test('what the reader throws comes before everything else', async () => {
  const caller = new AbortController();
  const mishap = new ModelError('auth', { model: 'another/one' });
  const onDelta = () => {
    caller.abort();
    throw mishap;
  };

  const response = attempt(
    { messages, signal: caller.signal, onDelta },
    facts(),
    async (delivery) => {
      await delivery.text('Hel');
      return answer;
    },
    explainNothing,
  );

  await expect(response).rejects.toBe(mishap);
});
