/** Checks on an answer before it counts: functions, or a sentence that a model judges by. */
import { Agent } from './agent.ts';
import { invalid, show } from './check.ts';
import { isPlainObject } from './freeze.ts';
import type { Inputs } from './interpolate.ts';
import { requireOptions, type OptionNames } from './option-names.ts';
import type { TaskOutput } from './task.ts';

/** What a guardrail, a condition or a person is given beside the output. */
export interface ReviewContext {
  readonly inputs: Inputs;
  /** Aborted when the run or the task is. */
  readonly signal: AbortSignal;
}

/**
 * `true` lets the answer pass. A text, or a whole output, passes in its place. `{ feedback }` sends it back, and the
 * agent is told why.
 */
export type GuardrailVerdict = true | string | TaskOutput | { readonly feedback: string };

export type GuardrailFunction<Out = unknown> = (
  output: TaskOutput<Out>,
  context: ReviewContext,
) => GuardrailVerdict | Promise<GuardrailVerdict>;

/** What a good answer meets, in words. */
export interface JudgedGuardrail {
  readonly criteria: string;
  /** Who judges. @default the task's own agent */
  readonly judge?: Agent | undefined;
}

/** A function, or words that a model judges by. */
export type Guardrail<Out = unknown> = string | GuardrailFunction<Out> | JudgedGuardrail;

/** As a task keeps it. */
export type TakenGuardrail = GuardrailFunction | JudgedGuardrail;

const judgedNames: OptionNames<JudgedGuardrail> = { criteria: true, judge: true };

export function takeGuardrails(owner: string, given: unknown): readonly TakenGuardrail[] {
  if (given === undefined) return [];
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  return Object.freeze(list.map((entry, index) => takeGuardrail(owner, `guardrails[${index}]`, entry)));
}

function takeGuardrail(owner: string, field: string, entry: unknown): TakenGuardrail {
  if (typeof entry === 'function') return entry as GuardrailFunction;
  const judged: Partial<JudgedGuardrail> = isPlainObject(entry) ? entry : { criteria: entry as string };
  requireOptions(`${owner}: ${field}`, judged, judgedNames);
  const { criteria, judge } = judged;
  if (typeof criteria !== 'string' || criteria.trim() === '') {
    throw invalid(owner, field, entry, 'a function, a text, or { criteria, judge }');
  }
  if (judge !== undefined && !(judge instanceof Agent)) throw invalid(owner, `${field}.judge`, judge, 'an Agent');
  return Object.freeze({ criteria, judge });
}

/** @throws {TypeError} for what is no verdict: a guardrail that returns nothing has not decided. */
export function checkVerdict(verdict: unknown): GuardrailVerdict {
  const { text, feedback } = (verdict ?? {}) as Partial<TaskOutput & { feedback: unknown }>;
  const holds = verdict === true || typeof verdict === 'string' || typeof text === 'string' || typeof feedback === 'string';
  if (holds) return verdict as GuardrailVerdict;
  throw new TypeError(`a guardrail returned ${show(verdict)}, and has to return true, a text, an output or { feedback }`);
}
