/** The settings of a request, in the words of a configuration. */
import type { Model, ModelSettings } from '@rolecall/core';
import { overlay } from '../overlay.ts';
import type { SettingWords } from './file.ts';

/** The same in the words of the seam, or `undefined` when there are none. */
export function settingsOf(words: SettingWords): ModelSettings | undefined {
  const settings: ModelSettings = {
    temperature: words.temperature,
    topP: words.top_p,
    topK: words.top_k,
    maxOutputTokens: words.max_completion_tokens ?? words.max_tokens,
    stop: typeof words.stop === 'string' ? [words.stop] : words.stop,
    seed: words.seed,
    frequencyPenalty: words.frequency_penalty,
    presencePenalty: words.presence_penalty,
    reasoningEffort: words.reasoning_effort,
    parallelToolCalls: words.parallel_tool_calls,
    serviceTier: words.service_tier,
  };
  const set = Object.entries(settings).filter(([, value]) => value !== undefined);
  return set.length === 0 ? undefined : Object.fromEntries(set);
}

/** The settings hold where a request says nothing else. */
export function withSettings(model: Model, settings: ModelSettings | undefined): Model {
  if (!settings) return model;
  const settled: Model = (request) => model({ ...request, settings: overlay(settings, request.settings) });
  return Object.assign(settled, model, { settings });
}
