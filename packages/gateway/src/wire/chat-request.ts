/** A chat completion that was asked for: https://platform.openai.com/docs/api-reference/chat/create */
import type { ModelSettings, OutputSchema, ToolChoice, ToolDefinition } from '@rolecall/core';
import { badRequest } from '../http/refusal.ts';
import { readChatMessages } from './chat-messages.ts';
import type { Asked } from './dialect.ts';
import {
  compact,
  type Fields,
  fieldsOf,
  neededFields,
  neededText,
  numberOf,
  oneOf,
  switchOf,
  textOf,
  textsOf,
  tokensOf,
} from './reader.ts';
import { anyObject, askedOf, effortOf, type KnownFields, readFunction, readSchema, toolsOf } from './request-parts.ts';

const known: KnownFields = {
  words: new Set([
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
  ]),
  harmless: { n: 1, logprobs: false, top_logprobs: 0 },
};

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

export function readChat(body: Fields): Asked {
  return askedOf(body, known, (wireOnly, unknown) => ({
    messages: readChatMessages(body['messages'], wireOnly),
    tools: toolsOf(body['tools'], (tool, name) => readTool(tool, name, wireOnly)),
    toolChoice: readToolChoice(body['tool_choice'], wireOnly),
    outputSchema: readFormat(body['response_format']),
    settings: readSettings(body, unknown),
  }));
}

function readSettings(body: Fields, unknown: string[]): ModelSettings {
  return compact({
    temperature: numberOf(body['temperature'], 'temperature'),
    topP: numberOf(body['top_p'], 'top_p'),
    maxOutputTokens: tokensOf(body['max_completion_tokens'] ?? body['max_tokens'], 'max_tokens'),
    stop: typeof body['stop'] === 'string' ? [body['stop']] : textsOf(body['stop'], 'stop'),
    seed: numberOf(body['seed'], 'seed'),
    frequencyPenalty: numberOf(body['frequency_penalty'], 'frequency_penalty'),
    presencePenalty: numberOf(body['presence_penalty'], 'presence_penalty'),
    reasoningEffort: effortOf(body['reasoning_effort'], 'reasoning_effort', unknown),
    parallelToolCalls: switchOf(body['parallel_tool_calls'], 'parallel_tool_calls'),
    serviceTier: textOf(body['service_tier'], 'service_tier'),
  });
}

function readTool(tool: Fields, name: string, wireOnly: string[]): ToolDefinition | undefined {
  if (neededText(tool['type'], `${name}.type`) === 'function') {
    return readFunction(neededFields(tool['function'], `${name}.function`), `${name}.function`);
  }
  wireOnly.push(`${name} of another type than function`);
  return undefined;
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
