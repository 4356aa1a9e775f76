import type { AnswerUsage } from '../ask.ts';

const requests = 10_000;
const tokens = 2_000_000;

/** The `x-ratelimit-*` headers of OpenAI and Groq, as if this request were the only one of its minute. */
export function rateLimitHeaders({ inputTokens, outputTokens }: AnswerUsage): Record<string, string> {
  return {
    'x-ratelimit-limit-requests': String(requests),
    'x-ratelimit-remaining-requests': String(requests - 1),
    'x-ratelimit-reset-requests': '6ms',
    'x-ratelimit-limit-tokens': String(tokens),
    'x-ratelimit-remaining-tokens': String(Math.max(0, tokens - inputTokens - outputTokens)),
    'x-ratelimit-reset-tokens': '30ms',
  };
}

/** The `anthropic-ratelimit-*` headers; the limits come back at a time of day. */
export function anthropicRateLimitHeaders({ inputTokens, outputTokens }: AnswerUsage, now: number): Record<string, string> {
  const reset = new Date(now + 1_000).toISOString().replace(/\.\d+Z$/, 'Z');
  const row = (name: string, limit: number, used: number) => ({
    [`anthropic-ratelimit-${name}-limit`]: String(limit),
    [`anthropic-ratelimit-${name}-remaining`]: String(Math.max(0, limit - used)),
    [`anthropic-ratelimit-${name}-reset`]: reset,
  });
  return {
    ...row('requests', requests, 1),
    ...row('tokens', tokens, inputTokens + outputTokens),
    ...row('input-tokens', tokens, inputTokens),
    ...row('output-tokens', tokens, outputTokens),
  };
}
