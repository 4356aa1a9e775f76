/** A typed value out of a model's text: found in fences and prose, and held to its schema. */
import { describeIssue, type Schema } from './schema.ts';
import type { TaskOutput } from './task.ts';

/** What was found, or why it will not do. */
export type Parsed<Out> = { readonly value: Out } | { readonly problems: readonly string[] };

/** The first JSON in the text that the schema accepts, or else the reasons against the likeliest. */
export async function parseOutput<Out>(schema: Schema<Out>, text: string): Promise<Parsed<Out>> {
  let problems: readonly string[] | undefined;
  for (const candidate of jsonIn(text)) {
    const checked = await schema['~standard'].validate(candidate);
    if (!checked.issues) return { value: checked.value };
    problems ??= checked.issues.map(describeIssue);
  }
  return { problems: problems ?? [whyNotJson(text)] };
}

function whyNotJson(text: string): string {
  try {
    JSON.parse(text);
    return 'no JSON object or array was found';
  } catch (error) {
    return `no valid JSON was found (${(error as SyntaxError).message})`;
  }
}

/** The JSON values in a text, likeliest first: the whole of it, fenced blocks, then objects and arrays within prose. */
export function* jsonIn(text: string): Generator {
  const whole = parsed(text);
  if (whole) return yield whole.value;
  for (const [, fenced = ''] of text.matchAll(/```[\w-]*\s*\n([\s\S]*?)```/g)) {
    const block = parsed(fenced);
    if (block) yield block.value;
  }
  yield* embeddedIn(text);
}

/** A text of nothing but braces is not worth more looks than this. */
const mostStarts = 100;

function* embeddedIn(text: string): Generator {
  let from = 0;
  for (let looks = 0; looks < mostStarts; looks++) {
    const start = text.slice(from).search(/[[{]/);
    if (start === -1) return;
    const begin = from + start;
    const end = endOf(text, begin);
    const found = end === undefined ? undefined : parsed(text.slice(begin, end));
    if (found) yield found.value;
    from = found && end !== undefined ? end : begin + 1;
  }
}

/** Where the object or array that begins here ends; braces within strings do not count. */
function endOf(text: string, begin: number): number | undefined {
  let depth = 0;
  let quoted = false;
  for (let at = begin; at < text.length; at++) {
    const character = text[at];
    if (quoted) {
      if (character === '\\') at++;
      else if (character === '"') quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === '{' || character === '[') depth++;
    else if ((character === '}' || character === ']') && --depth === 0) return at + 1;
  }
  return undefined;
}

function parsed(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/** As a text, an output is its typed value as JSON, or else what the model wrote. */
export function asText({ output, text }: Pick<TaskOutput, 'output' | 'text'>): string {
  if (output === undefined) return text;
  return typeof output === 'string' ? output : JSON.stringify(output, undefined, 2);
}

/** Frozen, and in a template the same as `asText`. */
export function withText<Value extends Pick<TaskOutput, 'output' | 'text'>>(value: Value): Value {
  return Object.freeze(Object.defineProperty(value, 'toString', { value: () => asText(value) }));
}
