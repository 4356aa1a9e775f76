/** A chat completion that was asked for: https://platform.openai.com/docs/api-reference/chat/create */
import type { MediaPart, Message, ModelSettings, OutputSchema, Part, ToolCall, ToolChoice, ToolDefinition } from '@rolecall/core';
import { badRequest } from '../http/refusal.ts';
import type { Asked } from './dialect.ts';
import {
  compact,
  type Fields,
  fieldsOf,
  listOf,
  neededFields,
  neededList,
  neededText,
  numberOf,
  oneOf,
  schemaOf,
  switchOf,
  textOf,
  textsOf,
  tokensOf,
} from './reader.ts';

/** Fields that other APIs have words for, or that say nothing an answer depends on. */
const known: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'stream',
  'stream_options',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'response_format',
  'temperature',
  'top_p',
  'max_tokens',
  'max_completion_tokens',
  'stop',
  'seed',
  'frequency_penalty',
  'presence_penalty',
  'reasoning_effort',
  'service_tier',
  'user',
  'metadata',
  'store',
  'safety_identifier',
  'prompt_cache_key',
  'prompt_cache_retention',
  'prediction',
  'verbosity',
]);

/** What these say is what happens anyway. */
const harmless: Readonly<Record<string, unknown>> = { n: 1, logprobs: false, top_logprobs: 0 };

/** What the API calls our settings. */
export const chatSettings: Readonly<Record<string, string>> = {
  temperature: 'temperature',
  topP: 'top_p',
  topK: 'top_k',
  maxOutputTokens: 'max_completion_tokens',
  stop: 'stop',
  seed: 'seed',
  frequencyPenalty: 'frequency_penalty',
  presencePenalty: 'presence_penalty',
  reasoningEffort: 'reasoning_effort',
  parallelToolCalls: 'parallel_tool_calls',
  serviceTier: 'service_tier',
};

export const efforts = ['none', 'minimal', 'low', 'medium', 'high'] as const;

export function readChat(body: Fields): Asked {
  const unknown = unknownFields(body, known, harmless);
  const wireOnly = [...unknown];
  const tools = readTools(body['tools'], wireOnly);
  return {
    request: compact({
      messages: readChatMessages(body['messages'], wireOnly),
      tools,
      toolChoice: readToolChoice(body['tool_choice'], wireOnly),
      outputSchema: readFormat(body['response_format']),
      settings: readSettings(body),
    }),
    isStream: switchOf(body['stream'], 'stream') ?? false,
    wireOnly,
    unknown,
  };
}

/** The fields that say something no other API has a word for. */
export function unknownFields(body: Fields, words: ReadonlySet<string>, without: Readonly<Record<string, unknown>>): string[] {
  const saysNothing = (name: string): boolean => {
    const value = body[name];
    return value === undefined || value === null || words.has(name) || (name in without && without[name] === value);
  };
  return Object.keys(body).filter((name) => !saysNothing(name));
}

function readSettings(body: Fields): ModelSettings {
  return compact({
    temperature: numberOf(body['temperature'], 'temperature'),
    topP: numberOf(body['top_p'], 'top_p'),
    maxOutputTokens: tokensOf(body['max_completion_tokens'] ?? body['max_tokens'], 'max_tokens'),
    stop: typeof body['stop'] === 'string' ? [body['stop']] : textsOf(body['stop'], 'stop'),
    seed: numberOf(body['seed'], 'seed'),
    frequencyPenalty: numberOf(body['frequency_penalty'], 'frequency_penalty'),
    presencePenalty: numberOf(body['presence_penalty'], 'presence_penalty'),
    reasoningEffort: oneOf(body['reasoning_effort'], 'reasoning_effort', efforts),
    parallelToolCalls: switchOf(body['parallel_tool_calls'], 'parallel_tool_calls'),
    serviceTier: textOf(body['service_tier'], 'service_tier'),
  });
}

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
  if (type === 'text') {
    const text = neededText(part['text'], `${name}.text`);
    return part['cache_control'] ? { type, text, cacheBreakpoint: true } : { type, text };
  }
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

function readTools(value: unknown, wireOnly: string[]): readonly ToolDefinition[] | undefined {
  const tools = listOf(value, 'tools')?.flatMap((one, index) => {
    const at = `tools[${index}]`;
    const tool = neededFields(one, at);
    if (neededText(tool['type'], `${at}.type`) === 'function') {
      return readFunction(neededFields(tool['function'], `${at}.function`), `${at}.function`);
    }
    wireOnly.push(`${at} of another type than function`);
    return [];
  });
  return tools && tools.length > 0 ? tools : undefined;
}

/** A function as both of OpenAI's APIs describe it. */
export function readFunction(tool: Fields, name: string): ToolDefinition {
  return compact({
    name: neededText(tool['name'], `${name}.name`),
    description: textOf(tool['description'], `${name}.description`),
    parameters: schemaOf(tool['parameters'], `${name}.parameters`),
    strict: switchOf(tool['strict'], `${name}.strict`),
  });
}

function readToolChoice(value: unknown, wireOnly: string[]): ToolChoice | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return oneOf(value, 'tool_choice', ['auto', 'none', 'required']);
  const choice = neededFields(value, 'tool_choice');
  if (choice['type'] === 'function') {
    return { name: neededText(neededFields(choice['function'], 'tool_choice.function')['name'], 'tool_choice.function.name') };
  }
  wireOnly.push('tool_choice of another type than function');
  return undefined;
}

function readFormat(value: unknown): OutputSchema | undefined {
  const format = fieldsOf(value, 'response_format');
  if (!format) return undefined;
  const type = oneOf(format['type'], 'response_format.type', ['text', 'json_object', 'json_schema']);
  if (type === undefined) throw badRequest('response_format.type must be a string.', 'response_format.type');
  if (type === 'json_schema') {
    const name = 'response_format.json_schema';
    return readSchema(neededFields(format['json_schema'], name), name);
  }
  return type === 'json_object' ? anyObject : undefined;
}

/** Any JSON object will do. */
export const anyObject: OutputSchema = { name: 'answer', schema: { type: 'object' }, strict: false };

export function readSchema(format: Fields, name: string): OutputSchema {
  return compact({
    name: textOf(format['name'], `${name}.name`) ?? 'answer',
    schema: schemaOf(neededFields(format['schema'], `${name}.schema`), `${name}.schema`),
    strict: switchOf(format['strict'], `${name}.strict`),
  });
}
