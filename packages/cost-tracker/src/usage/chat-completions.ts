/**
 * OpenAI's chat completions, and whatever speaks them: https://platform.openai.com/docs/api-reference/chat/object
 * Groq's additions: https://console.groq.com/docs/api-reference. OpenRouter's: https://openrouter.ai/docs/use-cases/usage-accounting
 */
import type { TokenUsage } from '../usage.ts';
import { countAt, isPayload, msAt, objectAt, objectsAt, textAt, usageIn, type Payload } from './payload.ts';
import type { ProviderDurations, Reading } from './reading.ts';

export function readChatCompletion(payload: Payload): Reading {
  const groq = objectAt(payload, 'x_groq');
  const onlyThere = !isPayload(payload['usage']) && isPayload(groq['usage']); // in a stream; elsewhere it is the same twice
  const usage = usageIn(onlyThere ? groq : payload);
  return {
    usage: tokensIn(usage),
    parts: partsIn(payload) ?? partsIn(groq),
    servedModel: textAt(payload, 'model'),
    serviceTier: textAt(payload, 'service_tier'),
    reportedUsd: reportedUsd(usage),
    durations: durationsIn(usage),
  };
}

/** Behind Groq's compound systems stand models with prices; the name in front has none. */
function partsIn(payload: Payload): Reading['parts'] {
  if (payload['usage_breakdown'] === undefined) return undefined;
  const models = objectsAt(objectAt(payload, 'usage_breakdown'), 'models');
  if (models.length === 0) return undefined;
  return models.map((entry) => ({ kind: 'model', model: textAt(entry, 'model'), usage: tokensIn(objectAt(entry, 'usage')) }));
}

/** OpenAI's embeddings: input alone. https://platform.openai.com/docs/api-reference/embeddings/create */
export function readEmbeddings(payload: Payload): Reading {
  const usage = usageIn(payload);
  const inputTokens = countAt(usage, 'prompt_tokens') ?? countAt(usage, 'total_tokens');
  return {
    usage: { inputTokens, outputTokens: inputTokens === undefined ? undefined : 0 },
    servedModel: textAt(payload, 'model'),
    reportedUsd: reportedUsd(usage),
  };
}

/** Totals are inclusive here; cached and audio tokens are parts of them. */
function tokensIn(usage: Payload): TokenUsage {
  const input = objectAt(usage, 'prompt_tokens_details');
  const output = objectAt(usage, 'completion_tokens_details');
  return {
    inputTokens: countAt(usage, 'prompt_tokens'),
    outputTokens: countAt(usage, 'completion_tokens'),
    cacheReadTokens: countAt(input, 'cached_tokens') ?? countAt(usage, 'prompt_cache_hit_tokens'), // DeepSeek's name for it
    cacheWriteTokens: countAt(input, 'cache_write_tokens'),
    reasoningTokens: countAt(output, 'reasoning_tokens'),
    audioInputTokens: countAt(input, 'audio_tokens'),
    audioOutputTokens: countAt(output, 'audio_tokens'),
  };
}

/** OpenRouter says what it charged; with a key of the user's own, the model's vendor charges as well. Perplexity nests the sum. */
function reportedUsd(usage: Payload): number | undefined {
  const cost = usage['cost'] ?? undefined;
  const charged = typeof cost === 'object' ? objectAt(usage, 'cost')['total_cost'] : cost;
  const upstream = usage['is_byok'] === true ? (objectAt(usage, 'cost_details')['upstream_inference_cost'] ?? 0) : 0;
  return charged === undefined ? undefined : amount(charged) + amount(upstream);
}

/** NaN where it is none: that is found later. Not every object can be made a number. */
function amount(value: unknown): number {
  return typeof value === 'number' || typeof value === 'string' ? Number(value) : Number.NaN;
}

/** Groq's, in seconds; its total is without the queue. */
function durationsIn(usage: Payload): ProviderDurations | undefined {
  const total = msAt(usage, 'total_time', 1_000);
  if (total === undefined) return undefined;
  const queueMs = msAt(usage, 'queue_time', 1_000);
  return {
    queueMs,
    inputMs: msAt(usage, 'prompt_time', 1_000),
    outputMs: msAt(usage, 'completion_time', 1_000),
    totalMs: total + (queueMs ?? 0),
  };
}
