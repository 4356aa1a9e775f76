/** What requests of several APIs have in common. */
import type { ModelSettings, OutputSchema, TextPart, ToolDefinition } from '@rolecall/core';
import type { Asked } from './dialect.ts';
import { compact, type Fields, listOf, neededFields, neededText, schemaOf, switchOf, textOf } from './reader.ts';

/** How an API's fields are told apart. */
export interface KnownFields {
  /** Other APIs have words for them, or they say nothing an answer depends on. */
  readonly words: ReadonlySet<string>;
  /** What these say is what happens anyway. */
  readonly harmless: Readonly<Record<string, unknown>>;
}

/** A request, read by `read`: what only the protocol itself can carry is added to `wireOnly`. */
export function askedOf(
  body: Fields,
  known: KnownFields,
  read: (wireOnly: string[], unknown: string[]) => Asked['request'],
): Asked {
  const unknown = unknownFields(body, known);
  const beyond: string[] = [];
  const request = compact(read(beyond, unknown));
  const wireOnly = [...unknown, ...beyond];
  return { request, isStream: switchOf(body['stream'], 'stream') ?? false, wireOnly, unknown };
}

/** The fields that say something no other API has a word for. */
function unknownFields(body: Fields, { words, harmless }: KnownFields): string[] {
  const unknown: string[] = [];
  for (const name in body) {
    const value = body[name];
    if (value === undefined || value === null || words.has(name)) continue;
    if (!(Object.hasOwn(harmless, name) && harmless[name] === value)) unknown.push(name);
  }
  return unknown;
}

/** The tools that `read` has a word for; nothing when there are none. */
export function toolsOf(
  value: unknown,
  read: (tool: Fields, name: string) => ToolDefinition | undefined,
): readonly ToolDefinition[] | undefined {
  const tools = listOf(value, 'tools')?.flatMap((one, index) => {
    const name = `tools[${index}]`;
    return read(neededFields(one, name), name) ?? [];
  });
  return tools && tools.length > 0 ? tools : undefined;
}

/** A piece of text, which may end what is worth keeping in the provider's cache. */
export function textPart(part: Fields, name: string): TextPart {
  const text = neededText(part['text'], `${name}.text`);
  return part['cache_control'] ? { type: 'text', text, cacheBreakpoint: true } : { type: 'text', text };
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

const efforts = ['none', 'minimal', 'low', 'medium', 'high'] as const;

/** How hard to think. A word that only newer models of one provider know is added to what others cannot be asked. */
export function effortOf(value: unknown, name: string, unknown: string[]): ModelSettings['reasoningEffort'] {
  const said = textOf(value, name);
  const effort = efforts.find((word) => word === said);
  if (said !== undefined && effort === undefined) unknown.push(`${name} ${JSON.stringify(said.slice(0, 40))}`);
  return effort;
}

/** Any JSON object will do. */
export const anyObject: OutputSchema = { name: 'answer', schema: { type: 'object' }, strict: false };

/** A schema as both of OpenAI's APIs describe it. */
export function readSchema(format: Fields, name: string): OutputSchema {
  return compact({
    name: textOf(format['name'], `${name}.name`) ?? 'answer',
    schema: schemaOf(neededFields(format['schema'], `${name}.schema`), `${name}.schema`),
    strict: switchOf(format['strict'], `${name}.strict`),
  });
}
