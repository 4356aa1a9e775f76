/** One task of one run while it is under way: what its parts need to know, and how they ask its agents. */
import type { Agent } from './agent.ts';
import { runAgent, type Answer } from './agent-loop.ts';
import type { Aside } from './events.ts';
import type { ReviewContext } from './guardrail.ts';
import type { TaskFacts } from './model-call.ts';
import type { Attempt, Message, OutputSchema } from './model.ts';
import type { Run } from './run.ts';
import type { Task } from './task.ts';
import type { Tool } from './tool.ts';

export interface TaskWork {
  readonly run: Run;
  readonly task: Task;
  readonly agent: Agent;
  readonly tools: readonly Tool[];
  /** Whom a manager may hand work to. */
  readonly coworkers: readonly Agent[] | undefined;
  readonly tag: { readonly task: string; readonly taskIndex: number; readonly role: string };
  /** Inputs filled in. */
  readonly texts: { readonly description: string; readonly expectedOutput: string };
  /** Aborted with the run, or when the task's time is up. */
  readonly signal: AbortSignal | undefined;
  /** The names of its steps begin with it. */
  readonly prefix: string;
  /** The attempts made for this task, in order. */
  readonly attempts: Attempt[];
}

export interface Asking {
  readonly messages: readonly Message[];
  /** The names of its steps begin with it. */
  readonly prefix: string;
  /** Which answer of the task this is for. */
  readonly attempt: number;
}

/** Asks the task's agent, with its tools. `reload` is for an answer that is asked for again: a stored one is what was sent back. */
export function askAgent(work: TaskWork, { messages, prefix, attempt }: Asking, reload: boolean): Promise<Answer> {
  const { run, agent, tools, coworkers, signal, attempts } = work;
  const tag: TaskFacts = { ...work.tag, attempt };
  const schema = work.task.output;
  const outputSchema: OutputSchema | undefined = schema && { name: schemaName(work.task.name), schema: schema.json };
  return runAgent({ run, agent, tag, tools, messages, prefix, outputSchema, reload, coworkers, signal, attempts });
}

/** Asks an agent for something beside the task. Its text is nobody's answer, and is not streamed. */
export function askAside(work: TaskWork, agent: Agent, request: Asking, aside: Aside): Promise<Answer> {
  const { run, signal, attempts } = work;
  const tag: TaskFacts = { ...work.tag, role: agent.name ?? agent.role, attempt: request.attempt, aside };
  return runAgent({ run, agent, tag, tools: [], messages: request.messages, prefix: request.prefix, signal, attempts });
}

/** Providers take letters, digits, `_` and `-`, and 64 of them. */
function schemaName(task: string): string {
  return task.replaceAll(/[^\w-]+/g, '_').slice(0, 64);
}

const neverAborted = new AbortController().signal;

export function reviewContext({ run, signal }: Pick<TaskWork, 'run' | 'signal'>): ReviewContext {
  return { inputs: run.inputs, signal: signal ?? neverAborted };
}
