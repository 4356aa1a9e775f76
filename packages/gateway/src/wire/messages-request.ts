/** A message that was asked for: https://platform.claude.com/docs/en/api/messages */
import type { ModelSettings, OutputSchema, ToolChoice, ToolDefinition } from '@rolecall/core';
import { badRequest } from '../http/refusal.ts';
import type { Asked } from './dialect.ts';
import { readSystem, readTurns } from './messages-turns.ts';
import {
  compact,
  type Fields,
  fieldsOf,
  neededFields,
  neededText,
  numberOf,
  oneOf,
  schemaOf,
  switchOf,
  textOf,
  textsOf,
  tokensOf,
} from './reader.ts';
import { askedOf, type KnownFields, toolsOf } from './request-parts.ts';

const known: KnownFields = {
  words: new Set([
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
  ]),
  harmless: {},
};

export const messagesSettings: Readonly<Record<string, string>> = {
  temperature: 'temperature',
  topP: 'top_p',
  topK: 'top_k',
  stop: 'stop_sequences',
  serviceTier: 'service_tier',
};

export function readMessages(body: Fields): Asked {
  return askedOf(body, known, (wireOnly) => ({
    messages: [...readSystem(body['system']), ...readTurns(body['messages'], wireOnly)],
    tools: toolsOf(body['tools'], (tool, name) => readTool(tool, name, wireOnly)),
    toolChoice: readToolChoice(body['tool_choice']),
    outputSchema: readFormat(body),
    settings: readSettings(body),
  }));
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
    reasoningEffort: readThinking(body),
  });
}

function missing(name: string): never {
  throw badRequest(`${name} must be a whole number of at least 1.`, name);
}

/** How hard to think, in the nearest word that others have for it. */
function readThinking(body: Fields): ModelSettings['reasoningEffort'] {
  const thinking = fieldsOf(body['thinking'], 'thinking');
  const said = textOf(fieldsOf(body['output_config'], 'output_config')?.['effort'], 'output_config.effort');
  if (!thinking || thinking['type'] === 'disabled') return undefined;
  const budget = tokensOf(thinking['budget_tokens'], 'thinking.budget_tokens');
  if (budget === undefined) return said === undefined || said === 'low' || said === 'medium' ? (said ?? 'medium') : 'high';
  return budget < 4_000 ? 'low' : budget < 16_000 ? 'medium' : 'high';
}

/** Those that run at the provider's have a type; ours have none, or say that they are custom. */
function readTool(tool: Fields, name: string, wireOnly: string[]): ToolDefinition | undefined {
  const type = textOf(tool['type'], `${name}.type`) ?? 'custom';
  if (type === 'custom') {
    return compact({
      name: neededText(tool['name'], `${name}.name`),
      description: textOf(tool['description'], `${name}.description`),
      parameters: schemaOf(tool['input_schema'], `${name}.input_schema`),
      strict: switchOf(tool['strict'], `${name}.strict`),
    });
  }
  wireOnly.push(`${name} of the type ${type.slice(0, 40)}`);
  return undefined;
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
