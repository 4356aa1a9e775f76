import type { Agent } from './agent.ts';
import { interpolate, type Inputs } from './interpolate.ts';
import type { Persona } from './prompt.ts';

/** An agent's texts with the inputs of a run filled in. */
export function personaOf({ role, goal, backstory, systemPrompt }: Agent, inputs: Inputs): Persona {
  return {
    role: interpolate(role, inputs),
    goal: interpolate(goal, inputs),
    backstory: interpolate(backstory, inputs),
    systemPrompt: systemPrompt === undefined ? undefined : interpolate(systemPrompt, inputs),
  };
}

/** What the answers of an agent depend on, as far as it can be compared: part of the keys of the steps that ask it. */
export function identityOf(agent: Agent, inputs: Inputs): unknown {
  const { model, settings, maxIterations, tools } = agent;
  return [personaOf(agent, inputs), model, settings, maxIterations, tools.map(({ definition }) => definition)];
}
