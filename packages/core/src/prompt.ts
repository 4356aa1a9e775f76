/** Every English word that is sent to a model, but for what the user wrote. */
import { messageOf } from './errors.ts';
import type { Message } from './model.ts';

/** An agent's texts, inputs filled in. */
export interface Persona {
  readonly role: string;
  readonly goal: string;
  readonly backstory: string;
}

/** A task's texts, inputs filled in, and the outputs it may build on. */
export interface Assignment {
  readonly description: string;
  readonly expectedOutput: string;
  readonly context: readonly ContextBlock[];
  /** An agent without tools is asked to answer at once: it has nothing to announce or to wait for. */
  readonly hasTools: boolean;
}

/** The output of an earlier task, and who wrote it. */
export interface ContextBlock {
  readonly task: string;
  readonly role: string;
  readonly text: string;
}

export function openingMessages(persona: Persona, assignment: Assignment): Message[] {
  return [
    { role: 'system', content: `You are ${persona.role}. ${persona.backstory}\nThe goal you work towards: ${persona.goal}` },
    { role: 'user', content: paragraphs(assignment).join('\n\n') },
  ];
}

function paragraphs({ description, expectedOutput, context, hasTools }: Assignment): string[] {
  const blocks = context.map(({ task, role, text }) => `--- Output of "${task}", by ${role} ---\n${text}`);
  return [
    `Your task: ${description}`,
    `A good answer meets these criteria: ${expectedOutput}\nWrite out the whole content itself, not a summary of it.`,
    ...(blocks.length === 0 ? [] : ['Earlier tasks gave you this to build on:', ...blocks, '--- End of earlier outputs ---']),
    ...(hasTools ? [] : ['Answer now, in full: your reply is handed on exactly as you write it.']),
  ];
}

/** The last word before an agent that keeps calling tools is cut off. */
export function forcedAnswer(): Message {
  return {
    role: 'user',
    content: 'You have used up your tool calls. Give the best complete answer to your task that you can with what you know now.',
  };
}

export function argumentsAreNotJson(tool: string, reason: string): string {
  return `The arguments for ${tool} are not valid JSON (${reason}). Correct them and call it again.`;
}

export function argumentsAreWrong(tool: string, reasons: readonly string[]): string {
  return `The arguments for ${tool} are wrong:\n${reasons.map((reason) => `- ${reason}`).join('\n')}\nCorrect them and call it again.`;
}

export function unknownTool(name: string, known: readonly string[]): string {
  return `There is no tool named "${name}". You have: ${known.length === 0 ? 'none' : known.join(', ')}.`;
}

export function toolThrew(tool: string, error: unknown): string {
  return `${tool} failed: ${messageOf(error)}`;
}
