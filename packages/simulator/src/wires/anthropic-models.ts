/** Anthropic's list of models. Source: platform.claude.com/docs/en/api/models-list. */
import type Anthropic from '@anthropic-ai/sdk';
import { explainAnthropic } from './anthropic-errors.ts';
import type { InfoEndpoint } from './wire.ts';

function describeModel(id: string) {
  return {
    type: 'model',
    id,
    display_name: `${id} (simulated)`,
    created_at: '2025-01-01T00:00:00Z',
    capabilities: null,
    deprecated_at: null,
    lifecycle: 'active',
    line: null,
    max_input_tokens: 200_000,
    max_tokens: 64_000,
    retires_at: null,
  } satisfies Anthropic.ModelInfo;
}

/** The list, or one model of it. */
export function anthropicModels(model: string): InfoEndpoint {
  return {
    kind: 'info',
    reply({ models: ids, has }) {
      if (model === '')
        return { data: ids.map(describeModel), has_more: false, first_id: ids[0] ?? null, last_id: ids.at(-1) ?? null };
      return has(model) ? describeModel(model) : { problem: 'no_model', model };
    },
    explain: explainAnthropic,
  };
}
