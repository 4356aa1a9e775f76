/** Messages as turns of the Messages API: https://platform.claude.com/docs/en/api/messages */
import type { JsonValue, MediaPart, Message, Part, ReasoningPart, TextPart, ToolCall } from '@rolecall/core';
import { sourceOf, unsendable } from './media.ts';
import { argumentsOf } from './tool-arguments.ts';

export type Block = { readonly type: string } & { readonly [key: string]: JsonValue };

export interface Turn {
  readonly role: 'user' | 'assistant';
  readonly content: readonly Block[];
}

type AssistantMessage = Extract<Message, { role: 'assistant' }>;
type ToolMessage = Extract<Message, { role: 'tool' }>;

/** The system prompt. The API takes it apart from the conversation, so wherever a system message stands, it comes first. */
export function toSystem(messages: readonly Message[], model: string): readonly Block[] {
  return messages.flatMap(({ role, content }) => (role === 'system' ? toTexts(content, 'the system prompt', model) : []));
}

/** Turns that alternate: neighbours of one speaker become one turn, so all results of one round of tools are in one. */
export function toTurns(messages: readonly Message[], model: string): readonly Turn[] {
  const turns: { role: Turn['role']; content: Block[] }[] = [];
  for (const message of messages) {
    if (message.role === 'system') continue;
    const role = message.role === 'assistant' ? 'assistant' : 'user';
    const content = toBlocks(message, model);
    if (content.length === 0) continue; // the API refuses empty content
    const last = turns.at(-1);
    if (last?.role === role) last.content.push(...content);
    else turns.push({ role, content });
  }
  return turns.map(({ role, content }) => ({ role, content: resultsFirst(content) }));
}

/** Results must follow their calls at once, before anything else the user says. */
function resultsFirst(content: readonly Block[]): readonly Block[] {
  const isResult = ({ type }: Block): boolean => type === 'tool_result';
  return [...content.filter(isResult), ...content.filter((block) => !isResult(block))];
}

function toBlocks(message: Exclude<Message, { role: 'system' }>, model: string): Block[] {
  if (message.role === 'assistant') return fromAssistant(message, model);
  if (message.role === 'tool') return [toToolResult(message, model)];
  return toInput(message.content, model);
}

function partsOf(content: string | readonly Part[]): readonly Part[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : content;
}

function toInput(content: string | readonly Part[], model: string): Block[] {
  return partsOf(content).flatMap((part) => {
    if (part.type === 'text') return toText(part);
    return part.type === 'reasoning' ? [] : [toMedia(part, model)];
  });
}

function toTexts(content: string | readonly Part[], holder: string, model: string): Block[] {
  return partsOf(content).flatMap((part) => {
    if (part.type === 'text') return toText(part);
    if (part.type === 'reasoning') return [];
    throw unsendable(part, model, `${holder} holds text only`);
  });
}

function toText({ text, cacheBreakpoint }: TextPart): Block[] {
  if (text.trim() === '') return []; // refused by the API
  return [{ type: 'text', text, ...(cacheBreakpoint ? { cache_control: { type: 'ephemeral' } } : {}) }];
}

function toMedia(part: MediaPart, model: string): Block {
  if (part.type === 'audio') throw unsendable(part, model, 'the Messages API takes no audio');
  const source = sourceOf(part, model);
  const mediaType = source.url === undefined ? source.mediaType : part.mediaType;
  if (part.type === 'image' || mediaType?.startsWith('image/')) {
    if (source.url !== undefined) return { type: 'image', source: { type: 'url', url: source.url } };
    if (mediaType === undefined) throw unsendable(part, model, 'base64 needs a mediaType');
    return { type: 'image', source: { type: 'base64', media_type: mediaType, data: source.base64 } };
  }
  const title = part.name === undefined ? {} : { title: part.name };
  if (source.url !== undefined) return { type: 'document', source: { type: 'url', url: source.url }, ...title };
  if (mediaType === 'application/pdf') {
    return { type: 'document', source: { type: 'base64', media_type: mediaType, data: source.base64 }, ...title };
  }
  if (!mediaType?.startsWith('text/')) throw unsendable(part, model, 'documents are application/pdf or text');
  const text = Buffer.from(source.base64, 'base64').toString('utf8');
  return { type: 'document', source: { type: 'text', media_type: 'text/plain', data: text }, ...title };
}

/**
 * Thoughts go back as they came and where they came: a signed block is void once moved. Our messages keep tool calls apart from
 * the rest of the answer, so a thought that followed some of them says how many.
 */
function fromAssistant({ content, toolCalls = [] }: AssistantMessage, model: string): Block[] {
  const calls = toolCalls.map(toToolUse);
  const blocks: Block[] = [];
  let isThoughtOnly = calls.length === 0;
  for (const part of partsOf(content)) {
    if (part.type === 'text') {
      const text = toText(part);
      blocks.push(...text);
      isThoughtOnly &&= text.length === 0;
    } else if (part.type === 'reasoning') {
      const { after_tool_calls: earlier = 0, ...thought } = thoughtOf(part, model);
      if (thought['type'] === undefined) continue;
      const placed = blocks.filter(({ type }) => type === 'tool_use').length;
      blocks.push(...calls.splice(0, Number(earlier) - placed), thought as Block);
    } else {
      throw unsendable(part, model, 'an assistant turn holds text and tool calls only');
    }
  }
  return isThoughtOnly ? [] : [...blocks, ...calls]; // a turn may not end in a thought
}

/** Another provider's thoughts, and unsigned ones, are not for this API. */
function thoughtOf({ provider, opaque }: ReasoningPart, model: string): { readonly [key: string]: JsonValue } {
  const isBlock = model.startsWith(`${provider}/`) && typeof opaque === 'object' && opaque !== null && !Array.isArray(opaque);
  return isBlock ? (opaque as { readonly [key: string]: JsonValue }) : {};
}

function toToolUse({ id, name, arguments: json }: ToolCall): Block {
  return { type: 'tool_use', id: toToolId(id), name, input: argumentsOf(json) };
}

function toToolResult({ toolCallId, content, isError }: ToolMessage, model: string): Block {
  const said = toInput(content, model);
  return {
    type: 'tool_result',
    tool_use_id: toToolId(toolCallId),
    ...(said.length === 0 ? {} : { content: said }),
    ...(isError ? { is_error: true } : {}),
  };
}

/** Ids of other providers may hold what this API refuses. The same id always becomes the same, and different ones stay different. */
function toToolId(id: string): string {
  return id.replace(/[^\w-]/g, (character) => `_${character.codePointAt(0)?.toString(16)}_`) || 'call';
}
