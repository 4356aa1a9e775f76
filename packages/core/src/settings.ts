/** Checks model settings where they are written, so that no provider has to refuse them later. */
import { invalid } from './check.ts';
import { frozenCopy, isPlainObject } from './freeze.ts';
import type { ModelSettings } from './model.ts';

type Rule = readonly [holds: (value: unknown) => boolean, valid: string];

const number: Rule = [Number.isFinite, 'a finite number'];
const text: Rule = [(value) => typeof value === 'string' && value !== '', 'a text that is not empty'];
const flag: Rule = [(value) => typeof value === 'boolean', 'true or false'];
const count: Rule = [(value) => Number.isSafeInteger(value) && (value as number) > 0, 'a whole number above 0'];
const efforts: readonly unknown[] = ['none', 'minimal', 'low', 'medium', 'high'];

const rules: { readonly [Setting in keyof Required<ModelSettings>]: Rule } = {
  temperature: number,
  topP: number,
  topK: count,
  maxOutputTokens: count,
  stop: [(value) => Array.isArray(value) && value.every((entry) => typeof entry === 'string'), 'an array of texts'],
  seed: [Number.isSafeInteger, 'a whole number'],
  frequencyPenalty: number,
  presencePenalty: number,
  reasoningEffort: [(value) => efforts.includes(value), `one of ${efforts.join(', ')}`],
  parallelToolCalls: flag,
  serviceTier: text,
};

export function takeSettings(owner: string, settings: unknown): ModelSettings | undefined {
  if (settings === undefined) return undefined;
  if (!isPlainObject(settings)) throw invalid(owner, 'settings', settings, 'an object of model settings');
  for (const [name, value] of Object.entries(settings)) {
    if (!Object.hasOwn(rules, name)) {
      throw new TypeError(`${owner}: settings has no "${name}"; valid are ${Object.keys(rules).join(', ')}`);
    }
    const [holds, valid] = rules[name as keyof ModelSettings];
    if (value !== undefined && !holds(value)) throw invalid(owner, `settings.${name}`, value, valid);
  }
  return frozenCopy(settings);
}
