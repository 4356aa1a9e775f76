import { describe, expect, test } from 'vitest';
import { canForceTools, thinkingFor } from './anthropic-models.ts';

describe('thinking', () => {
  test.each(['claude-opus-4-6', 'claude-sonnet-5', 'claude-opus-5-5', 'claude-mythos-preview', 'some-other-model'])(
    'is adaptive, steered by effort, for %s',
    (id) => {
      expect(thinkingFor(id, 'medium', 16_000)).toEqual({ thinking: { type: 'adaptive' }, effort: 'medium' });
      expect(thinkingFor(id, 'minimal', 16_000)).toMatchObject({ effort: 'low' });
    },
  );

  test.each(['claude-haiku-4-5-20251001', 'claude-sonnet-4-20250514', 'claude-3-7-sonnet-20250219', 'anthropic/claude-opus-4.1'])(
    'has a budget within the output tokens for %s',
    (id) => {
      expect(thinkingFor(id, 'medium', 16_000)).toEqual({ thinking: { type: 'enabled', budget_tokens: 8_000 } });
      expect(thinkingFor(id, 'minimal', 16_000)).toEqual({ thinking: { type: 'enabled', budget_tokens: 1_024 } });
      expect(thinkingFor(id, 'high', 1_024)).toEqual({ refused: true });
    },
  );

  test('is not for models that never learnt to', () => {
    expect(thinkingFor('claude-3-5-haiku-20241022', 'high', 16_000)).toEqual({ refused: true });
  });

  test.each([
    ['claude-sonnet-4-5', {}],
    ['claude-opus-4-8', { thinking: { type: 'disabled' } }],
    ['claude-opus-5', { thinking: { type: 'disabled' } }],
    ['claude-sonnet-5', { thinking: { type: 'disabled' } }],
    ['claude-haiku-5-5', { thinking: { type: 'disabled' } }],
    ['claude-sonnet-5-5', { thinking: { type: 'between_tools' } }],
    ['claude-opus-5-5', { effort: 'low', refused: true }],
    ['claude-fable-5', { effort: 'low', refused: true }],
  ])('is turned off for %s as far as it can be', (id, expected) => {
    expect(thinkingFor(id, 'none', 16_000)).toEqual(expected);
  });
});

test('tools can be forced on the models up to version 5', () => {
  const forced = ['claude-sonnet-4-5-20250929', 'claude-opus-5', 'claude-fable-5-1', 'claude-sonnet-5-5', 'claude-next'].map(
    canForceTools,
  );

  expect(forced).toEqual([true, true, false, false, false]);
});
