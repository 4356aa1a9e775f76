/** A request as the body of a chat completion (https://platform.openai.com/docs/api-reference/chat/create). */
import type {
  JsonObject,
  JsonValue,
  MediaPart,
  Message,
  ModelRequest,
  ModelSettings,
  Part,
  ToolCall,
  ToolChoice,
  ToolDefinition,
} from '@rolecall/core';
import { ModelError } from '../errors.ts';
import { isStrictSchema } from './strict-schema.ts';

/** How one provider speaks the protocol. */
export interface Dialect {
  /** The name that provider options and reasoning parts know it by. */
  readonly provider: string;
  /** Its words for our settings. What has none is left out and named in `metadata.ignoredSettings`. */
  readonly settings: Readonly<Partial<Record<keyof ModelSettings, string>>>;
  /** The reasoning efforts it knows. @default all of them */
  readonly efforts?: readonly string[] | undefined;
  /** The media its messages can hold. */
  readonly media: readonly MediaPart['type'][];
  /** Under which name an assistant message takes its own reasoning back; `undefined`: it does not. */
  readonly reasoningField: (field: string | undefined, hasToolCalls: boolean) => string | undefined;
  /** It holds models to any strict schema. Otherwise strictness must be asked for. */
  readonly strictSchemas: boolean;
  /** It reports the usage of a stream only when asked to. */
  readonly askForUsage: boolean;
  /** Further fields of the body. */
  readonly extra?: ((request: ModelRequest) => JsonObject) | undefined;
}

/** The body of a request, as far as the SDKs' types need to know it. */
export interface ChatBody {
  readonly model: string;
  readonly messages: readonly unknown[];
  readonly stream?: boolean | null;
}

export interface EncodedRequest {
  readonly body: ChatBody;
  readonly ignoredSettings: readonly string[];
}

/** What a reasoning part of this protocol keeps: the field it came in. */
export interface ReasoningOrigin {
  readonly field: string;
}

/** @throws {ModelError} `invalid_request` when the request holds what the provider cannot take. */
export function encode(id: string, request: ModelRequest, dialect: Dialect): EncodedRequest {
  const { messages, tools = [], toolChoice, settings = {}, providerOptions, onDelta } = request;
  const refuse: Refuse = (part, reason) => {
    const unsupported = part.url !== undefined || part.base64 !== undefined; // another provider may take it, if it holds something
    return new ModelError('invalid_request', { model: `${dialect.provider}/${id}`, reason, unsupported });
  };
  const { fields, ignoredSettings } = encodeSettings(settings, dialect, tools.length > 0);
  // Put together so, as a spread of parts that are not there takes several times as long on Node 20.
  const body = Object.assign(
    { model: id, messages: messages.map((message) => encodeMessage(message, dialect, refuse)) },
    fields,
    tools.length > 0 && { tools: tools.map(encodeTool) },
    // Without tools the API refuses a choice among them.
    tools.length > 0 && toolChoice && { tool_choice: encodeToolChoice(toolChoice) },
    encodeOutputSchema(request, dialect),
    dialect.extra?.(request),
    onDelta && { stream: true },
    onDelta && dialect.askForUsage && { stream_options: { include_usage: true } },
    providerOptions?.[dialect.provider],
  );
  return { body, ignoredSettings };
}

function encodeSettings(settings: ModelSettings, { settings: words, efforts }: Dialect, hasTools: boolean) {
  const fields: Record<string, JsonValue> = {};
  const ignoredSettings: string[] = [];
  for (const [name, value] of Object.entries(settings) as [keyof ModelSettings, JsonValue | undefined][]) {
    if (value === undefined) continue;
    const word = words[name];
    const known = name !== 'reasoningEffort' || (efforts?.includes(value as string) ?? true);
    const applies = name !== 'parallelToolCalls' || hasTools; // refused when there are none
    if (word !== undefined && known && applies) fields[word] = value;
    else ignoredSettings.push(name);
  }
  return { fields, ignoredSettings };
}

function encodeTool({ name, description, parameters, strict }: ToolDefinition) {
  return { type: 'function', function: { name, description, parameters, strict } };
}

function encodeToolChoice(choice: ToolChoice): JsonValue {
  return typeof choice === 'string' ? choice : { type: 'function', function: { name: choice.name } };
}

function encodeOutputSchema({ outputSchema }: ModelRequest, { strictSchemas }: Dialect): JsonObject | undefined {
  if (!outputSchema) return undefined;
  const { name, schema, strict = strictSchemas && isStrictSchema(schema) } = outputSchema;
  const word = name.replaceAll(/[^\w-]/g, '_').slice(0, 64) || 'answer'; // the API takes no other characters
  return { response_format: { type: 'json_schema', json_schema: { name: word, schema, strict } } };
}

type Refuse = (part: MediaPart, reason: string) => ModelError;

function encodeMessage(message: Message, dialect: Dialect, refuse: Refuse): JsonObject {
  const { role, content: text } = message;
  if (typeof text === 'string' && (role === 'system' || role === 'user')) return { role, content: text };
  return encodeParted(message, dialect, refuse);
}

function encodeParted(message: Message, dialect: Dialect, refuse: Refuse): JsonObject {
  const parts: readonly Part[] =
    typeof message.content === 'string' ? [{ type: 'text', text: message.content }] : message.content;
  switch (message.role) {
    case 'system':
      return { role: 'system', content: encodeContent(parts, { ...dialect, media: [] }, refuse) };
    case 'user':
      return { role: 'user', content: encodeContent(parts, dialect, refuse) };
    case 'assistant':
      return encodeAssistant(parts, message.toolCalls ?? [], dialect, refuse);
    case 'tool':
      break;
  }
  const said = textsOf(parts, refuse).join('\n');
  // The protocol has no mark for a tool that failed: only the words can tell the model.
  const content = message.isError && !/^error\b/i.test(said) ? `Error: ${said}` : said;
  return { role: 'tool', tool_call_id: message.toolCallId, content };
}

function encodeAssistant(
  parts: readonly Part[],
  toolCalls: readonly ToolCall[],
  { provider, reasoningField }: Dialect,
  refuse: Refuse,
): JsonObject {
  const text = textsOf(parts, refuse).join('');
  const reasoning: Record<string, string> = {};
  for (const part of parts) {
    if (part.type !== 'reasoning' || part.provider !== provider) continue; // another provider's is none of its business
    const origin = part.opaque as ReasoningOrigin | null | undefined;
    const field = reasoningField(origin?.field, toolCalls.length > 0);
    if (field !== undefined) reasoning[field] = (reasoning[field] ?? '') + part.text;
  }
  const calls = toolCalls.map((call) => ({
    id: call.id,
    type: 'function',
    function: { name: call.name, arguments: call.arguments === '' ? '{}' : call.arguments },
  }));
  const content = text === '' && calls.length > 0 ? null : text;
  return { role: 'assistant', content, ...reasoning, ...(calls.length > 0 && { tool_calls: calls }) };
}

/** One text goes as a plain string: not every compatible server knows parts. */
function encodeContent(parts: readonly Part[], { provider, media }: Dialect, refuse: Refuse): JsonValue {
  const [first, ...others] = parts;
  if (first?.type === 'text' && others.length === 0) return first.text;
  return parts.flatMap((part) => {
    if (part.type === 'reasoning') return [];
    if (part.type === 'text') return [{ type: 'text', text: part.text }];
    if (!media.includes(part.type)) throw refuse(part, `${provider} takes no ${part.type} part here`);
    return [encodeMedia(part, refuse)];
  });
}

function encodeMedia(part: MediaPart, refuse: Refuse): JsonObject {
  if (part.type === 'image') return { type: 'image_url', image_url: { url: part.url ?? dataUrl(part, refuse) } };
  // A name is not optional in practice: the API refuses data that comes without one.
  if (part.type === 'file') return { type: 'file', file: { file_data: dataUrl(part, refuse), filename: part.name ?? 'file' } };
  const format = audioFormats[part.mediaType ?? ''];
  if (!part.base64 || !format) throw refuse(part, 'the audio part needs base64 data of the media type audio/wav or audio/mpeg');
  return { type: 'input_audio', input_audio: { data: part.base64, format } };
}

const audioFormats: Readonly<Record<string, string>> = {
  'audio/wav': 'wav',
  'audio/x-wav': 'wav',
  'audio/wave': 'wav',
  'audio/mpeg': 'mp3',
  'audio/mp3': 'mp3',
};

function dataUrl(part: MediaPart, refuse: Refuse): string {
  const { type, url, base64, mediaType } = part;
  if (url?.startsWith('data:')) return url;
  if (!base64 || !mediaType)
    throw refuse(part, `the ${type} part needs base64 data and its mediaType${type === 'image' ? ', or a url' : ''}`);
  return `data:${mediaType};base64,${base64}`;
}

function textsOf(parts: readonly Part[], refuse: Refuse): string[] {
  return parts.flatMap((part) => {
    if (part.type === 'reasoning') return [];
    if (part.type === 'text') return [part.text];
    throw refuse(part, `a chat completion takes ${part.type} parts from the user only`);
  });
}
