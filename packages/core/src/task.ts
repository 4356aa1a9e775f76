/** What is to be done, and what came of it. */
import { Agent } from './agent.ts';
import { invalid, longestTimerMs, requireText, show } from './check.ts';
import { takeContext, type ContextEdge, type ContextSource } from './context-policy.ts';
import { crewaiWords } from './crewai-words.ts';
import { takeGuardrails, type Guardrail, type ReviewContext, type TakenGuardrail } from './guardrail.ts';
import type { JsonSchema } from './model.ts';
import { requireOptions, type OptionNames } from './option-names.ts';
import { checkOutputPath } from './output-file.ts';
import { isSchema, toJsonSchema, type Schema } from './schema.ts';
import { takeTools, type Tool } from './tool.ts';
import type { Spend } from './usage.ts';

/** Whether a task runs at all, told by the output of the task before it. */
export type Condition = (previous: TaskOutput, context: ReviewContext) => boolean | Promise<boolean>;

/** Hears of an output once it counts. What it throws is a warning. */
export type TaskCallback<Out = unknown> = (output: TaskOutput<Out>) => void | Promise<void>;

/** Looks at an answer: a text is feedback, and the agent answers again; nothing at all accepts it. */
export type HumanReview<Out = unknown> = (
  output: TaskOutput<Out>,
  context: ReviewContext,
) => string | undefined | void | Promise<string | undefined | void>;

export interface TaskOptions<
  Name extends string = string,
  Description extends string = string,
  ExpectedOutput extends string = string,
  By extends Agent | undefined = Agent | undefined,
  Out = unknown,
  Earlier extends string = string,
  When extends Condition | undefined = Condition | undefined,
  File extends string | undefined = string | undefined,
> {
  /** What to do. May hold `{placeholders}`, as may `expectedOutput` and `outputFile`. */
  readonly description: Description;
  /** What a good answer is. */
  readonly expectedOutput: ExpectedOutput;
  /** Who does it. @default the crew's manager, where there is one */
  readonly agent?: By;
  /** Its key in the results and the ledger. @default made of the first words of the description */
  readonly name?: Name | undefined;
  /** The tasks whose outputs are handed on, each whole or with a policy: none for `[]` or `null`. @default every task before this one */
  readonly context?: readonly ContextSource<Earlier>[] | null | undefined;
  /** Replaces the agent's tools for this task. @default the agent's tools */
  readonly tools?: readonly Tool[] | undefined;
  /** The answer is JSON of this shape, and `output` its value: a zod schema, or any with Standard Schema and Standard JSON Schema. @default none */
  readonly output?: Schema<Out> | undefined;
  /** One or several checks, in order. One that sends the answer back has all of them run again on the next. @default [] */
  readonly guardrails?: Guardrail<NoInfer<Out>> | readonly Guardrail<NoInfer<Out>>[] | undefined;
  /** How often an answer may be asked for again: counted for the schema and for each guardrail on its own. @default the agent's, or else 3 */
  readonly maxRetries?: number | undefined;
  /** Where the answer is written, within the crew's `outputRoot`. @default nowhere */
  readonly outputFile?: File;
  /** Makes the folder of `outputFile` where it is missing. @default true */
  readonly createFolder?: boolean | undefined;
  /** Asks for Markdown, with its rules. @default false */
  readonly markdown?: boolean | undefined;
  /** Skips the task unless it says true. Not for a crew's first task, nor with `async`. @default the task runs */
  readonly when?: When;
  /** The tasks after this one do not wait for it, unless they build on it. @default false */
  readonly async?: boolean | undefined;
  /** Told of the output. @default nobody */
  readonly callback?: TaskCallback<NoInfer<Out>> | undefined;
  /**
   * A person's look at the answer before it counts, after the guardrails. `'outside'` waits, for as long as it takes, for
   * somebody in another process: where the run's engine can (`@rolecall/restate`). @default nobody's
   */
  readonly human?: HumanReview<NoInfer<Out>> | 'outside' | undefined;
  /** Milliseconds for all of the task. @default no limit */
  readonly timeoutMs?: number | undefined;
}

const taskOptions: OptionNames<TaskOptions> = {
  description: true,
  expectedOutput: true,
  agent: true,
  name: true,
  context: true,
  tools: true,
  output: true,
  guardrails: true,
  maxRetries: true,
  outputFile: true,
  createFolder: true,
  markdown: true,
  when: true,
  async: true,
  callback: true,
  human: true,
  timeoutMs: true,
};

/** A schema, and how a model is told of it. */
export interface TakenSchema {
  readonly schema: Schema;
  readonly json: JsonSchema;
}

/**
 * A piece of work for one agent. Immutable.
 *
 * @example
 * const research = new Task({ name: 'research', description: 'Research {topic}', expectedOutput: 'Key points', agent: researcher });
 *
 * @throws {TypeError} when an option is not valid.
 */
export class Task<
  const Name extends string = string,
  const Description extends string = string,
  const ExpectedOutput extends string = string,
  By extends Agent | undefined = Agent | undefined,
  Out = unknown,
  const Earlier extends string = string,
  When extends Condition | undefined = Condition | undefined,
  const File extends string | undefined = string | undefined,
> {
  readonly name: Name;
  readonly description: Description;
  readonly expectedOutput: ExpectedOutput;
  /** `undefined` stands for the crew's manager. */
  readonly agent: By;
  /** `undefined` stands for every task before this one. */
  readonly context: readonly ContextEdge<Earlier>[] | undefined;
  /** `undefined` stands for the agent's tools. */
  readonly tools: readonly Tool[] | undefined;
  readonly output: (TakenSchema & { readonly schema: Schema<Out> }) | undefined;
  readonly guardrails: readonly TakenGuardrail[];
  readonly maxRetries: number | undefined;
  readonly outputFile: File;
  readonly createFolder: boolean;
  readonly markdown: boolean;
  readonly when: When;
  readonly async: boolean;
  readonly callback: TaskCallback | undefined;
  readonly human: HumanReview | 'outside' | undefined;
  readonly timeoutMs: number | undefined;

  constructor(options: TaskOptions<Name, Description, ExpectedOutput, By, Out, Earlier, When, File>) {
    requireOptions('Task', options, taskOptions, crewaiWords);
    const { description, expectedOutput, agent, name } = options;
    const owner = `Task ${show(name ?? description)}`;
    if (name !== undefined) requireText('Task', 'name', name);
    requireText(name === undefined ? 'Task' : owner, 'description', description);
    requireText(owner, 'expectedOutput', expectedOutput);
    if (agent !== undefined && !(agent instanceof Agent)) throw invalid(owner, 'agent', agent, 'an Agent');
    checkRules(owner, options as TaskOptions);

    this.name = name ?? (nameFrom(description) as Name);
    this.description = description;
    this.expectedOutput = expectedOutput;
    this.agent = agent as By;
    this.context = takeContext(owner, options.context, isTask) as readonly ContextEdge<Earlier>[] | undefined;
    this.tools = takeTools(owner, options.tools);
    this.output = takeSchema(owner, options.output) as this['output'];
    this.guardrails = takeGuardrails(owner, options.guardrails);
    this.maxRetries = options.maxRetries;
    this.outputFile = options.outputFile as File;
    this.createFolder = options.createFolder ?? true;
    this.markdown = options.markdown ?? false;
    this.when = options.when as When;
    this.async = options.async ?? false;
    this.callback = options.callback as TaskCallback | undefined;
    this.human = options.human as this['human'];
    this.timeoutMs = options.timeoutMs;
    Object.freeze(this);
  }
}

function isTask(value: unknown): value is Task {
  return value instanceof Task;
}

/** The rules that are no more than a type, and those between options. */
function checkRules(owner: string, options: TaskOptions): void {
  for (const field of ['createFolder', 'markdown', 'async'] as const) {
    const value: unknown = options[field];
    if (value !== undefined && typeof value !== 'boolean') throw invalid(owner, field, value, 'true or false');
  }
  for (const field of ['when', 'callback', 'human'] as const) {
    const value: unknown = options[field];
    if (field === 'human' && value === 'outside') continue;
    if (value !== undefined && typeof value !== 'function') throw invalid(owner, field, value, 'a function');
  }
  const { maxRetries, timeoutMs, outputFile, when, async } = options;
  if (maxRetries !== undefined && (!Number.isSafeInteger(maxRetries) || maxRetries < 0)) {
    throw invalid(owner, 'maxRetries', maxRetries, 'a whole number, 0 or above');
  }
  if (timeoutMs !== undefined && (!Number.isFinite(timeoutMs) || timeoutMs <= 0 || timeoutMs > longestTimerMs)) {
    throw invalid(owner, 'timeoutMs', timeoutMs, `a number of milliseconds above 0, at most ${longestTimerMs}`);
  }
  if (outputFile !== undefined) checkOutputPath(owner, outputFile);
  if (when !== undefined && async === true) throw new TypeError(`${owner}: when and async exclude each other`);
}

function takeSchema(owner: string, output: unknown): TakenSchema | undefined {
  if (output === undefined) return undefined;
  if (!isSchema(output)) {
    const valid = 'one schema with Standard Schema and Standard JSON Schema, such as z.object({ … })';
    throw invalid(owner, 'output', output, valid);
  }
  try {
    return Object.freeze({ schema: output, json: toJsonSchema(output) });
  } catch (cause) {
    throw new TypeError(`${owner}: output cannot be written as JSON Schema: ${String(cause)}`, { cause });
  }
}

/** A crew's tasks: a tuple, where their names and inputs are to be known to the compiler. */
export type TaskList = readonly Task[];

const wordsInName = 6;

/** `Research the topic: {topic}` becomes `research_the_topic_topic`: the same in every run. */
function nameFrom(description: string): string {
  const words = description.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? ['task'];
  return words.slice(0, wordsInName).join('_');
}

/** What a finished task leaves: its answer, and what that took. The spending is this task's alone. */
export interface TaskOutput<Out = unknown> extends Spend {
  /** The task's name. */
  readonly name: string;
  /** The agent's name, or else its role as written: the same key as in the ledger. */
  readonly role: string;
  /** With the inputs filled in, as is `expectedOutput`. */
  readonly description: string;
  readonly expectedOutput: string;
  /** What the agent wrote. Empty when the task was skipped. */
  readonly text: string;
  /** The value of the task's schema; `undefined` without one, or when the task was skipped. */
  readonly output: Out;
  /** `when` said no. */
  readonly skipped: boolean;
  /** The model that gave the answer, `provider/model`. */
  readonly model: string;
  /** How often a model was asked. */
  readonly turns: number;
  /** How often the answer was asked for again: because of the schema, by each guardrail, by a person. */
  readonly retries: Retries;
  /** Where the answer was written, below the crew's `outputRoot`. */
  readonly file?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly durationMs: number;
  /** The typed value as JSON, or else the text. */
  readonly toString: () => string;
}

export interface Retries {
  readonly schema: number;
  /** In the order of the task's guardrails. */
  readonly guardrails: readonly number[];
  readonly human: number;
}
