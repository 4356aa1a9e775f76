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
