/**
 * What Claude models take, by the version in their id: https://platform.claude.com/docs/en/build-with-claude/thinking
 * and the migration guide of each model. An id without a version counts as the newest.
 */
import type { ModelSettings } from '@rolecall/core';

export type Effort = NonNullable<ModelSettings['reasoningEffort']>;

export interface Thinking {
  readonly thinking?: { readonly type: string; readonly budget_tokens?: number };
  readonly effort?: 'low' | 'medium' | 'high';
  /** Not what was asked for: this model cannot be told that. */
  readonly refused?: true;
}

const leastBudgetTokens = 1_024;
const budgetShare: Readonly<Record<Exclude<Effort, 'none'>, number>> = { minimal: 0, low: 0.25, medium: 0.5, high: 0.75 };

/** How to ask a model for this much thinking, within so many output tokens: thoughts count as output. */
export function thinkingFor(id: string, effort: Effort, maxTokens: number): Thinking {
  const version = versionOf(id);
  if (effort === 'none') return thinkingOff(id, version);
  if (version >= 4.6) return { thinking: { type: 'adaptive' }, effort: effort === 'minimal' ? 'low' : effort };
  const budget = Math.max(leastBudgetTokens, Math.floor(maxTokens * budgetShare[effort]));
  if (version < 3.7 || budget >= maxTokens) return { refused: true };
  return { thinking: { type: 'enabled', budget_tokens: budget } };
}

/** Each generation is told in its own way not to think, and some cannot be told. */
function thinkingOff(id: string, version: number): Thinking {
  if (version < 4.6) return {}; // these think only when asked
  if (version === 5.5 && id.includes('sonnet')) return { thinking: { type: 'between_tools' } };
  const obeys = version < 5 || (version === 5 && /sonnet|opus/.test(id)) || (version === 5.5 && id.includes('haiku'));
  return obeys ? { thinking: { type: 'disabled' } } : { effort: 'low', refused: true };
}

/** From 5.1 on, a `tool_choice` that forces a tool is an error. */
export function canForceTools(id: string): boolean {
  return versionOf(id) <= 5;
}

/** From 4.6 on, a conversation that ends with the assistant is an error. An id without a version is not known to take one. */
export function acceptsPrefill(id: string): boolean {
  return versionOf(id) < 4.6;
}

/** `claude-sonnet-4-5-20250929` is 4.5, `claude-opus-5` is 5, `claude-3-7-sonnet-latest` is 3.7; a date is no version. */
function versionOf(id: string): number {
  const [, major, minor = '0'] = /claude-(?:[a-z]+-)?(\d{1,2})(?:[-.](\d{1,2}))?(?!\d)/.exec(id) ?? [];
  return major === undefined ? Number.POSITIVE_INFINITY : Number(`${major}.${minor}`);
}
