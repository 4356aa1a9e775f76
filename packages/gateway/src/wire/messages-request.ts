/** A message that was asked for: https://platform.claude.com/docs/en/api/messages */
import type {
  JsonValue,
  MediaPart,
  Message,
  ModelSettings,
  OutputSchema,
  Part,
  ToolCall,
  ToolChoice,
  ToolDefinition,
} from '@rolecall/core';
import { badRequest } from '../http/refusal.ts';
import { unknownFields } from './chat-request.ts';
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

const known: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'system',
  'stream',
  'max_tokens',
  'stop_sequences',
  'temperature',
  'top_p',
  'top_k',
  'tools',
  'tool_choice',
  'thinking',
  'output_config',
  'output_format',
  'metadata',
  'service_tier',
]);

export const messagesSettings: Readonly<Record<string, string>> = {
  temperature: 'temperature',
  topP: 'top_p',
  topK: 'top_k',
  stop: 'stop_sequences',
  serviceTier: 'service_tier',
};

export function readMessages(body: Fields): Asked {
  const unknown = unknownFields(body, known, {});
  const wireOnly = [...unknown];
  const system = readSystem(body['system']);
  return {
    request: compact({
      messages: [...system, ...readTurns(body['messages'], wireOnly)],
      tools: readTools(body['tools'], wireOnly),
      toolChoice: readToolChoice(body['tool_choice']),
      outputSchema: readFormat(body),
      settings: readSettings(body),
    }),
    isStream: switchOf(body['stream'], 'stream') ?? false,
    wireOnly,
    unknown,
  };
}

function readSettings(body: Fields): ModelSettings {
  const choice = fieldsOf(body['tool_choice'], 'tool_choice');
  const alone = switchOf(choice?.['disable_parallel_tool_use'], 'tool_choice.disable_parallel_tool_use');
  return compact({
    maxOutputTokens: tokensOf(body['max_tokens'], 'max_tokens') ?? missing('max_tokens'),
    temperature: numberOf(body['temperature'], 'temperature'),
    topP: numberOf(body['top_p'], 'top_p'),
    topK: numberOf(body['top_k'], 'top_k'),
    stop: textsOf(body['stop_sequences'], 'stop_sequences'),
    parallelToolCalls: alone === true ? false : undefined,
    reasoningEffort: readThinking(fieldsOf(body['thinking'], 'thinking')),
  });
}

function missing(name: string): never {
  throw badRequest(`${name} must be a whole number of at least 1.`, name);
}

/** How hard to think, in the nearest word that others have for it. */
function readThinking(thinking: Fields | undefined): ModelSettings['reasoningEffort'] {
  if (!thinking || thinking['type'] === 'disabled') return undefined;
  const budget = tokensOf(thinking['budget_tokens'], 'thinking.budget_tokens');
  if (budget === undefined) return 'medium';
  return budget < 4_000 ? 'low' : budget < 16_000 ? 'medium' : 'high';
}

function readSystem(value: unknown): readonly Message[] {
  if (value === undefined || value === null) return [];
  if (typeof value === 'string') return [{ role: 'system', content: value }];
  const blocks = neededList(value, 'system').map((one, index) => {
    const block = neededFields(one, `system[${index}]`);
    return readText(block, `system[${index}]`);
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
      return [readText(block, name)];
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

function readText(block: Fields, name: string): Part {
  const text = neededText(block['text'], `${name}.text`);
  return block['cache_control'] ? { type: 'text', text, cacheBreakpoint: true } : { type: 'text', text };
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

/** Those that run at the provider's have a type; ours have none, or say that they are custom. */
function readTools(value: unknown, wireOnly: string[]): readonly ToolDefinition[] | undefined {
  const tools = listOf(value, 'tools')?.flatMap((one, index) => {
    const at = `tools[${index}]`;
    const tool = neededFields(one, at);
    const type = textOf(tool['type'], `${at}.type`) ?? 'custom';
    if (type === 'custom') {
      return compact({
        name: neededText(tool['name'], `${at}.name`),
        description: textOf(tool['description'], `${at}.description`),
        parameters: schemaOf(tool['input_schema'], `${at}.input_schema`),
        strict: switchOf(tool['strict'], `${at}.strict`),
      });
    }
    wireOnly.push(`${at} of the type ${type.slice(0, 40)}`);
    return [];
  });
  return tools && tools.length > 0 ? tools : undefined;
}

const choices = { auto: 'auto', any: 'required', none: 'none' } as const;

function readToolChoice(value: unknown): ToolChoice | undefined {
  const choice = fieldsOf(value, 'tool_choice');
  const type = choice && oneOf(choice['type'], 'tool_choice.type', ['auto', 'any', 'none', 'tool']);
  if (type === undefined) return undefined;
  return type === 'tool' ? { name: neededText(choice?.['name'], 'tool_choice.name') } : choices[type];
}

function readFormat(body: Fields): OutputSchema | undefined {
  const config = fieldsOf(body['output_config'], 'output_config');
  const format = fieldsOf(config?.['format'] ?? body['output_format'], 'output_config.format');
  if (format?.['type'] !== 'json_schema') return undefined;
  const schema = neededFields(format['schema'], 'output_config.format.schema');
  return { name: 'answer', schema: schemaOf(schema, 'output_config.format.schema') };
}
