/** A response that was asked for: https://platform.openai.com/docs/api-reference/responses/create */
import type { MediaPart, Message, ModelSettings, OutputSchema, Part, ToolChoice, ToolDefinition } from '@rolecall/core';
import { badRequest } from '../http/refusal.ts';
import type { Asked } from './dialect.ts';
import {
  compact,
  type Fields,
  fieldsOf,
  neededFields,
  neededList,
  neededText,
  numberOf,
  oneOf,
  switchOf,
  textOf,
  tokensOf,
} from './reader.ts';
import { anyObject, askedOf, effortOf, type KnownFields, readFunction, readSchema, toolsOf } from './request-parts.ts';

const known: KnownFields = {
  words: new Set([
    'model',
    'input',
    'instructions',
    'stream',
    'stream_options',
    'tools',
    'tool_choice',
    'parallel_tool_calls',
    'text',
    'temperature',
    'top_p',
    'max_output_tokens',
    'reasoning',
    'service_tier',
    'user',
    'metadata',
    'store',
    'include',
    'truncation',
    'safety_identifier',
    'prompt_cache_key',
    'prompt_cache_retention',
  ]),
  harmless: { background: false, top_logprobs: 0 },
};

export const responsesSettings: Readonly<Record<string, string>> = {
  temperature: 'temperature',
  topP: 'top_p',
  maxOutputTokens: 'max_output_tokens',
  parallelToolCalls: 'parallel_tool_calls',
  serviceTier: 'service_tier',
};

export function readResponses(body: Fields): Asked {
  const instructions = textOf(body['instructions'], 'instructions');
  const system: readonly Message[] = instructions === undefined ? [] : [{ role: 'system', content: instructions }];
  return askedOf(body, known, (wireOnly, unknown) => ({
    messages: [...system, ...readInput(body['input'], wireOnly)],
    tools: toolsOf(body['tools'], (tool, name) => readTool(tool, name, wireOnly)),
    toolChoice: readToolChoice(body['tool_choice'], wireOnly),
    outputSchema: readFormat(body['text']),
    settings: readSettings(body, unknown),
  }));
}

function readSettings(body: Fields, unknown: string[]): ModelSettings {
  const reasoning = fieldsOf(body['reasoning'], 'reasoning');
  return compact({
    temperature: numberOf(body['temperature'], 'temperature'),
    topP: numberOf(body['top_p'], 'top_p'),
    maxOutputTokens: tokensOf(body['max_output_tokens'], 'max_output_tokens'),
    parallelToolCalls: switchOf(body['parallel_tool_calls'], 'parallel_tool_calls'),
    serviceTier: textOf(body['service_tier'], 'service_tier'),
    reasoningEffort: effortOf(reasoning?.['effort'], 'reasoning.effort', unknown),
  });
}

/** Items as messages: calls that follow each other are of one turn of the assistant. */
export function readInput(value: unknown, wireOnly: string[]): readonly Message[] {
  if (typeof value === 'string') return [{ role: 'user', content: value }];
  const messages: Message[] = [];
  const names = new Map<string, string>();
  for (const [index, one] of neededList(value, 'input').entries()) {
    const at = `input[${index}]`;
    const item = neededFields(one, at);
    const type = textOf(item['type'], `${at}.type`) ?? 'message';
    if (type === 'message') messages.push(readItem(item, at, wireOnly));
    else if (type === 'function_call') addCall(messages, item, at, names);
    else if (type === 'function_call_output') messages.push(readOutput(item, at, names, wireOnly));
    else if (type !== 'reasoning') wireOnly.push(`${at} of the type ${type.slice(0, 40)}`); // another provider could not read that
  }
  if (messages.length === 0 && wireOnly.length === 0) throw badRequest('input must hold at least one message.', 'input');
  return messages;
}

function readItem(item: Fields, name: string, wireOnly: string[]): Message {
  const said = oneOf(item['role'], `${name}.role`, ['system', 'developer', 'user', 'assistant']);
  if (said === undefined) throw badRequest(`${name}.role must be one of system, developer, user, assistant.`, `${name}.role`);
  return { role: said === 'developer' ? 'system' : said, content: readContent(item['content'], `${name}.content`, wireOnly) };
}

function addCall(messages: Message[], item: Fields, name: string, names: Map<string, string>): void {
  const call = {
    id: neededText(item['call_id'], `${name}.call_id`),
    name: neededText(item['name'], `${name}.name`),
    arguments: textOf(item['arguments'], `${name}.arguments`) ?? '',
  };
  names.set(call.id, call.name);
  const last = messages.at(-1);
  if (last?.role === 'assistant') messages.splice(-1, 1, { ...last, toolCalls: [...(last.toolCalls ?? []), call] });
  else messages.push({ role: 'assistant', content: '', toolCalls: [call] });
}

function readOutput(item: Fields, name: string, names: ReadonlyMap<string, string>, wireOnly: string[]): Message {
  const toolCallId = neededText(item['call_id'], `${name}.call_id`);
  const content = readContent(item['output'], `${name}.output`, wireOnly);
  return { role: 'tool', toolCallId, name: names.get(toolCallId) ?? 'tool', content };
}

function readContent(content: unknown, name: string, wireOnly: string[]): string | readonly Part[] {
  if (!Array.isArray(content)) return neededText(content, name);
  return content.flatMap((one: unknown, index) => {
    const at = `${name}[${index}]`;
    const part = readPart(neededFields(one, at), at);
    if (!part) wireOnly.push(at);
    return part ?? [];
  });
}

function readPart(part: Fields, name: string): Part | undefined {
  switch (neededText(part['type'], `${name}.type`)) {
    case 'input_text':
    case 'output_text':
    case 'text':
      return { type: 'text', text: neededText(part['text'], `${name}.text`) };
    case 'refusal':
      return { type: 'text', text: neededText(part['refusal'], `${name}.refusal`) };
    case 'input_image':
      return media('image', textOf(part['image_url'], `${name}.image_url`));
    case 'input_file': {
      const url = textOf(part['file_data'] ?? part['file_url'], `${name}.file_data`);
      return media('file', url, textOf(part['filename'], `${name}.filename`));
    }
    default:
      return undefined;
  }
}

/** One that lies at the provider already is known there alone. */
function media(type: MediaPart['type'], url: string | undefined, name?: string): MediaPart | undefined {
  return url === undefined ? undefined : compact({ type, url, name });
}

function readTool(tool: Fields, name: string, wireOnly: string[]): ToolDefinition | undefined {
  if (neededText(tool['type'], `${name}.type`) === 'function') return readFunction(tool, name);
  wireOnly.push(`${name} of another type than function`);
  return undefined;
}

function readToolChoice(value: unknown, wireOnly: string[]): ToolChoice | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return oneOf(value, 'tool_choice', ['auto', 'none', 'required']);
  const choice = neededFields(value, 'tool_choice');
  if (choice['type'] === 'function') return { name: neededText(choice['name'], 'tool_choice.name') };
  wireOnly.push('tool_choice of another type than function');
  return undefined;
}

function readFormat(value: unknown): OutputSchema | undefined {
  const format = fieldsOf(fieldsOf(value, 'text')?.['format'], 'text.format');
  if (!format) return undefined;
  const type = oneOf(format['type'], 'text.format.type', ['text', 'json_object', 'json_schema']);
  if (type === 'json_schema') return readSchema(format, 'text.format');
  return type === 'json_object' ? anyObject : undefined;
}
