/** A request as the body of `POST /api/chat`: https://docs.ollama.com/api/chat */
import type { JsonObject, JsonValue, Message, ModelRequest, ModelSettings, Part, ToolCall, ToolDefinition } from '@rolecall/core';
import { sourceOf, unsendable } from './media.ts';
import { argumentsOf } from './tool-arguments.ts';

/** The body of a request, as far as the SDK's types need to know it. */
export interface OllamaChatBody {
  readonly model: string;
  readonly messages?: readonly object[] | undefined;
  readonly stream?: boolean;
  readonly keep_alive?: string | number;
}

export interface EncodedRequest {
  readonly body: OllamaChatBody;
  readonly ignoredSettings: readonly string[];
}

export interface Defaults {
  /** `provider/model`, for errors. */
  readonly name: string;
  readonly contextTokens?: number | undefined;
  readonly keepAlive?: string | number | undefined;
}

/** @throws {ModelError} `invalid_request` when the request holds what the API cannot take. */
export function encode(id: string, request: ModelRequest, { name, contextTokens, keepAlive }: Defaults): EncodedRequest {
  const { messages, toolChoice = 'auto', outputSchema, settings = {}, onDelta } = request;
  const { options: ownOptions, ...own } = request.providerOptions?.['ollama'] ?? {};
  const tools = toolChoice === 'none' ? [] : (request.tools ?? []);
  const think = toThink(id, settings.reasoningEffort);
  const options = { ...toOptions(settings), ...(contextTokens !== undefined && { num_ctx: contextTokens }) };
  const ignored = {
    parallelToolCalls: settings.parallelToolCalls !== undefined,
    serviceTier: settings.serviceTier !== undefined,
    reasoningEffort: think.ignored,
    toolChoice: tools.length > 0 && toolChoice !== 'auto', // it knows no choice but to offer tools or not
    outputSchema: tools.length > 0 && outputSchema !== undefined,
  };
  const body = {
    model: id,
    messages: messages.map((message) => toMessage(message, name)),
    truncate: false, // a prompt cut in silence would be answered with confidence
    ...(tools.length > 0 && { tools: tools.map(toTool) }),
    // A format binds every token, those of a tool call too: with it no tool would ever be called.
    ...(outputSchema && !ignored.outputSchema && { format: outputSchema.schema }),
    ...(think.value !== undefined && { think: think.value }),
    ...(keepAlive !== undefined && { keep_alive: keepAlive }),
    ...own,
    options: { ...options, ...(ownOptions as JsonObject | undefined) },
    stream: onDelta !== undefined,
  };
  return { body, ignoredSettings: Object.entries(ignored).flatMap(([setting, isIgnored]) => (isIgnored ? [setting] : [])) };
}

function toTool({ name, description, parameters }: ToolDefinition): object {
  return { type: 'function', function: { name, ...(description !== undefined && { description }), parameters } };
}

const words: Readonly<Partial<Record<keyof ModelSettings, string>>> = {
  temperature: 'temperature',
  topP: 'top_p',
  topK: 'top_k',
  maxOutputTokens: 'num_predict',
  stop: 'stop',
  seed: 'seed',
  frequencyPenalty: 'frequency_penalty',
  presencePenalty: 'presence_penalty',
};

function toOptions(settings: ModelSettings): JsonObject {
  const options: Record<string, JsonValue> = {};
  for (const [name, value] of Object.entries(settings) as [keyof ModelSettings, JsonValue | undefined][]) {
    const word = words[name];
    if (word !== undefined && value !== undefined) options[word] = value;
  }
  return options;
}

/** Models think or do not; gpt-oss alone takes a level, and cannot do without: https://docs.ollama.com/capabilities/thinking */
function toThink(id: string, effort: ModelSettings['reasoningEffort']): { value?: boolean | string; ignored: boolean } {
  if (effort === undefined) return { ignored: false };
  if (!id.includes('gpt-oss')) return { value: effort !== 'none', ignored: false };
  return { value: effort === 'none' || effort === 'minimal' ? 'low' : effort, ignored: effort === 'none' };
}

function toMessage(message: Message, model: string): object {
  const { role, content: said } = message;
  if (typeof said === 'string' && (role === 'system' || role === 'user')) return { role, content: said };
  return toPartedMessage(message, model);
}

function toPartedMessage(message: Message, model: string): object {
  const parts: readonly Part[] =
    typeof message.content === 'string' ? [{ type: 'text', text: message.content }] : message.content;
  const texts = parts.flatMap((part) => (part.type === 'text' ? [part.text] : []));
  const content = texts.join(message.role === 'assistant' ? '' : '\n'); // an answer is one text, in pieces
  const images = parts.flatMap((part) => (part.type === 'text' || part.type === 'reasoning' ? [] : [toImage(part, model)]));
  const said = { role: message.role, content, ...(images.length > 0 && { images }) };
  if (message.role === 'tool') {
    // The API has no mark for a failed tool: only its words can tell the model.
    const result = message.isError && !/^error\b/i.test(content) ? `Error: ${content}` : content;
    return { ...said, content: result, tool_name: message.name, tool_call_id: message.toolCallId };
  }
  if (message.role !== 'assistant') return said;
  const thinking = parts.flatMap((part) => (part.type === 'reasoning' && part.provider === 'ollama' ? [part.text] : [])).join('');
  const calls = message.toolCalls ?? [];
  return { ...said, ...(thinking !== '' && { thinking }), ...(calls.length > 0 && { tool_calls: calls.map(toCall) }) };
}

function toCall({ id, name, arguments: json }: ToolCall): object {
  return { id, function: { name, arguments: argumentsOf(json) } };
}

/** As bytes: the SDK takes a text for a path first, and would send whatever file it finds there. */
function toImage(part: Extract<Part, { type: 'image' | 'audio' | 'file' }>, model: string): Uint8Array {
  if (part.type !== 'image') throw unsendable(part, model, 'Ollama takes text and images only');
  const { url, base64 } = sourceOf(part, model);
  if (url !== undefined)
    throw unsendable(part, model, `Ollama fetches nothing, so it needs the image's bytes as base64, not ${url}`);
  return Buffer.from(base64, 'base64');
}
