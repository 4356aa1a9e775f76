import type { Attributes } from '@opentelemetry/api';
import { splitModel } from '../pricer.ts';
import type { LedgerRow } from '../row.ts';

/**
 * Which names: those of the semantic conventions v1.41, or what their GenAI repository has agreed on since and not yet released.
 * Cost has a name of its own in both, `rolecall.cost.usd`; `latest` adds the proposed ones.
 */
export type Semconv = '1.41' | 'latest';

/** Providers whose name in the conventions is another. */
const providers: Readonly<Record<string, string>> = {
  azure: 'azure.ai.openai',
  bedrock: 'aws.bedrock',
  google: 'gcp.gemini',
  gemini: 'gcp.gemini',
  vertex: 'gcp.vertex_ai',
  xai: 'x_ai',
  'x-ai': 'x_ai',
  mistral: 'mistral_ai',
  moonshot: 'moonshot_ai',
};

/** Operations by API; all others are chats. */
const operations: Readonly<Record<string, string | undefined>> = {
  embeddings: 'embeddings',
  'ollama.generate': 'text_completion',
};

/** What a call was: on every metric and every span. */
export function identityOf({ model: name, servedModel, api }: LedgerRow): Attributes {
  const { provider, id } = splitModel(name);
  return present({
    'gen_ai.operation.name': (api !== undefined && operations[api]) || 'chat',
    'gen_ai.provider.name':
      provider === undefined ? 'unknown' : Object.hasOwn(providers, provider) ? providers[provider] : provider,
    'gen_ai.request.model': id,
    'gen_ai.response.model': servedModel,
  });
}

/** Why it failed, in the words of the conventions. */
export function errorType({ outcome, code, status }: LedgerRow): string | undefined {
  if (outcome === 'aborted') return 'aborted';
  return outcome === 'failed' ? (code ?? (status === undefined ? '_OTHER' : String(status))) : undefined;
}

/**
 * The attributes of a row for a span of one call. Not for the span of an agent or a run: there, usage would be counted twice.
 *
 * @example
 * tracker.onRow((row) => console.log(spanAttributes(row)['gen_ai.usage.input_tokens']));
 */
export function spanAttributes(row: LedgerRow, semconv: Semconv = '1.41'): Attributes {
  const { usage, costUsd, price } = row;
  const cacheWrite = semconv === 'latest' ? 'cache_write' : 'cache_creation';
  return present({
    ...identityOf(row),
    'gen_ai.agent.name': row.agent,
    'rolecall.workflow.id': row.workflow,
    'rolecall.task': row.task,
    'gen_ai.usage.input_tokens': usage.inputTokens,
    'gen_ai.usage.output_tokens': usage.outputTokens,
    'gen_ai.usage.cache_read.input_tokens': usage.cacheReadTokens,
    [`gen_ai.usage.${cacheWrite}.input_tokens`]: usage.cacheWriteTokens,
    'gen_ai.usage.reasoning.output_tokens': usage.reasoningTokens,
    'error.type': errorType(row),
    'http.response.status_code': row.status,
    'rolecall.cost.usd': costUsd ?? undefined,
    'rolecall.cost.source': costUsd === null ? 'unpriced' : price?.source,
    'rolecall.simulated': row.simulated || undefined,
    ...(semconv === 'latest' && costUsd !== null ? { 'gen_ai.usage.cost.amount': costUsd, ...costOrigin(row) } : {}),
  });
}

/** Whether the provider said what it charged, or the tracker worked it out. */
export function costOrigin({ price }: LedgerRow): Attributes {
  return { 'gen_ai.usage.cost.currency': 'USD', 'gen_ai.usage.cost.source': price?.source === 'reported' ? 'provider' : 'local' };
}

/** What is not known has no attribute. */
export function present(attributes: Attributes): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));
}
