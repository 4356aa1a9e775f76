/** What a crew is made of, in short: a run goes on only with the crew it began with. */
import { createHash } from 'node:crypto';
import type { Agent, Crew, Task } from '@rolecall/core';

/** Any crew, whatever its tasks. */
export type AnyCrew = Pick<Crew, 'name' | 'version' | 'agents' | 'manager' | 'checkInputs'> & {
  readonly tasks: readonly Task[];
  readonly kickoff: (...args: never[]) => Promise<unknown>;
};

/** A hash, or the version itself, by the name of each part. */
export type Definition = Readonly<Record<string, string>>;

/** Functions have no part in it, which is what `version` is for. */
export function definitionOf(crew: AnyCrew): Definition {
  const parts: Record<string, string> = { version: crew.version ?? 'none', tasks: crew.tasks.map(({ name }) => name).join(', ') };
  for (const task of crew.tasks) parts[`task "${task.name}"`] = hashOf(factsOf(task));
  for (const [name, agents] of namesakesOf(crew.agents)) parts[`agent "${name}"`] = hashOf(agents.map(agentFacts));
  if (crew.manager) parts['manager'] = hashOf(agentFacts(crew.manager));
  return parts;
}

/** The parts that differ, in words, or nothing. */
export function changesBetween(before: Definition, now: Definition): string | undefined {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])].filter((name) => before[name] !== now[name]);
  const words = names.map((name) => {
    if (name === 'version' || name === 'tasks') return `${name} (${before[name]} became ${now[name]})`;
    if (before[name] === undefined) return `${name} (new)`;
    return now[name] === undefined ? `${name} (gone)` : name;
  });
  return words.length === 0 ? undefined : words.join(', ');
}

/** Nothing keeps two agents from having one name. */
function namesakesOf(agents: readonly Agent[]): ReadonlyMap<string, readonly Agent[]> {
  const byName = new Map<string, Agent[]>();
  for (const agent of agents) byName.set(nameOf(agent), [...(byName.get(nameOf(agent)) ?? []), agent]);
  return byName;
}

function factsOf({ agent, context, output, tools, guardrails, ...task }: Task): unknown {
  const { description, expectedOutput, maxRetries, outputFile, markdown, async, when, human } = task;
  const edges = context?.map(({ task: source, maxTokens, map, summarizedBy }) => [
    source.name,
    maxTokens,
    typeof map,
    summarizedBy && agentFacts(summarizedBy),
  ]);
  const checks = guardrails.map((guardrail) =>
    typeof guardrail === 'function' ? 'function' : [guardrail.criteria, guardrail.judge && agentFacts(guardrail.judge)],
  );
  const by = agent && nameOf(agent);
  return [
    description,
    expectedOutput,
    by,
    edges,
    output?.json,
    toolFacts(tools),
    checks,
    maxRetries,
    outputFile,
    markdown,
    async,
    typeof when,
    typeof human,
  ];
}

function agentFacts({ role, goal, backstory, model, settings, tools, ...agent }: Agent): unknown {
  const { systemPrompt, allowDelegation, maxIterations, maxRetries, contextWindow } = agent;
  const limits = [maxIterations, maxRetries, contextWindow?.maxTokens, contextWindow?.policy];
  return [role, goal, backstory, systemPrompt, model, settings, allowDelegation, limits, toolFacts(tools)];
}

function toolFacts(tools: Agent['tools'] | undefined): unknown {
  return tools?.map(({ definition }) => definition);
}

function nameOf({ name, role }: Agent): string {
  return name ?? role;
}

function hashOf(facts: unknown): string {
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 16);
}
