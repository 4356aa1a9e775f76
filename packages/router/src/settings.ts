/** The settings of a role, checked when a router is made. */
import type { ModelSettings } from '@rolecall/core';

interface Kind {
  readonly valid: string;
  holds(value: unknown): boolean;
}

const number: Kind = { valid: 'a finite number', holds: Number.isFinite };
const wholeNumber: Kind = { valid: 'a whole number', holds: Number.isSafeInteger };
const positiveWholeNumber: Kind = {
  valid: 'a whole number of at least 1',
  holds: (value) => Number.isSafeInteger(value) && Number(value) > 0,
};
const efforts: readonly unknown[] = ['none', 'minimal', 'low', 'medium', 'high'];

const kinds: Readonly<Record<keyof ModelSettings, Kind>> = {
  temperature: number,
  topP: number,
  topK: positiveWholeNumber,
  maxOutputTokens: positiveWholeNumber,
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
    const kind = Object.hasOwn(kinds, field) ? kinds[field as keyof ModelSettings] : undefined;
    if (!kind) return { field, value, valid: `left out: the settings are ${Object.keys(kinds).join(', ')}` };
    if (value !== undefined && !kind.holds(value)) return { field, value, valid: kind.valid };
  }
  return undefined;
}
