/** Functions that a model may call. The only place where the arguments of a call are parsed. */
import { invalid, requireCount, requireText } from './check.ts';
import { frozenCopy } from './freeze.ts';
import type { JsonSchema, ToolDefinition } from './model.ts';
import { requireOptions, type OptionNames } from './option-names.ts';
import { argumentsAreNotJson, argumentsAreWrong, toolThrew } from './prompt.ts';
import { describeIssue, isSchema, toJsonSchema, type Schema } from './schema.ts';
import { resultText } from './tool-result.ts';

export interface ToolContext {
  /** Aborted when the run is, or a time limit is reached. */
  readonly signal: AbortSignal;
  /** The same when a run that a crash cut off makes this call again: hand it on where nothing may be done twice. Fit for a header. */
  readonly idempotencyKey: string;
}

export interface ToolOptions<Arguments> {
  /** Letters, digits, `_` and `-`, at most 64. */
  readonly name: string;
  /** When to call it and what it gives, for the model. */
  readonly description: string;
  /** The arguments: a schema of an object, from zod or any library with Standard Schema and Standard JSON Schema. */
  readonly parameters: Schema<Arguments>;
  /**
   * Does the work. A text goes to the model as it is, plain values, maps and sets as JSON; what JSON would tell nothing of, such as
   * a `Response`, is an error. What it throws is told to the model.
   */
  readonly execute: (args: Arguments, context: ToolContext) => unknown;
  /** Tell the model what was thrown, or fail: then the task begins again, `maxRetries` times. @default 'tell' */
  readonly onError?: 'tell' | 'fail' | undefined;
  /** A longer result is cut, and the model is told so. @default 50_000 */
  readonly maxResultCharacters?: number | undefined;
}

const toolOptions: OptionNames<ToolOptions<unknown>> = {
  name: true,
  description: true,
  parameters: true,
  execute: true,
  onError: true,
  maxResultCharacters: true,
};

/** A function that a model may call, made by `tool()`. */
export interface Tool {
  /** What the model is shown. */
  readonly definition: ToolDefinition;
  /** Runs the tool on JSON text from a model. Never rejects: what goes wrong is told to the model. */
  readonly call: (argumentsText: string, context: ToolContext) => Promise<ToolResult>;
  /** @default 'tell' */
  readonly onError?: 'tell' | 'fail' | undefined;
  /** @default 50_000 */
  readonly maxResultCharacters?: number | undefined;
}

/** In characters, of a tool that does not say: about 12,000 tokens. */
export const longestResult = 50_000;

export interface ToolResult {
  /** What the model is told. */
  readonly content: string;
  readonly isError: boolean;
  /** Present when the tool threw: what it threw. */
  readonly thrown?: { readonly error: unknown } | undefined;
}

const validName = /^[a-zA-Z0-9_-]{1,64}$/;

/**
 * Makes a tool of a function. The types of its arguments come from the schema.
 *
 * @example
 * const add = tool({
 *   name: 'add',
 *   description: 'Adds two numbers.',
 *   parameters: z.object({ a: z.number(), b: z.number() }),
 *   execute: ({ a, b }) => a + b,
 * });
 *
 * @throws {TypeError} when an option is not valid, or the schema cannot be written as the JSON Schema of an object.
 */
export function tool<Arguments>(options: ToolOptions<Arguments>): Tool {
  requireOptions('tool', options, toolOptions);
  const { name, description, parameters, execute, onError, maxResultCharacters } = options;
  if (typeof name !== 'string' || !validName.test(name)) throw invalid('tool', 'name', name, `a text like ${validName.source}`);
  const owner = `tool "${name}"`;
  requireText(owner, 'description', description);
  if (typeof execute !== 'function') throw invalid(owner, 'execute', execute, 'a function');
  if (onError !== undefined && onError !== 'tell' && onError !== 'fail')
    throw invalid(owner, 'onError', onError, "'tell' or 'fail'");
  requireCount(owner, 'maxResultCharacters', maxResultCharacters);

  return Object.freeze({
    onError,
    maxResultCharacters,
    definition: Object.freeze({ name, description, parameters: schemaOf(owner, parameters) }),
    call: async (argumentsText: string, context: ToolContext): Promise<ToolResult> => {
      let args: unknown;
      try {
        args = argumentsText.trim() === '' ? {} : JSON.parse(argumentsText);
      } catch (error) {
        return { content: argumentsAreNotJson(name, (error as SyntaxError).message), isError: true };
      }
      try {
        const checked = await parameters['~standard'].validate(args);
        if (checked.issues) return { content: argumentsAreWrong(name, checked.issues.map(describeIssue)), isError: true };
        return { content: resultText(await execute(checked.value, context)), isError: false };
      } catch (error) {
        return { content: toolThrew(name, error), isError: true, thrown: { error } };
      }
    },
  });
}

function schemaOf(owner: string, parameters: unknown): JsonSchema {
  if (!isSchema(parameters)) {
    throw invalid(
      owner,
      'parameters',
      parameters,
      'a schema with Standard Schema and Standard JSON Schema, such as z.object({ … })',
    );
  }
  let schema: JsonSchema;
  try {
    schema = toJsonSchema(parameters);
  } catch (cause) {
    throw new TypeError(`${owner}: parameters cannot be written as JSON Schema: ${String(cause)}`, { cause });
  }
  if (schema['type'] !== 'object') throw invalid(owner, 'the type of parameters', schema['type'], '"object"');
  return frozenCopy(schema);
}

/** Checks and copies the tools of an agent or a task. */
export function takeTools(owner: string, tools: unknown): readonly Tool[] | undefined {
  if (tools === undefined) return undefined;
  if (!Array.isArray(tools)) throw invalid(owner, 'tools', tools, 'an array of tools');
  const names = new Set<string>();
  for (const entry of tools) {
    if (!isTool(entry)) throw invalid(owner, 'one of tools', entry, 'a tool made by tool()');
    const { name } = entry.definition;
    if (names.has(name)) throw new TypeError(`${owner}: tools has "${name}" twice, and names have to differ`);
    names.add(name);
  }
  return Object.freeze([...tools]);
}

function isTool(value: unknown): value is Tool {
  const { definition, call } = (value ?? {}) as Partial<Tool>;
  return typeof call === 'function' && typeof definition?.name === 'string';
}
