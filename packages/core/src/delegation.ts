/** Work and questions that an agent hands to a coworker, offered to its model as tools. */
import { TimedOut } from './abort.ts';
import { roleKey, type Agent } from './agent.ts';
import type { Answer, Work } from './agent-loop.ts';
import { backgroundNotes } from './background.ts';
import { LoopFailure } from './loop-failure.ts';
import type { JsonSchema, ToolDefinition } from './model.ts';
import { personaOf } from './persona.ts';
import {
  argumentsAreNotJson,
  argumentsAreWrong,
  coworkerFailed,
  delegation,
  openingMessages,
  unknownCoworker,
} from './prompt.ts';
import type { ToolResult } from './tool.ts';

/** A tool that is not one step: what the coworker does are steps of their own, under the name given. */
export interface Handoff {
  readonly definition: ToolDefinition;
  readonly hand: (argumentsText: string, step: string) => Promise<ToolResult>;
}

/** What an agent may hand on. A coworker has no such tools itself: work that is handed on is done. */
export function handoffsOf(work: Work, runAgent: (work: Work) => Promise<Answer>): readonly Handoff[] {
  const { agent, run, coworkers = agent.allowDelegation ? run.agents : [] } = work;
  const others = coworkers.filter((coworker) => coworker !== agent);
  if (others.length === 0) return [];
  const hand = (field: 'task' | 'question'): Handoff['hand'] => {
    return (text, step) => handOn({ work, others, field, runAgent }, text, step);
  };
  return [
    { definition: definitionOf('delegate', 'task', others), hand: hand('task') },
    { definition: definitionOf('ask', 'question', others), hand: hand('question') },
  ];
}

/** A field of a tool's arguments. */
function textField(description: string): JsonSchema {
  return { type: 'string', description };
}

function definitionOf(name: 'delegate' | 'ask', field: 'task' | 'question', others: readonly Agent[]): ToolDefinition {
  return {
    name,
    description: delegation[name],
    parameters: {
      type: 'object',
      properties: {
        coworker: textField(delegation.coworker(others.map(roleKey))),
        [field]: textField(delegation[field]),
        context: textField(delegation.context),
      },
      required: ['coworker', field],
      additionalProperties: false,
    },
  };
}

interface Offer {
  readonly work: Work;
  readonly others: readonly Agent[];
  readonly field: 'task' | 'question';
  readonly runAgent: (work: Work) => Promise<Answer>;
}

async function handOn(offer: Offer, argumentsText: string, step: string): Promise<ToolResult> {
  const { work, others, field, runAgent } = offer;
  const asked = read(argumentsText, field);
  if ('wrong' in asked) return { content: asked.wrong, isError: true };
  const coworker = others.find((other) => isNamed(other, asked.coworker, work));
  if (!coworker) return { content: unknownCoworker(asked.coworker, others.map(roleKey)), isError: true };
  try {
    const { text } = await runAgent(await workOf(coworker, asked.description, { ...offer, step }));
    return { content: text, isError: false };
  } catch (error) {
    // Backends that fail, budgets and aborts end the task; what the coworker could not do is told.
    if (work.signal?.aborted || !(LoopFailure.isInstance(error) || error instanceof TimedOut)) throw error;
    return { content: coworkerFailed(asked.coworker, error), isError: true, thrown: { error } };
  }
}

async function workOf(agent: Agent, description: string, { work, field, step }: Offer & { step: string }): Promise<Work> {
  const { run, tag, signal, attempts } = work;
  const { tools } = agent;
  const expectedOutput = field === 'task' ? delegation.result : delegation.answer;
  const notes = await backgroundNotes(agent, description, { run, prefix: step, signal });
  const assignment = { description, expectedOutput, context: [], hasTools: tools.length > 0, notes };
  const messages = openingMessages({ persona: personaOf(agent, run.inputs), assignment, style: run.promptStyle });
  return { run, tag: { ...tag, role: roleKey(agent) }, agent, tools, messages, prefix: step, signal, attempts, coworkers: [] };
}

/** Models write names as they please. */
function plain(name: string): string {
  return name.trim().toLowerCase();
}

function isNamed(agent: Agent, name: string, { run }: Work): boolean {
  return [roleKey(agent), personaOf(agent, run.inputs).role].some((known) => plain(known) === plain(name));
}

type Asked = { readonly coworker: string; readonly description: string } | { readonly wrong: string };

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}

function read(argumentsText: string, field: 'task' | 'question'): Asked {
  const tool = field === 'task' ? 'delegate' : 'ask';
  let given: unknown;
  try {
    given = JSON.parse(argumentsText);
  } catch (error) {
    return { wrong: argumentsAreNotJson(tool, (error as SyntaxError).message) };
  }
  const fields = (given ?? {}) as Record<string, unknown>;
  const { coworker, context, [field]: matter } = fields;
  const reasons = [
    ...(isText(coworker) ? [] : ['coworker: has to be a text']),
    ...(isText(matter) ? [] : [`${field}: has to be a text`]),
    ...(context === undefined || context === null || typeof context === 'string' ? [] : ['context: has to be a text']),
  ];
  if (!isText(coworker) || !isText(matter) || reasons.length > 0) return { wrong: argumentsAreWrong(tool, reasons) };
  return { coworker, description: isText(context) ? `${matter}\n\n${context}` : matter };
}
