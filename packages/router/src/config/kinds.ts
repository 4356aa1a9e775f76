/** The kinds of values a configuration has. The message of each says what is valid; a number or a switch may come out of a variable, as text. */
import { z } from 'zod';
import { canBeHeaders } from '../options-check.ts';

function quantity(valid: string, holds: (value: number) => boolean): z.ZodType<number> {
  const number = z.custom<number>((value) => typeof value === 'number' && Number.isFinite(value) && holds(value), {
    error: valid,
  });
  return z.preprocess((value) => (typeof value === 'string' && value.trim() !== '' ? Number(value) : value), number);
}

export const amount: z.ZodType<number> = quantity('a number, 0 or more', (value) => value >= 0);
export const anyNumber: z.ZodType<number> = quantity('a number', () => true);
export const seconds: z.ZodType<number> = quantity('a number of seconds above 0', (value) => value > 0);
export const count: z.ZodType<number> = quantity(
  'a whole number, 0 or more',
  (value) => Number.isSafeInteger(value) && value >= 0,
);
export const positive: z.ZodType<number> = quantity(
  'a whole number above 0',
  (value) => Number.isSafeInteger(value) && value > 0,
);
export const wholeNumber: z.ZodType<number> = quantity('a whole number', Number.isSafeInteger);

export const text: z.ZodType<string> = z.string({ error: 'a string' }).min(1, { error: 'a string that is not empty' });
export const texts: z.ZodType<string[]> = z.array(text, { error: 'a list of strings' });
export const headerMap: z.ZodType<Record<string, string>> = z
  .record(z.string(), text, { error: 'a map of strings' })
  .refine(canBeHeaders, { error: 'a map of strings that headers can have, without line breaks' });
export const list: z.ZodType<unknown[]> = z.array(z.unknown(), { error: 'a list' });
export const anything: z.ZodType = z.unknown();

export const yesOrNo: z.ZodType<boolean> = z.preprocess(
  (value) => (typeof value === 'string' ? (truths.get(value.trim().toLowerCase()) ?? value) : value),
  z.boolean({ error: 'true or false' }),
);

/** The words of YAML 1.1 too, which LiteLLM's reader takes for booleans. */
const truths: ReadonlyMap<string, boolean> = new Map([
  ...['true', 'yes', 'on', '1'].map((word) => [word, true] as const),
  ...['false', 'no', 'off', '0'].map((word) => [word, false] as const),
]);

export function oneOf<const Name extends string>(names: readonly [Name, ...Name[]]): z.ZodType<Name> {
  return z.enum(names, { error: `one of ${names.join(', ')}` });
}
