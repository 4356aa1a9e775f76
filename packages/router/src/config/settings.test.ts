import type { Model, ModelSettings } from '@rolecall/core';
import { expect, test } from 'vitest';
import { settingsOf, withSettings } from './settings.ts';

test('settings are read in the words of the file, and none is none', () => {
  expect(settingsOf({ temperature: 0, top_p: 1, max_tokens: 5, stop: 'END' })).toEqual({
    temperature: 0,
    topP: 1,
    maxOutputTokens: 5,
    stop: ['END'],
  });
  expect(settingsOf({ max_tokens: 5, max_completion_tokens: 6 })).toEqual({ maxOutputTokens: 6 });
  expect(settingsOf({})).toBeUndefined();
});

test('they hold where a request says nothing else, and the model stays what it is', async () => {
  const seen: (ModelSettings | undefined)[] = [];
  const answering: Model = async ({ settings }) => {
    seen.push(settings);
    return { model: 'a/b', text: '', toolCalls: [], finishReason: 'stop', usage: {} };
  };
  const model = withSettings(Object.assign(answering, { id: 'a/b' }), { temperature: 0, seed: 1 });

  await model({ messages: [] });
  await model({ messages: [], settings: { temperature: 1, seed: undefined } });

  expect(seen).toEqual([
    { temperature: 0, seed: 1 },
    { temperature: 1, seed: 1 },
  ]);
  expect(model.id).toBe('a/b');
});
