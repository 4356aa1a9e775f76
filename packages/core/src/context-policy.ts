/** Which earlier outputs a task is handed, and how much of each: all, its beginning, what a function makes of it, or a summary. */
import { Agent } from './agent.ts';
import { invalid, show } from './check.ts';
import { isPlainObject } from './freeze.ts';
import type { Task, TaskOutput } from './task.ts';

/** An earlier task, and at most one policy for its output. */
export type ContextEdge<Name extends string = string> = {
  readonly task: Task<Name>;
  /** The output is cut after about so many tokens. */
  readonly maxTokens?: number | undefined;
  /** What is handed on in its place. */
  readonly map?: ((output: TaskOutput) => string | Promise<string>) | undefined;
  /** This agent is asked for a summary, and that is handed on. */
  readonly summarizedBy?: Agent | undefined;
};

/** An earlier task, handed on whole, or with a policy. */
export type ContextSource<Name extends string = string> = Task<Name> | ContextEdge<Name>;

/** `isTask` is handed in, as the class lives in a file that imports this one. */
export function takeContext(
  owner: string,
  context: unknown,
  isTask: (value: unknown) => value is Task,
): readonly ContextEdge[] | undefined {
  if (context === undefined) return undefined;
  if (context !== null && !Array.isArray(context)) throw invalid(owner, 'context', context, 'an array of Tasks, or null');
  const sources: readonly unknown[] = context ?? [];
  return Object.freeze(
    sources.map((source, index) =>
      isTask(source) ? Object.freeze({ task: source }) : takeEdge(owner, `context[${index}]`, source, isTask),
    ),
  );
}

const policies = ['maxTokens', 'map', 'summarizedBy'] as const;

function takeEdge(owner: string, field: string, source: unknown, isTask: (value: unknown) => value is Task): ContextEdge {
  if (!isPlainObject(source) || !isTask(source['task'])) {
    throw invalid(owner, field, source, 'one made with new Task(), or { task, maxTokens | map | summarizedBy }');
  }
  const edge = source as ContextEdge;
  const unknown = Object.keys(edge).find((key) => key !== 'task' && !policies.some((policy) => policy === key));
  if (unknown) throw new TypeError(`${owner}: ${field} has no ${show(unknown)}; valid are task, ${policies.join(', ')}`);
  if (policies.filter((policy) => edge[policy] !== undefined).length > 1) {
    throw new TypeError(`${owner}: ${field} has several policies, and takes one of ${policies.join(', ')}`);
  }
  const { maxTokens, map, summarizedBy } = edge;
  if (maxTokens !== undefined && (!Number.isSafeInteger(maxTokens) || maxTokens < 1)) {
    throw invalid(owner, `${field}.maxTokens`, maxTokens, 'a whole number above 0');
  }
  if (map !== undefined && typeof map !== 'function') throw invalid(owner, `${field}.map`, map, 'a function');
  if (summarizedBy !== undefined && !(summarizedBy instanceof Agent)) {
    throw invalid(owner, `${field}.summarizedBy`, summarizedBy, 'an Agent');
  }
  return Object.freeze({ ...edge });
}

/** Without the model's own tokeniser this is an estimate, as everywhere a text is measured before it is sent. */
const charactersPerToken = 4;

/** The beginning of a text, cut between characters, or `undefined` if it is short enough. */
export function beginningOf(text: string, maxTokens: number): string | undefined {
  const most = maxTokens * charactersPerToken;
  if (text.length <= most) return undefined;
  const tornPair = /[\uD800-\uDBFF]$/.test(text.slice(0, most));
  return text.slice(0, tornPair ? most - 1 : most);
}
