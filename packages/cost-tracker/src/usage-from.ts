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
  const { usage, ...facts } = isUsageApi(api) ? readPayload(api, payload) : nothing('nothing is known of usage in such an API');
  return { ...facts, usage, leaves: leavesOf(usage) };
}

/** What a payload of that API says, its counts and its cost checked. */
export function readPayload(api: UsageApi, payload: unknown): Reading {
  if (!isPayload(payload)) return nothing('the payload is no object');
  const said = readers[api](payload);
  const { parts: passes, reportedUsd } = said;
  const counted: Counted = passes ? addPasses(said.usage, passes) : checkUsage(said.usage);
  const badCost = reportedUsd !== undefined && !(Number.isFinite(reportedUsd) && reportedUsd >= 0);
  return {
    usage: counted.usage,
    parts: counted.parts,
    servedModel: said.servedModel,
    serviceTier: said.serviceTier,
    speed: said.speed,
    inferenceGeo: said.inferenceGeo,
    serverTools: said.serverTools,
    reportedUsd: badCost ? undefined : reportedUsd,
    durations: said.durations,
    remote: said.remote,
    problem: said.problem ?? counted.problem ?? (badCost ? 'cost is no amount' : undefined),
  };
}

interface Counted {
  readonly usage: TokenUsage;
  readonly parts?: readonly UsagePart[];
  readonly problem?: string | undefined;
}

/** The sum of several passes. */
function addPasses(whole: TokenUsage, passes: readonly UsagePart[]): Counted {
  const checked = passes.map((part) => ({ part, ...checkUsage(part.usage) }));
  const parts: readonly UsagePart[] = checked.map(({ part, usage }) => ({ ...part, usage }));
  const usage = withThoughts(addUsage(parts.map((part) => part.usage)), whole);
  return { usage, parts, problem: checked.find((part) => part.problem !== undefined)?.problem };
}

/** Passes do not say how much of their output was thinking; the whole does. */
function withThoughts(usage: TokenUsage, { reasoningTokens }: TokenUsage): TokenUsage {
  if (usage.reasoningTokens !== undefined || reasoningTokens === undefined) return usage;
  const { usage: complete, problem } = checkUsage({ ...usage, reasoningTokens });
  return problem === undefined ? complete : usage;
}

function nothing(problem: string): Reading {
  return { usage: {}, problem };
}
