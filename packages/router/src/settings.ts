/** The settings of a role, checked when a router is made. */
import type { ModelSettings } from '@rolecall/core';
import { countFromOne, type Rule } from './options-check.ts';

const number: Rule = { valid: 'a finite number', holds: Number.isFinite };
const wholeNumber: Rule = { valid: 'a whole number', holds: Number.isSafeInteger };
const efforts: readonly unknown[] = ['none', 'minimal', 'low', 'medium', 'high'];

const rules: Readonly<Record<keyof ModelSettings, Rule>> = {
  temperature: number,
  topP: number,
  topK: countFromOne,
  maxOutputTokens: countFromOne,
  stop: {
    valid: 'a list of strings',
    holds: (value) => Array.isArray(value) && value.every((item) => typeof item === 'string'),
  },
  seed: wholeNumber,
  frequencyPenalty: number,
  presencePenalty: number,
  reasoningEffort: { valid: `one of ${efforts.join(', ')}`, holds: (value) => efforts.includes(value) },
  parallelToolCalls: { valid: 'true or false', holds: (value) => typeof value === 'boolean' },
  serviceTier: { valid: 'a string', holds: (value) => typeof value === 'string' },
};

/** The first of these settings that is not valid. */
export function faultInSettings(settings: object): { field: string; value: unknown; valid: string } | undefined {
  for (const [field, value] of Object.entries(settings)) {
    const rule = Object.hasOwn(rules, field) ? rules[field as keyof ModelSettings] : undefined;
    if (!rule) return { field, value, valid: `left out: the settings are ${Object.keys(rules).join(', ')}` };
    if (value !== undefined && !rule.holds(value)) return { field, value, valid: rule.valid };
  }
  return undefined;
}
