/** The schema of a tool that takes one text. */
import type { Schema } from '../schema.ts';

export function textArgument<const Name extends string>(
  name: Name,
  description: string,
): Schema<{ readonly [Key in Name]: string }> {
  const properties = { [name]: { type: 'string', description } };
  return {
    '~standard': {
      validate: (value) => {
        const text = (value as Readonly<Record<string, unknown>> | null)?.[name];
        if (typeof text !== 'string' || text === '') return { issues: [{ message: 'expected a text', path: [name] }] };
        return { value: { [name]: text } as { readonly [Key in Name]: string } };
      },
      jsonSchema: { input: () => ({ type: 'object', properties, required: [name], additionalProperties: false }) },
    },
  };
}
