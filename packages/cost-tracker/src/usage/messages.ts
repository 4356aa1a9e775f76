/** Anthropic's messages: https://platform.claude.com/docs/en/api/messages */
import type { TokenUsage } from '../usage.ts';
import { countAt, objectAt, objectsAt, textAt, usageIn, type Payload } from './payload.ts';
import type { Reading, ServerTools, UsagePart } from './reading.ts';

export function readMessage(payload: Payload): Reading {
  const usage = usageIn(payload);
  const whole = tokensIn(usage);
  const passes = usage['iterations'] === undefined ? undefined : passesIn(usage, whole);
  return {
    usage: whole,
    parts: passes?.parts,
    problem: passes?.problem,
    servedModel: textAt(payload, 'model'),
    serviceTier: textAt(usage, 'service_tier'),
    speed: textAt(usage, 'speed'),
    inferenceGeo: textAt(usage, 'inference_geo'),
    serverTools: usage['server_tool_use'] === undefined ? undefined : toolsIn(objectAt(usage, 'server_tool_use')),
  };
}

/** Here the input is what was neither read from the cache nor written to it. */
function tokensIn(usage: Payload): TokenUsage {
  const lifetimes = objectAt(usage, 'cache_creation');
  const oneHour = countAt(lifetimes, 'ephemeral_1h_input_tokens');
  const fiveMinutes = countAt(lifetimes, 'ephemeral_5m_input_tokens');
  const split = oneHour === undefined && fiveMinutes === undefined ? undefined : (oneHour ?? 0) + (fiveMinutes ?? 0);
  const cacheReadTokens = countAt(usage, 'cache_read_input_tokens');
  const cacheWriteTokens = countAt(usage, 'cache_creation_input_tokens') ?? split;
  const fresh = countAt(usage, 'input_tokens');
  return {
    inputTokens: fresh === undefined ? undefined : sum(fresh, cacheReadTokens, cacheWriteTokens),
    outputTokens: countAt(usage, 'output_tokens'),
    cacheReadTokens,
    cacheWriteTokens,
    cacheWrite1hTokens: oneHour,
    reasoningTokens: countAt(objectAt(usage, 'output_tokens_details'), 'thinking_tokens'),
  };
}

/** NaN where a count is none: that is found later, and texts are not strung together. */
function sum(...counts: readonly (number | undefined)[]): number {
  let total = 0;
  for (const count of counts)
    if (count !== undefined) total = typeof count === 'number' && count >= 0 ? total + count : Number.NaN;
  return total;
}

/**
 * An answer may take several passes, each billed at its own size and by its own model. Those of compaction and of an advisor are in
 * no total, and the total's input may be that of the first pass alone: where passes are listed, they are the bill.
 */
function passesIn(usage: Payload, whole: TokenUsage): Pick<Reading, 'parts' | 'problem'> {
  const passes = objectsAt(usage, 'iterations').map((pass): UsagePart => ({
    kind: textAt(pass, 'type') ?? 'message',
    model: textAt(pass, 'model'),
    usage: tokensIn(pass),
  }));
  const own = passes.filter(({ kind }) => kind === 'message' || kind === 'fallback_message');
  const [first] = own;
  if (passes.length === own.length && own.length <= 1 && first?.model === undefined) return {}; // no more than the total says
  if (!first) return { parts: [{ kind: 'message', usage: whole }, ...passes] };

  const outputTokens = sum(...own.map((pass) => pass.usage.outputTokens));
  const total: unknown = whole.outputTokens; // of an answer that makes no sense it may be anything
  const short = typeof total === 'number' && outputTokens < total;
  return { parts: passes, problem: short ? 'the iterations have less output than the message' : undefined };
}

function toolsIn(counts: Payload): ServerTools | undefined {
  const calls = Object.entries(counts).flatMap(([name, count]): [string, number][] =>
    typeof count === 'number' && count > 0 ? [[name.replace(/_requests$/, ''), count]] : [],
  );
  return calls.length === 0 ? undefined : Object.fromEntries(calls);
}
