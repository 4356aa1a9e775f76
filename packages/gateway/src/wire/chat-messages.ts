/** The messages of a chat completion: https://platform.openai.com/docs/api-reference/chat/create */
import type { MediaPart, Message, Part, ToolCall } from '@rolecall/core';
import { badRequest } from '../http/refusal.ts';
import { compact, type Fields, listOf, neededFields, neededList, neededText, oneOf, textOf } from './reader.ts';
import { textPart } from './request-parts.ts';

/** What only the protocol itself can carry is added to `wireOnly`. */
export function readChatMessages(value: unknown, wireOnly: string[]): readonly Message[] {
  const names = new Map<string, string>(); // of the tools, by the id of their call
  return neededList(value, 'messages').map((one, index) => {
    const name = `messages[${index}]`;
    return readMessage(neededFields(one, name), name, names, wireOnly);
  });
}

function readMessage(message: Fields, name: string, names: Map<string, string>, wireOnly: string[]): Message {
  const { content } = message;
  const said = (): string | readonly Part[] => readContent(content, `${name}.content`, wireOnly);
  const role = neededText(message['role'], `${name}.role`);
  switch (role) {
    case 'system':
    case 'developer':
      return { role: 'system', content: said() };
    case 'user':
      return { role: 'user', content: said() };
    case 'assistant': {
      const toolCalls = readCalls(message['tool_calls'], `${name}.tool_calls`, wireOnly);
      for (const call of toolCalls) names.set(call.id, call.name);
      const text = content === undefined || content === null ? (textOf(message['refusal'], `${name}.refusal`) ?? '') : said();
      return { role, content: text, ...(toolCalls.length > 0 && { toolCalls }) };
    }
    case 'tool': {
      const toolCallId = neededText(message['tool_call_id'], `${name}.tool_call_id`);
      return { role, toolCallId, name: names.get(toolCallId) ?? 'tool', content: said() };
    }
    default:
      throw badRequest(`${name}.role must be one of system, developer, user, assistant, tool.`, `${name}.role`);
  }
}

function readContent(content: unknown, name: string, wireOnly: string[]): string | readonly Part[] {
  if (!Array.isArray(content)) return neededText(content, name);
  return content.flatMap((part: unknown, index) => {
    const at = `${name}[${index}]`;
    return readPart(neededFields(part, at), at, wireOnly) ?? [];
  });
}

function readPart(part: Fields, name: string, wireOnly: string[]): Part | undefined {
  const type = neededText(part['type'], `${name}.type`);
  if (type === 'text') return textPart(part, name);
  if (type === 'refusal') return { type: 'text', text: neededText(part['refusal'], `${name}.refusal`) };
  if (type === 'image_url') {
    const image = neededFields(part['image_url'], `${name}.image_url`);
    return { type: 'image', url: neededText(image['url'], `${name}.image_url.url`) };
  }
  const media = type === 'input_audio' ? readAudio(part, name) : type === 'file' ? readFile(part, name) : undefined;
  if (!media) wireOnly.push(`${name} of the type ${type.slice(0, 40)}`);
  return media;
}

function readAudio(part: Fields, name: string): MediaPart {
  const audio = neededFields(part['input_audio'], `${name}.input_audio`);
  const format = oneOf(audio['format'], `${name}.input_audio.format`, ['wav', 'mp3']);
  const mediaType = format === 'mp3' ? 'audio/mpeg' : 'audio/wav';
  return { type: 'audio', base64: neededText(audio['data'], `${name}.input_audio.data`), mediaType };
}

/** One that lies at the provider already is known there alone. */
function readFile(part: Fields, name: string): MediaPart | undefined {
  const file = neededFields(part['file'], `${name}.file`);
  const url = textOf(file['file_data'], `${name}.file.file_data`);
  if (url === undefined) return undefined;
  return compact({ type: 'file' as const, url, name: textOf(file['filename'], `${name}.file.filename`) });
}

function readCalls(value: unknown, name: string, wireOnly: string[]): readonly ToolCall[] {
  return (listOf(value, name) ?? []).flatMap((one, index) => {
    const at = `${name}[${index}]`;
    const call = neededFields(one, at);
    if (call['type'] !== undefined && call['type'] !== 'function') {
      wireOnly.push(`${at} of another type than function`);
      return [];
    }
    const of = neededFields(call['function'], `${at}.function`);
    return {
      id: neededText(call['id'], `${at}.id`),
      name: neededText(of['name'], `${at}.function.name`),
      arguments: textOf(of['arguments'], `${at}.function.arguments`) ?? '',
    };
  });
}
