import { addUsage, checkUsage, leavesOf, type TokenUsage, type UsageLeaves } from './usage.ts';
import { readChatCompletion, readEmbeddings } from './usage/chat-completions.ts';
import { readMessage } from './usage/messages.ts';
import { readOllama } from './usage/ollama.ts';
import { isPayload, type Payload } from './usage/payload.ts';
import type { Reading, UsagePart } from './usage/reading.ts';
import { readResponse } from './usage/responses.ts';

/** The APIs whose payloads are understood. */
export type UsageApi = 'chat.completions' | 'responses' | 'embeddings' | 'messages' | 'ollama.chat' | 'ollama.generate';

/** What a provider's payload says about tokens and money, in one set of words. */
export interface UsageReport extends Omit<Reading, 'usage'> {
  /** Inclusive totals, over all parts. */
  readonly usage: TokenUsage;
  /** The same tokens in pieces that do not overlap. */
  readonly leaves: UsageLeaves;
  /** What cannot be right about it. Such a call has no price. */
  readonly problem?: string | undefined;
}

const readers: Readonly<Record<UsageApi, (payload: Payload) => Reading>> = {
  'chat.completions': readChatCompletion,
  responses: readResponse,
  embeddings: readEmbeddings,
  messages: readMessage,
  'ollama.chat': readOllama,
  'ollama.generate': readOllama,
};

export function isUsageApi(api: unknown): api is UsageApi {
  return typeof api === 'string' && Object.hasOwn(readers, api);
}

/**
 * Reads the usage out of an answer of that API, or out of the usage object alone. Never throws: a payload that makes no sense has a
 * `problem`, and what can be believed of it.
 *
 * @example
 * usageFrom('messages', message).usage.inputTokens; // cache reads and writes included
 */
export function usageFrom(api: UsageApi, payload: unknown): UsageReport {
  if (!isUsageApi(api)) return nothing('nothing is known of usage in such an API');
  if (!isPayload(payload)) return nothing('the payload is no object');

  const { usage: whole, parts: passes, problem, reportedUsd, ...facts } = readers[api](payload);
  const checked = (passes ?? [{ kind: 'message', usage: whole }]).map((part) => ({ part, ...checkUsage(part.usage) }));
  const parts: readonly UsagePart[] = checked.map(({ part, usage }) => ({ ...part, usage }));
  const usage = withThoughts(addUsage(parts.map((part) => part.usage)), whole);
  const badCost = reportedUsd !== undefined && !(Number.isFinite(reportedUsd) && reportedUsd >= 0);
  return {
    ...facts,
    usage,
    leaves: leavesOf(usage),
    parts: passes && parts,
    reportedUsd: badCost ? undefined : reportedUsd,
    problem:
      problem ?? checked.find((part) => part.problem !== undefined)?.problem ?? (badCost ? 'cost is no amount' : undefined),
  };
}

/** Passes do not say how much of their output was thinking; the whole does. */
function withThoughts(usage: TokenUsage, { reasoningTokens }: TokenUsage): TokenUsage {
  if (usage.reasoningTokens !== undefined || reasoningTokens === undefined) return usage;
  const { usage: complete, problem } = checkUsage({ ...usage, reasoningTokens });
  return problem === undefined ? complete : usage;
}

function nothing(problem: string): UsageReport {
  return { usage: {}, leaves: leavesOf({}), problem };
}
