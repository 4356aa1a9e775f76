/** What is to be done, and what came of it. */
import { Agent } from './agent.ts';
import { invalid, requireListOf, requireOptions, requireText, show } from './check.ts';
import { takeTools, type Tool } from './tool.ts';
import type { Spend } from './usage.ts';

export interface TaskOptions<
  Name extends string = string,
  Description extends string = string,
  ExpectedOutput extends string = string,
  By extends Agent = Agent,
> {
  /** What to do. May hold `{placeholders}`, as may `expectedOutput`. */
  readonly description: Description;
  /** What a good answer is. */
  readonly expectedOutput: ExpectedOutput;
  readonly agent: By;
  /** Its key in the results and the ledger. @default made of the first words of the description */
  readonly name?: Name | undefined;
  /** The tasks whose outputs are handed on: none for `[]` or `null`. @default every task before this one */
  readonly context?: readonly Task[] | null | undefined;
  /** Replaces the agent's tools for this task. @default the agent's tools */
  readonly tools?: readonly Tool[] | undefined;
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
  By extends Agent = Agent,
> {
  readonly name: Name;
  readonly description: Description;
  readonly expectedOutput: ExpectedOutput;
  readonly agent: By;
  /** `undefined` stands for every task before this one. */
  readonly context: readonly Task[] | undefined;
  /** `undefined` stands for the agent's tools. */
  readonly tools: readonly Tool[] | undefined;

  constructor(options: TaskOptions<Name, Description, ExpectedOutput, By>) {
    requireOptions('Task', options);
    const { description, expectedOutput, agent, name, context } = options;
    const owner = `Task ${show(name ?? description)}`;
    if (name !== undefined) requireText('Task', 'name', name);
    requireText(name === undefined ? 'Task' : owner, 'description', description);
    requireText(owner, 'expectedOutput', expectedOutput);
    if (!(agent instanceof Agent)) throw invalid(owner, 'agent', agent, 'an Agent');
    if (context !== undefined && context !== null) requireListOf(owner, 'context', context, Task, 'Task');

    this.name = name ?? (nameFrom(description) as Name);
    this.description = description;
    this.expectedOutput = expectedOutput;
    this.agent = agent;
    this.context = context === undefined ? undefined : Object.freeze([...(context ?? [])]);
    this.tools = takeTools(owner, options.tools);
    Object.freeze(this);
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
export interface TaskOutput extends Spend {
  /** The task's name. */
  readonly name: string;
  /** The agent's name, or else its role as written: the same key as in the ledger. */
  readonly role: string;
  /** With the inputs filled in, as is `expectedOutput`. */
  readonly description: string;
  readonly expectedOutput: string;
  readonly text: string;
  /** The model that gave the answer, `provider/model`. */
  readonly model: string;
  /** How often a model was asked. */
  readonly turns: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly durationMs: number;
}
