/** The inputs that a crew asks for in its texts: for the compiler, and at the start of a run. */
import { roleKey, type Agent } from './agent.ts';
import { inputNames, type InputNames, type Inputs, type InputValue, type IsLiteral, type RequiredInputs } from './interpolate.ts';
import type { KickoffOptions } from './run.ts';
import type { Task, TaskList } from './task.ts';

/** A task's texts. They stay apart: united with a `string`, a literal type would be lost. */
type TextsOf<Part extends Task> = [
  Part['description'],
  Part['expectedOutput'],
  ...(Part['outputFile'] extends infer File extends string ? [File] : []),
  ...(Part['agent'] extends infer By extends Agent ? AgentTexts<By> : []),
];
type AgentTexts<By extends Agent> = [
  By['role'],
  By['goal'],
  By['backstory'],
  ...(By['systemPrompt'] extends infer System extends string ? [System] : []),
];

type NamesIn<Texts extends readonly string[]> = { [Index in keyof Texts]: InputNames<Texts[Index]> }[number];
type NamesOf<Part extends Task> = Part extends Task ? NamesIn<TextsOf<Part>> : never;
type NamesOfAgent<By> = By extends Agent ? NamesIn<AgentTexts<By>> : never;

type AreLiteral<Part extends Task> = Part extends Task ? IsLiteral<TextsOf<Part>[number]> : never;
type AreLiteralOfAgent<By> = By extends Agent ? IsLiteral<AgentTexts<By>[number]> : never;

/** Who else is in a crew: unknown, and so asking for nothing, while it may be `undefined`. */
export type KnownAgent<Others> = undefined extends Others ? never : Extract<Others, Agent>;

/** Inputs of which these are required. */
export type InputsNamed<Names extends string> = { readonly [Name in Names]: InputValue };

type AllNames<Tasks extends TaskList, Others> = NamesOf<Tasks[number]> | NamesOfAgent<Others>;

/** The inputs that a crew of these tasks takes. A text that the compiler cannot read admits further ones. */
export type CrewInputs<Tasks extends TaskList, Others extends Agent = never> = InputsFor<
  AllNames<Tasks, Others>,
  false extends AreLiteral<Tasks[number]> | AreLiteralOfAgent<Others> ? true : false
>;
type InputsFor<Names extends string, Open extends boolean> = Open extends true
  ? InputsNamed<Names> & Inputs
  : [Names] extends [never]
    ? Readonly<Record<string, never>>
    : { readonly [Name in Names]: InputValue }; // written out, so that messages show the names

/** The arguments of `kickoff`: the inputs may be left out when none are required. */
export type KickoffArguments<Tasks extends TaskList, Others extends Agent = never> = [AllNames<Tasks, Others>] extends [never]
  ? [inputs?: CrewInputs<Tasks, Others>, options?: KickoffOptions]
  : [inputs: CrewInputs<Tasks, Others>, options?: KickoffOptions];

/** The placeholders of a crew, each with the first place it stands in. */
export function requiredInputs(tasks: TaskList, agents: readonly Agent[]): RequiredInputs {
  const required = new Map<string, string>();
  const look = (text: string | undefined, place: string): void => {
    for (const name of inputNames(text ?? '')) if (!required.has(name)) required.set(name, place);
  };
  for (const { name, description, expectedOutput, outputFile } of tasks) {
    look(description, `description of task "${name}"`);
    look(expectedOutput, `expected output of task "${name}"`);
    look(outputFile, `output file of task "${name}"`);
  }
  for (const agent of agents) {
    look(agent.role, `role of agent "${roleKey(agent)}"`);
    look(agent.goal, `goal of agent "${roleKey(agent)}"`);
    look(agent.backstory, `backstory of agent "${roleKey(agent)}"`);
    look(agent.systemPrompt, `system prompt of agent "${roleKey(agent)}"`);
  }
  return required;
}
