/** A request as the body of `POST /v1/messages`: https://platform.claude.com/docs/en/api/messages */
import type { JsonObject, ModelRequest, ModelSettings, ToolChoice, ToolDefinition } from '@rolecall/core';
import { canForceTools, thinkingFor } from './anthropic-models.ts';
import { toStrictSchema } from './anthropic-schema.ts';
import { type Block, toSystem, toTurns, type Turn } from './anthropic-turns.ts';

/** The body of a request, as far as the SDK's types need to know it. */
export interface MessagesBody {
  readonly model: string;
  readonly max_tokens: number;
  readonly messages: readonly object[];
  readonly stream?: boolean;
}

export interface EncodedRequest {
  readonly body: MessagesBody;
  readonly ignoredSettings: readonly string[];
}

export interface Defaults {
  /** `provider/model`, for errors. */
  readonly name: string;
  /** Whose options and thoughts are sent. */
  readonly provider: string;
  readonly maxOutputTokens: number;
  /** The API still takes temperature, topP and topK. */
  readonly sampling: boolean;
}

/** The SDK refuses to wait for more than this at once: it would take longer than its ten minutes. */
const longestUnstreamedTokens = 21_333;
const mostCacheBreakpoints = 4;

/** @throws {ModelError} `invalid_request` when the request holds what the API cannot take. */
export function encode(
  id: string,
  request: ModelRequest,
  { name, provider, maxOutputTokens, sampling }: Defaults,
): EncodedRequest {
  const { messages, settings = {}, onDelta } = request;
  const { output_config: ownConfig, tools: ownTools, ...own } = request.providerOptions?.[provider] ?? {};
  const ignored = new Set<string>(['seed', 'frequencyPenalty', 'presencePenalty']);
  const maxTokens = settings.maxOutputTokens ?? maxOutputTokens;
  const choice = encodeToolChoice(id, request, ignored);
  const { thinking, effort } = encodeEffort(id, settings, maxTokens, isForced(choice.tool_choice), ignored);
  const config = { ...effort, ...encodeOutputSchema(request), ...(ownConfig as JsonObject | undefined) };
  const tools = [...(request.tools ?? []).map(encodeTool), ...((ownTools ?? []) as readonly JsonObject[])];
  // Put together so, as a spread of parts that are not there takes several times as long on Node 20.
  const body = Object.assign(
    { model: id, max_tokens: maxTokens },
    limitBreakpoints(toSystem(messages, name), toTurns(messages, name)),
    thinking,
    encodeSampling(settings, sampling, isThinking(thinking?.thinking), ignored),
    settings.stop && settings.stop.length > 0 && { stop_sequences: settings.stop },
    encodeServiceTier(settings, ignored),
    tools.length > 0 && { tools },
    choice,
    Object.keys(config).length > 0 && { output_config: config },
    own,
  );
  const stream = onDelta !== undefined || body.max_tokens > longestUnstreamedTokens;
  const asked = Object.entries(settings).flatMap(([setting, value]) => (value === undefined ? [] : [setting]));
  const ignoredSettings = [...asked, 'toolChoice'].filter((setting) => ignored.has(setting));
  return { body: stream ? Object.assign(body, { stream }) : body, ignoredSettings };
}

function encodeEffort(
  id: string,
  { reasoningEffort }: ModelSettings,
  maxTokens: number,
  forcesTool: boolean,
  ignored: Set<string>,
) {
  if (reasoningEffort === undefined) return {};
  const { thinking, effort, refused } = thinkingFor(id, reasoningEffort, maxTokens);
  const inTheWay = forcesTool && reasoningEffort !== 'none'; // who thinks chooses
  if (refused || inTheWay) ignored.add('reasoningEffort');
  return { effort: effort && { effort }, thinking: thinking && !inTheWay ? { thinking } : undefined };
}

function isThinking(thinking: { readonly type: string } | undefined): boolean {
  return thinking?.type === 'enabled' || thinking?.type === 'adaptive';
}

/**
 * API version 2026-10-21 answers each of these with an error, at any value. Before it, temperatures end at 1, rule out topP, and
 * are not for models that think.
 */
function encodeSampling(settings: ModelSettings, allowed: boolean, thinks: boolean, ignored: Set<string>): JsonObject {
  const { temperature, topP, topK } = settings;
  const hasTemperature = allowed && !thinks && temperature !== undefined && temperature <= 1;
  const takesTopP = allowed && !hasTemperature && (!thinks || (topP !== undefined && topP >= 0.95));
  if (!hasTemperature) ignored.add('temperature');
  if (!takesTopP) ignored.add('topP');
  if (!allowed || thinks) ignored.add('topK');
  return {
    ...(hasTemperature && { temperature }),
    ...(topP !== undefined && takesTopP && { top_p: topP }),
    ...(topK !== undefined && !ignored.has('topK') && { top_k: topK }),
  };
}

function encodeServiceTier({ serviceTier }: ModelSettings, ignored: Set<string>): JsonObject {
  if (serviceTier === 'auto' || serviceTier === 'standard_only') return { service_tier: serviceTier };
  ignored.add('serviceTier'); // another provider's tiers
  return {};
}

function encodeTool({ name, description, parameters, strict }: ToolDefinition): JsonObject {
  return {
    name,
    ...(description !== undefined && { description }),
    input_schema: strict ? toStrictSchema(parameters) : parameters,
    ...(strict && { strict }),
  };
}

interface Choice {
  readonly type: string;
  readonly name?: string;
  readonly disable_parallel_tool_use?: boolean;
}

function encodeToolChoice(id: string, request: ModelRequest, ignored: Set<string>): { readonly tool_choice?: Choice } {
  const { tools = [], toolChoice, settings } = request;
  if (tools.length === 0) {
    ignored.add('parallelToolCalls');
    return {}; // a choice among no tools is refused
  }
  const choice = toChoice(toolChoice);
  const refused = isForced(choice) && !canForceTools(id);
  if (refused) ignored.add('toolChoice');
  const kept: Choice = refused ? { type: 'auto' } : choice;
  const oneAtATime = settings?.parallelToolCalls === false && kept.type !== 'none';
  if (toolChoice === undefined && !oneAtATime) return {};
  return { tool_choice: { ...kept, ...(oneAtATime && { disable_parallel_tool_use: true }) } };
}

function isForced(choice: Choice | undefined): boolean {
  return choice?.type === 'any' || choice?.type === 'tool';
}

function toChoice(choice: ToolChoice = 'auto'): Choice {
  if (typeof choice === 'object') return { type: 'tool', name: choice.name };
  return { type: choice === 'required' ? 'any' : choice };
}

function encodeOutputSchema({ outputSchema }: ModelRequest): JsonObject {
  return outputSchema ? { format: { type: 'json_schema', schema: toStrictSchema(outputSchema.schema) } } : {};
}

/** The API takes four breakpoints. The last ones cover the most, and a hint is no reason to be refused. */
function limitBreakpoints(
  system: readonly Block[],
  messages: readonly Turn[],
): { system?: readonly Block[]; messages: readonly Turn[] } {
  const marked = [...system, ...messages.flatMap(({ content }) => content)].filter((block) => 'cache_control' in block);
  const tooEarly = new Set(marked.slice(0, -mostCacheBreakpoints));
  const limit = (blocks: readonly Block[]): readonly Block[] =>
    blocks.map((block) => (tooEarly.has(block) ? unmarked(block) : block));
  return {
    ...(system.length > 0 && { system: limit(system) }),
    messages: messages.map(({ role, content }) => ({ role, content: limit(content) })),
  };
}

function unmarked(block: Block): Block {
  return Object.fromEntries(Object.entries(block).filter(([key]) => key !== 'cache_control')) as Block;
}
