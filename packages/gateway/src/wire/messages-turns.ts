/** The turns of a message that is asked for, and what is said before them: https://platform.claude.com/docs/en/api/messages */
import type { JsonValue, MediaPart, Message, Part, ToolCall } from '@rolecall/core';
import { badRequest } from '../http/refusal.ts';
import {
  compact,
  type Fields,
  fieldsOf,
  listOf,
  neededFields,
  neededList,
  neededText,
  oneOf,
  switchOf,
  textOf,
} from './reader.ts';
import { textPart } from './request-parts.ts';

export function readSystem(value: unknown): readonly Message[] {
  if (value === undefined || value === null) return [];
  if (typeof value === 'string') return [{ role: 'system', content: value }];
  const blocks = neededList(value, 'system').map((one, index) => {
    const block = neededFields(one, `system[${index}]`);
    return textPart(block, `system[${index}]`);
  });
  return [{ role: 'system', content: blocks }];
}

export function readTurns(value: unknown, wireOnly: string[]): readonly Message[] {
  const names = new Map<string, string>();
  return neededList(value, 'messages').flatMap((one, index) => {
    const name = `messages[${index}]`;
    const turn = neededFields(one, name);
    const role = oneOf(turn['role'], `${name}.role`, ['user', 'assistant']);
    if (role === undefined) throw badRequest(`${name}.role must be one of user, assistant.`, `${name}.role`);
    const { content } = turn;
    if (typeof content === 'string') return [{ role, content }];
    const blocks = neededList(content, `${name}.content`).map((block, at) => neededFields(block, `${name}.content[${at}]`));
    const place: Place = { name: `${name}.content`, names, wireOnly };
    return role === 'user' ? readUser(blocks, place) : [readAssistant(blocks, place)];
  });
}

interface Place {
  readonly name: string;
  /** Of the tools, by the id of their call. */
  readonly names: Map<string, string>;
  readonly wireOnly: string[];
}

/** Results of tools are messages of their own, and come before what else the user says. */
function readUser(blocks: readonly Fields[], place: Place): readonly Message[] {
  const results: Message[] = [];
  const parts: Part[] = [];
  for (const [index, block] of blocks.entries()) {
    const name = `${place.name}[${index}]`;
    if (block['type'] === 'tool_result') results.push(readResult(block, name, place));
    else parts.push(...readPart(block, name, place.wireOnly));
  }
  return parts.length > 0 ? [...results, { role: 'user', content: parts }] : results;
}

function readResult(block: Fields, name: string, { names, wireOnly }: Place): Message {
  const toolCallId = neededText(block['tool_use_id'], `${name}.tool_use_id`);
  const said = block['content'] ?? '';
  const content =
    typeof said === 'string'
      ? said
      : (listOf(said, `${name}.content`) ?? []).flatMap((one, index) => {
          const at = `${name}.content[${index}]`;
          return readPart(neededFields(one, at), at, wireOnly);
        });
  const isError = switchOf(block['is_error'], `${name}.is_error`);
  return { role: 'tool', toolCallId, name: names.get(toolCallId) ?? 'tool', content, ...(isError && { isError }) };
}

function readAssistant(blocks: readonly Fields[], { name, names, wireOnly }: Place): Message {
  const content: Part[] = [];
  const toolCalls: ToolCall[] = [];
  for (const [index, block] of blocks.entries()) {
    const at = `${name}[${index}]`;
    if (block['type'] === 'tool_use') {
      const call = readCall(block, at);
      names.set(call.id, call.name);
      toolCalls.push(call);
    } else {
      content.push(...readPart(block, at, wireOnly));
    }
  }
  return { role: 'assistant', content, ...(toolCalls.length > 0 && { toolCalls }) };
}

function readCall(block: Fields, name: string): ToolCall {
  return {
    id: neededText(block['id'], `${name}.id`),
    name: neededText(block['name'], `${name}.name`),
    arguments: JSON.stringify(fieldsOf(block['input'], `${name}.input`) ?? {}),
  };
}

function readPart(block: Fields, name: string, wireOnly: string[]): readonly Part[] {
  const type = neededText(block['type'], `${name}.type`);
  switch (type) {
    case 'text':
      return [textPart(block, name)];
    case 'image':
      return [readMedia('image', block, name)];
    case 'document':
      return [readMedia('file', block, name)];
    case 'thinking':
    case 'redacted_thinking':
      return [
        {
          type: 'reasoning',
          text: textOf(block['thinking'], `${name}.thinking`) ?? '',
          provider: 'anthropic',
          opaque: block as JsonValue,
        },
      ];
    default:
      wireOnly.push(`${name} of the type ${type.slice(0, 40)}`);
      return [];
  }
}

function readMedia(type: 'image' | 'file', block: Fields, name: string): MediaPart {
  const source = neededFields(block['source'], `${name}.source`);
  const title = textOf(block['title'], `${name}.title`);
  const kind = oneOf(source['type'], `${name}.source.type`, ['base64', 'url', 'text']);
  if (kind === 'url') return compact({ type, url: neededText(source['url'], `${name}.source.url`), name: title });
  const data = neededText(source['data'], `${name}.source.data`);
  if (kind === 'text') {
    return compact({ type, base64: Buffer.from(data).toString('base64'), mediaType: 'text/plain', name: title });
  }
  return compact({ type, base64: data, mediaType: textOf(source['media_type'], `${name}.source.media_type`), name: title });
}
