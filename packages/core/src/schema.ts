/**
 * What is asked of a schema library, so that none has to be imported: the Standard Schema and
 * Standard JSON Schema interfaces (https://standardschema.dev). zod 4.2 and later has both.
 */
import type { JsonSchema } from './model.ts';

/** Validates a value and describes it as JSON Schema: a zod schema, for one. */
export interface Schema<Output = unknown> {
  readonly '~standard': {
    readonly validate: (value: unknown) => Validation<Output> | Promise<Validation<Output>>;
    readonly jsonSchema: {
      readonly input: (options: { readonly target: 'draft-2020-12' }) => Readonly<Record<string, unknown>>;
    };
  };
}

export type Validation<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

export function isSchema(value: unknown): value is Schema {
  const standard = (value as Partial<Schema> | null | undefined)?.['~standard'];
  return typeof standard?.validate === 'function' && typeof standard.jsonSchema?.input === 'function';
}

/** The schema as plain JSON Schema. Throws what the library throws for what JSON Schema cannot say. */
export function toJsonSchema(schema: Schema): JsonSchema {
  const { $schema: _dialect, ...rest } = schema['~standard'].jsonSchema.input({ target: 'draft-2020-12' });
  return rest as JsonSchema;
}

/** Where the value is wrong and why: `user.age: expected number`. */
export function describeIssue({ path = [], message }: SchemaIssue): string {
  const keys = path.map((segment) => String(typeof segment === 'object' ? segment.key : segment));
  return keys.length === 0 ? message : `${keys.join('.')}: ${message}`;
}
