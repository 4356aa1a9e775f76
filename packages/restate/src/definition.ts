/** What a crew is made of, in short: a run goes on only with the crew it began with. */
import { createHash } from 'node:crypto';
import type { Agent, Crew, Task } from '@rolecall/core';

/** What shapes all of its runs. */
type CrewFact = 'planner' | 'compat' | 'concurrency' | 'beforeKickoff' | 'taskCallback';

/** Any crew, whatever its tasks. */
export type AnyCrew = Pick<Crew, 'name' | 'version' | 'agents' | 'manager' | 'checkInputs' | CrewFact> & {
  readonly tasks: readonly Task[];
  readonly kickoff: (...args: never[]) => Promise<unknown>;
};

/** A hash, or what is short enough to be shown, by the name of each part. */
export type Definition = Readonly<Record<string, string>>;

/** Parts that are shown as they are. */
const shown: ReadonlySet<string> = new Set(['version', 'tasks', 'compat', 'concurrency', 'beforeKickoff', 'taskCallback']);

/** Of a function it is known that there is one: what it does is what `version` is for. */
export function definitionOf(crew: AnyCrew): Definition {
  const parts: Record<string, string> = {
    version: crew.version ?? 'none',
    tasks: crew.tasks.map(({ name }) => name).join(', '),
    compat: crew.compat ?? 'none',
    beforeKickoff: String(crew.beforeKickoff.length),
    taskCallback: presence(crew.taskCallback),
  };
  if (crew.tasks.some((task) => task.async)) parts['concurrency'] = String(crew.concurrency); // it orders the steps
  if (crew.planner) parts['planning'] = hashOf(agentFacts(crew.planner));
  for (const task of crew.tasks) parts[`task "${task.name}"`] = hashOf(factsOf(task));
  for (const [name, agents] of namesakesOf(crew.agents)) parts[`agent "${name}"`] = hashOf(agents.map(agentFacts));
  if (crew.manager) parts['manager'] = hashOf(agentFacts(crew.manager));
  return parts;
}

/** The parts that differ, in words, or nothing. */
export function changesBetween(before: Definition, now: Definition): string | undefined {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])].filter((name) => before[name] !== now[name]);
  const words = names.map((name) => {
    if (before[name] === undefined) return `${name} (new)`;
    if (now[name] === undefined) return `${name} (gone)`;
    return shown.has(name) ? `${name} (${before[name]} became ${now[name]})` : name;
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
  const { description, expectedOutput, maxRetries, outputFile, markdown, async, when, human, callback } = task;
  const edges = context?.map(({ task: source, maxTokens, map, summarizedBy }) => [
    source.name,
    maxTokens,
    presence(map),
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
    presence(when),
    typeof human,
    presence(callback),
  ];
}

function agentFacts({ role, goal, backstory, model, settings, tools, ...agent }: Agent): unknown {
  const { systemPrompt, allowDelegation, maxIterations, maxRetries, contextWindow, memory, knowledge } = agent;
  const { maxTokens, policy, countTokens } = contextWindow ?? {};
  const limits = [maxIterations, maxRetries, maxTokens, policy, presence(countTokens)];
  const theirs = [presence(memory), presence(knowledge)];
  return [role, goal, backstory, systemPrompt, model, settings, allowDelegation, limits, theirs, toolFacts(tools)];
}

function toolFacts(tools: Agent['tools'] | undefined): unknown {
  return tools?.map(({ definition, onError, maxResultCharacters }) => [definition, onError, maxResultCharacters]);
}

/** Of what cannot be compared. */
function presence(given: unknown): 'none' | 'some' {
  return given === undefined ? 'none' : 'some';
}

function nameOf({ name, role }: Agent): string {
  return name ?? role;
}

function hashOf(facts: unknown): string {
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 16);
}
