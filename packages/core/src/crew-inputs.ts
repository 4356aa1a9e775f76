/** The inputs that a crew asks for in its texts: for the compiler, and at the start of a run. */
import { roleKey } from './agent.ts';
import { inputNames, type InputNames, type Inputs, type InputValue, type IsLiteral, type RequiredInputs } from './interpolate.ts';
import type { KickoffOptions } from './run.ts';
import type { Task, TaskList } from './task.ts';

/** A task's texts. They stay apart: united with a `string`, a literal type would be lost. */
type TextsOf<Part extends Task> = [
  Part['description'],
  Part['expectedOutput'],
  Part['agent']['role'],
  Part['agent']['goal'],
  Part['agent']['backstory'],
];

type NamesIn<Texts extends readonly string[]> = { [Index in keyof Texts]: InputNames<Texts[Index]> }[number];
type NamesOf<Part extends Task> = Part extends Task ? NamesIn<TextsOf<Part>> : never;

type AreLiteral<Part extends Task> = Part extends Task ? IsLiteral<TextsOf<Part>[number]> : never;

/** Inputs of which these are required. */
export type InputsNamed<Names extends string> = { readonly [Name in Names]: InputValue };

/** The inputs that a crew of these tasks takes. A text that the compiler cannot read admits further ones. */
export type CrewInputs<Tasks extends TaskList> = InputsFor<
  NamesOf<Tasks[number]>,
  false extends AreLiteral<Tasks[number]> ? true : false
>;
type InputsFor<Names extends string, Open extends boolean> = Open extends true
  ? InputsNamed<Names> & Inputs
  : [Names] extends [never]
    ? Readonly<Record<string, never>>
    : InputsNamed<Names>;

/** The arguments of `kickoff`: the inputs may be left out when none are required. */
export type KickoffArguments<Tasks extends TaskList> = [NamesOf<Tasks[number]>] extends [never]
  ? [inputs?: CrewInputs<Tasks>, options?: KickoffOptions]
  : [inputs: CrewInputs<Tasks>, options?: KickoffOptions];

export function requiredInputs(tasks: TaskList): RequiredInputs {
  const places = tasks.flatMap(
    ({ name, description, expectedOutput, agent }) =>
      [
        [description, `description of task "${name}"`],
        [expectedOutput, `expected output of task "${name}"`],
        [agent.role, `role of agent "${roleKey(agent)}"`],
        [agent.goal, `goal of agent "${roleKey(agent)}"`],
        [agent.backstory, `backstory of agent "${roleKey(agent)}"`],
      ] as const,
  );
  const required = new Map<string, string>();
  for (const [text, place] of places) {
    for (const name of inputNames(text)) if (!required.has(name)) required.set(name, place);
  }
  return required;
}
