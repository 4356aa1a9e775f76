/** Who does the work. */
import { invalid, requireOptions, requireText } from './check.ts';
import type { ModelSettings } from './model.ts';
import { takeSettings } from './settings.ts';
import { takeTools, type Tool } from './tool.ts';

export interface AgentOptions<Role extends string = string, Goal extends string = string, Backstory extends string = string> {
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
}

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
> implements AgentOptions<Role, Goal, Backstory> {
  readonly role: Role;
  readonly goal: Goal;
  readonly backstory: Backstory;
  readonly name: string | undefined;
  readonly tools: readonly Tool[];
  readonly model: string | undefined;
  readonly settings: ModelSettings | undefined;
  readonly maxIterations: number;

  constructor(options: AgentOptions<Role, Goal, Backstory>) {
    requireOptions('Agent', options);
    const { role, goal, backstory, name, model, maxIterations = 25 } = options;
    const owner = `Agent "${name ?? role}"`;
    requireText('Agent', 'role', role);
    requireText(owner, 'goal', goal);
    requireText(owner, 'backstory', backstory);
    if (name !== undefined) requireText('Agent', 'name', name);
    if (model !== undefined) requireText(owner, 'model', model);
    if (!Number.isSafeInteger(maxIterations) || maxIterations < 1) {
      throw invalid(owner, 'maxIterations', maxIterations, 'a whole number above 0');
    }

    this.role = role;
    this.goal = goal;
    this.backstory = backstory;
    this.name = name;
    this.tools = takeTools(owner, options.tools) ?? [];
    this.model = model;
    this.settings = takeSettings(owner, options.settings);
    this.maxIterations = maxIterations;
    Object.freeze(this);
  }
}

/** What a router and a ledger know the agent by: placeholders in a role are not filled in, so that it is the same in every run. */
export function roleKey(agent: Agent): string {
  return agent.name ?? agent.role;
}
