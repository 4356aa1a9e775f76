import type { ModelSettings } from '@rolecall/core';
import { expect, test } from 'vitest';
import { faultInSettings } from './settings.ts';

test('all settings of the seam are accepted, and those left open', () => {
  const settings: Required<ModelSettings> = {
    temperature: 0,
    topP: 0.9,
    topK: 40,
    maxOutputTokens: 1,
    stop: ['END'],
    seed: -1,
    frequencyPenalty: -0.5,
    presencePenalty: 0.5,
    reasoningEffort: 'low',
    parallelToolCalls: false,
    serviceTier: 'flex',
  };

  expect(faultInSettings(settings)).toBeUndefined();
  expect(faultInSettings({ temperature: undefined })).toBeUndefined();
});

test.each([
  ['temperature', NaN, 'a finite number'],
  ['maxOutputTokens', 0, 'a whole number of at least 1'],
  ['topK', 1.5, 'a whole number of at least 1'],
  ['seed', '7', 'a whole number'],
  ['stop', 'END', 'a list of strings'],
  ['stop', [1], 'a list of strings'],
  ['reasoningEffort', 'huge', 'one of none, minimal, low, medium, high'],
  ['parallelToolCalls', 1, 'true or false'],
  ['serviceTier', null, 'a string'],
])('%s: %j is refused', (field, value, valid) => {
  expect(faultInSettings({ [field]: value })).toEqual({ field, value, valid });
});

test.each(['temprature', 'constructor'])('%s is no setting', (field) => {
  expect(faultInSettings({ [field]: 1 })).toMatchObject({
    field,
    valid: expect.stringMatching(/^left out: the settings are temperature, topP, /),
  });
});
