/** Who does the work. */
import { invalid, requireAtLeast, requireCount, requireText, requireTimeout } from './check.ts';
import { takeContextWindow, type ContextWindow } from './context-window.ts';
import { crewaiWords } from './crewai-words.ts';
import { takeKnowledge, type Knowledge } from './knowledge.ts';
import { takeMemory, type Memory } from './memory.ts';
import type { ModelSettings } from './model.ts';
import { requireOptions, type OptionNames } from './option-names.ts';
import { takeSettings } from './settings.ts';
import { takeTools, type Tool } from './tool.ts';

export interface AgentOptions<
  Role extends string = string,
  Goal extends string = string,
  Backstory extends string = string,
  System extends string | undefined = string | undefined,
> {
  /** What the agent is, in a few words. May hold `{placeholders}`, as may `goal` and `backstory`. */
  readonly role: Role;
  readonly goal: Goal;
  readonly backstory: Backstory;
  /** What a router and a ledger know the agent by. @default its role, as written */
  readonly name?: string | undefined;
  /** What the agent may call. @default [] */
  readonly tools?: readonly Tool[] | undefined;
  /** A named model, for a crew whose model is made of many. @default the model's own choice, by role */
  readonly model?: string | undefined;
  /** Sent with each of the agent's requests. @default the model's own */
  readonly settings?: ModelSettings | undefined;
  /** Model calls for one task. Then the agent is asked once more, without tools, for the answer it has. @default 25 */
  readonly maxIterations?: number | undefined;
  /** How often a task is retried for a tool that must not fail, a guardrail or a schema; each of these counts for itself, in each run. @default 3 */
  readonly maxRetries?: number | undefined;
  /** For everything that one task asks of the agent at a time, its tools included. @default no limit */
  readonly timeoutMs?: number | undefined;
  /** Model calls that may start in any minute, in all runs of a crew together. @default the crew's */
  readonly maxRpm?: number | undefined;
  /** The whole system message, in the place of the one made of role, goal and backstory. May hold `{placeholders}`. */
  readonly systemPrompt?: System | undefined;
  /** Lets the agent hand work and questions to the other agents of its crew. @default false */
  readonly allowDelegation?: boolean | undefined;
  /** Counts what is sent, before it is sent, against what the model can read. @default not counted */
  readonly contextWindow?: ContextWindow | undefined;
  /** Where the agent's answers go, and what it recalls of earlier ones. @default none */
  readonly memory?: Memory | undefined;
  /** What the agent looks things up in. @default none */
  readonly knowledge?: Knowledge | undefined;
}

const agentOptions: OptionNames<AgentOptions> = {
  role: true,
  goal: true,
  backstory: true,
  name: true,
  tools: true,
  model: true,
  settings: true,
  maxIterations: true,
  maxRetries: true,
  timeoutMs: true,
  maxRpm: true,
  systemPrompt: true,
  allowDelegation: true,
  contextWindow: true,
  memory: true,
  knowledge: true,
};

/**
 * A role with a goal and a backstory. Immutable: one agent may serve any number of tasks and runs at once.
 *
 * @example
 * const researcher = new Agent({ role: 'Research Specialist', goal: 'Find out all about {topic}', backstory: 'You dig deep.' });
 *
 * @throws {TypeError} when an option is not valid.
 */
export class Agent<
  const Role extends string = string,
  const Goal extends string = string,
  const Backstory extends string = string,
  const System extends string | undefined = string | undefined,
> implements AgentOptions<Role, Goal, Backstory, System> {
  readonly role: Role;
  readonly goal: Goal;
  readonly backstory: Backstory;
  readonly name: string | undefined;
  readonly tools: readonly Tool[];
  readonly model: string | undefined;
  readonly settings: ModelSettings | undefined;
  readonly maxIterations: number;
  readonly maxRetries: number | undefined;
  readonly timeoutMs: number | undefined;
  readonly maxRpm: number | undefined;
  readonly systemPrompt: System;
  readonly allowDelegation: boolean;
  readonly contextWindow: ContextWindow | undefined;
  readonly memory: Memory | undefined;
  readonly knowledge: Knowledge | undefined;

  constructor(options: AgentOptions<Role, Goal, Backstory, System>) {
    requireOptions('Agent', options, agentOptions, crewaiWords);
    const { role, goal, backstory, name, model, systemPrompt } = options;
    const owner = `Agent "${name ?? role}"`;
    requireText('Agent', 'role', role);
    requireText(owner, 'goal', goal);
    requireText(owner, 'backstory', backstory);
    if (name !== undefined) requireText('Agent', 'name', name);
    if (model !== undefined) requireText(owner, 'model', model);
    if (systemPrompt !== undefined) requireText(owner, 'systemPrompt', systemPrompt);
    const limits = takeLimits(owner, options);

    this.role = role;
    this.goal = goal;
    this.backstory = backstory;
    this.name = name;
    this.tools = takeTools(owner, options.tools) ?? [];
    this.model = model;
    this.settings = takeSettings(owner, options.settings);
    this.maxIterations = limits.maxIterations;
    this.maxRetries = limits.maxRetries;
    this.timeoutMs = limits.timeoutMs;
    this.maxRpm = limits.maxRpm;
    this.systemPrompt = systemPrompt as System;
    this.allowDelegation = takeDelegation(owner, options.allowDelegation, this.tools);
    this.contextWindow = takeContextWindow(owner, options.contextWindow, this.settings);
    this.memory = takeMemory(owner, options.memory);
    this.knowledge = takeKnowledge(owner, options.knowledge);
    Object.freeze(this);
  }
}

type Limits = Pick<Agent, 'maxIterations' | 'maxRetries' | 'timeoutMs' | 'maxRpm'>;

function takeLimits(owner: string, { maxIterations = 25, maxRetries, timeoutMs, maxRpm }: AgentOptions): Limits {
  requireCount(owner, 'maxIterations', maxIterations);
  requireTimeout(owner, 'timeoutMs', timeoutMs);
  requireCount(owner, 'maxRpm', maxRpm);
  if (maxRetries !== undefined) requireAtLeast(owner, 'maxRetries', maxRetries, 0);
  return { maxIterations, maxRetries, timeoutMs, maxRpm };
}

function takeDelegation(owner: string, allowed: unknown, tools: readonly Tool[]): boolean {
  if (allowed !== undefined && typeof allowed !== 'boolean') throw invalid(owner, 'allowDelegation', allowed, 'true or false');
  if (allowed) checkHandoffNames(owner, tools, 'allowDelegation');
  return allowed ?? false;
}

/** The names of the tools that hand work on. */
const handoffNames: readonly string[] = ['delegate', 'ask'];

/** @throws {TypeError} when one of the tools of an agent that may hand work on has such a name. */
export function checkHandoffNames(owner: string, tools: readonly Tool[], giver: string): void {
  const taken = tools.find(({ definition }) => handoffNames.includes(definition.name));
  if (taken) throw new TypeError(`${owner}: tools has "${taken.definition.name}", which ${giver} gives to a tool of its own`);
}

/** What a router and a ledger know the agent by: placeholders in a role are not filled in, so that it is the same in every run. */
export function roleKey(agent: Agent): string {
  return agent.name ?? agent.role;
}
