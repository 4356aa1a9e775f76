/** An answer that breaks off and is gone on with, seen through `fallback`. */
import { getEventListeners } from 'node:events';
import type { Attempt, Delta, Model, ModelRequest, ModelResponse } from '@rolecall/core';
import * as fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import type { Backend } from '../backend.ts';
import { ModelError, type ModelErrorCode, remedies, RouteError } from '../errors.ts';
import { createRouter } from '../router.ts';
import { fallback } from './fallback.ts';

const story = 'Once upon a time there was a test.';
const answer: ModelResponse = { model: 'c/d', text: story, toolCalls: [], finishReason: 'stop', usage: { outputTokens: 9 } };
const text = (words: string): Delta => ({ type: 'text', text: words });
const thrownBy = (asked: Promise<unknown>): Promise<unknown> => asked.catch((error: unknown) => error);
const attempt = (id: string, outcome: Attempt['outcome']): Attempt => ({
  id,
  model: 'a/b',
  startedAt: 0,
  waitMs: 0,
  durationMs: 5,
  outcome,
});

/** Says so much, and then breaks off. */
function breaksOff(deltas: readonly Delta[], code: ModelErrorCode = 'stream_cut'): Model {
  return async ({ onDelta }) => {
    for (const delta of deltas) await onDelta?.(delta);
    const facts = { model: 'a/b', committed: true, partialText: story.slice(0, 9), usage: { outputTokens: 3 } };
    throw Object.assign(new ModelError(code, facts), { attempts: [attempt('cut', 'failed')] });
  };
}

/** Answers in these pieces, from the beginning. */
function says(pieces: readonly string[], more: Partial<ModelResponse> = {}): Backend & ReturnType<typeof vi.fn<Model>> {
  return vi.fn<Model>(async ({ onDelta, signal }) => {
    for (const piece of pieces) {
      signal?.throwIfAborted();
      await onDelta?.(text(piece));
    }
    return { ...answer, text: pieces.join(''), attempts: [attempt('rest', 'answered')], ...more };
  });
}

function continues(pieces: readonly string[], more: Partial<ModelResponse> = {}): Backend & ReturnType<typeof vi.fn<Model>> {
  return Object.assign(says(pieces, more), { acceptsPrefill: true as const });
}

const callsTool: Model = async ({ onDelta }) => {
  await onDelta?.({ type: 'tool_call', index: 0, id: 'a', name: 'search' });
  return answer;
};

/** Asks for a stream; what the caller hears, and what comes of it. */
async function ask(links: readonly Model[], more: Partial<ModelRequest> = {}) {
  const heard: Delta[] = [];
  const onDelta = (delta: Delta): void => void heard.push(delta);
  const model = fallback(links, { recover: 'continue' });
  const result = await thrownBy(model({ messages: [{ role: 'user', content: 'Tell me a story' }], onDelta, ...more }));
  const said = heard.map((delta) => (delta.type === 'text' ? delta.text : `[${delta.type}]`)).join('');
  return { said, heard, result };
}

test('a model that accepts a prefill goes on where the other broke off', async () => {
  const second = continues([' a time', ' there was a test.']);

  const { said, result } = await ask([breaksOff([text('Once'), text(' upon')]), second]);

  expect(said).toBe(story);
  expect(result).toMatchObject({ text: story, finishReason: 'stop', model: 'c/d', attempts: [{ id: 'cut' }, { id: 'rest' }] });
  expect(second.mock.calls[0]?.[0].messages).toEqual([
    { role: 'user', content: 'Tell me a story' },
    { role: 'assistant', content: 'Once upon' },
  ]);
});

test('white space at the cut is said once, whether or not the other says it again', async () => {
  for (const rest of [[' ', ' upon', ' a time'], ['upon', ' a time'], [' upon a time']]) {
    const second = continues(rest);

    const { said, result } = await ask([breaksOff([text('Once ')]), second]);

    expect(said).toBe('Once upon a time');
    expect(result).toMatchObject({ text: 'Once upon a time' });
    expect(second.mock.calls[0]?.[0].messages.at(-1)).toEqual({ role: 'assistant', content: 'Once' });
  }
});

test('the parts of the answer are whole, too', async () => {
  const thought = { type: 'reasoning', text: 'Hm.', provider: 'c' } as const;
  const second = continues([' a time'], { content: [thought, { type: 'text', text: ' a time' }] });

  const { result } = await ask([breaksOff([text('Once upon')]), second]);

  expect(result).toMatchObject({ content: [thought, { type: 'text', text: 'Once upon a time' }] });
});

const noPrefill: readonly (readonly [string, Partial<ModelRequest>])[] = [
  ['is held to a schema', { outputSchema: { name: 'a', schema: {} } }],
  ['thinks first', { settings: { reasoningEffort: 'low' } }],
];
test.each(noPrefill)('what %s is asked from the start instead', async (_, more) => {
  const second = continues([story]);

  const { said } = await ask([breaksOff([text('Once')]), second], more);

  expect(said).toBe(story);
  expect(second.mock.calls[0]?.[0].messages).toHaveLength(1);
});

test('any other model answers from the start, and is heard from where the first broke off, wherever the pieces end', async () => {
  const cut = fc.nat(story.length - 1);
  const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: story.length });
  await fc.assert(
    fc.asyncProperty(cut, sizes, async (at, lengths) => {
      let from = 0;
      const pieces = lengths.map((length) => story.slice(from, (from += length))).filter(Boolean);

      const { said, result } = await ask([
        breaksOff([{ type: 'reasoning', text: 'Hm.' }, text(story.slice(0, at))]),
        says(pieces),
      ]);

      expect(said).toBe(`[reasoning]${story}`);
      expect(result).toMatchObject({ text: story });
    }),
    { numRuns: 50 },
  );
});

test('an answer that begins otherwise is cancelled, nothing of it is heard, and the cut comes out with all attempts', async () => {
  const signals: (AbortSignal | undefined)[] = [];
  const second: Model = async (request) => {
    signals.push(request.signal);
    return await says(['Once', ' there was', ' another'])(request);
  };

  const { said, result } = await ask([breaksOff([text('Once upon')]), second]);

  expect(said).toBe('Once upon');
  expect(result).toMatchObject({ name: 'ModelError', code: 'stream_cut', committed: true, partialText: 'Once upon' });
  expect(signals[0]?.aborted).toBe(true);
  expect((result as ModelError).attempts?.map(({ outcome }) => outcome)).toEqual(['failed', 'aborted']);
});

test('an answer that begins otherwise from a model that heeds no signal is not waited for', async () => {
  const deaf: Model = async ({ onDelta }) => {
    await onDelta?.(text('Never'));
    return await new Promise(() => undefined);
  };

  const { result } = await ask([breaksOff([text('Once')]), deaf]);

  expect(result).toMatchObject({ code: 'stream_cut', attempts: [{ id: 'cut' }, { outcome: 'aborted', possiblyBilled: true }] });
});

test('an answer that ends too soon is no continuation', async () => {
  const { said, result } = await ask([breaksOff([text('Once upon')]), says(['Once'])]);

  expect(said).toBe('Once upon');
  expect(result).toMatchObject({ code: 'stream_cut', attempts: [{ id: 'cut' }, { id: 'rest' }] });
});

test('a tool call in the place of the text is no continuation', async () => {
  const { heard, result } = await ask([breaksOff([text('Once')]), callsTool]);

  expect(heard).toEqual([text('Once')]);
  expect(result).toMatchObject({ code: 'stream_cut' });
});

test('the next is asked when one cannot go on, and when one breaks off in his turn', async () => {
  const third = continues([' there was a test.']);
  const chain = [
    breaksOff([text('Once upon')]),
    says(['Something else']),
    breaksOff([text('Once upon a'), text(' time')], 'idle_timeout'),
    third,
  ];

  const { said, result } = await ask(chain);

  expect(said).toBe(story);
  expect(result).toMatchObject({ text: story });
  expect(third.mock.calls[0]?.[0].messages.at(-1)).toEqual({ role: 'assistant', content: 'Once upon a time' });
  expect((result as ModelResponse).attempts).toHaveLength(4);
});

test('a link that refuses the request does not hide the cut', async () => {
  const invalid = new ModelError('invalid_request', { model: 'c/d', reason: 'no prefill, please' });
  const lost = new RouteError({ errors: [invalid], attempts: [attempt('route', 'failed')] });

  const { result } = await ask([
    breaksOff([text('Once')]),
    vi.fn<Model>().mockRejectedValue(invalid),
    vi.fn<Model>().mockRejectedValue(lost),
  ]);

  expect(result).toMatchObject({ code: 'stream_cut', partialText: 'Once' });
  expect((result as ModelError).attempts?.map(({ code, id }) => code ?? id)).toEqual(['cut', 'invalid_request', 'route']);
});

const begun: readonly (readonly [string, Delta])[] = [
  ['a tool call', { type: 'tool_call', index: 0, id: 'a' }],
  ['a refusal', { type: 'refusal', text: 'I' }],
];
test.each(begun)('nobody goes on once %s has begun', async (_, delta) => {
  const second = continues([story]);

  const { result } = await ask([breaksOff([text('Once'), delta]), second]);

  expect(result).toMatchObject({ code: 'stream_cut' });
  expect(second).not.toHaveBeenCalled();
});

test('nobody goes on with a continuation that broke off in a tool call', async () => {
  const third = continues([story]);
  const second = Object.assign(breaksOff([text(' upon'), { type: 'tool_call', index: 0, id: 'a' }]), { acceptsPrefill: true });

  const { said, result } = await ask([breaksOff([text('Once')]), second, third]);

  expect(said).toBe('Once upon[tool_call]');
  expect(result).toMatchObject({ code: 'stream_cut', partialText: 'Once upon' });
  expect(third).not.toHaveBeenCalled();
});

const continuable = new Set(['stream_cut', 'idle_timeout', 'network', 'overloaded', 'malformed_answer']);
test.each(Object.keys(remedies))('after %s in the middle of an answer others go on, or not', async (code) => {
  const second = continues([' upon']);

  const { said } = await ask([breaksOff([text('Once')], code as ModelErrorCode), second]);

  expect(said).toBe(continuable.has(code) ? 'Once upon' : 'Once');
  expect(second).toHaveBeenCalledTimes(continuable.has(code) ? 1 : 0);
});

test('a stand-in with messages of its own is given the beginning of the answer behind them', async () => {
  const second = continues([' upon a time there was a test.']);
  const router = createRouter({ models: { a: breaksOff([text('Once')]), b: second }, recover: 'continue', retry: false });
  const fallbacks = [{ model: 'b', messages: [{ role: 'user', content: 'Short' }] }] as const;

  const { text: whole } = await router({
    model: 'a',
    messages: [{ role: 'user', content: 'Long' }],
    fallbacks,
    onDelta: () => undefined,
  });

  expect(whole).toBe(story);
  expect(second.mock.calls[0]?.[0].messages).toEqual([
    { role: 'user', content: 'Short' },
    { role: 'assistant', content: 'Once' },
  ]);
});

test('without the option a cut is an error', async () => {
  const second = continues([story]);
  const model = fallback([breaksOff([text('Once')]), second]);

  await expect(model({ messages: [], onDelta: () => undefined })).rejects.toMatchObject({ code: 'stream_cut' });
  expect(second).not.toHaveBeenCalled();
});

test('what was given up is not heard any more', async () => {
  let late: (() => unknown) | undefined;
  const first: Model = async ({ onDelta }) => {
    await onDelta?.(text('Once'));
    late = () => onDelta?.(text(' too late'));
    throw new ModelError('network', { model: 'a/b', committed: true });
  };
  const second = Object.assign<Model, object>(
    async ({ onDelta }) => {
      await late?.();
      await onDelta?.(text(' upon'));
      return { ...answer, text: ' upon' };
    },
    { acceptsPrefill: true },
  );

  const { said, result } = await ask([first, second]);

  expect(said).toBe('Once upon');
  expect(result).toMatchObject({
    text: 'Once upon',
    attempts: [{ outcome: 'failed', code: 'network' }, { outcome: 'answered' }],
  });
});

test('what the caller throws comes out as it is, from the first and from the one who goes on', async () => {
  const thrown = new ModelError('network', { model: 'mine', committed: true }); // even this
  const third = continues(['!']);

  for (const count of [1, 2]) {
    let heard = 0;
    const onDelta = (): void => {
      if (++heard === count) throw thrown;
    };
    const { result } = await ask([breaksOff([text('Once')]), continues([' upon']), third], { onDelta });

    expect(result).toBe(thrown);
    expect(third).not.toHaveBeenCalled();
  }
});

test('a bug in the one who goes on comes out as it is', async () => {
  const bug = new TypeError('x is not a function');

  const { result } = await ask([breaksOff([text('Once')]), vi.fn<Model>().mockRejectedValue(bug)]);

  expect(result).toBe(bug);
});

test('an abort while another goes on ends it, and leaves no listener', async () => {
  const controller = new AbortController();
  const third = continues(['!']);
  const second: Model = ({ signal }) =>
    new Promise((_, reject) => {
      signal?.addEventListener('abort', () => reject(new ModelError('aborted', { model: 'c/d' })), { once: true });
      controller.abort('enough');
    });

  const { result } = await ask([breaksOff([text('Once')]), second, third], { signal: controller.signal });

  expect(result).toMatchObject({ code: 'aborted', cause: 'enough', attempts: [{ id: 'cut' }, { outcome: 'aborted' }] });
  expect(result).toMatchObject({ committed: true, partialText: 'Once' });
  expect(third).not.toHaveBeenCalled();
  expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
});
